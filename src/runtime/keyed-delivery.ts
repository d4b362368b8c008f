import type { Batch } from '../engine/batch.ts';
import type { Kernel, ViewChanges } from '../engine/contract.ts';
import type { SinkDef } from '../plan/pipeline.ts';
import type { BarrierInfo, KeyedSink } from '../sinks/sink.ts';
import type { DeliveredKeys, DeliveryLog, DeliveryRecovery } from '../storage/delivery-log.ts';
import { KeySet } from '../storage/pending-keys.ts';
import type { PendingKeys } from '../storage/pending-keys.ts';
import type { Datum } from '../values/datum.ts';
import { typeName } from '../values/types.ts';
import { keysOf } from './changed-keys.ts';
import { SinkState } from './sink-state.ts';
import type { DeliveryPhase } from './sink-state.ts';
import type { BackfillStatus } from './status.ts';

/** A backfill batch has at least so many rows, or so many times what its sink wrote since the last barrier. */
const BACKFILL_ROWS = 100;
const BACKFILL_GROWTH = 2;

/** The changes of one view for one sink. */
export interface Handover {
  readonly id: string;
  readonly sink: KeyedSink;
  readonly changes: Batch;
  readonly keys: readonly (readonly Datum[])[];
}

/** Rows of a view for a sink whose destination lacks them. */
export interface BackfillBatch extends Handover {
  readonly state: SinkState;
  /** The cursor of the next batch; undefined for the last one. */
  readonly next: number | undefined;
}

/**
 * Hands the changes of views to keyed sinks. The keys of each hand-over are on disk before the sink sees them, so a
 * crash at any point loses none. Each sink has a state machine ({@link SinkState}). A backfill comes in batches behind
 * each barrier's changes, so that changes never wait for a backfill.
 */
export class KeyedDelivery {
  readonly #kernel: Kernel;
  readonly #log: DeliveryLog;
  readonly #states: readonly SinkState[];
  #logNeedsSegment = false;
  #backfilledRows = 0;

  constructor(options: {
    kernel: Kernel;
    log: DeliveryLog;
    sinks: readonly { readonly def: SinkDef; readonly sink: KeyedSink }[];
  }) {
    this.#kernel = options.kernel;
    this.#log = options.log;
    this.#states = options.sinks.map(({ def, sink }) => {
      const { columns } = options.kernel.view(sink.view);
      const types = def.primaryKey.map((position) => typeName(columns[position]!.type));
      return new SinkState(`${sink.name}(${types.join(',')})`, sink, def.primaryKey);
    });
  }

  /** Rows or keys wait to be delivered until the views have caught up. */
  get hasUndelivered(): boolean {
    return this.#states.some((state) => state.lacksRows || state.pendingRedelivery.size > 0);
  }
  /** No sink takes changes before the views have caught up. */
  get isWaiting(): boolean {
    return this.#states.every(({ phase }) => phase.kind === 'waiting');
  }
  /** Undefined when all destinations have been handed every row. */
  get backfill(): BackfillStatus | undefined {
    const incomplete = this.#states.filter(({ lacksRows }) => lacksRows);
    if (incomplete.length === 0) return undefined;
    const isWaiting = incomplete.some(({ phase }) => phase.kind === 'waiting');
    return { phase: isWaiting ? 'waiting' : 'running', rows: this.#backfilledRows };
  }
  phaseOf(sink: KeyedSink): DeliveryPhase['kind'] {
    return this.#states.find((state) => state.sink === sink)!.phase.kind;
  }
  /** Sinks that have every row and may hold items without a row. */
  get clearing(): readonly SinkState[] {
    return this.#states.filter(({ phase }) => phase.kind === 'clearing');
  }
  /** Number of keys awaiting redelivery. */
  get pendingRedelivery(): number {
    return this.#states.reduce((sum, { pendingRedelivery }) => sum + pendingRedelivery.size, 0);
  }

  /**
   * Takes over what a crashed or stopped process left: the keys pending in its checkpoint and those that it handed out
   * since. They await redelivery. Returns the stored ids that no sink of this pipeline has.
   */
  restore(pending: PendingKeys, delivered: DeliveryRecovery['keys']): readonly string[] {
    const unknown = new Set([...pending.keys(), ...delivered.keys()]);
    for (const { id, pendingRedelivery } of this.#states) {
      unknown.delete(id);
      for (const key of pending.get(id) ?? []) pendingRedelivery.add(key);
      for (const key of delivered.get(id)?.values() ?? []) pendingRedelivery.add(key);
    }
    return [...unknown];
  }

  /**
   * Compares the destinations of the open sinks with those that a checkpoint knows. A sink that is new, or leads
   * elsewhere now, gets all rows of its view, with versions from `epoch` on. Returns the names of such sinks.
   */
  startNewDestinations({ known, clearing }: DestinationsOnRecord, epoch: number): readonly string[] {
    const added: string[] = [];
    for (const state of this.#states) {
      const { id, sink } = state;
      if (known.get(id) === sink.destination) {
        state.resume(clearing.get(id));
      } else {
        state.restart(epoch);
        added.push(sink.name);
      }
    }
    return added;
  }

  /**
   * Finds destinations that were replaced while the pipeline runs, as a table that is deleted and created again. They
   * get all rows anew. Returns the names of their sinks.
   */
  startReplacedDestinations(epoch: number): readonly string[] {
    const replaced = this.#states.filter(({ sink, destination }) => sink.destination !== destination);
    for (const state of replaced) state.restart(epoch);
    return replaced.map(({ sink }) => sink.name);
  }

  /** For a checkpoint: the destinations that were handed every row, and those of them that are to be cleared. */
  destinations(): DestinationsOnRecord {
    const complete = this.#states.filter(({ lacksRows }) => !lacksRows);
    return {
      known: new Map(complete.map(({ id, destination }) => [id, destination])),
      clearing: new Map(this.clearing.map(({ id, since_epoch }) => [id, since_epoch])),
    };
  }

  /** The changes by sink; valid as long as the changes are. */
  plan(changes: readonly ViewChanges[]): readonly Handover[] {
    const handovers: Handover[] = [];
    for (const state of this.#states) {
      const { id, sink, key, phase } = state;
      for (const change of changes) {
        if (change.view !== sink.view || change.changes.n === 0) continue;
        if (phase.kind === 'waiting') state.redeliverDeletions(change.changes);
        else handovers.push({ id, sink, changes: change.changes, keys: keysOf(change.changes, key) });
      }
    }
    return handovers;
  }

  /** The views have caught up, or will not: backfills may begin with the next {@link backfillBatches}. */
  beginBackfill(): void {
    for (const state of this.#states) state.beginBackfill();
  }

  /** The next batch of each backfill: {@link record} it, then {@link handBackfill}. Call it once a barrier. */
  backfillBatches(): readonly BackfillBatch[] {
    const batches: BackfillBatch[] = [];
    for (const state of this.#states) {
      const { id, sink, key, phase } = state;
      if (phase.kind !== 'backfilling') continue;
      const room = state.backfillRoom(BACKFILL_ROWS, BACKFILL_GROWTH);
      if (room <= 0) continue;
      const { rows, next } = this.#kernel.view(sink.view).page(phase.cursor, room);
      batches.push({ id, sink, changes: rows, keys: keysOf(rows, key), state, next });
    }
    return batches;
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

  /** As {@link hand}, and advances the backfills. */
  handBackfill(batches: readonly BackfillBatch[], at: BarrierInfo): void {
    this.hand(batches, at);
    for (const { state, next, changes } of batches) {
      this.#backfilledRows += changes.n;
      state.advanceBackfill(next);
    }
  }

  /** As {@link record}, for the keys that await redelivery. */
  async recordRedelivery(epoch: number): Promise<void> {
    const delivered = this.#states
      .filter(({ pendingRedelivery }) => pendingRedelivery.size > 0)
      .map(({ id, pendingRedelivery }) => ({ sink: id, keys: [...pendingRedelivery.values()] }));
    if (delivered.length > 0) await this.#append(epoch, delivered);
  }

  /** Delivers the keys that await it, with the rows as they are now: only after {@link recordRedelivery}. */
  redeliver(at: BarrierInfo): void {
    for (const state of this.#states) {
      const { sink, pendingRedelivery } = state;
      if (pendingRedelivery.size === 0) continue;
      const rows = this.#rowsToRedeliver(state);
      for (const [name, key] of pendingRedelivery.entries()) sink.resend(key, rows.get(name), at);
      state.pendingRedelivery = new KeySet();
    }
  }

  /** For a checkpoint: per sink, the keys that it has not acknowledged and those that await redelivery. */
  pending(): PendingKeys {
    return new Map(
      this.#states.map(({ id, sink, pendingRedelivery }) => [
        id,
        [...sink.pending(), ...pendingRedelivery.values()],
      ]),
    );
  }

  /** Begins a new segment of the log, for epochs after `epoch`. */
  async checkpointing(epoch: number): Promise<void> {
    this.#logNeedsSegment = true; // until it is there
    await this.#log.begin(epoch + 1);
    this.#logNeedsSegment = false;
  }

  async #append(epoch: number, delivered: readonly DeliveredKeys[]): Promise<void> {
    // A failed append leaves an unknown tail, and records behind it would not be read.
    if (this.#logNeedsSegment) await this.#log.begin(epoch);
    this.#logNeedsSegment = true;
    await this.#log.append(epoch, delivered);
    this.#logNeedsSegment = false;
  }

  /** One pass over the view. */
  #rowsToRedeliver({ sink, key, pendingRedelivery }: SinkState): ReadonlyMap<string, readonly Datum[]> {
    const found = new Map<string, readonly Datum[]>();
    for (const batch of this.#kernel.view(sink.view).scan()) {
      for (let i = 0; i < batch.n; i++) {
        const name = pendingRedelivery.nameOf(key.map((position) => batch.column(position).get(i)));
        if (pendingRedelivery.has(name)) found.set(name, batch.row(i));
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
