import { nowMs } from '../../platform/clock.ts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { storeOf, type ApiDeps } from '../api-deps.ts';
import { requireToken, tokenSchema } from '../auth.ts';
import { behind_ms } from '../health.ts';
import { ApiProblem } from '../problem.ts';
import type { AnyDomain } from '../../client/profile-reads.ts';
import type { ProfileStore } from '../profile-store.ts';
import { ProblemAnswer, ProfileAnswer, profileParams, profileQuery } from '../schemas.ts';
import { parseViewerId } from '../viewer-id.ts';

/** GET /v1/viewers/{id}/profile */
export function profileRoutes(deps: ApiDeps): FastifyPluginAsyncTypebox {
  const { clock, pipeline, options } = deps;
  const staleAfter_ms = options?.staleAfter_ms ?? 60_000;
  return async (app) => {
    app.addHook('onRequest', requireToken(options?.tokens?.read));
    app.get(
      '/v1/viewers/:id/profile',
      {
        schema: {
          ...tokenSchema(options?.tokens?.read),
          summary: 'Read a profile',
          description:
            'One entry per domain. A domain without an item is reported as absent; an id without any item is a 404.',
          tags: ['profiles'],
          hide: deps.store === undefined,
          params: profileParams(options?.key),
          querystring: profileQuery(deps.store?.domains ?? []),
          response: { 200: ProfileAnswer, '4xx': ProblemAnswer, '5xx': ProblemAnswer },
        },
      },
      (request) => profileOf(storeOf(deps), request.params.id, request.query.domains),
    );
  };

  async function profileOf(store: ProfileStore, given: string, domains: string | undefined) {
    const { partition } = await store.key();
    const id = parseViewerId(given, partition);
    const wanted = domains === undefined ? undefined : [...new Set(domains.split(','))];
    const status = pipeline?.status();
    const late_ms = status === undefined ? undefined : behind_ms(status);
    const now_ms = nowMs(clock);
    // A server without a pipeline knows nothing of its delay, so nothing is stale there.
    const asOf = late_ms === undefined ? {} : { asOf_ms: now_ms - late_ms, staleAfter_ms };
    const profile = await store.getProfile(id, wanted, asOf);
    // A name outside the list may be a domain of another pipeline that writes the same table: it has an item then.
    const unknown = wanted?.find(
      (name) => !store.domains.includes(name) && profile.domains.get(name)?.status === 'absent',
    );
    if (unknown !== undefined) {
      throw new ApiProblem('unknown-domain', 400, `unknown domain ${unknown}`, {
        domains: store.domains,
      });
    }
    if (profile.status === 'absent') {
      const isComplete = status === undefined || (status.caught_up && status.backfill === undefined);
      const yet = isComplete ? '' : ' yet: the pipeline is catching up';
      throw new ApiProblem('absent', 404, `there is no profile with ${partition.name} ${id}${yet}`, {
        viewer_id: id,
      });
    }
    return {
      viewer_id: id,
      read_at: new Date(now_ms).toISOString(),
      ...(status === undefined ? {} : { as_of: new Date(status.now_us / 1000).toISOString() }),
      ...(late_ms !== undefined && late_ms > staleAfter_ms ? { behind_ms: Math.round(late_ms) } : {}),
      domains: Object.fromEntries([...profile.domains].map(([name, domain]) => [name, domainAnswer(domain)])),
    };
  }
}

function domainAnswer(domain: AnyDomain) {
  if (domain.status === 'absent') return { status: domain.status };
  const { version, written_at_ms, age_ms } = domain;
  return {
    ...(domain.status === 'expired'
      ? { status: domain.status, expired_at: new Date(domain.expired_at_ms).toISOString() }
      : {
          // A metric of 0 is an attribute like any other here, so a domain of zeros is present.
          status: domain.status === 'zero' ? ('present' as const) : domain.status,
          attributes: domain.metrics,
        }),
    ...(version === undefined ? {} : { version }),
    ...(written_at_ms === undefined ? {} : { written_at: new Date(written_at_ms).toISOString() }),
    ...(age_ms === undefined ? {} : { age_ms }),
  };
}
