import type { Batch } from '../engine/batch.ts';
import type { Datum } from '../values/datum.ts';
import { FreshetError, type FreshetErrorOptions } from '../values/freshet-error.ts';

/** Counters of a sink since it was opened; all monotone down to `bytes`. */
export interface SinkStats {
  /** Rows that the destination has: acknowledged, or committed. */
  readonly upserts: number;
  readonly deletes: number;
  /** Changes replaced by a newer one of the same key before they were sent. */
  readonly coalesced: number;
  readonly retried: number;
  readonly throttled: number;
  readonly dead_letters: number;
  readonly bytes: number;
  readonly queued: number;
  readonly in_flight: number;
  /** Since when all writes have failed; undefined while they go through, or there are none. */
  readonly failing_since_ms?: number | undefined;
  /** Why they fail. */
  readonly error?: string | undefined;
  /** When the oldest change that is not acknowledged was accepted; undefined if there is none, or it is not known. */
  readonly oldest_pending_ms?: number | undefined;
}

export interface SinkDeadLetter {
  readonly sink: string;
  readonly key: readonly Datum[];
  readonly reason: string;
  readonly message: string;
}

/** At a barrier: when, and how fresh what it carries is. */
export interface BarrierInfo {
  readonly now_us: number;
  /** Grows by one each barrier, also across restarts. */
  readonly epoch: number;
}

/** What {@link KeyedSink.clear} needs to know of the view. */
export interface ClearRequest {
  /** Every row has been written with this version or a later one. */
  readonly since_epoch: number;
  /** The version of the last barrier. */
  epoch(): number;
  /** For each key, whether the view has a row of it, as of the last barrier. Ask for many keys at once. */
  hasRows(keys: readonly (readonly Datum[])[]): readonly boolean[];
  /** The pipeline ends: `clear` resolves soon. */
  isCancelled(): boolean;
}

export interface ClearReport {
  /** What the destination holds of this sink. */
  readonly found: number;
  /** No row stands for them, and they are deleted. */
  readonly deleted: number;
  /** No row stands for them, and they stay: the sink's options say so. */
  readonly kept: number;
  /** It went over all of the destination. */
  readonly isComplete: boolean;
}

interface SinkCommon {
  readonly name: string;
  readonly view: string;
  /**
   * Names where rows go and in what form, without secrets. Final once the sink is open, and another one when what it
   * writes to was replaced. When it differs from the one before, the destination lacks rows: all of them are delivered.
   */
  readonly destination: string;
  /** Creates or validates the destination. Rejects with SinkError. */
  open(): Promise<void>;
  stats(): SinkStats;
  close(): Promise<void>;
}

/**
 * Delivers a view's changes by key. Delivery is at-least-once and idempotent: after a restart the keys that were
 * `pending` at the checkpoint are delivered again with the row as it is then.
 *
 * Contract: at most one write per key is in flight; of several changes to a key the last one wins; a row that can never
 * be written is a dead letter and never stops its neighbours.
 */
export interface KeyedSink extends SinkCommon {
  readonly kind: 'keyed';
  /** Takes a view's changes at a barrier. Synchronous; copies what it keeps. */
  accept(changes: Batch, at: BarrierInfo): void;
  /** Resolves when all that was accepted before is acknowledged or a dead letter. */
  flush(): Promise<void>;
  /** Keys accepted and not yet acknowledged. */
  pending(): readonly (readonly Datum[])[];
  /** Delivers `row` (or a deletion, if undefined) for `key`: after a restart. */
  resend(key: readonly Datum[], row: readonly Datum[] | undefined, at: BarrierInfo): void;
  /**
   * Deletes what the destination holds of this sink and no row stands for: left by a view that was another, or by a
   * state that is lost. Called when every row has been acknowledged; changes are delivered meanwhile, and win. Rejects
   * if the destination cannot be read; calling it again is safe.
   */
  clear(request: ClearRequest): Promise<ClearReport>;
}

/**
 * Delivers a view's changes in commits, one with each checkpoint: to files, or to tables of a lake. Delivery is
 * exactly-once: after each commit the destination shows the changes up to a checkpoint, each once.
 *
 *     append ... -> prepare -> the checkpoint is durable -> commit
 *
 * Contract: what is not committed is invisible in the destination. A crash at any point is followed by `open`, then
 * `recover` or `restart`, before anything else.
 */
export interface CommitSink extends SinkCommon {
  readonly kind: 'commit';
  /** Takes a view's changes at a barrier. Synchronous; copies what it keeps. */
  append(changes: Batch, at: BarrierInfo): void;
  /**
   * Begins the commit of the checkpoint of barrier `epoch`: it will hold all that was appended before this call and is
   * not committed. Resolves, once that is durable, to a token for the checkpoint; undefined if there is nothing to
   * commit. Rows appended after the call belong to later commits. After a rejection the next call covers the same rows.
   */
  prepare(epoch: number): Promise<string | undefined>;
  /**
   * Makes visible what `token` stands for; the checkpoint that holds it is durable. After a rejection the sink finds
   * out by itself whether the commit took effect, before the next `prepare` resolves.
   */
  commit(token: string): Promise<void>;
  /**
   * Returns to the checkpoint of barrier `epoch`: commits its token unless that is done, and discards all that was
   * prepared later. Resolves to false if the destination shows later commits already: then `restart` follows. Two
   * checkpoints of one epoch hold the same rows; commits of different rows have different epochs.
   */
  recover(token: string | undefined, epoch: number): Promise<boolean>;
  /** Discards what is not committed. The next commit replaces all that the destination shows of this sink. */
  restart(): void;
}

export type Sink = KeyedSink | CommitSink;

/** A fault of a sink with what an operator can do about it. */
export class SinkError extends FreshetError {
  readonly sink: string;
  /** The option that is at fault, with its aliases. */
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
