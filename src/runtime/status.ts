import type { DeliveryPhase } from './sink-state.ts';
import type { SinkStats } from '../sinks/sink.ts';
import type { PartProblem, SourceLag } from '../sources/source.ts';
import type { SkippedCheckpoint } from '../storage/checkpoint-store.ts';
import type { SourceState } from './pump-events.ts';

/** The progress of sinks that are handed every row of their view. */
export interface BackfillStatus {
  /** `waiting`: the views have not caught up. */
  readonly phase: 'waiting' | 'running';
  /** Handed to sinks so far, by this process. */
  readonly rows: number;
}

export type RunnerState = 'starting' | 'running' | 'stopping' | 'stopped' | 'failed';

/** Where the state came from when the pipeline was started. */
export interface RecoveryReport {
  /**
   * - `fresh`: there was no checkpoint; sources are read as their options say.
   * - `restored`: from a checkpoint.
   * - `rebuilt`: a checkpoint was there that could not be used; views are computed again from what the sources retain.
   */
  readonly kind: 'fresh' | 'restored' | 'rebuilt';
  readonly checkpoint?: number | undefined;
  /** Why it was rebuilt. */
  readonly reason?: string | undefined;
  /** Damaged checkpoints that were passed over, newest first. */
  readonly skipped: readonly SkippedCheckpoint[];
  /** Keys whose rows are delivered again. */
  readonly redelivered: number;
}

export interface SourceStatus {
  readonly name: string;
  readonly state: SourceState;
  readonly error: string | undefined;
  /** Since when it cannot be read; undefined while it can. */
  readonly failing_since_us: number | undefined;
  readonly rows: number;
  readonly positions: Readonly<Record<string, string>>;
  readonly lag: readonly SourceLag[];
  /** Files that are not read while the others are. */
  readonly problems: readonly PartProblem[];
  /** All that it held when it was opened has been taken. */
  readonly caught_up: boolean;
}

export interface SinkStatus {
  readonly name: string;
  readonly view: string;
  readonly delivery: DeliveryPhase['kind'];
  readonly stats: SinkStats;
}

export interface CheckpointStatus {
  readonly id: number;
  readonly epoch: number;
  readonly at_us: number;
  readonly bytes: number;
  readonly duration_ms: number;
}

/** A running pipeline as people and probes see it. */
export interface RunnerStatus {
  readonly state: RunnerState;
  /** Why it failed. */
  readonly error: string | undefined;
  /** The runtime clock when this was asked. */
  readonly wall_us: number;
  readonly started_us: number;
  /** The pipeline's clock: that of the last barrier. */
  readonly now_us: number;
  readonly epoch: number;
  /** All that the sources held at the start is in the views; once true, it stays so. */
  readonly caught_up: boolean;
  readonly recovery: RecoveryReport | undefined;
  readonly sources: readonly SourceStatus[];
  readonly sinks: readonly SinkStatus[];
  /** At a first start, a rebuild or a new destination; undefined once all sinks have been handed every row. */
  readonly backfill: BackfillStatus | undefined;
  /** Sources are not read because a sink is behind. */
  readonly held_back_by: string | undefined;
  readonly checkpoint: CheckpointStatus | undefined;
  /** Why the last checkpoint failed; undefined after one that is written. */
  readonly checkpoint_error: string | undefined;
}
