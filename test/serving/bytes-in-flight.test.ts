import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listenApi } from '../../src/serving/api.ts';
import type { IngestResult } from '../../src/runtime/ingest.ts';
import { openProfiles, type Profiles } from './support.ts';

let profiles: Profiles;
let app: FastifyInstance;
let url: string;
/** Functions that each release one body in flight. */
const held: (() => void)[] = [];
beforeAll(async () => {
  profiles = await openProfiles();
  const result: IngestResult = {
    accepted: 1,
    rejected: [],
    rejected_count: 0,
    warnings: [],
    partition: 0,
    first_offset: 0,
    next_offset: 1,
  };
  app = await profiles.api({
    ingest: {
      sources: ['plays'],
      append: () => new Promise((resolve) => held.push(() => resolve(result))),
    },
    options: { maxBodiesInFlight_bytes: 100 },
  });
  url = await listenApi(app);
});
afterAll(async () => {
  for (const release of held.splice(0)) release();
  await app.close();
  await profiles.close();
});

function post(bytes: number, signal?: AbortSignal): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  const body = `{}${' '.repeat(bytes - 2)}`;
  return fetch(`${url}/v1/sources/plays/events`, {
    method: 'POST',
    headers,
    body,
    ...(signal && { signal }),
  });
}

const holding = async (count: number): Promise<void> => {
  while (held.length < count) await new Promise((resolve) => setTimeout(resolve, 2));
};

it('answers 503 to bodies beyond the limit of bytes in flight, and accepts them once there is room', async () => {
  const first = post(60);
  await holding(1);
  const refused = await post(60);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await refused.json()).toMatchObject({ type: 'urn:freshet:problem:unavailable' });
  const small = post(40);
  await holding(2);
  held.splice(0).forEach((release) => release());
  expect([(await first).status, (await small).status]).toEqual([202, 202]);

  // A single body is accepted whatever its size. A client that disconnects frees its bytes.
  const gone = new AbortController();
  const large = post(500, gone.signal).catch((error: unknown) => error);
  await holding(1);
  expect((await post(2)).status).toBe(503);
  gone.abort();
  await large;
  const again = (async () => {
    for (;;) {
      const response = await post(90);
      if (response.status !== 503) return response.status;
    }
  })();
  await holding(2);
  held.splice(0).forEach((release) => release());
  expect(await again).toBe(202);
});
