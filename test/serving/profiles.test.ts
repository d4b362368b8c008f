import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunnerStatus } from '../../src/runtime/status.ts';
import { ProfileStore } from '../../src/serving/profile-store.ts';
import { SYSTEM_CLOCK } from '../../src/platform/clock.ts';
import { clientFor } from '../sinks/support/sinks.ts';
import { item, openProfiles, TABLE, texts, WRITTEN_MS, type Profiles } from './support.ts';

let profiles: Profiles;
let app: FastifyInstance;
beforeAll(async () => {
  profiles = await openProfiles();
  app = await profiles.api();
  await profiles.put([
    item(42, 'engagement#watch', {
      watch_minutes_7d: { N: '312.5' },
      titles_7d: { N: '0' },
      exact: { N: '12345678901234567890.5' },
      completion_rate_7d: { NULL: true },
    }),
    item(42, 'engagement#preferences', {
      genre_affinity: { M: { drama: { N: '0.75' } } },
      top_genres: texts('drama'),
    }),
    item(42, 'engagement#loyalty', { points: { N: '5' } }),
    item(42, 'other#thing', { x: { N: '1' } }),
    item(7, 'other#thing', { x: { N: '1' } }),
    { viewer_id: { N: '8' }, sk: { S: 'engagement#watch' }, 'odd\nname': { S: 'x' } },
  ]);
});
afterAll(async () => {
  await app.close();
  await profiles.close();
});

const TEXT_IDS = ['6f1c-uuid', '007', '7', 'a/b?c#d%', 'é 👩', '<script>', '\0', '漢'.repeat(600)];

async function get(
  url: string,
  api = app,
): Promise<{ status: number; type: string; body: Record<string, unknown> }> {
  const response = await api.inject(url);
  return {
    status: response.statusCode,
    type: String(response.headers['content-type']),
    body: response.json(),
  };
}

describe('GET /v1/viewers/{id}/profile', () => {
  const watch = {
    status: 'present',
    attributes: {
      watch_minutes_7d: 312.5,
      titles_7d: 0,
      exact: '12345678901234567890.5',
      completion_rate_7d: null,
    },
    version: 17,
    written_at: '2026-03-15T12:00:00.000Z',
    age_ms: 1500,
  };

  it('returns every configured domain, also absent ones, and the items of other domains', async () => {
    const { status, body } = await get('/v1/viewers/42/profile');
    expect(status).toBe(200);
    expect(body).toEqual({
      viewer_id: '42',
      read_at: '2026-03-15T12:00:01.500Z',
      domains: {
        watch,
        session: { status: 'absent' },
        interactions: { status: 'absent' },
        preferences: { ...watch, attributes: { genre_affinity: { drama: 0.75 }, top_genres: ['drama'] } },
        history: { status: 'absent' },
        loyalty: { ...watch, attributes: { points: 5 } },
      },
    });
  });

  it('returns only the requested domains', async () => {
    expect((await get('/v1/viewers/42/profile?domains=watch')).body.domains).toEqual({ watch });
    expect((await get('/v1/viewers/42/profile?domains=history')).body.domains).toEqual({
      history: { status: 'absent' },
    });
    const { body } = await get('/v1/viewers/0042/profile?domains=session,watch,watch');
    expect(body.viewer_id).toBe('42');
    expect(JSON.stringify(Object.keys(body.domains as object))).toBe('["session","watch"]');
    expect((await get('/v1/viewers/42/profile?domains=loyalty')).status).toBe(200);
  });

  it('returns items without bookkeeping attributes, with any attribute name', async () => {
    expect((await get('/v1/viewers/8/profile?domains=watch')).body.domains).toEqual({
      watch: { status: 'present', attributes: { 'odd\nname': 'x' } },
    });
  });

  it.each(['/v1/viewers/43/profile', '/v1/viewers/7/profile', '/v1/viewers/43/profile?domains=watch'])(
    'answers 404 for a viewer without items: %s',
    async (url) => {
      const { status, type, body } = await get(url);
      expect([status, type]).toEqual([404, 'application/problem+json; charset=utf-8']);
      const id = url.split('/')[3];
      expect(body).toEqual({
        type: 'urn:freshet:problem:absent',
        title: 'No such profile',
        status: 404,
        detail: `there is no profile with viewer_id ${id}`,
        instance: `/v1/viewers/${id}/profile`,
        viewer_id: id,
      });
    },
  );

  it.each([
    'abc',
    '1e3',
    '-',
    '1.2.3',
    '+1',
    '123456789012345678901234567890123456789',
    '%20',
    '１',
    'x'.repeat(200),
    '9'.repeat(2000),
    '<script>',
    'a/b',
    '\0',
  ])('answers 400 for the id %s', async (id) => {
    const { status, body } = await get(`/v1/viewers/${encodeURIComponent(id)}/profile`);
    expect([status, body.type]).toEqual([400, 'urn:freshet:problem:invalid-viewer-id']);
  });

  it('answers 414 for a path that is too long', async () => {
    const { status, body } = await get(`/v1/viewers/${'9'.repeat(7000)}/profile`);
    expect([status, body.status, body.detail]).toEqual([414, 414, 'a segment of the path is too long']);
  });

  it.each([
    ['domains=', 'invalid-request'],
    ['domains=a,,b', 'invalid-request'],
    ['domains=engagement%23watch', 'unknown-domain'],
    ['domain=watch', 'invalid-request'],
    ['domains=watch&domains=history', 'invalid-request'],
    ['domains=wach', 'unknown-domain'],
  ])('answers 400 for ?%s', async (query, kind) => {
    const { status, body } = await get(`/v1/viewers/42/profile?${query}`);
    expect([status, body.type]).toEqual([400, `urn:freshet:problem:${kind}`]);
  });

  it.each([
    ['-42', '-42'],
    ['-0042.50', '-42.5'],
    ['0.001', '0.001'],
    ['-0.0', '0'],
    ['007', '7'],
    ['18446744073709551615', '18446744073709551615'],
    ['12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
    ['100000000000000000000000000000000000000000', '100000000000000000000000000000000000000000'],
  ])('reads the number %s as the id that a sink writes', async (id, canonical) => {
    await profiles.put([{ viewer_id: { N: canonical }, sk: { S: 'engagement#watch' }, i: { N: '1' } }]);
    const { status, body } = await get(`/v1/viewers/${id}/profile`);
    expect([status, body.viewer_id]).toEqual([200, canonical]);
    expect(body.domains).toMatchObject({ watch: { attributes: { i: 1 } } });
    await profiles.client.deleteItem({
      TableName: TABLE,
      Key: { viewer_id: { N: canonical }, sk: { S: 'engagement#watch' } },
    });
  });

  it('marks a profile as stale when the pipeline is behind', async () => {
    const wall_us = WRITTEN_MS * 1000;
    const behind = (lag_ms: number, stats = {}, more = {}) => ({
      name: 'viewer-engagement',
      status: () =>
        ({
          wall_us,
          now_us: wall_us - lag_ms * 1000,
          started_us: wall_us - 61_000_000,
          caught_up: true,
          sources: [],
          sinks: [{ stats: {} }, { stats }],
          ...more,
        }) as unknown as RunnerStatus,
      viewRows: () => new Map<string, number>(),
    });
    const fresh = await profiles.api({ pipeline: behind(500) });
    const late = await profiles.api({ pipeline: behind(61_000) });
    const statuses = async (api: FastifyInstance) => {
      const { as_of, domains } = (await get('/v1/viewers/42/profile?domains=watch,history', api)).body;
      return [
        as_of,
        Object.values(domains as Record<string, { status: string }>).map(({ status }) => status),
      ];
    };
    expect(await statuses(fresh)).toEqual(['2026-03-15T11:59:59.500Z', ['present', 'absent']]);
    expect(await statuses(late)).toEqual(['2026-03-15T11:58:59.000Z', ['stale', 'absent']]);
    const failing = async (for_ms: number) => {
      const api = await profiles.api({
        pipeline: behind(500, { failing_since_ms: wall_us / 1000 - for_ms }),
      });
      const [, [status]] = (await statuses(api)) as [string, string[]];
      await api.close();
      return status;
    };
    expect([await failing(59_000), await failing(61_000)]).toEqual(['present', 'stale']);
    const catchingUp = await profiles.api({ pipeline: behind(500, {}, { caught_up: false }) });
    expect((await statuses(catchingUp))[1]).toEqual(['stale', 'absent']);
    const unknown = await get('/v1/viewers/43/profile', catchingUp);
    expect([unknown.status, unknown.body.detail]).toEqual([
      404,
      'there is no profile with viewer_id 43 yet: the pipeline is catching up',
    ]);
    for (const api of [fresh, late, catchingUp]) await api.close();
  });

  it('answers 503 while DynamoDB does not answer', async () => {
    const client = clientFor('http://127.0.0.1:1');
    const store = new ProfileStore(client, { table: 'viewer_profiles', clock: SYSTEM_CLOCK });
    const errors: unknown[] = [];
    const api = await profiles.api({ store, onError: (error) => errors.push(error) });
    const response = await api.inject('/v1/viewers/1/profile');
    expect(response.statusCode).toBe(503);
    expect(response.headers['retry-after']).toBe('1');
    expect(response.json()).toMatchObject({
      type: 'urn:freshet:problem:unavailable',
      detail: 'profiles cannot be read at the moment (ECONNREFUSED); try again',
    });
    expect(errors).toHaveLength(1);
    expect((await api.inject('/readyz')).statusCode).toBe(503);
    await api.close();
    await client.close();
  });

  it('accepts any text as an id if the key of the table is text', async () => {
    const store = new ProfileStore(profiles.client, {
      table: 'texts',
      key: { partition: { name: 'member', type: 'S' }, sort: 'sk' },
      clock: SYSTEM_CLOCK,
    });
    await profiles.client.createTable('texts', [
      { name: 'member', type: 'S' },
      { name: 'sk', type: 'S' },
    ]);
    while ((await profiles.client.describeTable('texts'))?.TableStatus !== 'ACTIVE');
    const requests = TEXT_IDS.map((id, i) => ({
      PutRequest: { Item: { member: { S: id }, sk: { S: 'engagement#watch' }, i: { N: `${i}` } } },
    }));
    await profiles.client.batchWriteItem(JSON.stringify({ RequestItems: { texts: requests } }));
    const api = await profiles.api({ store });
    for (const [i, id] of TEXT_IDS.entries()) {
      const { status, body } = await get(`/v1/viewers/${encodeURIComponent(id)}/profile`, api);
      expect([id, status, body.viewer_id]).toEqual([id, 200, id]);
      expect(body.domains).toMatchObject({ watch: { attributes: { i } } });
    }
    expect((await get(`/v1/viewers/${'x'.repeat(2049)}/profile`, api)).body.type).toBe(
      'urn:freshet:problem:invalid-viewer-id',
    );
    await api.close();
  });

  it.each(['', 'watch,', ',', 'x'.repeat(101)])(
    'explains the format of `domains` when it is %o',
    async (domains) => {
      const { status, body } = await get(`/v1/viewers/1/profile?domains=${domains}`);
      expect([status, body.detail]).toEqual([
        400,
        'querystring/domains must be up to 32 names of up to 100 characters, separated by commas',
      ]);
    },
  );

  it('returns every attribute of a view under its name, and omits only the names of bookkeeping', async () => {
    const attributes = { _mins: { N: '5' }, __proto: { S: 'x' }, _s: { S: 'a_sink' } };
    await profiles.put([item(91, 'engagement#watch', attributes)]);
    const { body } = await get('/v1/viewers/91/profile?domains=watch');
    expect((body['domains'] as { watch: object }).watch).toMatchObject({ version: 17 });
    expect((body['domains'] as { watch: { attributes: object } }).watch.attributes).toEqual({
      _mins: 5,
      __proto: 'x',
    });
  });

  it('reads the key from the table if it is not configured', async () => {
    const store = new ProfileStore(profiles.client, { table: 'members', clock: SYSTEM_CLOCK });
    const api = await profiles.api({ store });
    const before = await get('/v1/viewers/1/profile', api); // the table may be created later
    expect([before.status, before.body.type]).toEqual([503, 'urn:freshet:problem:unavailable']);
    await profiles.client.createTable('members', [
      { name: 'member', type: 'S' },
      { name: 'part', type: 'S' },
    ]);
    while ((await profiles.client.describeTable('members'))?.TableStatus !== 'ACTIVE');
    const Item = { member: { S: 'a/b' }, part: { S: 'engagement#watch' }, n: { N: '1' } };
    const written = { RequestItems: { members: [{ PutRequest: { Item } }] } };
    await profiles.client.batchWriteItem(JSON.stringify(written));
    const { body } = await get('/v1/viewers/a%2Fb/profile', api);
    expect(body.domains).toMatchObject({ watch: { status: 'present', attributes: { n: 1 } } });
    expect((await get('/v1/viewers/a%2Fb/recommendations', api)).status).toBe(200);
    const status = await get('/v1/status', api);
    expect(status.body).toMatchObject({ profile_key: 'member', viewer_ids: 'texts', table: 'ok' });
    await api.close();
  });

  it('reports that a table with a different kind of key holds no profiles, and is not ready', async () => {
    await profiles.client.createTable('plain', [{ name: 'id', type: 'S' }]);
    while ((await profiles.client.describeTable('plain'))?.TableStatus !== 'ACTIVE');
    const api = await profiles.api({
      store: new ProfileStore(profiles.client, { table: 'plain', clock: SYSTEM_CLOCK }),
    });
    const { status, body } = await get('/v1/viewers/1/profile', api);
    expect([status, body.type]).toEqual([404, 'urn:freshet:problem:no-profiles']);
    expect(body.detail).toContain('the table plain holds no profiles');
    expect((await get('/readyz', api)).status).toBe(503);
    await api.close();
  });

  it('reads domains whose sort keys share no prefix one by one, and no other items of the viewer', async () => {
    const store = new ProfileStore(profiles.client, {
      table: TABLE,
      names: ['audit', 'mine#totals', 'none'],
      prefix: '',
      clock: SYSTEM_CLOCK,
    });
    await profiles.put([
      item(77, 'audit', { n: { N: '1' } }),
      item(77, 'mine#totals', { n: { N: '2' } }),
      item(77, 'episode#1', { n: { N: '3' } }),
      item(78, 'episode#1', { n: { N: '4' } }),
    ]);
    const api = await profiles.api({ store });
    const of = async (path: string) => get(`/v1/viewers/${path}`, api);
    const whole = await of('77/profile');
    expect(Object.keys(whole.body['domains'] as object)).toEqual(['audit', 'mine#totals', 'none']);
    expect(whole.body.domains).toMatchObject({
      audit: { attributes: { n: 1 } },
      'mine#totals': { attributes: { n: 2 } },
      none: { status: 'absent' },
    });
    const one = (await of('77/profile?domains=mine%23totals')).body;
    expect(Object.keys(one['domains'] as object)).toEqual(['mine#totals']);
    expect((await of('77/profile?domains=none')).status).toBe(200);
    expect((await of('78/profile')).body.type).toBe('urn:freshet:problem:absent');
    expect((await of('78/profile?domains=none')).body.type).toBe('urn:freshet:problem:absent');
    await api.close();
  });
});

describe('a domain whose item', () => {
  it('has expired is a fifth answer, and the viewer is known', async () => {
    const expires_at = { N: `${WRITTEN_MS / 1000}` };
    await profiles.put([item(55, 'engagement#watch', { titles_7d: { N: '5' }, expires_at })]);
    for (const url of ['/v1/viewers/55/profile?domains=watch', '/v1/viewers/55/profile']) {
      const { status, body } = await get(url);
      expect(status).toBe(200);
      expect((body.domains as { watch: object }).watch).toEqual({
        status: 'expired',
        expired_at: '2026-03-15T12:00:00.000Z',
        version: 17,
        written_at: '2026-03-15T12:00:00.000Z',
        age_ms: 1500,
      });
    }
  });

  it('cannot be read by this version of Freshet is a 503, and is logged', async () => {
    const windows = { groups: [], days: 29, columns: [], present: [], hidden: [] };
    const store = new ProfileStore(profiles.client, {
      table: TABLE,
      domains: {
        watch: { layout: 'packed', sortKey: 'engagement#watch', tag: 'watch', columns: [], windows },
      },
      clock: SYSTEM_CLOCK,
    });
    await profiles.put([item(57, 'engagement#watch', { _b: { B: 'CQ==' } })]); // no format that there is
    const errors: unknown[] = [];
    const api = await profiles.api({ store, onError: (error) => errors.push(error) });
    const { status, body } = await get('/v1/viewers/57/profile', api);
    expect([status, body.detail]).toEqual([
      503,
      'profiles cannot be read at the moment (other_version); try again',
    ]);
    expect(String(errors[0])).toContain('domain watch cannot be read');
    await api.close();
  });

  it('says nothing is present, since its zeros are attributes like any other', async () => {
    await profiles.put([item(56, 'engagement#watch', { titles_7d: { N: '0' } })]);
    const { body } = await get('/v1/viewers/56/profile?domains=watch');
    expect((body.domains as { watch: object }).watch).toMatchObject({
      status: 'present',
      attributes: { titles_7d: 0 },
    });
  });
});
