import type { Batch } from '../engine/batch.ts';
import type { Kernel, ViewChanges } from '../engine/contract.ts';
import type { SinkDef } from '../plan/pipeline.ts';
import type { BarrierInfo, Sink } from '../sinks/sink.ts';
import type { DeliveredKeys, DeliveryLog, DeliveryRecovery } from '../storage/delivery-log.ts';
import { KeySet } from '../storage/pending-keys.ts';
import type { PendingKeys } from '../storage/pending-keys.ts';
import type { Datum } from '../values/datum.ts';
import { typeName } from '../values/types.ts';
import type { BackfillStatus } from './status.ts';

interface Outlet {
  /** In files: the name with the types of its key, since keys of other types are of no use to it. */
  readonly id: string;
  readonly sink: Sink;
  readonly key: readonly number[];
  /** To be delivered again once the views have caught up. */
  owed: KeySet;
  /** Undefined once the destination was handed every row of the view. */
  backfill: Backfill | undefined;
  /** Writes that the sink was done with at the last barrier. */
  done: number;
}

/** All rows of a view for a destination that has none of them, or not what they are now. */
interface Backfill {
  /** Until the views have caught up: then each row is delivered once, instead of every value it had on the way. */
  begun: boolean;
  /** Where in the view it goes on. */
  place: number;
}

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

/**
 * Hands views' changes to sinks so that a crash at any point leaves no destination behind.
 *
 * A destination that is to get all rows is handed none until the views have caught up, then portions of the view that
 * its sink can write in a barrier or two, behind each barrier's changes: what happens now does not wait for what
 * happened then.
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
      return {
        id: `${sink.name}(${types.join(',')})`,
        sink,
        key: def.primaryKey,
        owed: new KeySet(),
        backfill: undefined,
        done: 0,
      };
    });
  }

  /** Something waits for the views to catch up. */
  get isOwing(): boolean {
    return this.#outlets.some(({ owed, backfill }) => backfill !== undefined || owed.size > 0);
  }
  /** No sink takes changes before the views have caught up. */
  get isWaiting(): boolean {
    return this.#outlets.length > 0 && this.#outlets.every(({ backfill }) => backfill?.begun === false);
  }
  /** Undefined when all destinations have been handed every row. */
  get backfill(): BackfillStatus | undefined {
    const all = this.#outlets.flatMap(({ backfill }) => backfill ?? []);
    if (all.length === 0) return undefined;
    return { phase: all.every(({ begun }) => begun) ? 'running' : 'waiting', rows: this.#backfilledRows };
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

  /**
   * Compares destinations with those that a checkpoint knows of: a sink that was added or leads elsewhere now is owed
   * all rows of its view. Returns the names of such sinks.
   */
  oweNewDestinations(known: ReadonlyMap<string, string>): readonly string[] {
    const found = this.#outlets.filter(({ id, sink }) => known.get(id) !== sink.destination);
    for (const outlet of found) outlet.backfill = { begun: false, place: 0 };
    return found.map(({ sink }) => sink.name);
  }

  /** For a checkpoint: the destinations that were handed every row. */
  destinations(): ReadonlyMap<string, string> {
    const complete = this.#outlets.filter(({ backfill }) => backfill === undefined);
    return new Map(complete.map(({ id, sink }) => [id, sink.destination]));
  }

  /** What of the changes goes to which sink; valid as long as the changes are. */
  plan(changes: readonly ViewChanges[]): readonly Handover[] {
    const handovers: Handover[] = [];
    for (const outlet of this.#outlets) {
      const { id, sink, key, backfill } = outlet;
      for (const change of changes) {
        if (change.view !== sink.view || change.changes.n === 0) continue;
        if (backfill?.begun === false) oweDeleted(outlet, change.changes);
        else handovers.push({ id, sink, changes: change.changes, keys: keysOf(change.changes, key) });
      }
    }
    return handovers;
  }

  /** The views have caught up, or will not: backfills may begin with the next {@link portions}. */
  beginBackfill(): void {
    for (const { backfill } of this.#outlets) if (backfill !== undefined) backfill.begun = true;
  }

  /** What backfills hand over at this barrier, as {@link plan} does, to be recorded and handed. Call it once a barrier. */
  portions(): readonly Handover[] {
    const portions: Handover[] = [];
    for (const outlet of this.#outlets) {
      const { id, sink, key, backfill } = outlet;
      if (backfill?.begun !== true) continue;
      const { puts, deletes, dead_letters, queued, in_flight } = sink.stats();
      const done = puts + deletes + dead_letters;
      const room = Math.max(BACKFILL_ROWS, BACKFILL_GROWTH * (done - outlet.done)) - queued - in_flight;
      outlet.done = done;
      if (room <= 0) continue;
      const { rows, next } = this.#kernel.view(sink.view).page(backfill.place, room);
      outlet.backfill = next === undefined ? undefined : { begun: true, place: next };
      this.#backfilledRows += rows.n;
      if (rows.n > 0) portions.push({ id, sink, changes: rows, keys: keysOf(rows, key) });
    }
    return portions;
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

/** A row that went may have an item, by an earlier life of this backfill or by whoever wrote there before. */
function oweDeleted({ owed, key }: Outlet, changes: Batch): void {
  for (let i = 0; i < changes.n; i++) {
    if (changes.weights[i]! < 0 && !isReplaced(changes, key, i))
      owed.add(key.map((position) => changes.column(position).get(i)));
  }
}

/** Key values of the changed rows; an old version directly before its new one counts once. */
function keysOf(changes: Batch, positions: readonly number[]): Datum[][] {
  const keys: Datum[][] = [];
  for (let i = 0; i < changes.n; i++) {
    if (changes.weights[i]! < 0 && isReplaced(changes, positions, i)) continue;
    keys.push(positions.map((position) => changes.column(position).get(i)));
  }
  return keys;
}

/** Of an old version: its new one is next. */
function isReplaced(changes: Batch, positions: readonly number[], i: number): boolean {
  return i + 1 < changes.n && changes.weights[i + 1]! > 0 && sameKey(changes, positions, i, i + 1);
}

function sameKey(changes: Batch, positions: readonly number[], a: number, b: number): boolean {
  return positions.every((position) => {
    const column = changes.column(position);
    return column.layout === 'ref' || column.layout === 'dec'
      ? false // rarely a key: logging it twice is cheaper than comparing well
      : column.nulls[a] === column.nulls[b] && column.v[a] === column.v[b];
  });
}
