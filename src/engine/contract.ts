import type { PlanColumn } from '../plan/nodes.ts';
import type { Datum } from '../values/datum.ts';
import type { Batch } from './batch.ts';
import type { StringPool } from './text/string-pool.ts';

/** A view's changes between two barriers: at most one -1 and one +1 per row key, whose rows differ. */
export interface ViewChanges {
  readonly view: string;
  /** Valid until the next call into the engine. A changed row is -1 directly followed by +1. */
  readonly changes: Batch;
}

/** Reads a view as of the last barrier. */
export interface ViewReader {
  readonly name: string;
  readonly columns: readonly PlanColumn[];
  /** Number of rows, known without reading them. It may include rows pushed since the last barrier. */
  readonly rowCount: number;
  /** Yields all rows in an unspecified order. A batch is valid until the next one is taken. */
  scan(): Iterable<Batch>;
  /**
   * Returns up to `limit` rows from `cursor` (0 for the first row) in a batch of their own, and the next cursor,
   * undefined after the last row. A cursor survives barriers; rows inserted behind it are skipped.
   */
  page(cursor: number, limit: number): { readonly rows: Batch; readonly next: number | undefined };
  /**
   * Returns, for each of `keys`, the rows whose columns at `positions` equal it. Uses the index if `positions` are
   * the view's key; otherwise one pass over the view serves all keys.
   */
  lookup(positions: readonly number[], keys: readonly (readonly Datum[])[]): Datum[][][];
}

/**
 * An expression that failed for a row, or an aggregate that could not be computed for a group (a sum outside its
 * type's range). The result is NULL. A failure is counted once: when its row arrives, or when the clock causes it.
 */
export interface EvaluationError {
  readonly view: string;
  readonly code: string;
  readonly message: string;
  /** Number of failures since the last `takeErrors`. */
  readonly count: number;
}

/** Named byte blocks of a snapshot; the storage layer adds checksums and files. */
export interface StateWriter {
  block(name: string, bytes: Uint8Array): void;
}
export interface StateReader {
  /** Returns the block's bytes, aligned to 8 and owned by the caller. Throws if there is no such block. */
  block(name: string): Uint8Array;
  has(name: string): boolean;
}

/**
 * The kernel: pure and synchronous. It does no I/O and takes the time from its caller; equal calls give equal results.
 *
 *   push(source, rows)   any number of times, then
 *   barrier(now_us)      moves the clock (never back), and returns the changes of the observed views
 *
 * `push` throws RangeError, and changes nothing, if a batch retracts a row of a source or table that only appends
 * (`onlyAppends` in plan/pipeline.ts). From other tables, callers retract only rows that they inserted before.
 * `barrier` throws RangeError if `now_us` is earlier than the present time. Unknown names of sources and views throw
 * RangeError as well.
 */
export interface Kernel {
  readonly pool: StringPool;
  readonly now_us: number;
  /** Returns, for each column of the source, whether a plan reads it. The other columns need not be decoded. */
  wanted(source: string): readonly boolean[];
  /** Returns an empty batch with the source's wanted columns. */
  newBatch(source: string, capacity: number): Batch;
  push(source: string, rows: Batch): void;
  /** Deletes all rows of a table with a primary key. Throws RangeError for any other source. */
  clear(table: string): void;
  barrier(now_us: number): readonly ViewChanges[];
  view(name: string): ViewReader;
  /** Returns the evaluation errors since the last call. */
  takeErrors(): readonly EvaluationError[];
  /** Returns the bytes held by operators, by view. Texts are shared by all views: `pool.bytesUsed`. */
  stateBytes(): ReadonlyMap<string, number>;
  /**
   * Frees the texts that no state refers to, and returns how many. Call it right after a barrier: ids in batches that
   * were filled before may stand for other texts afterwards. `pool.wantsSweep` is true when a sweep is worth its time.
   */
  sweepTexts(): number;
  /** Identifies the plan. A kernel restores only snapshots of a kernel with the same fingerprint. */
  readonly fingerprint: string;
  save(to: StateWriter): void;
  restore(from: StateReader): void;
}
