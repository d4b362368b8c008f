import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bare,
  domain,
  FACTS,
  NO_FACTS,
  NOW_MS,
  openProfileTable,
  written,
  type ProfileTable,
} from './support/profile-table.ts';

const COLUMNS = { minutes: 'DOUBLE PRECISION', titles: 'BIGINT', genres: 'JSONB', recent: 'VARCHAR[]' };
const WATCH = domain('domain', 'engagement#watch', { ...COLUMNS, last_at: 'TIMESTAMP', day: 'DATE' });
const SESSION = domain('domain', 'engagement#session', { genre: 'VARCHAR' });

let table: ProfileTable;
beforeAll(async () => {
  table = await openProfileTable();
});
afterAll(() => table.close());

const reads = (options = {}) => table.open(table.schema({ watch: WATCH, session: SESSION }), options);

describe('a domain item', () => {
  it('is present with exact metrics, version, write time and age', async () => {
    await table.put([
      written(1, 'engagement#watch', {
        minutes: { N: '312.5' },
        titles: { N: '9223372036854775807' },
        genres: { M: { drama: { N: '0.75' } } },
        recent: { L: [{ S: 'a' }, { NULL: true }] },
        last_at: { S: '2026-03-15 10:00:00' },
        day: { S: '2026-03-15' },
      }),
    ]);
    expect(await reads().get(1, 'watch')).toEqual({
      status: 'present',
      metrics: {
        minutes: 312.5,
        titles: '9223372036854775807',
        genres: { drama: 0.75 },
        recent: ['a', null],
        last_at: '2026-03-15 10:00:00',
        day: '2026-03-15',
      },
      ...FACTS,
    });
  });

  it('of RisingWave has the same metrics, with JSONB from its text, and no version or age', async () => {
    await table.put([
      bare(2, 'engagement#watch', {
        minutes: { N: '3.125e+2' },
        titles: { N: '7' },
        genres: { S: '{"drama": 0.75, "__proto__": {"n": 18446744073709551615}}' },
        recent: { L: [{ S: '{"not": "json"}' }] },
        last_at: { S: '2026-03-15 10:00:00' },
        day: { NULL: true },
      }),
    ]);
    const result = await reads().get(2, 'watch');
    const genres = JSON.parse('{"drama":0.75,"__proto__":{"n":"18446744073709551615"}}') as object;
    const metrics = {
      minutes: 312.5,
      titles: 7,
      genres,
      recent: ['{"not": "json"}'],
      last_at: '2026-03-15 10:00:00',
      day: null,
    };
    expect(result).toEqual({ status: 'present', metrics, ...NO_FACTS });
    expect(JSON.stringify(result)).toContain('"__proto__":{"n"');
  });

  it('that does not exist is absent', async () => {
    expect(await reads().get(404, 'watch')).toEqual({ status: 'absent' });
  });

  const nothing = {
    minutes: { N: '0' },
    titles: { N: '0.00' },
    genres: { M: {} },
    recent: { L: [] },
    last_at: { S: '2026-03-01 10:00:00' },
    day: { NULL: true },
  } as const;

  it.each([
    ['zeros, empty lists and objects, and a text', nothing, 'zero'],
    [
      'NULLs',
      Object.fromEntries(Object.keys(nothing).map((name) => [name, { NULL: true as const }])),
      'zero',
    ],
    ['one number', { ...nothing, titles: { N: '1' } }, 'present'],
    [
      'one number too small for a double',
      { ...nothing, titles: { N: '0.000000000000000000000001' } },
      'present',
    ],
    ['one list with an element', { ...nothing, recent: { L: [{ NULL: true as const }] } }, 'present'],
    ['one object with a key', { ...nothing, genres: { M: { drama: { N: '0' } } } }, 'present'],
  ])('of %s has the right status', async (_, attributes, status) => {
    await table.put([written(3, 'engagement#watch', attributes)]);
    expect((await reads().get(3, 'watch')).status).toBe(status);
  });

  it.each([
    ['{}', 'zero'],
    ['[]', 'zero'],
    ['null', 'zero'],
    ['0', 'zero'],
    ['[0]', 'present'],
    ['{"a": 0}', 'present'],
    ['1', 'present'],
  ])('of zeros by RisingWave with the JSONB text %s is %s', async (genres, status) => {
    await table.put([bare(4, 'engagement#watch', { ...nothing, genres: { S: genres } })]);
    expect((await reads().get(4, 'watch')).status).toBe(status);
  });

  it('without a number, list or object is present, however little it says', async () => {
    await table.put([written(5, 'engagement#session', { genre: { NULL: true } })]);
    expect((await reads().get(5, 'session')).status).toBe('present');
  });

  it('is expired from the second on that its TTL names, and gives no metrics then', async () => {
    const second = NOW_MS / 1000;
    await table.put([
      written(6, 'engagement#watch', { titles: { N: '5' }, expires_at: { N: `${second}` } }),
      written(6, 'engagement#session', { genre: { S: 'x' }, expires_at: { N: `${second + 1}` } }),
    ]);
    const { watch, session } = await reads().getMany(6, ['watch', 'session']);
    expect(watch).toEqual({ status: 'expired', expired_at_ms: NOW_MS, ...FACTS });
    expect(session!.status).toBe('present');
  });

  it('is stale if it is older than allowed, and not if its age is not known', async () => {
    await table.put([
      written(7, 'engagement#watch', { titles: { N: '5' } }),
      bare(8, 'engagement#watch', { titles: { N: '5' } }),
    ]);
    const strict = reads({ staleAfter_ms: 1499 });
    const metrics = { titles: 5 };
    expect(await strict.get(7, 'watch')).toEqual({ status: 'stale', metrics, behind_ms: 1500, ...FACTS });
    expect((await strict.get(8, 'watch')).status).toBe('present');
    expect((await reads({ staleAfter_ms: 1500 }).get(7, 'watch')).status).toBe('present');
    expect((await strict.get(7, 'watch', { staleAfter_ms: 2000 })).status).toBe('present');
  });

  it("is as stale as the pipeline's clock says, if somebody knows that clock", async () => {
    const behind = reads({ staleAfter_ms: 60_000, asOf: () => NOW_MS - 61_000 });
    expect(await behind.get(7, 'watch')).toMatchObject({ status: 'stale', behind_ms: 61_000 });
    expect(await behind.get(8, 'watch')).toMatchObject({ status: 'stale', behind_ms: 61_000 });
    const current = reads({ staleAfter_ms: 1_000, asOf: () => NOW_MS });
    expect((await current.get(7, 'watch')).status).toBe('present');
    expect((await current.get(7, 'watch', { asOf_ms: NOW_MS - 1001 })).status).toBe('stale');
  });
});
