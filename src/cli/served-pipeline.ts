import type { Pipeline } from '../plan/pipeline.ts';
import type { Clock } from '../platform/clock.ts';
import { messageOf } from '../values/error-message.ts';
import type { Log } from '../runtime/log.ts';
import type { Kernel } from '../engine/contract.ts';
import type { OpenPipeline, OpenPipelineOptions } from '../runtime/open-pipeline.ts';
import { RecentKeys } from '../runtime/recent-keys.ts';
import type { RunnerSettings } from '../runtime/runner-options.ts';
import type { ApiDeps } from '../serving/api-deps.ts';
import { keyWords } from '../serving/key-words.ts';
import type { ProfileStore } from '../serving/profile-store.ts';
import { isDynamoDb } from '../sinks/dynamodb/destination.ts';
import { keyText } from '../sinks/dynamodb/key-encoder.ts';
import { DYNAMODB } from '../sinks/dynamodb/options.ts';
import type { CliIo } from './io.ts';
import { ensureFree, exposureWarning, hostsOf, type ListenFlags } from './listen-options.ts';
import { profileLayout, storeOptions, type ProfileLayout } from '../pipeline/profile-domains.ts';
import { recommendationParts } from './recommendation-parts.ts';
import { aborted } from './signals.ts';
import { packageVersion } from './version.ts';

export interface ServedPipelineOptions {
  readonly pipeline: Pipeline;
  /** The folder that the pipeline was loaded from. */
  readonly pipelineDir: string;
  readonly mode: 'dev' | 'run';
  readonly stateDir: string;
  readonly dynamoDbPort?: OpenPipelineOptions['dynamoDbPort'];
  readonly listen: ListenFlags;
  readonly log: Log;
  readonly settings?: Partial<RunnerSettings> | undefined;
  readonly prepare?: OpenPipelineOptions['prepare'];
  readonly mayClear?: OpenPipelineOptions['mayClear'];
  /** The pipeline whose SQL says which items are profiles. Default: `pipeline`. */
  readonly described?: Pipeline | undefined;
  /**
   * Returns the most active simulated viewer, who is the first with a profile; undefined without a simulation, and if
   * the profiles are not those of viewers.
   */
  simulated?(profiles: ProfileLayout | undefined): { readonly exampleViewer: number } | undefined;
}

/** A pipeline running in this process, with the HTTP API in front of it. */
export interface ServedPipeline {
  readonly opened: OpenPipeline;
  readonly url: string;
  /** Where the profiles are; undefined if no sink of the pipeline writes any. */
  readonly profiles: ProfileLayout | undefined;
  /** True if the API offers recommendations. */
  readonly recommends: boolean;
  /** Returns the id of a viewer who has a profile, or will have one soon; undefined while none is known. */
  exampleViewer(): string | undefined;
  /** Resolves when the process is asked to end; rejects if the pipeline fails. */
  ended(): Promise<void>;
  /** Stops accepting requests, drains the sinks and takes a checkpoint. Never rejects. */
  close(): Promise<void>;
}

/** Starts a pipeline and the API in front of it. If either cannot be started, closes everything and rejects. */
export async function servePipeline(io: CliIo, options: ServedPipelineOptions): Promise<ServedPipeline> {
  const { pipeline, log, listen, described = pipeline } = options;
  const { signal } = io; // reading it takes over Ctrl-C, which then ends the start as cleanly as the running pipeline
  const layout = profileLayout(described);
  warnBefore(io, options, layout);
  const [{ openPipeline }, { createApi, listenApi }, { tokensFromEnv }, { SYSTEM_CLOCK }, prom] =
    await Promise.all([
      import('../runtime/open-pipeline.ts'),
      import('../serving/api.ts'),
      import('../serving/auth.ts'),
      import('../platform/clock.ts'),
      import('prom-client'),
    ]);
  const tokens = tokensFromEnv(io.env);
  await ensureFree(listen);
  const first = layout?.domains[0];
  const keys = first === undefined ? undefined : runningKeys(pipeline, first.sink.name);
  const recent = keys === undefined ? undefined : new RecentKeys(keys.view, keys.column);
  const opened = await openPipeline({
    ...options,
    baseDir: options.pipelineDir,
    env: io.env,
    onChanges: ({ view, changes }, now_us) => {
      if (view === recent?.view) recent.note(changes, now_us);
    },
  });
  try {
    const store = await profileStore(layout, opened, SYSTEM_CLOCK);
    prom.collectDefaultMetrics({ register: opened.metrics.registry });
    const { runner } = opened;
    const recommendations = recommendationParts(described, layout);
    const key = first?.partitionKey;
    const simulated = options.simulated?.(layout); // known since `prepare`
    const exampleViewer = (): string | undefined =>
      simulated?.exampleViewer.toString() ?? recent?.list()[0]?.key ?? firstKey(runner.kernel, keys);
    const isDemo = simulated !== undefined;
    const app = await createApi({
      store,
      clock: SYSTEM_CLOCK,
      ingest: opened.ingest,
      pipeline: servedFrom(opened, recent),
      registry: opened.metrics.registry,
      options: {
        tokens,
        hosts: hostsOf(listen),
        version: packageVersion(),
        exampleViewer,
        key: key === undefined ? undefined : keyWords(key),
        recommendations,
        isDemo,
      },
      onError: (error) => log.error({ error: messageOf(error) }, 'a request failed'),
    });
    return {
      opened,
      url: await listenApi(app, listen),
      profiles: store === undefined ? undefined : layout,
      recommends: recommendations.trending !== undefined,
      exampleViewer,
      ended: () => Promise.race([aborted(signal), runner.finished]),
      close: async () => {
        await app.close();
        await opened.close();
      },
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

function warnBefore(
  io: CliIo,
  { pipeline, mode, log, listen }: ServedPipelineOptions,
  layout: ProfileLayout | undefined,
): void {
  const takesEvents = mode === 'dev' || pipeline.sources.some(({ connector }) => connector === undefined);
  const warning = exposureWarning(listen, io.env, takesEvents);
  if (warning !== undefined) log.warn({}, warning);
  if (layout === undefined && pipeline.sinks.some(({ connector }) => connector === DYNAMODB.name))
    log.warn(
      {},
      'there are no profiles to serve: no DynamoDB sink has a sort key that is the same in every row',
    );
}

/** Returns what the API shows of the pipeline that runs beside it. */
function servedFrom(
  { pipeline: { name, views }, runner, deadLetters }: OpenPipeline,
  recent: RecentKeys | undefined,
): NonNullable<ApiDeps['pipeline']> {
  return {
    name,
    status: () => runner.status(),
    recentKeys: () => recent?.list() ?? [],
    deadLetters,
    viewRows: () => new Map(views.map((view) => [view.name, runner.kernel.view(view.name).rowCount])),
  };
}

/** Returns a store that reads profiles where the pipeline's sinks write them; undefined if there are none. */
async function profileStore(
  layout: ProfileLayout | undefined,
  { destinations }: OpenPipeline,
  clock: Clock,
): Promise<ProfileStore | undefined> {
  const destination = destinations.find(({ sink }) => sink === layout?.sink);
  if (layout === undefined || destination === undefined || !isDynamoDb(destination)) return undefined;
  const { ProfileStore } = await import('../serving/profile-store.ts');
  return new ProfileStore(destination.client, {
    ...storeOptions(layout),
    table: destination.table,
    clock,
  });
}

/** The partition keys of a sink's items in the rows that the pipeline keeps for it. */
interface RunningKeys {
  readonly view: string;
  readonly column: number;
}

/** Returns them; a sink may read another view than the SQL names. */
function runningKeys({ sinks }: Pipeline, name: string): RunningKeys | undefined {
  const sink = sinks.find((each) => each.name === name);
  const column = sink?.primaryKey[0];
  return sink === undefined || column === undefined ? undefined : { view: sink.from, column };
}

/** Returns the partition key of the first row of a domain's view, as its item holds it; undefined without rows. */
function firstKey(kernel: Kernel, keys: RunningKeys | undefined): string | undefined {
  if (keys === undefined) return undefined;
  const view = kernel.view(keys.view);
  const { rows } = view.page(0, 1);
  const value = rows.n === 0 ? null : rows.column(keys.column).get(0);
  return value === null ? undefined : keyText(view.columns[keys.column]!.type, value);
}
