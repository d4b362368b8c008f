import type { PlanColumn } from '../../plan/nodes.ts';
import type { Batch } from '../batch.ts';
import type { Packer, Unpacker } from '../state/packer.ts';
import type { TextMarks } from '../text/text-marks.ts';

/** Takes rows with weights +1 or -1. It may read the batch only during the call, and copies what it keeps. */
export interface Consumer {
  apply(batch: Batch): void;
}

/** A consumer whose expressions depend on the clock: they are constant between two calls of `setClock`. */
export interface ClockedConsumer extends Consumer {
  setClock(now_us: number): void;
  /**
   * Retracts rows as of an earlier clock and adds them as of `now_us`, the clock that is set. The consumer may
   * overwrite the batch's weights.
   */
  reapply(batch: Batch, earlier_us: number, now_us: number): void;
}

/** Implements `reapply` in two passes, for consumers without a faster way. */
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
  /** No row is ever retracted. */
  readonly appendOnly: boolean;
  /** Rows carry slots, and the producer can `gather` the current row of a slot. */
  readonly slotted: boolean;
  /** Rows come only at barriers: per slot at most one -1, directly followed by at most one +1 that differs from it. */
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

  /** For a slotted stream: the number of leading columns that never change while a slot holds a row. */
  readonly stableColumns: number = 0;

  /** Tells the producer that a consumer reads these columns; the others may stay empty. */
  require(_columns: Iterable<number>): void {
    // Most producers fill every column.
  }

  get connected(): boolean {
    return this.#consumers.length > 0;
  }

  protected send(batch: Batch): void {
    for (const consumer of this.#consumers) consumer.apply(batch);
  }

  /** For a slotted stream: appends the rows of `slots[from, to)` as of the last barrier to `out`. */
  gather(_slots: Int32Array, _from: number, _to: number, _out: Batch): void {
    throw new Error('this stream keeps no rows by slot');
  }

  /** For a slotted stream: the unique columns by which `find` finds a row; undefined if it finds none. */
  get key(): readonly number[] | undefined {
    return undefined;
  }

  /**
   * Returns the slot of the key in row 0 of `key`, whose columns are those of `this.key`; -1 if it has none. The slot
   * may hold no row as of the last barrier.
   */
  find(_key: Batch): number {
    throw new Error('this stream finds no rows by key');
  }

  /** For a stream that keeps rows: their number. It may include rows that came since the last barrier. */
  rowCount(): number {
    throw new Error('this stream keeps no rows');
  }

  /** For a slotted stream: returns the slots that hold a row as of the last barrier, ascending. */
  liveSlots(): Int32Array {
    throw new Error('this stream keeps no rows by slot');
  }
}

export interface StateBound {
  /** What state grows with: `distinct (viewer_id, watch_date)`, `row of the input`. */
  readonly per: string;
  /** Bytes of state for each of them. */
  readonly bytes: number;
}

/** A node that acts at barriers or keeps state. Operators are called in topological order. */
export interface Operator {
  /** Stable over restarts of one plan; state is saved under it. */
  readonly id: string;
  /** The view or source that it belongs to. */
  readonly view: string;
  /** Returns a description of the state, for `explain`. */
  describe(): string;
  /** Sends what changed since the last barrier. `now_us` never goes back. */
  barrier(now_us: number): void;
  /** Returns what the state grows with. Capacity doubles, so up to twice the stated bytes are allocated. */
  bounds(): readonly StateBound[];
  /** Returns the bytes of state now. */
  stateBytes(): number;
  /** Returns the number of rows or groups held. */
  stateRows(): number;
  /** Marks each text that the state refers to. Called right after a barrier, when nothing is pending. */
  markTexts(marks: TextMarks): void;
  /** Called right after a barrier, when nothing is pending. */
  save(to: Packer): void;
  restore(from: Unpacker): void;
}
