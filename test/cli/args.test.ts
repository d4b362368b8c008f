import { describe, expect, it } from 'vitest';
import {
  collectInput,
  collectTimeColumn,
  parseCount,
  parsePort,
  parseTimestamp,
} from '../../src/cli/args.ts';

describe('parseTimestamp', () => {
  it.each([
    ['2022-04-22T12:00:00Z', '2022-04-22T12:00:00.000Z', 0],
    ['2022-04-22', '2022-04-22T00:00:00.000Z', 0],
    ['2022-04-22 07:30', '2022-04-22T07:30:00.000Z', 0],
    ['2022-04-22T12:00:00.123456', '2022-04-22T12:00:00.123Z', 456],
    ['2022-04-22T12:00:00.5+05:30', '2022-04-22T06:30:00.500Z', 0],
    ['2022-04-22T12:00:00-0800', '2022-04-22T20:00:00.000Z', 0],
    ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999Z', 999],
  ])('reads %s as UTC microseconds', (text, iso, us) => {
    expect(parseTimestamp(text)).toBe(Date.parse(iso) * 1000 + us);
  });

  it.each(['', 'now', '2022-02-30', '2022-13-01', '2022-04-22T25:00:00Z', '12:00', '2022-04-22T12:00:00ZZ'])(
    'refuses %j',
    (text) => {
      expect(() => parseTimestamp(text)).toThrow('expected a time');
    },
  );
});

describe('collectInput', () => {
  it('collects SOURCE=FILE pairs; a file without a source belongs to the source before it', () => {
    const first = collectInput('views=a.ndjson', undefined);
    const second = collectInput('b.ndjson', first);
    expect(collectInput('likes=dir/c=d.ndjson', second)).toEqual([
      { source: 'views', file: 'a.ndjson' },
      { source: 'views', file: 'b.ndjson' },
      { source: 'likes', file: 'dir/c=d.ndjson' },
    ]);
  });

  it.each(['a.ndjson', '=a.ndjson', 'views='])('refuses %j without a source before it', (text) => {
    expect(() => collectInput(text, undefined)).toThrow('expected SOURCE=FILE');
  });
});

describe('collectTimeColumn', () => {
  it('splits at the first dot', () => {
    expect([...collectTimeColumn('views.watched_at', new Map([['likes', 'ts']]))]).toEqual([
      ['likes', 'ts'],
      ['views', 'watched_at'],
    ]);
  });

  it('refuses a bare column', () => {
    expect(() => collectTimeColumn('watched_at', undefined)).toThrow('SOURCE.COLUMN');
  });
});

describe('numbers', () => {
  it('parseCount reads k as thousands and m as millions', () => {
    expect(['0', '500', '20k', '1.5m', '1_000'].map(parseCount)).toEqual([0, 500, 20_000, 1_500_000, 1000]);
  });

  it.each(['', '-1', '1.5', '1e3', 'many', '0x10'])('parseCount refuses %j', (text) => {
    expect(() => parseCount(text)).toThrow('expected a whole number');
  });

  it('parsePort accepts 0 and refuses 65536', () => {
    expect(parsePort('0')).toBe(0);
    expect(() => parsePort('65536')).toThrow('expected a port');
    expect(() => parsePort('')).toThrow('expected a port');
  });
});
