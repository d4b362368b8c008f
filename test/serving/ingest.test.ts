import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IngestError, type IngestResult } from '../../src/serving/ingest.ts';
import { openProfiles, type Profiles } from './support.ts';

/** A topic in memory that takes JSON objects. */
class Topic {
  readonly events: string[] = [];
  readonly calls: { readonly source: string; readonly contentType: string }[] = [];
  failure: IngestError | undefined;

  readonly ingest = (source: string, body: Uint8Array, contentType: string): Promise<IngestResult> => {
    this.calls.push({ source, contentType });
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const text = Buffer.from(body).toString();
    let values: unknown[];
    try {
      const whole: unknown = contentType === 'application/json' ? JSON.parse(text) : undefined;
      values =
        whole === undefined
          ? text.trimEnd().split('\n').map(parseLine)
          : Array.isArray(whole)
            ? whole
            : [whole];
    } catch {
      return Promise.reject(new IngestError('malformed', 'the body is not JSON'));
    }
    const first = this.events.length;
    const rejected: { index: number; reason: string; message: string }[] = [];
    values.forEach((value, index) => {
      if (typeof value === 'object' && value !== null) this.events.push(JSON.stringify(value));
      else rejected.push({ index, reason: 'not_an_object', message: `event ${index} is not an object` });
    });
    const accepted = this.events.length - first;
    return Promise.resolve({
      accepted,
      rejected,
      partition: 0,
      first_offset: accepted === 0 ? undefined : first,
      next_offset: this.events.length,
    });
  };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

let profiles: Profiles;
let app: FastifyInstance;
const topic = new Topic();
beforeAll(async () => {
  profiles = await openProfiles();
  app = await profiles.api({
    ingest: topic.ingest,
    sources: ['view_events'],
    options: { maxBody_bytes: 1000, tokens: { ingest: 'in-secret', read: 'read-secret' } },
  });
});
afterAll(async () => {
  await app.close();
  await profiles.close();
});

const authorization = 'Bearer in-secret';
function send(payload: InjectOptions['payload'], type?: string, source = 'view_events') {
  const headers = type === undefined ? { authorization } : { authorization, 'content-type': type };
  return app.inject({ method: 'POST', url: `/v1/sources/${source}/events`, headers, payload: payload! });
}

describe('POST /v1/sources/{source}/events', () => {
  it('appends one event, an array and lines, and answers with their positions', async () => {
    const one = await send('{"viewer_id":1}', 'application/json');
    expect([one.statusCode, one.json()]).toEqual([
      202,
      { source: 'view_events', accepted: 1, partition: 0, first_offset: 0, next_offset: 1, rejected: [] },
    ]);
    const many = await send('[{"viewer_id":2},{"viewer_id":3}]', 'application/json; charset=utf-8');
    expect(many.json()).toMatchObject({ accepted: 2, first_offset: 1, next_offset: 3 });
    const lines = await send('{"viewer_id":4}\n{"viewer_id":5}\n', 'Application/X-NDJSON');
    expect(lines.json()).toMatchObject({ accepted: 2, first_offset: 3, next_offset: 5 });
    expect(topic.events).toHaveLength(5);
    expect(topic.calls.map(({ contentType }) => contentType)).toEqual([
      'application/json',
      'application/json',
      'application/x-ndjson',
    ]);
  });

  it('reports rejected events by index', async () => {
    const some = await send('{"viewer_id":6}\nnonsense\n[1]\n5', 'application/x-ndjson');
    expect(some.statusCode).toBe(200);
    expect(some.json()).toMatchObject({
      accepted: 2,
      rejected: [
        { index: 1, reason: 'not_an_object', message: 'event 1 is not an object' },
        { index: 3, reason: 'not_an_object', message: 'event 3 is not an object' },
      ],
    });
    const none = await send('[1,2]', 'application/json');
    expect([none.statusCode, none.json()]).toEqual([
      400,
      {
        type: 'urn:freshet:problem:malformed-event',
        title: 'Malformed event',
        status: 400,
        detail: 'no event was accepted: event 0 is not an object',
        instance: '/v1/sources/view_events/events',
        rejected: [
          { index: 0, reason: 'not_an_object', message: 'event 0 is not an object' },
          { index: 1, reason: 'not_an_object', message: 'event 1 is not an object' },
        ],
      },
    ]);
  });

  it.each([
    ['malformed JSON', '{"viewer_id":', 'application/json', 400, 'malformed-event'],
    ['an empty body', '', 'application/json', 400, 'malformed-event'],
    ['no content type', Buffer.from('x'), undefined, 415, 'unsupported-media-type'],
    ['text', 'hello', 'text/plain', 415, 'unsupported-media-type'],
    ['a form', 'a=b', 'application/x-www-form-urlencoded', 415, 'unsupported-media-type'],
    ['a body beyond the limit', `{"x":"${'y'.repeat(1000)}"}`, 'application/json', 413, 'too-large'],
  ])('answers %s with a problem document', async (_, payload, type, status, kind) => {
    const response = await send(payload, type);
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(response.json()).toMatchObject({ type: `urn:freshet:problem:${kind}`, status });
    expect(response.statusCode).toBe(status);
  });

  it('answers 404 for a source that is not there, and tells which are', async () => {
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
    topic.failure = new IngestError(fault, 'because', { index: 3 });
    const response = await send('{}', 'application/json');
    topic.failure = undefined;
    expect(response.statusCode).toBe(status);
    expect(response.json().type).toBe(`urn:freshet:problem:${kind}`);
  });

  it.each([
    [undefined, 'send the header Authorization: Bearer TOKEN'],
    ['in-secret', 'send the header Authorization: Bearer TOKEN'],
    ['Bearer read-secret', 'the token is not valid here'],
    ['Bearer in-secre', 'the token is not valid here'],
    ['Basic aW4tc2VjcmV0', 'send the header Authorization: Bearer TOKEN'],
  ])('answers 401 for the authorization %s, before it reads the body', async (value, detail) => {
    const before = topic.calls.length;
    const response = await app.inject({
      method: 'POST',
      url: '/v1/sources/view_events/events',
      headers: {
        'content-type': 'application/json',
        ...(value === undefined ? {} : { authorization: value }),
      },
      payload: '{}',
    });
    expect(response.statusCode).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Bearer realm="freshet"');
    expect(response.json()).toMatchObject({ type: 'urn:freshet:problem:unauthorized', detail });
    expect(response.body).not.toContain('in-secret"');
    expect(topic.calls).toHaveLength(before);
  });

  it('has a token of its own for reading', async () => {
    const read = (value: string) =>
      app.inject({ url: '/v1/viewers/1/profile', headers: { authorization: value } });
    expect((await read('Bearer in-secret')).statusCode).toBe(401);
    expect((await read('bearer read-secret')).statusCode).toBe(404);
    expect((await app.inject('/v1/viewers/1/recommendations')).statusCode).toBe(401);
    expect((await app.inject('/healthz')).statusCode).toBe(200);
  });
});
