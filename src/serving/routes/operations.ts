import { nowMs } from '../../platform/clock.ts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { ApiDeps, PipelineProbe } from '../api-deps.ts';
import type { SinkStatus } from '../../runtime/status.ts';
import { behind_ms, troublesOf } from '../health.ts';
import type { Trouble } from '../health.ts';
import { SHIPPED_RECOMMENDATIONS } from '../recommendation-parts.ts';
import { PAGE, PAGE_SECURITY_POLICY } from '../page/page.ts';

/** Maximum number of problems listed per source in /v1/status; `problem_count` has the total. */
const MAX_PROBLEMS = 100;

/** Response body of /readyz. */
interface Readiness {
  /** True if the table can be read, and the pipeline, if there is one in this process, has caught up once. */
  readonly ready: boolean;
  /** True if ready and without troubles that would make profiles old. */
  readonly healthy: boolean;
  readonly checks: { readonly table?: string; readonly pipeline?: string };
  /** Current troubles. */
  readonly why: readonly Trouble[];
}

/** /healthz, /readyz, /metrics, /openapi.json, /v1/status and the page at `/`. */
export function operationRoutes(deps: ApiDeps): FastifyPluginAsyncTypebox {
  const { registry, store, ingest, pipeline, clock, options } = deps;
  return async (app) => {
    const hidden = { schema: { hide: true } };
    app.get('/healthz', hidden, () => ({ status: 'ok' }));
    app.get('/readyz', hidden, async (_request, reply) => {
      const readiness = await readinessOf(deps);
      return reply.code(readiness.ready ? 200 : 503).send(readiness);
    });
    app.get('/metrics', hidden, async (_request, reply) =>
      reply.type(registry.contentType).send(await registry.metrics()),
    );
    app.get('/openapi.json', hidden, () => app.swagger());
    app.get('/v1/status', hidden, async () => {
      const status = pipeline?.status();
      const [table, key] = await Promise.all([
        pipeline === undefined ? tableState(deps) : undefined,
        store?.key().catch(() => undefined), // the table may not be readable yet
      ]);
      return {
        version: options?.version,
        now: new Date(nowMs(clock)).toISOString(),
        pipeline: pipeline === undefined ? undefined : { name: pipeline.name, state: stateOf(pipeline) },
        domains: store?.domains ?? [],
        profile_key: key?.partition.name,
        viewer_ids: key?.partition.type === 'S' ? 'texts' : 'numbers',
        // If profiles need a token, so does the knowledge of who has one.
        ...(options?.tokens?.read === undefined ? viewersOf(deps) : {}),
        recommends:
          store !== undefined && (options?.recommendations ?? SHIPPED_RECOMMENDATIONS).trending !== undefined,
        demo: options?.isDemo === true,
        behind_ms: status === undefined ? undefined : Math.round(behind_ms(status)),
        why: status === undefined ? [] : troublesOf(status),
        sources:
          status?.sources.map(({ name, rows, state, error, problems }) => ({
            name,
            rows,
            state,
            error,
            problems: problems.slice(0, MAX_PROBLEMS),
            problem_count: problems.length,
          })) ?? [],
        ingest: ingest?.sources ?? [],
        views: [...(pipeline?.viewRows() ?? [])].map(([name, rows]) => ({ name, rows })),
        sinks: status?.sinks.map((sink) => sinkStatus(sink, status.wall_us / 1000)) ?? [],
        table,
        as_of: status === undefined ? undefined : new Date(status.now_us / 1000).toISOString(),
      };
    });
    app.get('/', hidden, (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', PAGE_SECURITY_POLICY)
        .header('referrer-policy', 'no-referrer')
        .send(PAGE),
    );
  };
}

/** Viewers for the page to show: one with a profile, and those whose profiles have just changed. */
function viewersOf({ pipeline, options }: ApiDeps) {
  return {
    example_viewer: options?.exampleViewer?.(),
    recent_viewers: (pipeline?.recentKeys?.() ?? []).map(({ key, changed_us }) => ({
      viewer_id: key,
      changed_at: new Date(changed_us / 1000).toISOString(),
    })),
  };
}

async function readinessOf({ store, pipeline }: ApiDeps): Promise<Readiness> {
  const table = await store?.check().then(
    () => 'ok',
    () => 'unreachable',
  );
  const state = pipeline === undefined ? undefined : stateOf(pipeline);
  const why = pipeline === undefined ? [] : troublesOf(pipeline.status());
  const ready = (table ?? 'ok') === 'ok' && (state ?? 'running') === 'running';
  return {
    ready,
    healthy: ready && why.length === 0,
    why,
    checks: {
      ...(table === undefined ? {} : { table }),
      ...(state === undefined ? {} : { pipeline: state }),
    },
  };
}

/** Returns the pipeline's state; `catching up` until the views hold all that the sources held at the start. */
function stateOf(pipeline: PipelineProbe): string {
  const { state, caught_up } = pipeline.status();
  return state === 'running' && !caught_up ? 'catching up' : state;
}

/** Returns a sink's counters, with times converted to ages. */
function sinkStatus({ name, delivery, stats }: SinkStatus, now_ms: number) {
  const { failing_since_ms, oldest_pending_ms, ...counters } = stats;
  const age = (since_ms: number | undefined): number | undefined =>
    since_ms === undefined ? undefined : Math.max(0, Math.round(now_ms - since_ms));
  return {
    name,
    delivery,
    ...counters,
    failing_ms: age(failing_since_ms),
    oldest_pending_ms: age(oldest_pending_ms),
  };
}

/** Leaves out the number of items, which DynamoDB updates only every six hours. */
async function tableState({ store }: ApiDeps): Promise<'ok' | 'unreachable' | undefined> {
  return store?.check().then(
    () => 'ok' as const,
    () => 'unreachable' as const,
  );
}
