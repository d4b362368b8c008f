import type { PlanColumn } from '../plan/nodes.ts';
import type { Datum } from '../values/datum.ts';
import type { Batch } from './batch.ts';
import type { StringPool } from './text/string-pool.ts';

/** What changed in one view between two barriers: at most one -1 and one +1 per row key, never equal ones. */
export interface ViewChanges {
  readonly view: string;
  /** Valid until the next call into the engine. A changed row is -1 directly followed by +1. */
  readonly changes: Batch;
}

/** Reads a view as of the last barrier. */
export interface ViewReader {
  readonly name: string;
  readonly columns: readonly PlanColumn[];
  /** Known without reading the rows. */
  readonly rowCount: number;
  /** All rows, in batches that are valid until the next one is taken. No order is promised. */
  scan(): Iterable<Batch>;
  /**
   * Returns up to `limit` rows from `cursor` (0: the first row), in a batch that stays valid, and the next cursor
   * (undefined: these are the last). A cursor survives barriers; rows inserted behind it are skipped.
   */
  page(cursor: number, limit: number): { readonly rows: Batch; readonly next: number | undefined };
  /**
   * For each of `keys`, the rows whose columns at `positions` equal it: by index when `positions` is the view's key,
   * otherwise in one pass over the view for all of them.
   */
  lookup(positions: readonly number[], keys: readonly (readonly Datum[])[]): Datum[][][];
}

/**
 * An expression that failed for a row, or an aggregate that could not be computed for a group (a sum out of its type's
 * range). It is NULL there. Each failure counts once: when its row arrives, or when the clock makes it fail.
 */
export interface EvaluationError {
  readonly view: string;
  readonly code: string;
  readonly message: string;
  /** How often since the last report. */
  readonly count: number;
}

/** Named byte blocks of a snapshot; the storage layer adds checksums and files. */
export interface StateWriter {
  block(name: string, bytes: Uint8Array): void;
}
export interface StateReader {
  /** Throws if there is no such block. The bytes are aligned to 8 and owned by the caller. */
  block(name: string): Uint8Array;
  has(name: string): boolean;
}

/**
 * The kernel: pure and synchronous. It does no I/O and never asks for the time; equal calls give equal results.
 *
 *   push(source, rows)   any number of times, then
 *   barrier(now_us)      moves the clock (never back), and returns what changed in each view
 *
 * `push` throws RangeError, and changes nothing, for a row taken away from what only appends (plan/pipeline.ts,
 * onlyAppends). Of other tables only rows that are there may be taken away.
 */
export interface Kernel {
  readonly pool: StringPool;
  readonly now_us: number;
  /** Which columns of the source any plan reads; the others need not be decoded. */
  wanted(source: string): readonly boolean[];
  /** An empty batch for the source's wanted columns. */
  newBatch(source: string, capacity: number): Batch;
  push(source: string, rows: Batch): void;
  barrier(now_us: number): readonly ViewChanges[];
  view(name: string): ViewReader;
  /** Evaluation errors since the last call. */
  takeErrors(): readonly EvaluationError[];
  /** Bytes held by operator state, by view; the texts, which all share, are `pool.bytesUsed`. */
  stateBytes(): ReadonlyMap<string, number>;
  /**
   * Frees the texts that no state refers to, and returns how many. Call it right after a barrier: ids in batches that
   * were filled before may stand for other texts afterwards. `pool.wantsSweep` tells
   * when it is worth its time.
   */
  sweepTexts(): number;
  /** Changes when a snapshot of one plan cannot be read by another. */
  readonly fingerprint: string;
  save(to: StateWriter): void;
  restore(from: StateReader): void;
}
