import { createEngine } from '../engine/engine.ts';
import { withoutReplacedViews } from '../pipeline/day-buckets.ts';
import type { Pipeline } from '../plan/pipeline.ts';
import type { LocalTopic } from '../sources/log/topic.ts';
import type { StorageError } from '../storage/errors.ts';
import { lockFolder } from '../storage/folder-lock.ts';
import type { Destination, SinkContext } from '../sinks/connector.ts';
import type { Sink } from '../sinks/sink.ts';
import type { Disk } from '../platform/disk.ts';
import { createNodeDisk } from '../platform/node-disk.ts';
import { OverlayDisk } from '../platform/overlay-disk.ts';
import { SYSTEM_CLOCK, type Clock } from '../platform/clock.ts';
import { listDeadLetters, type LetterFilter, type LetterList } from './dead-letter-list.ts';
import { DeadLetters, deadLetterFolder } from './dead-letters.ts';
import { Ingest } from './ingest.ts';
import type { Log } from './log.ts';
import { RuntimeMetrics } from './metrics.ts';
import { openSinks } from './open-sinks.ts';
import { openSources, topicOf } from './open-sources.ts';
import { ErrorReporter } from './error-reporter.ts';
import type { RunnerSettings, RunnerOptions } from './runner-options.ts';
import { PipelineRunner } from './runner.ts';

export interface OpenPipelineOptions {
  readonly pipeline: Pipeline;
  /**
   * `run` connects to the services that the SQL names. `dev` embeds those that neither SQL nor environment names: Kafka
   * topics without a broker, DynamoDB without an endpoint or credentials.
   */
  readonly mode: 'dev' | 'run';
  /** The folder of everything that must outlive the process. One process at a time can use it. */
  readonly stateDir: string;
  /** As in SinkContext. */
  readonly dynamoDbPort?: number | undefined;
  /** The pipeline's folder, which relative paths in the SQL start from. */
  readonly baseDir: string;
  readonly env: SinkContext['env'];
  readonly log: Log;
  readonly settings?: Partial<RunnerSettings> | undefined;
  /** Receives the local topics by source before they are read. Events that it appends count as present at the start. */
  readonly prepare?: ((topics: ReadonlyMap<string, LocalTopic>) => Promise<void>) | undefined;
  /** As in RunnerOptions. */
  readonly onChanges?: RunnerOptions['onChanges'];
  /**
   * Returns whether items without a row may be deleted from a new destination; `rows` is the number of rows of the view
   * that the destination shows. Default: always.
   */
  readonly mayClear?: ((rows: number) => boolean) | undefined;
  /** If true, nothing is written to the state folder or to destinations: sinks count their writes (CountingSink). */
  readonly dryRun?: boolean | undefined;
}

export interface OpenPipeline {
  /** The pipeline as it runs. */
  readonly pipeline: Pipeline;
  readonly runner: PipelineRunner;
  readonly metrics: RuntimeMetrics;
  /** Accepts events for the sources that read a local topic. */
  readonly ingest: Ingest;
  /** The local topics by source. Callers may append to them, and open readers of their own. */
  readonly topics: ReadonlyMap<string, LocalTopic>;
  /** The destination of each sink. */
  readonly destinations: readonly Destination[];
  readonly sinks: readonly Sink[];
  /** Lists the dead letters that match a filter. */
  readonly deadLetters: (filter: LetterFilter) => Promise<LetterList>;
  /** Drains, checkpoints and closes everything; idempotent, never rejects. */
  close(): Promise<void>;
}

/** In `dev` changes become visible sooner than the defaults allow. */
const DEV_SETTINGS: Partial<RunnerSettings> = { barrier_interval_ms: 200, checkpoint_interval_ms: 10_000 };

/**
 * Assembles a pipeline and starts it: locks the state folder, opens sources and sinks, restores the state and runs. On
 * failure closes everything it opened, and rejects with StorageError, SourceError, SinkError or another FreshetError.
 */
export async function openPipeline(options: OpenPipelineOptions): Promise<OpenPipeline> {
  const { mode, stateDir, log } = options;
  const pipeline = withoutReplacedViews(options.pipeline);
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) {
      await closer().catch((error: unknown) => log.error({ error: String(error) }, 'closing failed'));
    }
  };
  try {
    let lost: StorageError | undefined;
    let onLost = (error: StorageError): void => {
      lost = error;
    };
    const lock = await lockFolder(stateDir, { onLost: (error) => onLost(error) });
    closers.push(() => lock.release());
    const disk = options.dryRun === true ? new OverlayDisk(createNodeDisk()) : createNodeDisk();
    const clock = SYSTEM_CLOCK;
    const metrics = new RuntimeMetrics();
    const letterDirectory = deadLetterFolder(stateDir);
    const deadLetters = new DeadLetters({ disk, directory: letterDirectory });
    await deadLetters.open();
    const problems = new ErrorReporter({ clock, log, metrics, deadLetters, topics: topicNames(pipeline) });
    const sinks = await openSinks(pipeline, sinkContext(options, { clock, disk }), problems);
    closers.push(() => sinks.close());
    const { baseDir } = options;
    const sources = await openSources({ sources: pipeline.sources, mode, stateDir, baseDir, log });
    closers.push(() => sources.close());
    const topics = new Map(sources.topics.map(({ source, topic }) => [source.name, topic]));
    await options.prepare?.(topics);
    const runner: PipelineRunner = new PipelineRunner({
      pipeline,
      createKernel: (now_us) => createEngine(pipeline, { now_us }),
      sources: sources.sources,
      sinks: sinks.sinks,
      disk,
      directory: stateDir,
      clock,
      log,
      metrics,
      problems,
      settings: { ...(mode === 'dev' ? DEV_SETTINGS : {}), ...options.settings },
      onChanges: (...changed) => options.onChanges?.(...changed),
      mayClear: (view) => options.mayClear?.(runner.kernel.view(view).rowCount) ?? true,
    });
    closers.push(() => runner.stop());
    onLost = (error) => runner.fail(error);
    if (lost !== undefined) throw lost;
    await runner.start();
    let closing: Promise<void> | undefined;
    return {
      pipeline,
      runner,
      metrics,
      ingest: new Ingest(sources.topics),
      topics,
      destinations: sinks.destinations,
      deadLetters: (filter) => listDeadLetters(disk, letterDirectory, filter),
      sinks: sinks.sinks.map(({ sink }) => sink),
      close: () => (closing ??= close()),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function sinkContext(
  options: OpenPipelineOptions,
  { clock, disk }: { readonly clock: Clock; readonly disk: Disk },
): SinkContext {
  const { mode, stateDir, dynamoDbPort, baseDir, env, log, dryRun = false } = options;
  const report: SinkContext['report'] = (level, fields, message) => log[level](fields, message);
  return { mode, stateDir, dynamoDbPort, baseDir, env, dryRun, clock, disk, report, random: Math.random };
}

/** Returns the name of the topic of each source that reads one. */
function topicNames({ sources }: Pipeline): ReadonlyMap<string, string> {
  return new Map(
    sources.flatMap((source) => {
      const topic = topicOf(source);
      return topic === undefined ? [] : [[source.name, topic.name]];
    }),
  );
}
