import type { Pipeline } from '../plan/pipeline.ts';
import type { Log } from '../runtime/log.ts';
import type { Kernel } from '../engine/contract.ts';
import type { OpenPipeline, OpenPipelineOptions } from '../runtime/open-pipeline.ts';
import { RecentKeys } from '../runtime/recent-keys.ts';
import type { RunnerSettings } from '../runtime/runner-options.ts';
import { keyText } from '../sinks/dynamodb/key-encoder.ts';
import type { CliIo } from './io.ts';
import { ensureFree, exposureWarning, hostsOf, type ListenFlags } from './listen-options.ts';
import { hasTrending, profileLayout, type ProfileDomain, type ProfileLayout } from './profile-domains.ts';
import { aborted } from './signals.ts';
import { packageVersion } from './version.ts';

export interface ServedPipelineOptions {
  readonly pipeline: Pipeline;
  /** The folder that it was read from. */
  readonly pipelineDir: string;
  readonly mode: 'dev' | 'run';
  readonly stateDir: string;
  readonly listen: ListenFlags;
  readonly log: Log;
  readonly settings?: Partial<RunnerSettings> | undefined;
  readonly prepare?: OpenPipelineOptions['prepare'];
  /** Simulated viewers watch: the first and most active of them, who has a profile before any other. */
  simulated?(): { readonly exampleViewer: number } | undefined;
}

/** A pipeline running in this process, with the HTTP API in front of it. */
export interface ServedPipeline {
  readonly opened: OpenPipeline;
  readonly url: string;
  /** Undefined if the pipeline has no sink that writes any. */
  readonly profiles: ProfileLayout | undefined;
  readonly recommends: boolean;
  /** Id of a viewer who has a profile, or will have one soon; undefined while none is known. */
  exampleViewer(): string | undefined;
  /** Resolves when somebody asks for the end; rejects when the pipeline failed. */
  ended(): Promise<void>;
  /** Stops taking requests, drains, checkpoints. Never rejects. */
  close(): Promise<void>;
}

/** Rejects, with everything closed again, if the pipeline or the API cannot be started. */
export async function servePipeline(io: CliIo, options: ServedPipelineOptions): Promise<ServedPipeline> {
  const { pipeline, log, listen } = options;
  const { signal } = io; // taken over from here on: Ctrl-C while it starts ends it as cleanly as later
  const layout = profileLayout(pipeline);
  const warning = exposureWarning(listen, io.env, true);
  if (warning !== undefined) log.warn({}, warning);
  if (layout === undefined && pipeline.sinks.some(({ connector }) => connector === 'dynamodb'))
    log.warn({}, 'no profiles to serve: no DynamoDB sink has a sort key that is the same text in every row');
  const [{ openPipeline }, { ProfileStore }, { createApi, listenApi }, { tokensFromEnv }, clock, prom] =
    await Promise.all([
      import('../runtime/open-pipeline.ts'),
      import('../serving/profile-store.ts'),
      import('../serving/api.ts'),
      import('../serving/auth.ts'),
      import('../platform/clock.ts'),
      import('prom-client'),
    ]);
  const tokens = tokensFromEnv(io.env);
  await ensureFree(listen);
  const first = layout?.domains[0];
  const recent =
    first?.partitionColumn === undefined ? undefined : new RecentKeys(first.view.name, first.partitionColumn);
  const opened = await openPipeline({
    pipeline,
    mode: options.mode,
    stateDir: options.stateDir,
    baseDir: options.pipelineDir,
    env: io.env,
    log,
    settings: options.settings,
    prepare: options.prepare,
    onChanges: ({ view, changes }, now_us) => {
      if (view === recent?.view) recent.note(changes, now_us);
    },
  });
  try {
    const destination = opened.destinations.find(({ sink }) => sink === layout?.sink);
    const store =
      layout === undefined || destination === undefined
        ? undefined
        : new ProfileStore(destination.client, {
            table: destination.table,
            domains: layout.domains.map(({ name }) => name),
            prefix: layout.prefix,
            sortKeys: new Map(layout.domains.map(({ name, sortKey }) => [name, sortKey])),
            key: { partition: layout.partitionKey, sort: layout.sortKey },
            clock: clock.SYSTEM_CLOCK,
          });
    const { registry } = opened.metrics;
    prom.collectDefaultMetrics({ register: registry });
    const { runner } = opened;
    const recommends = hasTrending(pipeline);
    const simulated = options.simulated?.(); // known since `prepare`
    const exampleViewer = (): string | undefined =>
      simulated?.exampleViewer.toString() ?? recent?.list()[0]?.key ?? firstKey(runner.kernel, first);
    const app = await createApi({
      store,
      clock: clock.SYSTEM_CLOCK,
      ingest: opened.ingest,
      pipeline: {
        name: pipeline.name,
        status: () => runner.status(),
        recentKeys: () => recent?.list() ?? [],
        deadLetters: opened.deadLetters,
        viewRows: () => new Map(pipeline.views.map(({ name }) => [name, runner.kernel.view(name).rowCount])),
      },
      registry,
      options: {
        tokens,
        hosts: hostsOf(listen),
        version: packageVersion(),
        exampleViewer,
        recommends,
        isDemo: simulated !== undefined,
      },
      onError: (error) =>
        log.error({ error: error instanceof Error ? error.message : String(error) }, 'a request failed'),
    });
    const url = await listenApi(app, listen);
    return {
      opened,
      url,
      profiles: store === undefined ? undefined : layout,
      recommends,
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

/** The key of any row of a domain's view, as its item has it. */
function firstKey(
  kernel: Kernel,
  domain: Pick<ProfileDomain, 'view' | 'partitionColumn'> | undefined,
): string | undefined {
  if (domain?.partitionColumn === undefined) return undefined;
  const { rows } = kernel.view(domain.view.name).page(0, 1);
  const value = rows.n === 0 ? null : rows.column(domain.partitionColumn).get(0);
  return value === null ? undefined : keyText(domain.view.columns[domain.partitionColumn]!.type, value);
}
