import type { Batch } from '../engine/batch.ts';
import type { Kernel, ViewChanges } from '../engine/contract.ts';
import type { SinkDef } from '../plan/pipeline.ts';
import type { BarrierInfo, Sink } from '../sinks/sink.ts';
import type { DeliveredKeys, DeliveryLog, DeliveryRecovery } from '../storage/delivery-log.ts';
import { KeySet } from '../storage/pending-keys.ts';
import type { PendingKeys } from '../storage/pending-keys.ts';
import type { Datum } from '../values/datum.ts';
import { typeName } from '../values/types.ts';
import { isReplaced, keysOf } from './changed-keys.ts';
import { newOutlet } from './outlet.ts';
import type { DeliveryState, Outlet } from './outlet.ts';
import type { BackfillStatus } from './status.ts';

/** A backfill hands over so many rows at a barrier, or twice what its sink did since the last one. */
const BACKFILL_ROWS = 100;
const BACKFILL_GROWTH = 2;

/** The changes of one view for one sink. */
export interface Handover {
  readonly id: string;
  readonly sink: Sink;
  readonly changes: Batch;
  readonly keys: readonly (readonly Datum[])[];
}

/** Rows of a view for a sink that is to get all of them. */
export interface Portion extends Handover {
  readonly outlet: Outlet;
  /** Where in the view the next portion begins; undefined after the last one. */
  readonly next: number | undefined;
}

/**
 * Hands views' changes to sinks so that a crash at any point leaves no destination behind. Each sink has a
 * {@link DeliveryState}; a backfill comes in portions that its sink can write in a barrier or two, behind each
 * barrier's changes: what happens now does not wait for what happened then.
 */
export class Delivery {
  readonly #kernel: Kernel;
  readonly #log: DeliveryLog;
  readonly #outlets: readonly Outlet[];
  #logNeedsSegment = false;
  #backfilledRows = 0;

  constructor(options: {
    kernel: Kernel;
    log: DeliveryLog;
    sinks: readonly { readonly def: SinkDef; readonly sink: Sink }[];
  }) {
    this.#kernel = options.kernel;
    this.#log = options.log;
    this.#outlets = options.sinks.map(({ def, sink }) => {
      const { columns } = options.kernel.view(sink.view);
      const types = def.primaryKey.map((position) => typeName(columns[position]!.type));
      return newOutlet(`${sink.name}(${types.join(',')})`, sink, def.primaryKey);
    });
  }

  /** Something waits for the views to catch up. */
  get isOwing(): boolean {
    return this.#outlets.some((outlet) => lacksRows(outlet) || outlet.owed.size > 0);
  }
  /** No sink takes changes before the views have caught up. */
  get isWaiting(): boolean {
    return this.#outlets.length > 0 && this.#outlets.every(({ state }) => state.kind === 'waiting');
  }
  /** Undefined when all destinations have been handed every row. */
  get backfill(): BackfillStatus | undefined {
    const lacking = this.#outlets.filter(lacksRows);
    if (lacking.length === 0) return undefined;
    const isWaiting = lacking.some(({ state }) => state.kind === 'waiting');
    return { phase: isWaiting ? 'waiting' : 'running', rows: this.#backfilledRows };
  }
  stateOf(sink: Sink): DeliveryState['kind'] {
    return this.#outlets.find((outlet) => outlet.sink === sink)!.state.kind;
  }
  /** Sinks that have every row, and may have items that no row stands for. */
  get clearing(): readonly Outlet[] {
    return this.#outlets.filter(({ state }) => state.kind === 'clearing');
  }
  /** Keys that do. */
  get owed(): number {
    return this.#outlets.reduce((sum, { owed }) => sum + owed.size, 0);
  }

  /**
   * Notes what a crashed or stopped process left: the keys pending in its checkpoint and those it handed out since.
   * Returns the names under which keys are stored that no sink of this pipeline takes.
   */
  owe(pending: PendingKeys, delivered: DeliveryRecovery['keys']): readonly string[] {
    const unknown = new Set([...pending.keys(), ...delivered.keys()]);
    for (const outlet of this.#outlets) {
      unknown.delete(outlet.id);
      for (const key of pending.get(outlet.id) ?? []) outlet.owed.add(key);
      for (const key of delivered.get(outlet.id)?.values() ?? []) outlet.owed.add(key);
    }
    return [...unknown];
  }

  /** Sinks that a checkpoint knows of and this pipeline has not: what they wrote is nobody's now. */
  leftBehind(known: ReadonlyMap<string, string>): readonly { sink: string; destination: string }[] {
    const names = new Set(this.#outlets.map(({ sink }) => sink.name));
    return [...known]
      .map(([id, destination]) => ({ sink: id.replace(/\([^(]*\)$/, ''), destination }))
      .filter(({ sink }) => !names.has(sink));
  }

  /**
   * Compares destinations, once sinks are open, with those that a checkpoint knows of: a sink that was added or leads
   * elsewhere now is owed all rows of its view, with versions from `epoch` on. Returns the names of such sinks.
   */
  oweNewDestinations({ known, clearing }: DestinationsOnRecord, epoch: number): readonly string[] {
    const added: string[] = [];
    for (const outlet of this.#outlets) {
      const { id, sink } = outlet;
      outlet.destination = sink.destination;
      if (known.get(id) !== sink.destination) {
        this.#startOver(outlet, epoch);
        added.push(sink.name);
      } else {
        outlet.state = { kind: clearing.has(id) ? 'clearing' : 'live' };
        outlet.since_epoch = clearing.get(id) ?? 0;
      }
    }
    return added;
  }

  /**
   * Looks whether destinations have become others while the pipeline runs, as a table does that is deleted and created
   * again: they get all rows anew. Returns the names of their sinks.
   */
  oweReplacedDestinations(epoch: number): readonly string[] {
    const replaced = this.#outlets.filter(({ sink, destination }) => sink.destination !== destination);
    for (const outlet of replaced) {
      outlet.destination = outlet.sink.destination;
      this.#startOver(outlet, epoch);
    }
    return replaced.map(({ sink }) => sink.name);
  }

  #startOver(outlet: Outlet, epoch: number): void {
    outlet.state = { kind: 'waiting' };
    outlet.since_epoch = epoch;
  }

  /** What the destination held and no row stands for is gone. */
  cleared(outlet: Outlet): void {
    if (outlet.state.kind === 'clearing') outlet.state = { kind: 'live' };
  }

  /** For a checkpoint: the destinations that were handed every row, and those of them that are to be cleared. */
  destinations(): DestinationsOnRecord {
    const complete = this.#outlets.filter((outlet) => !lacksRows(outlet));
    return {
      known: new Map(complete.map(({ id, destination }) => [id, destination])),
      clearing: new Map(this.clearing.map(({ id, since_epoch }) => [id, since_epoch])),
    };
  }

  /** What of the changes goes to which sink; valid as long as the changes are. */
  plan(changes: readonly ViewChanges[]): readonly Handover[] {
    const handovers: Handover[] = [];
    for (const outlet of this.#outlets) {
      const { id, sink, key, state } = outlet;
      for (const change of changes) {
        if (change.view !== sink.view || change.changes.n === 0) continue;
        if (state.kind === 'waiting') oweDeleted(outlet, change.changes);
        else handovers.push({ id, sink, changes: change.changes, keys: keysOf(change.changes, key) });
      }
    }
    return handovers;
  }

  /** The views have caught up, or will not: backfills may begin with the next {@link portions}. */
  beginBackfill(): void {
    for (const outlet of this.#outlets) {
      if (outlet.state.kind === 'waiting') outlet.state = { kind: 'backfilling', place: 0 };
    }
  }

  /** What backfills hand over at this barrier: to be recorded, then {@link handPortions}. Call it once a barrier. */
  portions(): readonly Portion[] {
    const portions: Portion[] = [];
    for (const outlet of this.#outlets) {
      const { id, sink, key, state } = outlet;
      if (state.kind !== 'backfilling') continue;
      const { puts, deletes, dead_letters, queued, in_flight } = sink.stats();
      const done = puts + deletes + dead_letters;
      const room = Math.max(BACKFILL_ROWS, BACKFILL_GROWTH * (done - outlet.done)) - queued - in_flight;
      outlet.done = done;
      if (room <= 0) continue;
      const { rows, next } = this.#kernel.view(sink.view).page(state.place, room);
      portions.push({ id, sink, changes: rows, keys: keysOf(rows, key), outlet, next });
    }
    return portions;
  }

  /** Makes the keys durable; may be repeated after a rejection. */
  async record(handovers: readonly Handover[], epoch: number): Promise<void> {
    const delivered = handovers.map(({ id, keys }) => ({ sink: id, keys }));
    if (delivered.some(({ keys }) => keys.length > 0)) await this.#append(epoch, delivered);
  }

  /** Gives the changes to the sinks: only after {@link record}. */
  hand(handovers: readonly Handover[], at: BarrierInfo): void {
    for (const { sink, changes } of handovers) sink.accept(changes, at);
  }

  /** As {@link hand}, and the backfills go on to what is next. */
  handPortions(portions: readonly Portion[], at: BarrierInfo): void {
    this.hand(portions, at);
    for (const { outlet, next, changes } of portions) {
      this.#backfilledRows += changes.n;
      outlet.state = next === undefined ? { kind: 'clearing' } : { kind: 'backfilling', place: next };
    }
  }

  /** As {@link record}, for what is owed. */
  async recordOwed(epoch: number): Promise<void> {
    const owing = this.#outlets.filter(({ owed }) => owed.size > 0);
    if (owing.length === 0) return;
    await this.#append(
      epoch,
      owing.map(({ id, owed }) => ({ sink: id, keys: [...owed.values()] })),
    );
  }

  /** Delivers what is owed, with the rows as they are now: only after {@link recordOwed}. */
  resendOwed(at: BarrierInfo): void {
    for (const outlet of this.#outlets) {
      if (outlet.owed.size === 0) continue;
      const { sink, owed } = outlet;
      const rows = this.#owedRows(outlet);
      for (const [name, key] of owed.entries()) sink.resend(key, rows.get(name), at);
      outlet.owed = new KeySet();
    }
  }

  /** For a checkpoint: per sink, what it has not acknowledged and what it is still owed. */
  pending(): PendingKeys {
    const pending = new Map<string, readonly (readonly Datum[])[]>();
    for (const { id, sink, owed } of this.#outlets) pending.set(id, [...sink.pending(), ...owed.values()]);
    return pending;
  }

  /** Begins a new segment of the log, for epochs after `epoch`. */
  async checkpointing(epoch: number): Promise<void> {
    this.#logNeedsSegment = true; // until it is there
    await this.#log.begin(epoch + 1);
    this.#logNeedsSegment = false;
  }

  async #append(epoch: number, delivered: readonly DeliveredKeys[]): Promise<void> {
    // A failed append leaves an unknown tail: what comes after it would not be read.
    if (this.#logNeedsSegment) await this.#log.begin(epoch);
    this.#logNeedsSegment = true;
    await this.#log.append(epoch, delivered);
    this.#logNeedsSegment = false;
  }

  /** One pass over the view. */
  #owedRows({ sink, key, owed }: Outlet): ReadonlyMap<string, readonly Datum[]> {
    const found = new Map<string, readonly Datum[]>();
    for (const batch of this.#kernel.view(sink.view).scan()) {
      for (let i = 0; i < batch.n; i++) {
        const name = owed.nameOf(key.map((position) => batch.column(position).get(i)));
        if (owed.has(name)) found.set(name, batch.row(i));
      }
    }
    return found;
  }
}

/** What a checkpoint says of destinations: those that have every row, and from which version on those to be cleared. */
export interface DestinationsOnRecord {
  readonly known: ReadonlyMap<string, string>;
  readonly clearing: ReadonlyMap<string, number>;
}

function lacksRows({ state }: Outlet): boolean {
  return state.kind === 'waiting' || state.kind === 'backfilling';
}

/** A row that went may have an item, by an earlier life of this backfill or by whoever wrote there before. */
function oweDeleted({ owed, key }: Outlet, changes: Batch): void {
  for (let i = 0; i < changes.n; i++) {
    if (changes.weights[i]! < 0 && !isReplaced(changes, key, i))
      owed.add(key.map((position) => changes.column(position).get(i)));
  }
}
