import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DomainSchema } from '../../src/client/schema.ts';
import { SHIPPED_RECOMMENDATIONS } from '../../src/serving/recommendation-parts.ts';
import { trendingFromTable } from '../../src/serving/trending.ts';
import { SYSTEM_CLOCK } from '../../src/platform/clock.ts';
import { item, openProfiles, texts, type Profiles } from './support.ts';

let profiles: Profiles;
let app: FastifyInstance;
beforeAll(async () => {
  profiles = await openProfiles();
  app = await profiles.api();
  await profiles.put([
    item(0, 'catalogue#trending', {
      titles: texts('t1', 't2', 't3', 't4', 't5'),
      genres: texts('drama', 'comedy', null, 'war', 'comedy'),
    }),
    item(1, 'engagement#preferences', {
      genre_affinity: { M: { comedy: { N: '0.6' }, war: { N: '0.3' } } },
      top_genres: texts('comedy', 'war'),
    }),
    item(1, 'engagement#session', { current_genre: { S: 'war' } }),
    item(1, 'engagement#history', { recent_titles: texts('t1', 't2') }),
    item(3, 'engagement#preferences', {
      genre_affinity: {
        M: { comedy: { N: '0.6666666666666666666666666667' }, war: { N: '0.3333333333333333333333333333' } },
      },
    }),
    item(2, 'engagement#preferences', { genre_affinity: { M: {} }, top_genres: texts() }),
    item(2, 'engagement#session', { current_genre: { NULL: true } }),
  ]);
});
afterAll(async () => {
  await app.close();
  await profiles.close();
});

const ITEM = SHIPPED_RECOMMENDATIONS.trending!;

interface Answer {
  readonly viewer_id: string;
  readonly strategy: string;
  readonly items: readonly { readonly content_id: string; readonly genre?: string; readonly score: number }[];
}
async function post(id: number, payload: object): Promise<Answer> {
  const response = await app.inject({ method: 'POST', url: `/v1/viewers/${id}/recommendations`, payload });
  expect([response.statusCode, response.body]).toEqual([200, expect.anything()]);
  return response.json();
}
async function get(url: string): Promise<Answer> {
  const response = await app.inject(url);
  expect(response.statusCode).toBe(200);
  return response.json();
}
const ids = ({ items }: Answer) => items.map(({ content_id }) => content_id);

describe('recommendations', () => {
  it('ranks trending titles by preferences and session, without watched titles', async () => {
    expect(await get('/v1/viewers/1/recommendations')).toEqual({
      viewer_id: '1',
      strategy: 'personalised',
      items: [
        // 0.5 * 0.3/0.6 + 0.3 * 2/5 + 0.2
        {
          content_id: 't4',
          genre: 'war',
          score: 0.57,
          features: { affinity: 0.5, popularity: 0.4, session: 1 },
        },
        {
          content_id: 't5',
          genre: 'comedy',
          score: 0.56,
          features: { affinity: 1, popularity: 0.2, session: 0 },
        },
        { content_id: 't3', score: 0.18, features: { affinity: 0, popularity: 0.6, session: 0 } },
      ],
    });
  });

  it.each([2, 999])('falls back to trending titles for the unknown viewer %i', async (viewer) => {
    const answer = await get(`/v1/viewers/${viewer}/recommendations?limit=3`);
    expect(answer.strategy).toBe('trending');
    expect(ids(answer)).toEqual(['t1', 't2', 't3']);
  });

  it('ranks given candidates, with missing fields taken from the trending titles', async () => {
    const answer = await post(1, {
      limit: 4,
      candidates: [
        { content_id: 't2' },
        { content_id: 't5' },
        { content_id: 'new', genre: 'war', popularity: 1 },
        { content_id: 'plain' },
      ],
    });
    expect(answer.items.map(({ content_id, genre, score }) => [content_id, genre, score])).toEqual([
      ['new', 'war', 0.75],
      ['t5', 'comedy', 0.56],
      ['plain', undefined, 0],
    ]);
  });

  it('applies the context of the request', async () => {
    expect(ids(await post(1, { context: { exclude: ['t4', 't5'] } }))).toEqual(['t3']);
    expect(ids(await post(1, { context: { include_watched: true, genre: 'drama' } }))).toEqual([
      't2',
      't5',
      't1',
      't4',
      't3',
    ]);
    expect(await post(999, { context: { genre: 'war' }, limit: 1 })).toMatchObject({
      strategy: 'personalised',
      items: [{ content_id: 't4' }],
    });
  });

  it('reads shares with more digits than a double has', async () => {
    const { strategy, items } = await get('/v1/viewers/3/recommendations?limit=2');
    expect([strategy, items.map(({ content_id, score }) => [content_id, score])]).toEqual([
      'personalised',
      [
        ['t2', 0.74], // 0.5 + 0.3 * 4/5
        ['t5', 0.56],
      ],
    ]);
  });

  it('answers equal requests equally', async () => {
    const first = await app.inject('/v1/viewers/1/recommendations');
    for (let i = 0; i < 5; i++)
      expect((await app.inject('/v1/viewers/1/recommendations')).body).toBe(first.body);
  });

  it.each([
    [{ limit: 0 }],
    [{ limit: 101 }],
    [{ limit: '5' }],
    [{ candidates: [{ content_id: 1 }] }],
    [{ candidates: [{ content_id: '' }] }],
    [{ candidates: [{ content_id: 'a', popularity: 2 }] }],
    [{ candidates: 'all' }],
    [{ context: { genre: null } }],
    [{ unknown: 1 }],
    [[]],
  ])('answers 400 for the body %j', async (payload) => {
    const response = await app.inject({ method: 'POST', url: '/v1/viewers/1/recommendations', payload });
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ type: 'urn:freshet:problem:invalid-request', status: 400 });
  });

  it('treats an empty body as no body, whatever its content type; malformed JSON is refused', async () => {
    const url = '/v1/viewers/1/recommendations';
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    const empty = await app.inject({ method: 'POST', url, headers, payload: '' });
    expect([empty.statusCode, empty.json()]).toEqual([200, await get(url)]);
    for (const payload of ['{', ' ', '{"__proto__":{"a":1}}']) {
      expect((await app.inject({ method: 'POST', url, headers, payload })).statusCode).toBe(400);
    }
  });

  it('accepts a POST without a body', async () => {
    const { body } = await app.inject('/v1/viewers/1/recommendations');
    const response = await app.inject({ method: 'POST', url: '/v1/viewers/1/recommendations' });
    expect([response.statusCode, response.body]).toEqual([200, body]);
  });

  it('answers 415 for a body that is not JSON', async () => {
    const response = await app.inject({
      method: 'POST',
      url: '/v1/viewers/1/recommendations',
      headers: { 'content-type': 'text/plain' },
      payload: '{}',
    });
    expect([response.statusCode, response.json().type, response.json().detail]).toEqual([
      415,
      'urn:freshet:problem:unsupported-media-type',
      'the content type "text/plain" is not supported; send application/json',
    ]);
  });

  it('answers 413 for a body larger than any thousand candidates', async () => {
    const payload = JSON.stringify({ context: { exclude: Array.from({ length: 300_000 }, () => 'x') } });
    const response = await app.inject({
      method: 'POST',
      url: '/v1/viewers/1/recommendations',
      headers: { 'content-type': 'application/json' },
      payload,
    });
    expect([response.statusCode, response.json().type]).toEqual([413, 'urn:freshet:problem:too-large']);
  });

  it('names unknown fields', async () => {
    const detail = async (request: object) => (await app.inject(request)).json().detail as string;
    const url = '/v1/viewers/1/recommendations';
    expect(await detail({ url: `${url}?lmit=3` })).toBe('querystring/lmit is not a known field');
    expect(await detail({ method: 'POST', url, payload: { context: { gerne: 'war' } } })).toBe(
      'body/context/gerne is not a known field',
    );
  });

  it.each(['limit=0', 'limit=abc', 'limit=1.5', 'limit=101', 'lmit=3'])(
    'answers 400 for ?%s',
    async (query) => {
      expect((await app.inject(`/v1/viewers/1/recommendations?${query}`)).statusCode).toBe(400);
    },
  );
});

describe('trending titles', () => {
  it('are read once for many requests, again after a while, and kept while a read fails', async () => {
    let now_ms = 0;
    let reads = 0;
    let broken = false;
    const store = {
      getItem: async (viewer: string, { sortKey }: DomainSchema) => {
        expect([viewer, sortKey]).toEqual(['0', 'catalogue#trending']);
        reads++;
        if (broken) throw new Error('down');
        return { titles: [`title ${reads}`, 5], genres: ['drama'] };
      },
    } as unknown as typeof profiles.store;
    const trending = trendingFromTable(store, ITEM, {
      clock: { ...SYSTEM_CLOCK, now_us: () => now_ms * 1000 },
      keep_ms: 1000,
    });
    const [a, b] = await Promise.all([trending(), trending()]);
    expect(a).toEqual([{ content_id: 'title 1', genre: 'drama', popularity: 1 }]);
    expect(b).toEqual(a);
    now_ms = 999;
    expect(await trending()).toEqual(a);
    now_ms = 1000;
    expect((await trending())[0]!.content_id).toBe('title 2');
    broken = true;
    now_ms = 2000;
    expect((await trending())[0]!.content_id).toBe('title 2');
    expect(reads).toBe(3);
  });

  it('are empty without an item', async () => {
    const empty = await openProfiles();
    expect(await trendingFromTable(empty.store, ITEM, { clock: SYSTEM_CLOCK })()).toEqual([]);
    const api = await empty.api();
    expect((await api.inject('/v1/viewers/5/recommendations')).json()).toEqual({
      viewer_id: '5',
      strategy: 'trending',
      items: [],
    });
    await api.close();
    await empty.close();
  });
});
