import type { Batch } from '../engine/batch.ts';
import type { Datum } from '../values/datum.ts';
import { FreshetError, type FreshetErrorOptions } from '../values/freshet-error.ts';

/** Figures of a sink since it was opened. `upserts` to `bytes` only increase; the others are current values. */
export interface SinkStats {
  /** Rows that the destination has acknowledged, or that are committed. */
  readonly upserts: number;
  readonly deletes: number;
  /** Changes that a newer change of the same key replaced before they were sent. */
  readonly coalesced: number;
  /** Changes that need no write: nothing that is written has changed, or the row has expired. */
  readonly suppressed?: number;
  /** Writes that the destination refused because it has a newer version of the row; counted as acknowledged. */
  readonly superseded?: number;
  readonly retried: number;
  readonly throttled: number;
  readonly dead_letters: number;
  readonly bytes: number;
  readonly queued: number;
  readonly in_flight: number;
  /** Time since which all writes have failed; undefined while writes succeed, and while there are none. */
  readonly failing_since_ms?: number | undefined;
  /** Why writes fail. */
  readonly error?: string | undefined;
  /** Time at which the oldest unacknowledged change was accepted; undefined if there is none, or it is not known. */
  readonly oldest_pending_ms?: number | undefined;
}

export interface SinkDeadLetter {
  readonly sink: string;
  readonly key: readonly Datum[];
  readonly reason: string;
  readonly message: string;
}

/** The time and the number of a barrier. */
export interface BarrierInfo {
  readonly now_us: number;
  /** The number of the barrier. It increases with each barrier, across restarts too. */
  readonly epoch: number;
}

/** What {@link KeyedSink.clear} needs to know about the view. */
export interface ClearRequest {
  /** Every row has been written with this version or a later one. */
  readonly since_epoch: number;
  /** Returns the epoch of the last barrier. */
  epoch(): number;
  /** Returns for each key whether the view had a row with it at the last barrier. Pass many keys in one call. */
  hasRows(keys: readonly (readonly Datum[])[]): readonly boolean[];
  /** Returns true once the request is obsolete: `clear` then resolves soon, with `isComplete` false. */
  isCancelled(): boolean;
}

export interface ClearReport {
  /** Items of this sink in the destination. */
  readonly found: number;
  /** Items that no row stands for and that were deleted. */
  readonly deleted: number;
  /** Items that no row stands for and that the sink's options keep. */
  readonly kept: number;
  /** True if the whole destination was scanned. */
  readonly isComplete: boolean;
}

interface SinkCommon {
  readonly name: string;
  readonly view: string;
  /**
   * Identifies where rows go and in what form, without secrets. It is known once the sink is open, and changes when the
   * table or folder is replaced. A destination that differs from the recorded one lacks rows, and receives all of them.
   */
  readonly destination: string;
  /** Creates or validates the destination. Rejects with SinkError. */
  open(): Promise<void>;
  stats(): SinkStats;
  close(): Promise<void>;
}

/**
 * Delivers a view's changes by key. Delivery is at-least-once and idempotent: after a restart the keys that were
 * `pending` at the checkpoint are delivered again with their current rows.
 *
 * Contract: at most one write per key is in flight; of several changes to a key the last one wins; a row that can never
 * be written is a dead letter and never stops its neighbours.
 */
export interface KeyedSink extends SinkCommon {
  readonly kind: 'keyed';
  /** Takes a view's changes at a barrier. Synchronous; copies what it keeps. */
  accept(changes: Batch, at: BarrierInfo): void;
  /** Resolves when every change accepted before the call is acknowledged or a dead letter. */
  flush(): Promise<void>;
  /** Keys accepted and not yet acknowledged. */
  pending(): readonly (readonly Datum[])[];
  /** Delivers the current row of `key` again, or its deletion if `row` is undefined. */
  resend(key: readonly Datum[], row: readonly Datum[] | undefined, at: BarrierInfo): void;
  /**
   * Deletes the items of this sink that no row stands for, left by an earlier definition of the view or by a lost
   * state. Call it after every row has been acknowledged. Changes may be accepted meanwhile, and take precedence.
   * Rejects if the destination cannot be read; repeating the call is safe.
   */
  clear(request: ClearRequest): Promise<ClearReport>;
}

/**
 * Delivers a view's changes in commits, one per checkpoint, to files or to tables of a data lake. Delivery is
 * exactly-once: after each commit the destination shows the changes up to a checkpoint, each once.
 *
 *     append ... -> prepare -> the checkpoint is durable -> commit
 *
 * Contract: rows are invisible in the destination until they are committed. After a crash, at whatever point, the first
 * calls are `open`, and then `recover` or `restart`.
 */
export interface CommitSink extends SinkCommon {
  readonly kind: 'commit';
  /** Takes a view's changes at a barrier. Synchronous; copies what it keeps. */
  append(changes: Batch, at: BarrierInfo): void;
  /**
   * Begins the commit of the checkpoint of barrier `epoch`, which covers all rows that were appended before this call
   * and are not committed. Resolves, once they are durable, to a token for the checkpoint; undefined if there is
   * nothing to commit. Rows appended after the call belong to later commits. After a rejection the next call covers the
   * same rows again.
   */
  prepare(epoch: number): Promise<string | undefined>;
  /**
   * Makes the rows of `token` visible. Call it once the checkpoint that holds the token is durable. After a rejection
   * the sink itself finds out whether the commit took effect, before the next `prepare` resolves.
   */
  commit(token: string): Promise<void>;
  /**
   * Returns to the checkpoint of barrier `epoch`: commits its token unless it is committed, and discards everything
   * that was prepared later. Resolves to false if it cannot, because the destination shows later commits that cannot be
   * undone, or lacks what was prepared: the caller then calls `restart`. Checkpoints of the same epoch hold the same
   * rows; commits of different rows have different epochs.
   */
  recover(token: string | undefined, epoch: number): Promise<boolean>;
  /** Discards the uncommitted rows. The next commit replaces everything that the destination shows of this sink. */
  restart(): void;
}

export type Sink = KeyedSink | CommitSink;

/** An error of a sink, with a hint for the operator. */
export class SinkError extends FreshetError {
  readonly sink: string;
  /** The names and aliases of the options that the error is about. */
  readonly option: readonly string[] | undefined;
  constructor(
    sink: string,
    message: string,
    options: Omit<FreshetErrorOptions, 'subject'> & {
      readonly code?: string;
      readonly option?: readonly string[];
    } = {},
  ) {
    super(options.code ?? 'sink_failed', message, { ...options, subject: { kind: 'sink', name: sink } });
    this.sink = sink;
    this.option = options.option;
  }
}
