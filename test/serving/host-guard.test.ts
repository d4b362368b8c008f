import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openIngest, openProfiles, type IngestTopic, type Profiles } from './support.ts';

let profiles: Profiles;
let events: IngestTopic;
let app: FastifyInstance;
beforeAll(async () => {
  profiles = await openProfiles();
  events = await openIngest();
  app = await profiles.api({ ingest: events.ingest, options: { hosts: ['127.0.0.1', 'Freshet.Internal'] } });
});
afterAll(async () => {
  await app.close();
  await events.close();
  await profiles.close();
});

/** Returns the status of a request to `url` with the Host header `host`, as from a browser if `origin` is given. */
async function statusOf(
  api: FastifyInstance,
  host: string,
  url = '/v1/status',
  origin?: string,
): Promise<number> {
  const headers = { host, ...(origin === undefined ? {} : { origin }), 'content-type': 'application/json' };
  const posted = url.endsWith('/events') ? { method: 'POST', payload: '{"viewer_id":1}' } : {};
  return (await api.inject({ url, headers, ...posted } as InjectOptions)).statusCode;
}

describe('a server that is open without a token', () => {
  it.each([
    'localhost',
    'localhost:8080',
    'LOCALHOST.:8080',
    'freshet.localhost:8080',
    '127.0.0.1:8080',
    '192.168.7.3',
    '[::1]:8080',
    'freshet.internal:443',
    'FRESHET.internal.',
  ])('answers requests to the host %s', async (host) => {
    expect(await statusOf(app, host)).toBe(200);
  });

  it.each([
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    'notlocalhost',
    '127.0.0.1.evil.example',
    'freshet.internal.evil.example',
    'localhost@evil.example',
    'evil.example#localhost',
    'evil.example/localhost',
    'evil.example\\localhost',
    '[::1',
  ])('refuses requests to the host %j', async (host) => {
    for (const url of [
      '/',
      '/v1/status',
      '/v1/viewers/1/profile',
      '/metrics',
      '/openapi.json',
      '/docs',
      '/nosuch',
    ])
      expect([url, await statusOf(app, host, url)]).toEqual([url, 403]);
    expect(await statusOf(app, host, '/v1/sources/view_events/events')).toBe(403);
    expect([await statusOf(app, host, '/healthz?x'), await statusOf(app, host, '/readyz')]).toEqual([
      200, 200,
    ]);
  });

  it('explains how to allow a host name', async () => {
    const response = await app.inject({ url: '/v1/status', headers: { host: 'profiles.example:8080' } });
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(response.json()).toMatchObject({
      type: 'urn:freshet:problem:forbidden',
      status: 403,
      detail:
        'profiles.example:8080 is not a host name of this server, which is open without a token; to allow it, start the server with --allow-host profiles.example',
    });
  });

  it.each([
    ['http://localhost:8080', 202],
    ['http://127.0.0.1:3000', 202],
    ['https://freshet.internal', 202],
    [undefined, 202],
    ['http://evil.example', 403],
    ['http://localhost.evil.example', 403],
    ['http://203.0.113.5', 403],
    ['null', 403],
    ['nonsense', 403],
  ])('answers a POST from a page of %s with %d', async (origin, status) => {
    expect(await statusOf(app, '127.0.0.1:8080', '/v1/sources/view_events/events', origin)).toBe(status);
    expect(await statusOf(app, '127.0.0.1:8080', '/v1/status', origin)).toBe(200);
  });

  it('accepts a POST from its own page, under whichever address the page was opened', async () => {
    expect(
      await statusOf(app, '192.168.7.3:8080', '/v1/sources/view_events/events', 'http://192.168.7.3:8080'),
    ).toBe(202);
    expect(
      await statusOf(app, '192.168.7.3:8080', '/v1/sources/view_events/events', 'http://192.168.7.4'),
    ).toBe(403);
  });
});

it('a server that needs tokens everywhere accepts any host name, since a page cannot send its tokens', async () => {
  const half = await profiles.api({ ingest: events.ingest, options: { tokens: { read: 'a' } } });
  const closed = await profiles.api({
    ingest: events.ingest,
    options: { tokens: { read: 'a', ingest: 'b' } },
  });
  const alone = await profiles.api({ options: { tokens: { read: 'a' } } });
  const statuses = await Promise.all([half, closed, alone].map((api) => statusOf(api, 'profiles.example')));
  expect(statuses).toEqual([403, 200, 200]);
  for (const api of [half, closed, alone]) await api.close();
});
