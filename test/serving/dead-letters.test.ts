import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LetterFilter, StoredLetter } from '../../src/runtime/dead-letter-list.ts';
import type { PipelineProbe } from '../../src/serving/api-deps.ts';
import { openProfiles, type Profiles } from './support.ts';

let profiles: Profiles;
beforeAll(async () => {
  profiles = await openProfiles();
});
afterAll(() => profiles.close());

const LETTERS: readonly StoredLetter[] = [1, 2].map((line) => ({
  time: `2026-03-15T12:00:0${line}.000Z`,
  source: 'plays',
  reason: 'malformed',
  message: 'not JSON',
  file: 'a.ndjson',
  line,
  offset: String(10 * line),
  payload: 'x',
  payload_bytes: 1,
}));

it('dead letters need the read token and are listed newest first', async () => {
  const asked: LetterFilter[] = [];
  const pipeline = {
    name: 'p',
    deadLetters: (filter: LetterFilter) => {
      asked.push(filter);
      return Promise.resolve({ letters: LETTERS, found: 3, not_kept: 0, whole: true });
    },
  } as unknown as PipelineProbe;
  const app = await profiles.api({ pipeline, options: { tokens: { read: 'secret' } } });
  const get = (query: string, token = 'secret') =>
    app.inject({ url: `/v1/dead-letters${query}`, headers: { authorization: `Bearer ${token}` } });
  expect((await get('', 'wrong')).statusCode).toBe(401);
  const answer = await get('?source=plays&limit=2');
  expect(answer.json()).toEqual({ dead_letters: LETTERS.toReversed(), more: true });
  expect(asked).toMatchObject([{ source: 'plays', sink: undefined, limit: 2 }]);
  for (const wrong of ['?limit=0', '?limit=501', '?limit=x', '?file=a'])
    expect((await get(wrong)).statusCode).toBe(400);
  await app.close();
});

it('a server without a pipeline lists no dead letters', async () => {
  const app = await profiles.api();
  expect((await app.inject({ url: '/v1/dead-letters' })).statusCode).toBe(404);
  await app.close();
});
