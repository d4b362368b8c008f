import { gzipSync } from 'node:zlib';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { IngestError } from '../../src/runtime/ingest.ts';
import { openIngest, openProfiles, type IngestTopic, type Profiles } from './support.ts';

let profiles: Profiles;
let events: IngestTopic;
let app: FastifyInstance;
beforeAll(async () => {
  profiles = await openProfiles();
});
afterAll(() => profiles.close());
beforeEach(async () => {
  events = await openIngest();
  app = await profiles.api({
    ingest: events.ingest,
    options: { tokens: { ingest: 'in-secret', read: 'read-secret' } },
  });
});
afterEach(async () => {
  await app.close();
  await events.close();
});

const authorization = 'Bearer in-secret';
function send(payload: InjectOptions['payload'], type?: string, source = 'view_events') {
  const headers = type === undefined ? { authorization } : { authorization, 'content-type': type };
  return app.inject({ method: 'POST', url: `/v1/sources/${source}/events`, headers, payload: payload! });
}

describe('POST /v1/sources/{source}/events', () => {
  it('stores one event, an array or lines as sent, and answers with their positions', async () => {
    const one = await send(' {"viewer_id": 9007199254740993}\n', 'application/json');
    expect([one.statusCode, one.json()]).toEqual([
      202,
      {
        source: 'view_events',
        accepted: 1,
        partition: 0,
        first_offset: 0,
        next_offset: 1,
        rejected: [],
        rejected_count: 0,
        warnings: [],
      },
    ]);
    const many = await send(
      '[{"viewer_id":2},\n {"viewer_id":3,"tags":[{}]}]',
      'application/json; charset=utf-8',
    );
    expect(many.json()).toMatchObject({ accepted: 2, first_offset: 1, next_offset: 3 });
    const lines = await send('{"viewer_id":4}\r\n\n{"viewer_id":5}', 'Application/X-NDJSON');
    expect(lines.json()).toMatchObject({ accepted: 2, first_offset: 3, next_offset: 5 });
    const none = await send('[]', 'application/json');
    expect([none.statusCode, none.json()]).toEqual([
      202,
      {
        source: 'view_events',
        accepted: 0,
        partition: 0,
        next_offset: 5,
        rejected: [],
        rejected_count: 0,
        warnings: [],
      },
    ]);
    expect(await events.stored()).toEqual([
      '{"viewer_id": 9007199254740993}',
      '{"viewer_id":2}',
      '{"viewer_id":3,"tags":[{}]}',
      '{"viewer_id":4}',
      '{"viewer_id":5}',
    ]);
  });

  it('accepts the good lines of NDJSON and reports the others by index, not counting empty lines', async () => {
    const deep = `{"viewer_id":7,"tags":${'['.repeat(100)}${']'.repeat(100)}}`;
    const large = `{"viewer_id":7,"tags":"${'x'.repeat(1 << 20)}"}`;
    const lines = [
      '{"viewer_id":1}',
      'nonsense',
      '',
      '[{"viewer_id":2}]',
      '{"viewer_id":3} {"viewer_id":4}',
      '{"seconds":1}',
      '{"viewer_id":"everyone"}',
      deep,
      large,
      '{"viewer_id":5}',
    ];
    const response = await send(lines.join('\n'), 'application/x-ndjson');
    expect(response.statusCode).toBe(200);
    const { accepted, next_offset, rejected } = response.json();
    expect([accepted, next_offset]).toEqual([2, 2]);
    expect(rejected.map((r: Record<string, unknown>) => [r['index'], r['reason'], r['column']])).toEqual([
      [1, 'malformed', undefined],
      [2, 'malformed', undefined],
      [3, 'malformed', undefined],
      [4, 'not_null', 'viewer_id'],
      [5, 'not_null', 'viewer_id'],
      [6, 'too_deep', undefined],
      [7, 'too_large', undefined],
    ]);
    expect(rejected.every((r: { message: unknown }) => typeof r.message === 'string')).toBe(true);
    expect(await events.stored()).toEqual(['{"viewer_id":1}', '{"viewer_id":5}']);
  });

  it('accepts the good events of a JSON array if the whole array is JSON', async () => {
    const response = await send('[{"viewer_id":1},{"viewer_id":null},{"viewer_id":3}]', 'application/json');
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({
      accepted: 2,
      rejected: [{ index: 1, reason: 'not_null', column: 'viewer_id' }],
    });
    expect(await events.stored()).toEqual(['{"viewer_id":1}', '{"viewer_id":3}']);
  });

  it('accepts an event with values that become NULL, with a warning', async () => {
    const response = await send(
      '[{"viewer_id":1,"seconds":"much"},{"viewer_id":2,"seconds":1},{"viewer_id":3,"seconds":3000000000}]',
      'application/json',
    );
    expect(response.statusCode).toBe(202);
    expect(response.json()).toMatchObject({
      accepted: 3,
      rejected: [],
      warnings: [
        { index: 0, reason: 'wrong_type', column: 'seconds' },
        { index: 2, reason: 'out_of_range', column: 'seconds' },
      ],
    });
  });

  it('reports the first hundred faults and their total, and keeps the good events between them', async () => {
    const lines = Array.from({ length: 1000 }, (_, i) =>
      i % 4 === 0 ? `{"viewer_id":${i},"seconds":"much"}` : '{"seconds":1}',
    );
    const response = await send(lines.join('\n'), 'application/x-ndjson');
    const { accepted, rejected, rejected_count, warnings } = response.json();
    expect([response.statusCode, accepted, rejected_count]).toEqual([200, 250, 750]);
    expect([rejected.length, rejected[99].index]).toEqual([100, 133]);
    expect([warnings.length, warnings[99].index]).toEqual([100, 396]);
    const stored = await events.stored();
    expect(stored).toEqual(lines.filter((line) => line.startsWith('{"viewer_id"')));
  });

  it('skips a byte order mark at the start of the body', async () => {
    for (const type of ['application/x-ndjson', 'application/json']) {
      const response = await send('\ufeff{"viewer_id":1}\n{"viewer_id":2}', type);
      expect([response.statusCode, response.json().accepted]).toEqual([202, 2]);
    }
    const twice = ['{"viewer_id":1}', '{"viewer_id":2}'];
    expect(await events.stored()).toEqual([...twice, ...twice]);
  });

  it('answers 400 with the reasons when no event is accepted', async () => {
    const response = await send('[{"viewer_id":null},{}]', 'application/json');
    expect([response.statusCode, response.json()]).toEqual([
      400,
      expect.objectContaining({
        type: 'urn:freshet:problem:malformed-event',
        title: 'Malformed event',
        instance: '/v1/sources/view_events/events',
        detail: expect.stringMatching(/^no event was accepted: .*viewer_id/) as string,
        rejected: [
          expect.objectContaining({ index: 0, reason: 'not_null', column: 'viewer_id' }),
          expect.objectContaining({ index: 1, reason: 'not_null', column: 'viewer_id' }),
        ],
      }),
    ]);
    expect(events.topic.nextOffset).toBe(0);
  });

  it.each([
    '{"viewer_id":1',
    '[{"viewer_id":1}',
    '[{"viewer_id":1}, 5]',
    '[{"viewer_id":1},]',
    '{"viewer_id":1}}',
    '{"viewer_id":01}',
    '"text"',
    '5',
    ' \n',
    '\u0000',
    `{"viewer_id":1,"tags":${'['.repeat(100_000)}}`,
    '['.repeat(100_000),
  ])('refuses the whole JSON body %j, and answers later requests', async (text) => {
    const response = await send(text, 'application/json');
    expect([response.statusCode, response.json().type]).toEqual([400, 'urn:freshet:problem:malformed-event']);
    expect(events.topic.nextOffset).toBe(0);
    expect((await send('{"viewer_id":1}', 'application/json')).json()).toMatchObject({ first_offset: 0 });
  });

  it('answers 413 to a JSON body with an event that is too large, and stores none of it', async () => {
    const response = await send(
      `[{"viewer_id":1},{"viewer_id":2,"tags":"${'x'.repeat(1 << 20)}"}]`,
      'application/json',
    );
    expect([response.statusCode, response.json()]).toEqual([
      413,
      expect.objectContaining({
        type: 'urn:freshet:problem:too-large',
        detail: expect.stringContaining('record 1 is larger than 1048576 bytes') as string,
      }),
    ]);
    expect(events.topic.nextOffset).toBe(0);
  });

  it('answers 413 to too many events, as NDJSON and as an array', async () => {
    const many = Array.from({ length: 100_001 }, () => '{}');
    expect((await send(many.join('\n'), 'application/x-ndjson')).statusCode).toBe(413);
    expect((await send(`[${many.join(',')}]`, 'application/json')).statusCode).toBe(413);
  });

  it('answers 503 while the topic cannot be written', async () => {
    await events.topic.close();
    const response = await send('{"viewer_id":1}', 'application/json');
    expect([response.statusCode, response.headers['retry-after'], response.json().type]).toEqual([
      503,
      '1',
      'urn:freshet:problem:unavailable',
    ]);
  });

  it.each([
    ['an empty body', '', 'application/json', 400, 'malformed-event'],
    ['no content type', Buffer.from('x'), undefined, 415, 'unsupported-media-type'],
    ['text', 'hello', 'text/plain', 415, 'unsupported-media-type'],
    ['a form', 'a=b', 'application/x-www-form-urlencoded', 415, 'unsupported-media-type'],
    ['a body beyond the limit', `{"x":"${'y'.repeat(8 << 20)}"}`, 'application/json', 413, 'too-large'],
  ])('answers %s with a problem document', async (_, payload, type, status, kind) => {
    const response = await send(payload, type);
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(response.json()).toMatchObject({ type: `urn:freshet:problem:${kind}`, status });
    expect(response.statusCode).toBe(status);
  });

  it('answers 415 with the accepted content types', async () => {
    expect((await send('hello', 'text/plain')).json().detail).toBe(
      'the content type "text/plain" is not supported; send application/json or application/x-ndjson',
    );
    expect((await send(Buffer.from('x'), undefined)).json().detail).toBe(
      'the content-type header is missing; send application/json or application/x-ndjson',
    );
  });

  it('refuses a compressed body', async () => {
    const response = await app.inject({
      method: 'POST',
      url: '/v1/sources/view_events/events',
      headers: { authorization, 'content-type': 'application/json', 'content-encoding': 'gzip' },
      payload: gzipSync('{"viewer_id":1}'),
    });
    expect([response.statusCode, response.json()]).toEqual([
      415,
      expect.objectContaining({ detail: 'send the body without a content-encoding' }),
    ]);
    expect(events.topic.nextOffset).toBe(0);
  });

  it('answers 404 for an unknown source, with the existing sources', async () => {
    const response = await send('{}', 'application/json', 'veiw_events');
    expect([response.statusCode, response.json()]).toEqual([
      404,
      expect.objectContaining({ type: 'urn:freshet:problem:unknown-source', sources: ['view_events'] }),
    ]);
    const alone = await profiles.api();
    const none = await alone.inject({ method: 'POST', url: '/v1/sources/view_events/events', payload: {} });
    expect([none.statusCode, none.json().type]).toEqual([404, 'urn:freshet:problem:unknown-source']);
    await alone.close();
  });

  it.each([
    ['unknown_source', 404, 'unknown-source'],
    ['malformed', 400, 'malformed-event'],
    ['too_large', 413, 'too-large'],
    ['unavailable', 503, 'unavailable'],
  ] as const)('maps the fault %s', async (fault, status, kind) => {
    const failing = {
      sources: ['view_events'],
      append: () => Promise.reject(new IngestError(fault, 'because')),
    };
    const api = await profiles.api({ ingest: failing });
    const response = await api.inject({
      method: 'POST',
      url: '/v1/sources/view_events/events',
      payload: {},
    });
    await api.close();
    expect([response.statusCode, response.json().type]).toEqual([status, `urn:freshet:problem:${kind}`]);
  });

  it.each([
    [undefined, 'send the header Authorization: Bearer TOKEN'],
    ['in-secret', 'send the header Authorization: Bearer TOKEN'],
    ['Bearer read-secret', 'the token is not valid for this path'],
    ['Bearer in-secre', 'the token is not valid for this path'],
    ['Basic aW4tc2VjcmV0', 'send the header Authorization: Bearer TOKEN'],
  ])('answers 401 for the authorization %s, before it reads the body', async (value, detail) => {
    const response = await app.inject({
      method: 'POST',
      url: '/v1/sources/view_events/events',
      headers: {
        'content-type': 'application/json',
        ...(value === undefined ? {} : { authorization: value }),
      },
      payload: '{"viewer_id":1}',
    });
    expect(response.statusCode).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Bearer realm="freshet"');
    expect(response.json()).toMatchObject({ type: 'urn:freshet:problem:unauthorized', detail });
    expect(response.body).not.toContain('in-secret"');
    expect(events.topic.nextOffset).toBe(0);
  });

  it('has a separate token for reading', async () => {
    const read = (value: string) =>
      app.inject({ url: '/v1/viewers/1/profile', headers: { authorization: value } });
    expect((await read('Bearer in-secret')).statusCode).toBe(401);
    expect((await read('bearer read-secret')).statusCode).toBe(404);
    expect((await app.inject('/v1/viewers/1/recommendations')).statusCode).toBe(401);
    expect((await app.inject('/healthz')).statusCode).toBe(200);
  });
});
