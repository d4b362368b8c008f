import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { ApiDeps, PipelineProbe } from '../api-deps.ts';
import { PAGE, PAGE_SECURITY_POLICY } from '../page/page.ts';

/** What /readyz says. */
interface Readiness {
  readonly ready: boolean;
  readonly checks: { readonly table?: string; readonly pipeline?: string };
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
      return {
        version: options?.version,
        now: new Date(clock.now_ms()).toISOString(),
        pipeline: pipeline === undefined ? undefined : { name: pipeline.name, state: stateOf(pipeline) },
        domains: store?.domains ?? [],
        profile_key: store?.keyName,
        viewer_ids: store?.viewerIdType === 'S' ? 'texts' : 'numbers',
        // Who has a profile is nobody's business where profiles want a token.
        ...(options?.tokens?.read === undefined ? viewersOf(deps) : {}),
        recommends: store !== undefined && options?.recommends !== false,
        demo: options?.isDemo === true,
        sources:
          status === undefined ? [] : status.sources.map(({ name, rows, state }) => ({ name, rows, state })),
        ingest: ingest?.sources ?? [],
        views: [...(pipeline?.viewRows() ?? [])].map(([name, rows]) => ({ name, rows })),
        sinks: status?.sinks.map(({ name, stats }) => ({ name, ...stats })) ?? [],
        table_items: pipeline === undefined ? await tableItems(deps) : undefined,
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

/** Ids for the page to show: any that has a profile, and those whose profiles have just changed. */
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
  return {
    ready: (table ?? 'ok') === 'ok' && (state ?? 'running') === 'running',
    checks: {
      ...(table === undefined ? {} : { table }),
      ...(state === undefined ? {} : { pipeline: state }),
    },
  };
}

/** `running` only once all that the sources held at the start is in the views. */
function stateOf(pipeline: PipelineProbe): string {
  const { state, caught_up } = pipeline.status();
  return state === 'running' && !caught_up ? 'catching up' : state;
}

async function tableItems({ store }: ApiDeps): Promise<number | undefined> {
  return store?.check().then(
    ({ items }) => items,
    () => undefined,
  );
}
