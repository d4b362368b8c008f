import type { Kernel, ViewChanges } from '../engine/contract.ts';
import type { Pipeline, SinkDef, SourceDef } from '../plan/pipeline.ts';
import type { Sink } from '../sinks/sink.ts';
import type { RecordDecoder } from '../sources/decoder.ts';
import type { OnLostPosition } from '../sources/lost-position.ts';
import type { SourceReader } from '../sources/source.ts';
import type { Disk } from '../platform/disk.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from './log.ts';
import type { RuntimeMetrics } from './metrics.ts';
import type { ErrorReporter } from './error-reporter.ts';

export interface RunnerSettings {
  readonly barrier_interval_ms: number;
  /** Infinity: only a clean stop writes a checkpoint. */
  readonly checkpoint_interval_ms: number;
  /** Maximum records per batch of a source. */
  readonly batch_records: number;
  /** Sources are not read while a sink has more keys than this waiting. */
  readonly sink_queue_limit: number;
  /** Time for which `stop` waits for sinks to drain. Supervisors kill a process after about 10 s. */
  readonly flush_timeout_ms: number;
  /** After a restore, maximum time for which redelivery waits for the sources to catch up. */
  readonly settle_timeout_ms: number;
  /** True if every keyed destination counts as new at the start: another program may have written to it. */
  readonly writes_all_rows: boolean;
}

export const RUNNER_DEFAULTS: RunnerSettings = {
  barrier_interval_ms: 1000,
  checkpoint_interval_ms: 30_000,
  batch_records: 8192,
  sink_queue_limit: 100_000,
  flush_timeout_ms: 5_000,
  settle_timeout_ms: 60_000,
  writes_all_rows: false,
};

export interface RunnerSource {
  readonly def: SourceDef;
  readonly reader: SourceReader;
  readonly onLostPosition: OnLostPosition;
  /** Creates a decoder of the columns that the kernel reads, which stores texts in the kernel's pool. */
  createDecoder(kernel: Kernel): RecordDecoder;
}

export interface RunnerOptions {
  readonly pipeline: Pipeline;
  createKernel(now_us: number): Kernel;
  readonly sources: readonly RunnerSource[];
  readonly sinks: readonly { readonly def: SinkDef; readonly sink: Sink }[];
  readonly disk: Disk;
  /** State folder, with subfolders for checkpoints and the delivery log. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: RuntimeMetrics;
  readonly problems: ErrorReporter;
  readonly settings?: Partial<RunnerSettings> | undefined;
  /**
   * Returns whether items without a row of the view may be deleted from a new destination now; asked at each barrier
   * until they have been. Default: always.
   */
  mayClear?(view: string): boolean;
  /** Receives each view's changes at each barrier, once the views have caught up. Valid only during the call. */
  onChanges?(changes: ViewChanges, now_us: number): void;
}
