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
 * The state machine of delivery to one keyed sink. Call a transition after its hand-over is on record and done: a crash
 * before it repeats the hand-over.
 */
export class SinkState {
  /** Its name in checkpoints: the sink's name and the types of its key. Keys of other types belong to another id. */
  readonly id: string;
  readonly sink: KeyedSink;
  /** Positions of the view's columns that are the sink's key. */
  readonly key: readonly number[];
  /** Keys to be delivered again once the views have caught up. */
  pendingRedelivery = new KeySet();
  #phase: DeliveryPhase = { kind: 'waiting' };
  #destination = '';
  #since_epoch = 0;
  /** Writes that the sink had finished at the last barrier. */
  #finishedWrites = 0;

  constructor(id: string, sink: KeyedSink, key: readonly number[]) {
    this.id = id;
    this.sink = sink;
    this.key = key;
  }

  get phase(): DeliveryPhase {
    return this.#phase;
  }
  /** The destination that the phase is about. */
  get destination(): string {
    return this.#destination;
  }
  /** Every row is, or will be, written with this version or a later one. */
  get since_epoch(): number {
    return this.#since_epoch;
  }
  /** The destination lacks rows of the view. */
  get lacksRows(): boolean {
    return this.#phase.kind === 'waiting' || this.#phase.kind === 'backfilling';
  }

  /** The sink's destination is new: it gets every row, with versions from `epoch` on. */
  restart(epoch: number): void {
    this.#destination = this.sink.destination;
    this.#phase = { kind: 'waiting' };
    this.#since_epoch = epoch;
  }

  /** The sink's destination has every row; `clearingSince_epoch`: and is still to be cleared. */
  resume(clearingSince_epoch: number | undefined): void {
    this.#destination = this.sink.destination;
    this.#phase = { kind: clearingSince_epoch === undefined ? 'live' : 'clearing' };
    this.#since_epoch = clearingSince_epoch ?? 0;
  }

  /** waiting -> backfilling; other phases stay. */
  beginBackfill(): void {
    if (this.#phase.kind === 'waiting') this.#phase = { kind: 'backfilling', cursor: 0 };
  }

  /** The rows before `next` are handed over; undefined: all rows are. */
  advanceBackfill(next: number | undefined): void {
    this.#phase = next === undefined ? { kind: 'clearing' } : { kind: 'backfilling', cursor: next };
  }

  /** clearing -> live; other phases stay. */
  finishClearing(): void {
    if (this.#phase.kind === 'clearing') this.#phase = { kind: 'live' };
  }

  /**
   * How many rows the next backfill batch may have, so that the sink writes them in a barrier or two: at least
   * `minRows`, or `growth` times what it wrote since the last call, less what it still holds. Call it once a barrier.
   */
  backfillRoom(minRows: number, growth: number): number {
    const { upserts, deletes, dead_letters, queued, in_flight } = this.sink.stats();
    const finished = upserts + deletes + dead_letters;
    const room = Math.max(minRows, growth * (finished - this.#finishedWrites)) - queued - in_flight;
    this.#finishedWrites = finished;
    return room;
  }

  /**
   * A sink that waits misses deletions. Its destination may hold an item of such a row, from a backfill that a crash
   * ended or from an earlier pipeline. So the keys are delivered later.
   */
  redeliverDeletions(changes: Batch): void {
    for (let i = 0; i < changes.n; i++) {
      if (changes.weights[i]! < 0 && !isReplaced(changes, this.key, i))
        this.pendingRedelivery.add(this.key.map((position) => changes.column(position).get(i)));
    }
  }
}
