import type { DeliveryPhase } from './sink-state.ts';
import type { Sink, SinkStats } from '../sinks/sink.ts';
import type { PartProblem, SourceLag } from '../sources/source.ts';
import type { SkippedCheckpoint } from '../storage/checkpoint-store.ts';
import type { SourceState } from './pump-events.ts';

/** Progress of handing every row of their views to sinks. */
export interface BackfillStatus {
  /** `waiting` until the views have caught up. */
  readonly phase: 'waiting' | 'running';
  /** Rows handed to sinks so far by this process. */
  readonly rows: number;
}

export type RunnerState = 'starting' | 'running' | 'stopping' | 'stopped' | 'failed';

/** Origin of the state at the start of the pipeline. */
export interface RecoveryReport {
  /**
   * - `fresh`: there was no checkpoint; sources are read as their options say.
   * - `restored`: a checkpoint was restored.
   * - `rebuilt`: a checkpoint could not be used; views are recomputed from what the sources retain.
   */
  readonly kind: 'fresh' | 'restored' | 'rebuilt';
  readonly checkpoint?: number | undefined;
  /** Reason of a rebuild. */
  readonly reason?: string | undefined;
  /** Damaged checkpoints that were skipped, the newest first. */
  readonly skipped: readonly SkippedCheckpoint[];
  /** Number of keys awaiting redelivery. */
  readonly redelivered: number;
}

export interface SourceStatus {
  readonly name: string;
  readonly state: SourceState;
  readonly error: string | undefined;
  /** Time since when the source cannot be read; undefined while it can. */
  readonly failing_since_us: number | undefined;
  readonly rows: number;
  readonly positions: Readonly<Record<string, string>>;
  readonly lag: readonly SourceLag[];
  /** Files that cannot be read, while the source reads others. */
  readonly problems: readonly PartProblem[];
  /** True once all records at the source's opening have been taken. */
  readonly caught_up: boolean;
}

export interface SinkStatus {
  readonly name: string;
  readonly view: string;
  readonly kind: Sink['kind'];
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

/** Status of a running pipeline, for operators and probes. */
export interface RunnerStatus {
  readonly state: RunnerState;
  /** Reason of the state `failed`. */
  readonly error: string | undefined;
  /** Time of the runtime's clock at the call. */
  readonly wall_us: number;
  readonly started_us: number;
  /** The pipeline's clock: the time of the last barrier. */
  readonly now_us: number;
  readonly epoch: number;
  /** True once the views hold all that the sources held at the start; stays true from then on. */
  readonly caught_up: boolean;
  readonly recovery: RecoveryReport | undefined;
  readonly sources: readonly SourceStatus[];
  readonly sinks: readonly SinkStatus[];
  /** Set at a first start, a rebuild or a new destination, until all sinks have received every row. */
  readonly backfill: BackfillStatus | undefined;
  /** Name of the sink that is behind, so that sources are not read; undefined if there is none. */
  readonly held_back_by: string | undefined;
  readonly checkpoint: CheckpointStatus | undefined;
  /** Error of the last checkpoint; undefined if it was written. */
  readonly checkpoint_error: string | undefined;
}
