import { connect } from 'node:net';
import fc from 'fast-check';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunnerStatus } from '../../src/runtime/status.ts';
import { createApi, listenApi } from '../../src/serving/api.ts';
import { SYSTEM_CLOCK } from '../../src/platform/clock.ts';
import { item, openIngest, openProfiles, type IngestTopic, type Profiles } from './support.ts';

let profiles: Profiles;
let app: FastifyInstance;
let url: string;
let events: IngestTopic;
const errors: unknown[] = [];
beforeAll(async () => {
  profiles = await openProfiles();
  await profiles.put([item(1, 'engagement#watch', { titles_7d: { N: '3' } })]);
  events = await openIngest();
  app = await profiles.api({
    onError: (error) => errors.push(error),
    ingest: events.ingest,
    options: { version: '1.2.3' },
  });
  url = await listenApi(app);
});
afterAll(async () => {
  await app.close();
  await profiles.close();
  await events.close();
});

interface Operation {
  readonly requestBody?: { readonly content: object };
  readonly security?: object;
}

/** Sends raw text over a socket. Returns the answer. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('the server', () => {
  it('answers 405 with the allowed methods for a wrong method, 404 for an unknown path', async () => {
    for (const [method, path, allow] of [
      ['DELETE', '/v1/viewers/1/profile', 'GET, HEAD'],
      ['PUT', '/v1/viewers/1/recommendations?limit=3', 'GET, HEAD, POST'],
      ['GET', '/v1/sources/view_events/events', 'POST'],
      ['OPTIONS', '/', 'GET, HEAD'],
    ] as const) {
      const response = await app.inject({ method, url: path });
      expect([response.statusCode, response.headers['allow']]).toEqual([405, allow]);
      expect(response.json()).toMatchObject({ type: 'urn:freshet:problem:method-not-allowed' });
    }
    const missing = await app.inject({ method: 'DELETE', url: '/v1/viewers/1/profile/x' });
    expect([missing.statusCode, missing.headers['allow']]).toEqual([404, undefined]);
  });

  it('without a store answers that there are no profiles; all other routes work', async () => {
    const own = await openIngest();
    const api = await createApi({ clock: SYSTEM_CLOCK, registry: new Registry(), ingest: own.ingest });
    for (const path of ['/v1/viewers/1/profile', '/v1/viewers/1/recommendations']) {
      const response = await api.inject(path);
      expect(response.statusCode).toBe(404);
      expect(response.json()).toMatchObject({ type: 'urn:freshet:problem:no-profiles' });
    }
    for (const path of ['/healthz', '/readyz', '/metrics', '/v1/status', '/', '/openapi.json']) {
      expect([path, (await api.inject(path)).statusCode]).toEqual([path, 200]);
    }
    const payload = { viewer_id: 1 };
    const posted = await api.inject({ method: 'POST', url: '/v1/sources/view_events/events', payload });
    expect(posted.statusCode).toBe(202);
    await api.close();
    await own.close();
  });

  it('answers over HTTP, on the loopback interface', async () => {
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const response = await fetch(`${url}/v1/viewers/1/profile?domains=watch`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toMatchObject({ domains: { watch: { attributes: { titles_7d: 3 } } } });
  });

  it('answers probes and Prometheus', async () => {
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({
      ready: true,
      healthy: true,
      checks: { table: 'ok' },
      why: [],
    });
    await fetch(`${url}/v1/viewers/999/profile`);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(
      /freshet_http_request_duration_seconds_count\{method="GET",route="\/v1\/viewers\/:id\/profile",status="404"\} 1/,
    );
  });

  it('is ready when its pipeline is ready', async () => {
    const state = { state: 'running', caught_up: false, wall_us: 0, now_us: 0, sources: [], sinks: [] };
    const pipeline = {
      name: 'viewer-engagement',
      status: () => state as unknown as RunnerStatus,
      viewRows: () => new Map([['viewer_history', 12]]),
    };
    const api = await profiles.api({ pipeline, ingest: events.ingest });
    const ready = async () => {
      const response = await api.inject('/readyz');
      return [response.statusCode, response.json()];
    };
    expect(await ready()).toMatchObject([
      503,
      { ready: false, healthy: false, checks: { table: 'ok', pipeline: 'catching up' } },
    ]);
    state.caught_up = true;
    expect(await ready()).toMatchObject([
      200,
      { ready: true, healthy: true, checks: { table: 'ok', pipeline: 'running' } },
    ]);
    state.state = 'failed';
    expect(await ready()).toMatchObject([503, { ready: false, checks: { table: 'ok', pipeline: 'failed' } }]);
    expect((await api.inject('/v1/status')).json()).toMatchObject({
      pipeline: { name: 'viewer-engagement', state: 'failed' },
      views: [{ name: 'viewer_history', rows: 12 }],
      ingest: ['view_events'],
      as_of: '1970-01-01T00:00:00.000Z',
    });
    await api.close();
  });

  it('describes itself', async () => {
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
      openapi: string;
      info: { version: string };
      paths: Record<string, Record<string, Operation>>;
    };
    expect(document.openapi).toMatch(/^3\./);
    expect(document.info.version).toBe('1.2.3');
    expect(Object.keys(document.paths).toSorted()).toEqual([
      '/v1/sources/{source}/events',
      '/v1/viewers/{id}/profile',
      '/v1/viewers/{id}/recommendations',
    ]);
    expect(Object.keys(document.paths['/v1/viewers/{id}/recommendations']!)).toEqual(['get', 'post']);
    const ingest = document.paths['/v1/sources/{source}/events']!.post!;
    expect(Object.keys(ingest.requestBody!.content)).toEqual(['application/json', 'application/x-ndjson']);
    expect(ingest.security).toBeUndefined();
  });

  it('shows in its OpenAPI description which routes need a token', async () => {
    const api = await profiles.api({ ingest: events.ingest, options: { tokens: { ingest: 'secret' } } });
    const { paths } = (await api.inject('/openapi.json')).json();
    expect(paths['/v1/sources/{source}/events'].post.security).toEqual([{ bearer: [] }]);
    expect(paths['/v1/viewers/{id}/profile'].get.security).toBeUndefined();
    await api.close();
  });

  it('serves its documentation as a page over plain HTTP', async () => {
    const response = await fetch(`${url}/docs`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    // On an address other than loopback a browser would request scripts by HTTPS.
    expect(response.headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
    const described = (await (await fetch(`${url}/docs/json`)).json()) as unknown;
    expect(described).toEqual(await (await fetch(`${url}/openapi.json`)).json());
  });

  it('has a landing page that loads nothing from other hosts', async () => {
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const page = await response.text();
    expect(page).toContain('/v1/viewers/{id}/profile');
    expect(page).not.toMatch(/https?:\/\/|src=|@import|url\(/);
    expect(await (await fetch(`${url}/v1/status`)).json()).toMatchObject({
      table: 'ok',
      views: [],
    });
  });

  it('answers unknown paths with a problem document', async () => {
    for (const [method, path] of [
      ['GET', '/nothing'],
      ['DELETE', '/v1/viewers/1/profile'],
      ['GET', '/v1/viewers//profile'],
      ['GET', '/v1/viewers/%E0%A4%A/profile'],
    ] as const) {
      const response = await fetch(url + path, { method });
      expect([path, response.headers.get('content-type')]).toEqual([
        path,
        'application/problem+json; charset=utf-8',
      ]);
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.status).toBeLessThan(500);
      const body = (await response.json()) as { status: number; instance: string };
      expect(body.status).toBe(response.status);
    }
  });

  it('answers broken HTTP and oversized headers with a problem document', async () => {
    expect(await raw('this is not HTTP\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"status":400/,
    );
    const huge = `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`;
    expect(await raw(huge)).toMatch(/^HTTP\/1\.1 431 [^]*"status":431/);
  });

  it('explains the fault of malformed HTTP, and the maximum size of a body', async () => {
    for (const [text, reason] of [
      ['GET /\u00e9 HTTP/1.1\r\nhost: x\r\n\r\n', 'Invalid char in url path'],
      [
        'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
        'Duplicate Content-Length',
      ],
    ] as const) {
      expect(await raw(text)).toContain(`"detail":"the request is not valid HTTP: ${reason}"`);
    }
    const post = 'POST /v1/viewers/1/recommendations HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n';
    const long = await raw(`${post}content-type: application/json\r\ncontent-length: 2000000\r\n\r\n`);
    expect(long).toContain('the body is larger than the limit of 1048576 bytes for this path');
  });

  it('acknowledges stored events', async () => {
    const response = await fetch(`${url}/v1/sources/view_events/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: '{"viewer_id":1}\n{"viewer_id":2}\n',
    });
    expect([response.status, await response.json()]).toEqual([
      202,
      {
        source: 'view_events',
        accepted: 2,
        partition: 0,
        first_offset: 0,
        next_offset: 2,
        rejected: [],
        rejected_count: 0,
        warnings: [],
      },
    ]);
    expect(events.topic.nextOffset).toBe(2);
  });

  it('never answers nonsense with a 5xx error', async () => {
    const segment = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({ maxLength: 20 }),
      fc.bigInt().map(String),
      fc.constantFrom('..', '%', '%00', '0', '__proto__', 'constructor', '9'.repeat(300)),
    );
    const method = fc.constantFrom<InjectOptions['method']>(
      'GET',
      'POST',
      'PUT',
      'DELETE',
      'HEAD',
      'OPTIONS',
      'PATCH',
    );
    const payload = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify({ candidates: value, context: value, limit: value })),
      fc.constantFrom(
        '[[[[',
        '{"__proto__":{"a":1}}',
        '{"constructor":{"prototype":1}}',
        '\u0000',
        '[]'.repeat(1000),
      ),
    );
    const type = fc.constantFrom('application/json', 'application/x-ndjson', 'text/plain', 'garbage', '');
    await fc.assert(
      fc.asyncProperty(
        method,
        segment,
        segment,
        payload,
        type,
        fc.nat(5),
        async (m, a, b, body, contentType, shape) => {
          const [x, y] = shape % 2 === 0 ? [encodeURIComponent(a), encodeURIComponent(b)] : [a, b];
          const path = [
            `/v1/viewers/${x}/profile?domains=${y}`,
            `/v1/viewers/${x}/recommendations?limit=${y}`,
            `/v1/viewers/1/recommendations?${y}`,
            `/v1/sources/${x}/events`,
            '/v1/sources/view_events/events',
            `/${x}/${y}`,
          ][shape]!;
          const withBody = m === 'GET' || m === 'HEAD' ? {} : { payload: body };
          const request: InjectOptions = {
            method: m!,
            url: path,
            headers: { 'content-type': contentType },
            ...withBody,
          };
          const response = await app.inject(request);
          const { statusCode: status, headers, body: answer } = response;
          expect(status).toBeLessThan(500);
          const isProblem = headers['content-type'] === 'application/problem+json; charset=utf-8';
          expect([status, isProblem || m === 'HEAD']).toEqual([status, status >= 400 || m === 'HEAD']);
          const said = isProblem && m !== 'HEAD' ? (response.json() as { status: number }).status : status;
          expect(said).toBe(status);
          expect(answer).not.toMatch(/node_modules|\.ts:|\\n +at /);
        },
      ),
      { numRuns: 1500, seed: 20260315 },
    );
    expect(errors).toEqual([]);
  });

  it('can share a metrics registry with another API', async () => {
    const registry = new Registry();
    const first = await profiles.api({ registry });
    const second = await profiles.api({ registry });
    await second.inject('/healthz');
    expect(await registry.metrics()).toContain('route="/healthz",status="200"} 1');
    await first.close();
    await second.close();
  });
});
