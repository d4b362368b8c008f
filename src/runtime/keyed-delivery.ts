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

/** Minimum rows of a backfill batch, and its size as a multiple of what its sink wrote since the last barrier. */
const BACKFILL_ROWS = 100;
const BACKFILL_GROWTH = 2;

/** Changes of a view for one sink, and their keys. */
export interface Handover {
  readonly id: string;
  readonly sink: KeyedSink;
  readonly changes: Batch;
  readonly keys: readonly (readonly Datum[])[];
}

/** A page of a view's rows for a sink whose destination lacks rows. */
export interface BackfillBatch extends Handover {
  readonly state: SinkState;
  /** The cursor of the next batch; undefined for the last one. */
  readonly next: number | undefined;
}

/**
 * Hands the changes of views to keyed sinks. The keys of each hand-over are durable before the sink receives it, so a
 * crash at any point loses no change. Each sink has a state machine ({@link SinkState}). A backfill is handed over in
 * batches, one behind each barrier's changes, so that changes never wait for a backfill.
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

  /** True if a destination lacks rows, or keys await redelivery. */
  get hasUndelivered(): boolean {
    return this.#states.some((state) => state.lacksRows || state.pendingRedelivery.size > 0);
  }
  /** True while every sink is in phase `waiting`, so that none receives changes. */
  get isWaiting(): boolean {
    return this.#states.every(({ phase }) => phase.kind === 'waiting');
  }
  /** Progress of backfills; undefined once every sink has been handed every row. */
  get backfill(): BackfillStatus | undefined {
    const incomplete = this.#states.filter(({ lacksRows }) => lacksRows);
    if (incomplete.length === 0) return undefined;
    const isWaiting = incomplete.some(({ phase }) => phase.kind === 'waiting');
    return { phase: isWaiting ? 'waiting' : 'running', rows: this.#backfilledRows };
  }
  phaseOf(sink: KeyedSink): DeliveryPhase['kind'] {
    return this.#states.find((state) => state.sink === sink)!.phase.kind;
  }
  /** States of the sinks whose destinations have every row and may hold items that no row stands for. */
  get clearing(): readonly SinkState[] {
    return this.#states.filter(({ phase }) => phase.kind === 'clearing');
  }
  /** Number of keys awaiting redelivery. */
  get pendingRedelivery(): number {
    return this.#states.reduce((sum, { pendingRedelivery }) => sum + pendingRedelivery.size, 0);
  }

  /**
   * Marks keys of an earlier process for redelivery: those that were pending in its checkpoint, and those that it
   * handed to sinks afterwards. Returns the stored ids that no sink of this pipeline has.
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
   * Compares the destinations of the open sinks with those in a checkpoint. A sink that is new, or has another
   * destination, receives all rows of its view, with versions from `epoch` on. Returns the names of such sinks.
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
   * Finds destinations that were replaced while the pipeline runs, such as a table that was deleted and created again.
   * They receive all rows of their views. Returns the names of their sinks.
   */
  startReplacedDestinations(epoch: number): readonly string[] {
    const replaced = this.#states.filter(({ sink, destination }) => sink.destination !== destination);
    for (const state of replaced) state.restart(epoch);
    return replaced.map(({ sink }) => sink.name);
  }

  /** Returns what a checkpoint records about destinations that have been handed every row. */
  destinations(): DestinationsOnRecord {
    const complete = this.#states.filter(({ lacksRows }) => !lacksRows);
    return {
      known: new Map(complete.map(({ id, destination }) => [id, destination])),
      clearing: new Map(this.clearing.map(({ id, since_epoch }) => [id, since_epoch])),
    };
  }

  /** Returns the hand-overs of a barrier's changes. They refer to the batches of `changes` and do not copy them. */
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

  /** Lets waiting sinks begin their backfills, because the views have caught up or are not expected to. */
  beginBackfill(): void {
    for (const state of this.#states) state.beginBackfill();
  }

  /**
   * Returns the next batch of each backfill. The caller passes the batches to {@link record}, then to
   * {@link handBackfill}. Call it once per barrier.
   */
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

  /** Makes the keys of hand-overs durable. The call may be repeated after a rejection. */
  async record(handovers: readonly Handover[], epoch: number): Promise<void> {
    const delivered = handovers.map(({ id, keys }) => ({ sink: id, keys }));
    if (delivered.some(({ keys }) => keys.length > 0)) await this.#append(epoch, delivered);
  }

  /** Hands the changes to the sinks. Call it after {@link record} has resolved. */
  hand(handovers: readonly Handover[], at: BarrierInfo): void {
    for (const { sink, changes } of handovers) sink.accept(changes, at);
  }

  /** Hands batches to the sinks as {@link hand} does, and advances their backfills. */
  handBackfill(batches: readonly BackfillBatch[], at: BarrierInfo): void {
    this.hand(batches, at);
    for (const { state, next, changes } of batches) {
      this.#backfilledRows += changes.n;
      state.advanceBackfill(next);
    }
  }

  /** Makes the keys that await redelivery durable. The call may be repeated after a rejection. */
  async recordRedelivery(epoch: number): Promise<void> {
    const delivered = this.#states
      .filter(({ pendingRedelivery }) => pendingRedelivery.size > 0)
      .map(({ id, pendingRedelivery }) => ({ sink: id, keys: [...pendingRedelivery.values()] }));
    if (delivered.length > 0) await this.#append(epoch, delivered);
  }

  /** Delivers the keys that await it with their current rows. Call it after {@link recordRedelivery} has resolved. */
  redeliver(at: BarrierInfo): void {
    for (const state of this.#states) {
      const { sink, pendingRedelivery } = state;
      if (pendingRedelivery.size === 0) continue;
      const rows = this.#rowsToRedeliver(state);
      for (const [name, key] of pendingRedelivery.entries()) sink.resend(key, rows.get(name), at);
      state.pendingRedelivery = new KeySet();
    }
  }

  /** Returns for each sink, by id, the keys that it has not acknowledged and those that await redelivery. */
  pending(): PendingKeys {
    return new Map(
      this.#states.map(({ id, sink, pendingRedelivery }) => [
        id,
        [...sink.pending(), ...pendingRedelivery.values()],
      ]),
    );
  }

  /** Begins a new segment of the log for epochs after `epoch`, so that a checkpoint can release the earlier ones. */
  async checkpointing(epoch: number): Promise<void> {
    this.#logNeedsSegment = true;
    await this.#log.begin(epoch + 1);
    this.#logNeedsSegment = false;
  }

  async #append(epoch: number, delivered: readonly DeliveredKeys[]): Promise<void> {
    // A failed append may leave a torn record, behind which no other record would be read.
    if (this.#logNeedsSegment) await this.#log.begin(epoch);
    this.#logNeedsSegment = true;
    await this.#log.append(epoch, delivered);
    this.#logNeedsSegment = false;
  }

  /** Returns the current rows of the keys that await redelivery, by name of the key. Takes one pass over the view. */
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

/** What a checkpoint records about the destinations of keyed sinks. */
export interface DestinationsOnRecord {
  /** Id of a sink to its destination, for those that have been handed every row. */
  readonly known: ReadonlyMap<string, string>;
  /** Id of a sink to the first version of its rows, for those destinations that are still to be cleared. */
  readonly clearing: ReadonlyMap<string, number>;
}
