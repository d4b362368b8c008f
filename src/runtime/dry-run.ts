import { CountingCommitSink } from '../sinks/counting-commit-sink.ts';
import { CountingSink } from '../sinks/counting-sink.ts';
import type { WouldDo } from '../sinks/counting-sink.ts';
import type { Log } from './log.ts';
import { openPipeline } from './open-pipeline.ts';
import type { OpenPipeline, OpenPipelineOptions } from './open-pipeline.ts';
import type { RecoveryReport } from './status.ts';

export interface DryRunReport {
  /**
   * Origin of the state. Unless it is `restored`, the run would write every row, and delete the items that no row
   * stands for.
   */
  readonly state: RecoveryReport['kind'];
  readonly reason: string | undefined;
  readonly rows: number;
  readonly sinks: readonly WouldDo[];
}

const POLL_MS = 100;
/** No checkpoint is taken, because sources are notified of checkpoints and may then release the records before them. */
const SETTINGS = { barrier_interval_ms: 50, checkpoint_interval_ms: Infinity };

/** Returns whether a run would delete the items of a sink that no row stands for. */
function mayClear(
  { runner, sinks }: OpenPipeline,
  options: Pick<OpenPipelineOptions, 'mayClear'>,
  name: string,
): boolean {
  const { view } = sinks.find((sink) => sink.name === name)!;
  return options.mayClear?.(runner.kernel.view(view).rowCount) ?? true;
}

/**
 * Runs a pipeline until it has read everything that its sources hold now, and counts what its sinks would write and
 * delete. Writes nothing, and leaves the sources' positions unchanged. Rejects as `openPipeline` does, and when
 * `signal` aborts.
 */
export async function dryRun(
  options: Omit<OpenPipelineOptions, 'mode' | 'dryRun' | 'settings'>,
  { signal }: { signal: AbortSignal },
): Promise<DryRunReport> {
  // Only problems that can falsify the report are logged. The forced end of the run is none.
  let isOver = false;
  const nothing = (): void => {};
  const log: Log = {
    debug: nothing,
    info: nothing,
    warn: (fields, message) => options.log.warn(fields, message),
    error: (fields, message) => (isOver ? nothing() : options.log.error(fields, message)),
  };
  const opened = await openPipeline({ ...options, log, mode: 'run', dryRun: true, settings: SETTINGS });
  try {
    for (;;) {
      signal.throwIfAborted();
      const status = opened.runner.status();
      if (status.state !== 'running') throw new Error(status.error ?? `the pipeline is ${status.state}`);
      const isDone = ({ name, delivery }: (typeof status.sinks)[number]): boolean =>
        delivery === 'live' || (delivery === 'clearing' && !mayClear(opened, options, name));
      if (status.caught_up && status.sinks.every(isDone)) {
        return {
          state: status.recovery?.kind ?? 'fresh',
          reason: status.recovery?.reason,
          rows: status.sources.reduce((sum, { rows }) => sum + rows, 0),
          sinks: opened.sinks.flatMap((sink) =>
            sink instanceof CountingSink || sink instanceof CountingCommitSink ? [sink.report()] : [],
          ),
        };
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    isOver = true;
    // A clean stop would write a checkpoint and notify the sources of it.
    opened.runner.fail(new Error('the dry run is over'));
    await opened.close();
  }
}
