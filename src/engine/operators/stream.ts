import type { PlanColumn } from '../../plan/nodes.ts';
import type { Batch } from '../batch.ts';
import type { Packer, Unpacker } from '../state/packer.ts';
import type { TextMarks } from '../text/text-marks.ts';

/** Takes rows. It may read the batch only during the call, and copies what it keeps. Weights are +1 or -1. */
export interface Consumer {
  apply(batch: Batch): void;
}

/** A consumer whose expressions depend on the clock: they are constant between two calls of `setClock`. */
export interface ClockedConsumer extends Consumer {
  setClock(now_us: number): void;
  /**
   * Takes rows away as they were under an earlier clock and adds them as they are under the one that is set.
   * The batch's weights are the consumer's to write.
   */
  reapply(batch: Batch, earlier_us: number, now_us: number): void;
}

/** `reapply` in two passes, for consumers that have nothing better. */
export function reapplyInTwo(to: ClockedConsumer, batch: Batch, earlier_us: number, now_us: number): void {
  to.setClock(earlier_us);
  batch.weights.fill(-1, 0, batch.n);
  to.apply(batch);
  to.setClock(now_us);
  batch.weights.fill(1, 0, batch.n);
  to.apply(batch);
}

/** What is true of every batch of a stream. */
export interface StreamTraits {
  /** No row is ever taken away. */
  readonly appendOnly: boolean;
  /** Rows carry slots, and the producer can `gather` the current row of a slot. */
  readonly slotted: boolean;
  /**
   * Rows come only at barriers, and per slot at most one -1 directly followed by at most one +1, never equal.
   */
  readonly consolidated: boolean;
}

/** A node of the running graph that sends rows to consumers. */
export abstract class Stream {
  readonly columns: readonly PlanColumn[];
  readonly traits: StreamTraits;
  readonly #consumers: Consumer[] = [];

  constructor(columns: readonly PlanColumn[], traits: StreamTraits) {
    this.columns = columns;
    this.traits = traits;
  }

  connect(consumer: Consumer): void {
    this.#consumers.push(consumer);
  }

  /** Of a slotted stream: that many leading columns never change while a slot holds a row. */
  readonly stableColumns: number = 0;

  /** Tells the producer that someone reads these columns; others may stay unfilled. */
  require(_columns: Iterable<number>): void {
    // Most producers fill every column.
  }

  get connected(): boolean {
    return this.#consumers.length > 0;
  }

  protected send(batch: Batch): void {
    for (const consumer of this.#consumers) consumer.apply(batch);
  }

  /** Of a slotted stream: appends the current rows of `slots[from, to)` to `out`, as of the last barrier. */
  gather(_slots: Int32Array, _from: number, _to: number, _out: Batch): void {
    throw new Error('this stream keeps no rows by slot');
  }

  /** Of a slotted stream: columns that no two rows have equal and by which `find` finds them, if there are any. */
  get key(): readonly number[] | undefined {
    return undefined;
  }

  /** The slot of the row with the key in row 0 of `key` (columns as in `this.key`), which may be gone; -1 if there is none. */
  find(_key: Batch): number {
    throw new Error('this stream finds no rows by key');
  }

  /** Of a stream that keeps rows: how many, as of the last barrier or a little later. */
  rowCount(): number {
    throw new Error('this stream keeps no rows');
  }

  /** Of a slotted stream: the slots that hold a row, appended to the result in no promised order. */
  liveSlots(): Int32Array {
    throw new Error('this stream keeps no rows by slot');
  }
}

export interface StateBound {
  /** One of these: `distinct (viewer_id, watch_date)`, `row of the last 28 days`. */
  readonly per: string;
  readonly bytes: number;
}

/** A node that does something at barriers or keeps state. Called in topological order. */
export interface Operator {
  /** Stable over restarts of one plan; state is saved under it. */
  readonly id: string;
  /** The view it works for. */
  readonly view: string;
  /** What it holds, in words: for `explain`. */
  describe(): string;
  /** Sends what changed since the last barrier. `now_us` never goes back. */
  barrier(now_us: number): void;
  /**
   * What its state grows with, and the bytes that each takes (capacity doubles, so up to twice that is
   * allocated).
   */
  bounds(): readonly StateBound[];
  /** Bytes of state now, and rows or groups held. */
  stateBytes(): number;
  stateRows(): number;
  /** Called right after a barrier, when nothing is pending: marks each text that the state refers to. */
  markTexts(marks: TextMarks): void;
  /** Called right after a barrier, when nothing is pending. */
  save(to: Packer): void;
  restore(from: Unpacker): void;
}
