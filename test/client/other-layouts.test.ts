import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttributeValue } from '../../src/dynamodb/wire.ts';
import {
  domain,
  FACTS,
  NOW_MS,
  openProfileTable,
  written,
  bare,
  type ProfileTable,
} from './support/profile-table.ts';

let table: ProfileTable;
beforeAll(async () => {
  table = await openProfileTable();
});
afterAll(() => table.close());

/** The bookkeeping of one domain in an item that several share. */
function marks(tag: string, version: number): Readonly<Record<string, AttributeValue>> {
  return { [`_v:${tag}`]: { N: `${version}` }, [`_w:${tag}`]: { N: `${NOW_MS - 1500}` } };
}

describe('layout wide', () => {
  const domains = {
    watch: domain('wide', 'engagement#watch', { minutes: 'NUMERIC', genres: 'JSONB' }),
    session: domain('wide', 'engagement#session', { genre: 'VARCHAR', length: 'BIGINT' }),
    likes: domain('wide', 'engagement#likes', { likes: 'BIGINT' }),
  };

  it('gives each domain its own columns, version and age, all from one GetItem', async () => {
    await table.put([
      bare(1, 'latest', {
        _domains: { SS: ['watch', 'session'] },
        ...marks('watch', 17),
        ...marks('session', 18),
        minutes: { N: '12.5' },
        genres: { M: { __proto__x: { N: '1' } } },
        genre: { S: 'drama' },
        length: { N: '0' },
        likes: { N: '4' }, // left over from a row that is gone
      }),
    ]);
    const reads = table.open(table.schema(domains));
    const before = table.proxy.requests.length;
    expect(await reads.getMany(1, ['watch', 'session', 'likes'])).toEqual({
      watch: { status: 'present', metrics: { minutes: 12.5, genres: { __proto__x: 1 } }, ...FACTS },
      session: { status: 'zero', metrics: { genre: 'drama', length: 0 }, ...FACTS, version: 18 },
      likes: { status: 'absent' },
    });
    expect(table.proxy.operations().slice(before)).toEqual(['GetItem']);
    expect(reads.explain(['watch', 'session', 'likes']).requests).toEqual([
      { operation: 'GetItem', sortKeys: ['latest'], rru: 0.5 },
    ]);
  });

  it('is absent without an item, and expired with its item', async () => {
    const seconds = `${NOW_MS / 1000 - 1}`;
    await table.put([
      bare(2, 'latest', { _domains: { SS: ['watch'] }, minutes: { N: '1' }, expires_at: { N: seconds } }),
    ]);
    const reads = table.open(table.schema(domains));
    expect((await reads.get(2, 'watch')).status).toBe('expired');
    expect((await reads.get(2, 'likes')).status).toBe('absent');
    expect((await reads.get(3, 'watch')).status).toBe('absent');
  });
});

describe('layout metric', () => {
  const columns = { minutes: 'NUMERIC', titles: 'BIGINT', genres: 'JSONB', ['__proto__']: 'BIGINT' };
  const domains = {
    watch: domain('metric', 'engagement#watch', {
      minutes: columns.minutes,
      titles: columns.titles,
      genres: 'JSONB',
    }),
    two: domain('metric', 'engagement#two', { a: 'BIGINT', b: 'BIGINT' }),
    hostile: domain(
      'metric',
      'engagement#hostile',
      JSON.parse('{"__proto__":"BIGINT"}') as Record<string, string>,
    ),
  };

  it('puts the metrics of a domain together, with the newest version and write time', async () => {
    await table.put([
      written(11, 'metric#minutes', { value: { N: '1.5' } }),
      {
        ...written(11, 'metric#titles', { value: { N: '3' } }),
        _v: { N: '18' },
        _w: { N: `${NOW_MS - 500}` },
      },
      written(11, 'metric#genres', { value: { M: { drama: { N: '1' } } } }),
      written(11, 'metric#other', { value: { N: '9' } }),
    ]);
    const reads = table.open(table.schema(domains));
    expect(await reads.get(11, 'watch')).toEqual({
      status: 'present',
      metrics: { minutes: 1.5, titles: 3, genres: { drama: 1 } },
      version: 18,
      written_at_ms: NOW_MS - 500,
      age_ms: 500,
    });
  });

  it('leaves out a metric without an item, and is absent without any', async () => {
    await table.put([written(12, 'metric#titles', { value: { N: '0' } })]);
    const reads = table.open(table.schema(domains));
    expect(await reads.get(12, 'watch')).toEqual({ status: 'zero', metrics: { titles: 0 }, ...FACTS });
    expect(await reads.get(13, 'watch')).toEqual({ status: 'absent' });
  });

  it('is expired once all its items are', async () => {
    const expires_at = { N: `${NOW_MS / 1000 - 5}` };
    await table.put([
      written(14, 'metric#a', { value: { N: '1' }, expires_at }),
      written(14, 'metric#b', { value: { N: '2' } }),
    ]);
    const reads = table.open(table.schema(domains));
    expect(await reads.get(14, 'two')).toMatchObject({ status: 'present', metrics: { b: 2 } });
    await table.put([written(14, 'metric#b', { value: { N: '2' }, expires_at })]);
    expect(await reads.get(14, 'two')).toEqual({ status: 'expired', expired_at_ms: NOW_MS - 5000, ...FACTS });
  });

  it('reads a metric named __proto__ as one', async () => {
    await table.put([written(15, 'metric#__proto__', { value: { N: '7' } })]);
    const result = await table.open(table.schema(domains)).get(15, 'hostile');
    expect(JSON.stringify(result)).toContain('"metrics":{"__proto__":7}');
  });
});

describe('layout daily of a view with a date in its key', () => {
  const domains = {
    tiles: domain('daily', 'tiles', { minutes: 'NUMERIC' }),
    likes: domain('daily', 'likes', { likes: 'BIGINT' }),
    watch: domain('domain', 'engagement#watch', { minutes: 'NUMERIC' }),
  };
  const day = (date: string, tags: readonly string[], minutes: string, expires_s = NOW_MS / 1000 + 60) =>
    bare(21, `daily#${date}`, {
      _domains: { SS: tags },
      ...marks('tiles', 17),
      minutes: { N: minutes },
      expires_at: { N: `${expires_s}` },
    });

  it('gives the days of a range that have a row, the earliest first, without expired ones', async () => {
    await table.put([
      day('2026-03-09', ['tiles'], '9'),
      day('2026-03-10', ['tiles'], '10', NOW_MS / 1000),
      day('2026-03-11', ['tiles', 'likes'], '11'),
      day('2026-03-12', ['likes'], '12'),
      day('2026-03-13', ['tiles'], '0'),
      day('2026-03-14', ['tiles'], '14'),
    ]);
    const reads = table.open(table.schema(domains));
    const before = table.proxy.requests.length;
    expect(await reads.days(21, 'tiles', { from: '2026-03-10', to: '2026-03-13' })).toEqual([
      { day: '2026-03-11', status: 'present', metrics: { minutes: 11 }, ...FACTS },
      { day: '2026-03-13', status: 'zero', metrics: { minutes: 0 }, ...FACTS },
    ]);
    expect(table.proxy.operations().slice(before)).toEqual(['Query']);
    expect(await reads.days(22, 'tiles', { from: '2026-03-01', to: '2026-03-31' })).toEqual([]);
    expect(await reads.days(21, 'tiles', { from: '2026-03-31', to: '2026-03-01' })).toEqual([]);
  });

  it.each([
    ['get of a domain with days', () => table.open(table.schema(domains)).get(21, 'tiles'), 'wrong_layout'],
    [
      'days of a domain without days',
      () => table.open(table.schema(domains)).days(21, 'watch', { from: '2026-03-01', to: '2026-03-02' }),
      'wrong_layout',
    ],
    [
      'a day that is no date',
      () => table.open(table.schema(domains)).days(21, 'tiles', { from: '2026-3-1', to: '2026-03-02' }),
      'invalid_option',
    ],
  ])('refuses %s', async (_, read, code) => {
    await expect(read()).rejects.toMatchObject({ name: 'ProfileReadError', code });
  });

  it('reads a profile whose domains have different layouts', async () => {
    await table.put([
      written(23, 'engagement#a', { n: { N: '1' } }),
      bare(23, 'latest', { _domains: { SS: ['b'] }, ...marks('b', 17), m: { N: '2' } }),
      written(23, 'metric#k', { value: { N: '3' } }),
    ]);
    const mixed = table.open(
      table.schema({
        a: domain('domain', 'engagement#a', { n: 'BIGINT' }),
        b: domain('wide', 'engagement#b', { m: 'BIGINT' }),
        c: domain('metric', 'engagement#c', { k: 'BIGINT' }),
      }),
    );
    expect(await mixed.getMany(23, ['a', 'b', 'c'])).toEqual({
      a: { status: 'present', metrics: { n: 1 }, ...FACTS },
      b: { status: 'present', metrics: { m: 2 }, ...FACTS },
      c: { status: 'present', metrics: { k: 3 }, ...FACTS },
    });
  });
});
