import type { Batch } from '../engine/batch.ts';
import type { Kernel, ViewChanges } from '../engine/contract.ts';
import type { SinkDef, ViewDef } from '../plan/pipeline.ts';
import type { BarrierInfo, Sink } from '../sinks/sink.ts';
import type { DeliveredKeys, DeliveryLog, DeliveryRecovery } from '../storage/delivery-log.ts';
import { KeySet } from '../storage/pending-keys.ts';
import type { PendingKeys } from '../storage/pending-keys.ts';
import type { Datum } from '../values/datum.ts';
import { typeName } from '../values/types.ts';

/** A pass over the view is cheaper than more look-ups than this. */
const FEW = 16;

interface Outlet {
  /** In files: the name with the types of its key, since keys of other types are of no use to it. */
  readonly id: string;
  readonly sink: Sink;
  readonly key: readonly number[];
  /** The sink's key is the view's: rows are found by index. */
  readonly indexed: boolean;
  /** To be delivered again once the views have caught up. */
  owed: KeySet;
}

/** The changes of one view for one sink. */
export interface Handover {
  readonly id: string;
  readonly sink: Sink;
  readonly changes: Batch;
  readonly keys: readonly (readonly Datum[])[];
}

/** Hands views' changes to sinks so that a crash at any point leaves no destination behind. */
export class Delivery {
  readonly #kernel: Kernel;
  readonly #log: DeliveryLog;
  readonly #outlets: readonly Outlet[];
  #logNeedsSegment = false;

  constructor(options: {
    kernel: Kernel;
    log: DeliveryLog;
    views: readonly ViewDef[];
    sinks: readonly { readonly def: SinkDef; readonly sink: Sink }[];
  }) {
    this.#kernel = options.kernel;
    this.#log = options.log;
    this.#outlets = options.sinks.map(({ def, sink }) => {
      const { columns } = options.kernel.view(sink.view);
      const types = def.primaryKey.map((position) => typeName(columns[position]!.type));
      const viewKey = options.views.find(({ name }) => name === sink.view)?.key;
      return {
        id: `${sink.name}(${types.join(',')})`,
        sink,
        key: def.primaryKey,
        indexed: viewKey?.join() === def.primaryKey.join(),
        owed: new KeySet(),
      };
    });
  }

  /** Keys that wait for the views to catch up. */
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

  /** What of the changes goes to which sink; valid as long as the changes are. */
  plan(changes: readonly ViewChanges[]): readonly Handover[] {
    const handovers: Handover[] = [];
    for (const { id, sink, key } of this.#outlets) {
      for (const change of changes) {
        if (change.view !== sink.view || change.changes.n === 0) continue;
        handovers.push({ id, sink, changes: change.changes, keys: keysOf(change.changes, key) });
      }
    }
    return handovers;
  }

  /** Makes the keys durable; may be repeated after a rejection. */
  async record(handovers: readonly Handover[], epoch: number): Promise<void> {
    if (handovers.length > 0)
      await this.#append(
        epoch,
        handovers.map(({ id, keys }) => ({ sink: id, keys })),
      );
  }

  /** Gives the changes to the sinks: only after {@link record}. */
  hand(handovers: readonly Handover[], at: BarrierInfo): void {
    for (const { sink, changes } of handovers) sink.accept(changes, at);
  }

  /** As {@link record}, for what is owed. */
  async recordOwed(epoch: number): Promise<void> {
    const owing = this.#outlets.filter(({ owed }) => owed.size > 0);
    await this.#append(
      epoch,
      owing.map(({ id, owed }) => ({ sink: id, keys: [...owed.values()] })),
    );
  }

  /** Delivers what is owed, with the rows as they are now: only after {@link recordOwed}. */
  resendOwed(at: BarrierInfo): void {
    for (const outlet of this.#outlets) {
      if (outlet.owed.size === 0) continue;
      const rows = this.#rowsOf(outlet);
      for (const [name, key] of outlet.owed.entries()) outlet.sink.resend(key, rows(name, key), at);
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

  /** Looks a few rows up; collects many, or those without an index, in one pass over the view. */
  #rowsOf({
    sink,
    key,
    owed,
    indexed,
  }: Outlet): (name: string, key: readonly Datum[]) => readonly Datum[] | undefined {
    const view = this.#kernel.view(sink.view);
    if (indexed && owed.size <= FEW) return (_, values) => view.lookup(key, values)[0];
    const found = new Map<string, readonly Datum[]>();
    for (const batch of view.scan()) {
      for (let i = 0; i < batch.n; i++) {
        const name = owed.nameOf(key.map((position) => batch.column(position).get(i)));
        if (owed.has(name)) found.set(name, batch.row(i));
      }
    }
    return (name) => found.get(name);
  }
}

/** Key values of the changed rows; an old version directly before its new one counts once. */
function keysOf(changes: Batch, positions: readonly number[]): Datum[][] {
  const keys: Datum[][] = [];
  for (let i = 0; i < changes.n; i++) {
    const replaced = changes.weights[i]! < 0 && i + 1 < changes.n && sameKey(changes, positions, i, i + 1);
    if (!replaced) keys.push(positions.map((position) => changes.column(position).get(i)));
  }
  return keys;
}

function sameKey(changes: Batch, positions: readonly number[], a: number, b: number): boolean {
  return positions.every((position) => {
    const column = changes.column(position);
    return column.layout === 'ref' || column.layout === 'dec'
      ? false // rarely a key: logging it twice is cheaper than comparing well
      : column.nulls[a] === column.nulls[b] && column.v[a] === column.v[b];
  });
}
