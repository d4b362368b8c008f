import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { storeOf, type ApiDeps } from '../api-deps.ts';
import { requireToken, tokenSchema } from '../auth.ts';
import { refuseOtherTypes } from '../media-types.ts';
import { ApiProblem } from '../problem.ts';
import { Recommender, type RecommendationRequest, type Recommendations } from '../recommender.ts';
import {
  ProblemAnswer,
  profileParams,
  RecommendationAnswer,
  RecommendationBody,
  RecommendationQuery,
} from '../schemas.ts';
import {
  SHIPPED_RECOMMENDATIONS,
  TRENDING_SORT_KEY,
  type RecommendationParts,
} from '../recommendation-parts.ts';
import { trendingFromTable, type TrendingTitle } from '../trending.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ProfileStore } from '../profile-store.ts';
import { parseViewerId } from '../viewer-id.ts';

const DEFAULT_LIMIT = 20;
/** About ten times the size of a thousand candidates. Bounds the time to validate a body. */
const MAX_BODY_BYTES = 1024 * 1024;

/** GET and POST /v1/viewers/{id}/recommendations */
export function recommendationRoutes(deps: ApiDeps): FastifyPluginAsyncTypebox {
  const { store, clock, options } = deps;
  const parts = options?.recommendations ?? SHIPPED_RECOMMENDATIONS;
  const recommender =
    store === undefined
      ? undefined
      : new Recommender(store, deps.trending ?? trendingOf(parts, store, clock));
  const response = { 200: RecommendationAnswer, '4xx': ProblemAnswer, '5xx': ProblemAnswer };
  const description =
    'Ranks titles by a linear score of genre affinity, popularity and the current session, and leaves out recently ' +
    'watched titles. A viewer without a known taste gets the trending titles.';
  const answer = async (id: string, request: RecommendationRequest) => {
    const { partition } = await storeOf(deps).key();
    const viewerId = parseViewerId(id, partition);
    if (parts.trending === undefined && request.candidates === undefined) throw nothingToRecommend();
    return answerOf(await recommender!.recommend(viewerId, request));
  };
  return async (app) => {
    app.addHook('onRequest', requireToken(options?.tokens?.read));
    app.removeAllContentTypeParsers();
    const parseJson = app.getDefaultJsonParser('error', 'error');
    app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
      if (body === '') done(null, undefined); // the body is optional
      else void parseJson(request, body as string, done);
    });
    refuseOtherTypes(app, ['application/json']);
    app.get(
      '/v1/viewers/:id/recommendations',
      {
        schema: {
          ...tokenSchema(options?.tokens?.read),
          summary: 'Recommend trending titles',
          description,
          tags: ['recommendations'],
          hide: store === undefined || parts.trending === undefined,
          params: profileParams(options?.key),
          querystring: RecommendationQuery,
          response,
        },
      },
      (request) => answer(request.params.id, { limit: request.query.limit ?? DEFAULT_LIMIT }),
    );
    app.post(
      '/v1/viewers/:id/recommendations',
      {
        schema: {
          ...tokenSchema(options?.tokens?.read),
          summary: 'Recommend titles from given candidates and context',
          description,
          tags: ['recommendations'],
          hide: store === undefined || (parts.trending === undefined && !parts.taste),
          params: profileParams(options?.key),
          querystring: RecommendationQuery,
          body: RecommendationBody,
          response,
        },
        bodyLimit: MAX_BODY_BYTES,
        preValidation: async (request) => {
          request.body ??= {};
        },
      },
      (request) => {
        const { candidates, context, limit = request.query.limit ?? DEFAULT_LIMIT } = request.body;
        return answer(request.params.id, { limit, candidates, context });
      },
    );
  };
}

function nothingToRecommend(): ApiProblem {
  const detail =
    `this pipeline keeps nothing to recommend: it has no sink with the sort key '${TRENDING_SORT_KEY}'; ` +
    'POST candidates to rank them instead';
  return new ApiProblem('no-recommendations', 404, detail);
}

function trendingOf(
  { trending }: RecommendationParts,
  store: ProfileStore,
  clock: Clock,
): () => Promise<readonly TrendingTitle[]> {
  return trending === undefined ? () => Promise.resolve([]) : trendingFromTable(store, trending, { clock });
}

function answerOf({ viewer_id, strategy, items }: Recommendations) {
  return {
    viewer_id,
    strategy,
    items: items.map(({ content_id, genre, score, features }) => ({
      content_id,
      ...(genre === undefined ? {} : { genre }),
      score,
      features,
    })),
  };
}
