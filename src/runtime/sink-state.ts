import type { Batch } from '../engine/batch.ts';
import type { KeyedSink } from '../sinks/sink.ts';
import { KeySet } from '../storage/pending-keys.ts';
import { isReplaced } from './changed-keys.ts';

/**
 * The phases of delivery to the destination of a keyed sink:
 *
 *   waiting -> backfilling -> clearing -> live
 *
 * | phase       | the destination                                   | each barrier hands to it                      |
 * |-------------|---------------------------------------------------|-----------------------------------------------|
 * | waiting     | lacks rows, and the views have not caught up      | nothing                                       |
 * | backfilling | lacks the rows from `cursor` on                   | the changes, then the next batch of rows      |
 * | clearing    | has every row, and may hold items without a row   | the changes                                   |
 * | live        | has exactly the rows of the view                  | the changes                                   |
 */
export type DeliveryPhase =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'backfilling'; readonly cursor: number }
  | { readonly kind: 'clearing' }
  | { readonly kind: 'live' };

/**
 * The state machine of delivery to one keyed sink. A transition is called after its hand-over has been recorded and
 * done; a crash before the next checkpoint repeats the hand-over.
 */
export class SinkState {
  /** The sink's name in checkpoints, which includes the types of its key: a key of other types makes another id. */
  readonly id: string;
  readonly sink: KeyedSink;
  /** Positions of the view's columns that are the sink's key. */
  readonly key: readonly number[];
  /** Keys that are delivered again once the views have caught up. */
  pendingRedelivery = new KeySet();
  #phase: DeliveryPhase = { kind: 'waiting' };
  #destination = '';
  #since_epoch = 0;
  /** Writes that the sink had finished at the last {@link backfillRoom}. */
  #finishedWrites = 0;

  constructor(id: string, sink: KeyedSink, key: readonly number[]) {
    this.id = id;
    this.sink = sink;
    this.key = key;
  }

  get phase(): DeliveryPhase {
    return this.#phase;
  }
  /** The destination that {@link phase} refers to. */
  get destination(): string {
    return this.#destination;
  }
  /** The backfill writes every row with this version or a later one. */
  get since_epoch(): number {
    return this.#since_epoch;
  }
  /** True if the destination lacks rows of the view. */
  get lacksRows(): boolean {
    return this.#phase.kind === 'waiting' || this.#phase.kind === 'backfilling';
  }

  /** Begins with a new destination: it receives every row, with versions from `epoch` on. */
  restart(epoch: number): void {
    this.#destination = this.sink.destination;
    this.#phase = { kind: 'waiting' };
    this.#since_epoch = epoch;
  }

  /**
   * Continues with a destination that has every row. `clearingSince_epoch` is the first version of those rows if the
   * destination is still to be cleared, and otherwise undefined.
   */
  resume(clearingSince_epoch: number | undefined): void {
    this.#destination = this.sink.destination;
    this.#phase = { kind: clearingSince_epoch === undefined ? 'live' : 'clearing' };
    this.#since_epoch = clearingSince_epoch ?? 0;
  }

  /** Moves from `waiting` to `backfilling`; does nothing in other phases. */
  beginBackfill(): void {
    if (this.#phase.kind === 'waiting') this.#phase = { kind: 'backfilling', cursor: 0 };
  }

  /** Notes that the rows before cursor `next`, or all rows if it is undefined, have been handed over. */
  advanceBackfill(next: number | undefined): void {
    this.#phase = next === undefined ? { kind: 'clearing' } : { kind: 'backfilling', cursor: next };
  }

  /** Moves from `clearing` to `live`; does nothing in other phases. */
  finishClearing(): void {
    if (this.#phase.kind === 'clearing') this.#phase = { kind: 'live' };
  }

  /**
   * Returns how many rows the next backfill batch may have so that the sink writes them within a barrier or two:
   * `growth` times the rows that it wrote since the last call, or `minRows` if that is more, less the rows that it
   * still holds. Zero or less means that there is no room. Call it once per barrier.
   */
  backfillRoom(minRows: number, growth: number): number {
    const { upserts, deletes, dead_letters, queued, in_flight } = this.sink.stats();
    const finished = upserts + deletes + dead_letters;
    const room = Math.max(minRows, growth * (finished - this.#finishedWrites)) - queued - in_flight;
    this.#finishedWrites = finished;
    return room;
  }

  /**
   * Marks the keys of deleted rows for redelivery. A waiting sink receives no changes, and its destination may hold
   * items of those rows, from a backfill that a crash interrupted or from an earlier pipeline.
   */
  redeliverDeletions(changes: Batch): void {
    for (let i = 0; i < changes.n; i++) {
      if (changes.weights[i]! < 0 && !isReplaced(changes, this.key, i))
        this.pendingRedelivery.add(this.key.map((position) => changes.column(position).get(i)));
    }
  }
}
