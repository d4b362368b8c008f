import type { Catalog, CatalogObject } from './catalog.ts';
import type { Comparison, Definition, OwnObject } from './comparison.ts';
import type { RecordEntry } from './record.ts';
import { optionsOf, renamed, withoutSnapshot } from './statement-text.ts';

/**
 * One step of a plan. Names are those that objects have when the step's turn comes. An object that a step drops or
 * renames is given by its entry, so that its id can be compared with the catalog's right before. `at` is the
 * `file:line` of the definition.
 */
export type Step =
  /**
   * Makes an object, and waits until it is full. `isRetry` if an earlier run lost its connection at the same statement:
   * if RisingWave carried it out after all, the object is that run's.
   */
  | {
      readonly do: 'create';
      readonly entry: RecordEntry;
      readonly sql: string;
      readonly at: string;
      readonly isRetry: boolean;
    }
  /** Goes on with an object that an earlier run left half-made: waits until it is full. */
  | { readonly do: 'finish'; readonly entry: RecordEntry }
  /** Makes a sink beside the one that serves, for a moment, to see whether RisingWave accepts it. */
  | { readonly do: 'try'; readonly entry: RecordEntry; readonly sql: string; readonly at: string }
  | { readonly do: 'drop'; readonly entry: RecordEntry; readonly name: string }
  /** Exchanges the names of a new object and of the one that it replaces. */
  | {
      readonly do: 'swap';
      readonly entry: RecordEntry;
      readonly name: string;
      readonly old: RecordEntry;
      readonly to: string;
    }
  | { readonly do: 'rename'; readonly entry: RecordEntry; readonly name: string; readonly to: string }
  /** Stores the id of an obsolete object that an earlier run left half-made, before its name changes. */
  | { readonly do: 'adopt'; readonly entry: RecordEntry }
  /** Removes the entry of an object that is gone. */
  | { readonly do: 'forget'; readonly entry: RecordEntry };

/** Why a plan cannot be carried out. */
export interface Problem {
  readonly message: string;
  readonly hint: string;
}

export interface PlanInput {
  readonly pipeline: string;
  readonly comparison: Comparison;
  readonly catalog: Catalog;
  /** The entries of all pipelines. */
  readonly entries: readonly RecordEntry[];
  /** The number of rows of obsolete tables without a connector, by their ids: nothing can bring them back. */
  readonly rows: ReadonlyMap<number, number>;
  /** Whether such tables may be dropped with their rows. */
  readonly allowDataLoss: boolean;
}

/**
 * Plans the way from what the target has to what the pipeline wants. Pure: the same input gives the same steps.
 *
 * No plan is stored. Each step leaves a state from which the next plan leads to the same end, so a run that stops
 * anywhere is resumed by planning again. The order keeps every profile fresh for as long as possible, and never empty:
 *
 * 1. Trials of an earlier run are dropped.
 * 2. Sources, tables and views are made, inputs first. Where an older version has the name, the new one gets a
 *    temporary name. Each is full before the next is made. Meanwhile everything old serves as before.
 * 3. Each sink that replaces another is tried: made without a snapshot, and dropped. A licence that does not suffice,
 *    a key that does not match or a broker that does not answer thus ends the run while the old sink still works.
 * 4. Names are swapped. Readers and sinks go on with the objects they read: nothing changes for them.
 * 5. For each sink the old one is dropped, then the new one is made, which writes all rows of its view first. In the
 *    other order both would write the same items, and an old row that is written late would stay until its viewer's
 *    next event. Between the two its items stand still; they are not removed.
 * 6. Old versions are dropped, readers first.
 */
export function planSteps(input: PlanInput): {
  readonly steps: readonly Step[];
  readonly problems: readonly Problem[];
} {
  return new Planner(input).plan();
}

/** An object as the plan goes on: its name changes with the steps. */
interface Participant {
  readonly kind: Catalog['objects'][number]['kind'];
  /** Undefined for an object that is not ours. */
  readonly entry: RecordEntry | undefined;
  readonly object: CatalogObject | undefined;
  name: string;
}

class Planner {
  readonly #input: PlanInput;
  readonly #steps: Step[] = [];
  readonly #problems: Problem[] = [];
  /** All relations of the schema, existing or planned. */
  readonly #relations: Participant[];
  /** What a definition has or gets, by its name. */
  readonly #current = new Map<string, Participant>();
  readonly #obsolete: Participant[] = [];

  constructor(input: PlanInput) {
    this.#input = input;
    const { catalog, comparison } = input;
    const own = new Map(
      [...comparison.kept.values(), ...comparison.obsolete].map((o) => [o.object.id, o.entry]),
    );
    this.#relations = catalog.objects
      .filter((object) => object.schema === catalog.schema)
      .map((object) => ({ object, kind: object.kind, name: object.name, entry: own.get(object.id) }));
    const participantOf = ({ object }: OwnObject): Participant =>
      this.#relations.find((each) => each.object?.id === object.id)!;
    for (const [name, each] of comparison.kept) this.#current.set(name, participantOf(each));
    this.#obsolete.push(...comparison.obsolete.map(participantOf));
  }

  plan(): { readonly steps: readonly Step[]; readonly problems: readonly Problem[] } {
    const { definitions, kept } = this.#input.comparison;
    const views = definitions.filter(({ kind }) => kind !== 'sink');
    const sinks = definitions.filter(({ kind }) => kind === 'sink');
    this.#refuseLosses();
    this.#forgetGone();
    for (const { entry, isUnfinished } of this.#input.comparison.obsolete)
      if (isUnfinished) this.#steps.push({ do: 'adopt', entry });
    for (const trial of this.#obsolete.filter(({ entry }) => entry!.state === 'trial')) this.#drop(trial);
    for (const definition of views) this.#make(definition);
    for (const definition of sinks.filter(({ name }) => !kept.has(name))) this.#try(definition);
    for (const definition of views) this.#takeName(definition);
    const names = new Set(sinks.filter(({ name }) => !kept.has(name)).map(({ name }) => name));
    for (const old of this.#obsoleteSinks()) if (!names.has(old.entry!.name)) this.#drop(old);
    for (const definition of sinks) {
      for (const old of this.#obsoleteSinks()) if (old.entry!.name === definition.name) this.#drop(old);
      this.#make(definition);
    }
    this.#dropOldVersions();
    for (const definition of sinks) this.#takeName(definition);
    return { steps: this.#steps, problems: this.#problems };
  }

  /**
   * Removes entries without objects, before anything is made: an entry whose CREATE never took place must not claim the
   * object that another version gets under the same name. Those that are made again are written over.
   */
  #forgetGone(): void {
    const { definitions, gone } = this.#input.comparison;
    const made = new Set(definitions.map(({ name, hash }) => `${hash} ${name}`));
    for (const entry of gone)
      if (!made.has(`${entry.hash} ${entry.name}`)) this.#steps.push({ do: 'forget', entry });
  }

  #obsoleteSinks(): readonly Participant[] {
    return this.#obsolete.filter(({ kind }) => kind === 'sink');
  }

  /** Makes what a definition asks for, unless it is there; then waits for it if it is still being filled. */
  #make(definition: Definition): void {
    const there = this.#current.get(definition.name);
    if (there !== undefined) {
      const { entry, object } = there;
      const isFilling = this.#input.catalog.filling.has(object!.id);
      if (entry!.state === 'creating' || isFilling) this.#steps.push({ do: 'finish', entry: entry! });
      return;
    }
    const holder = this.#holderOf(definition.name);
    if (holder !== undefined && holder.entry === undefined) this.#refuseForeign(definition, holder);
    const createdAs = holder === undefined ? definition.name : this.#freeName(definition);
    const entry = this.#entryFor(definition, createdAs, 'creating');
    this.#steps.push({
      do: 'create',
      entry,
      sql: this.#sqlFor(definition, createdAs),
      at: placeOf(definition),
      isRetry: this.#input.comparison.gone.some(
        (lost) => lost.state === 'creating' && lost.hash === entry.hash && lost.createdAs === createdAs,
      ),
    });
    this.#current.set(definition.name, this.#add(entry));
  }

  #try(definition: Definition): void {
    const replaces = this.#obsoleteSinks().some(({ entry }) => entry!.name === definition.name);
    // What an append-only target has received cannot be written over.
    if (!replaces || optionsOf(definition.sql).get('type') === 'append-only') return;
    const name = this.#freeName(definition);
    const sql = withoutSnapshot(this.#sqlFor(definition, name));
    const entry = { ...this.#entryFor(definition, name, 'trial'), hash: `trial-${definition.hash}` };
    this.#steps.push({ do: 'try', entry, sql, at: placeOf(definition) });
  }

  /** Gives an object the name of its definition, which an older version may have. */
  #takeName(definition: Definition): void {
    const object = this.#current.get(definition.name)!;
    if (object.name === definition.name) return;
    const entry = object.entry!;
    const holder = this.#holderOf(definition.name);
    if (holder !== undefined && holder.entry === undefined) {
      this.#refuseForeign(definition, holder);
      return;
    }
    const name = object.name;
    if (holder?.kind === object.kind) {
      this.#steps.push({ do: 'swap', entry, name, old: holder.entry!, to: holder.name });
      holder.name = name;
    } else {
      if (holder !== undefined) {
        // RisingWave swaps the names of two objects of one kind only.
        const to = this.#freeName(definition);
        this.#steps.push({ do: 'rename', entry: holder.entry!, name: holder.name, to });
        holder.name = to;
      }
      this.#steps.push({ do: 'rename', entry, name, to: definition.name });
    }
    object.name = definition.name;
  }

  /** Drops what is obsolete, except sinks, which have been dropped: each after all that read it. */
  #dropOldVersions(): void {
    // The youngest first, which is right in itself: what reads an object is younger than the object.
    const left = new Set(
      this.#obsolete.filter(({ kind }) => kind !== 'sink').toSorted((a, b) => b.object!.id - a.object!.id),
    );
    const readersOf = (p: Participant): readonly number[] =>
      this.#input.catalog.readers.get(p.object!.id) ?? [];
    for (const each of left) this.#refuseReaders(each, readersOf(each));
    while (left.size > 0) {
      const waiting = new Set([...left].map(({ object }) => object!.id));
      const next = [...left].filter((each) => !readersOf(each).some((id) => waiting.has(id)));
      // RisingWave has no cycles. If it had, its own refusal to drop would end the run.
      for (const each of next.length > 0 ? next : left) {
        this.#drop(each);
        left.delete(each);
      }
    }
  }

  #drop(participant: Participant): void {
    this.#steps.push({ do: 'drop', entry: participant.entry!, name: participant.name });
    this.#relations.splice(this.#relations.indexOf(participant), 1);
    this.#obsolete.splice(this.#obsolete.indexOf(participant), 1);
  }

  #add(entry: RecordEntry): Participant {
    const participant = { kind: entry.kind, entry, object: undefined, name: entry.createdAs };
    this.#relations.push(participant);
    return participant;
  }

  #holderOf(name: string): Participant | undefined {
    return this.#relations.find((each) => each.name === name);
  }

  #freeName({ name, hash }: Definition): string {
    const first = `${name}__freshet_${hash.slice(0, 8)}`;
    let free = first;
    for (let n = 2; this.#holderOf(free) !== undefined; n++) free = `${first}_${n}`;
    return free;
  }

  #entryFor(definition: Definition, createdAs: string, state: RecordEntry['state']): RecordEntry {
    const { name, hash, sqlHash, kind } = definition;
    return {
      pipeline: this.#input.pipeline,
      name,
      hash,
      sqlHash,
      kind,
      createdAs,
      state,
      objectId: undefined,
    };
  }

  #sqlFor({ name, sql, reads }: Definition, createdAs: string): string {
    const inputs = new Map(
      reads.flatMap((read): [string, string][] => {
        const now = this.#current.get(read)?.name ?? read;
        return now === read ? [] : [[read, now]];
      }),
    );
    return createdAs === name && inputs.size === 0 ? sql : renamed(sql, createdAs, inputs);
  }

  #refuseForeign({ kind, name, file, line }: Definition, holder: Participant): void {
    const { entries } = this.#input;
    const other = entries.find(({ objectId }) => objectId !== undefined && objectId === holder.object?.id);
    const maker = other === undefined ? 'Freshet did not make' : `pipeline ${other.pipeline} made`;
    this.#refuse(
      `${file}:${line}: ${kind} ${name} cannot be made: there is a ${holder.kind} of that name, which ${maker}`,
      'rename one of the two, or drop the other by hand if nobody needs it; Freshet leaves it alone',
    );
  }

  #refuse(message: string, hint: string): void {
    if (!this.#problems.some((problem) => problem.message === message))
      this.#problems.push({ message, hint });
  }

  #refuseReaders({ kind, object }: Participant, readers: readonly number[]): void {
    const { catalog, comparison } = this.#input;
    const own = new Set([...comparison.kept.values(), ...comparison.obsolete].map((each) => each.object.id));
    const foreign = catalog.objects.filter(({ id }) => readers.includes(id) && !own.has(id));
    if (foreign.length === 0) return;
    const list = foreign.map(
      (o) => `${o.kind} ${o.schema === catalog.schema ? '' : `${o.schema}.`}${o.name}`,
    );
    this.#refuse(
      `${kind} ${object!.name} cannot be replaced or dropped while others use it that this pipeline did not make: ` +
        list.join(', '),
      'drop them, deploy, then create them again: they would go on reading the old version',
    );
  }

  #refuseLosses(): void {
    const { rows, allowDataLoss } = this.#input;
    if (allowDataLoss) return;
    for (const { name, object } of this.#obsolete) {
      const count = rows.get(object!.id) ?? 0;
      if (count === 0) continue;
      this.#refuse(
        `table ${name} is to be dropped with ${count} ${count === 1 ? 'row' : 'rows'}, which no topic can bring back`,
        'keep its definition as it was, or save its rows and run again with --allow-data-loss',
      );
    }
  }
}

function placeOf({ file, line }: Definition): string {
  return `${file}:${line}`;
}
