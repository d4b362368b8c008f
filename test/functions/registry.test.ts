import { describe, expect, it } from 'vitest';
import { functionNames, resolveFunction } from '../../src/functions/registry.ts';
import * as T from '../../src/values/types.ts';
import type { SqlType } from '../../src/values/types.ts';

function resolve(name: string, ...args: SqlType[]): string {
  const found = resolveFunction(name, args);
  return 'fn' in found ? `${found.fn.id} ${T.typeName(found.fn.returns)}` : found.error;
}

describe('resolveFunction', () => {
  it.each([
    ['+', [T.SMALLINT, T.SMALLINT], 'add(smallint,smallint) SMALLINT'],
    ['+', [T.INTEGER, T.BIGINT], 'add(bigint,bigint) BIGINT'],
    ['/', [T.BIGINT, T.NUMERIC], 'divide(numeric,numeric) NUMERIC'],
    ['*', [T.NUMERIC, T.DOUBLE], 'mul(double,double) DOUBLE PRECISION'],
    ['+', [T.BIGINT, T.REAL], 'add(double,double) DOUBLE PRECISION'],
    ['-', [T.INTEGER], 'neg(integer) INTEGER'],
    ['-', [T.DATE, T.DATE], 'sub(date,date) INTEGER'],
    ['-', [T.DATE, T.INTERVAL], 'sub(date,interval) TIMESTAMP'],
    ['-', [T.TIMESTAMPTZ, T.INTERVAL], 'sub(timestamptz,interval) TIMESTAMPTZ'],
    ['date_trunc', [T.UNKNOWN, T.TIMESTAMP], 'date_trunc(varchar,timestamp) TIMESTAMP'],
    ['date_trunc', [T.UNKNOWN, T.DATE], 'date_trunc(varchar,timestamptz) TIMESTAMPTZ'],
    ['||', [T.VARCHAR, T.BIGINT], 'cat(varchar,varchar) VARCHAR'],
    ['||', [T.arrayOf(T.VARCHAR), T.UNKNOWN], 'cat(varchar[],varchar[]) VARCHAR[]'],
    ['greatest', [T.INTEGER, T.NUMERIC, T.UNKNOWN], 'greatest(numeric,numeric,numeric) NUMERIC'],
    ['round', [T.INTEGER], 'round(double) DOUBLE PRECISION'],
    ['round', [T.DOUBLE, T.INTEGER], 'none'],
    ['+', [T.UNKNOWN, T.UNKNOWN], 'ambiguous'],
    ['+', [T.VARCHAR, T.INTEGER], 'none'],
    ['lower', [T.INTEGER], 'none'],
    ['frobnicate', [T.INTEGER], 'unknown_name'],
  ] as const)('%s(%j)', (name, args, expected) => {
    expect(resolve(name, ...args)).toBe(expected);
  });

  it('returns the same object for the same overload, also for derived ones', () => {
    const twice = (name: string, ...args: SqlType[]): unknown[] =>
      [1, 2].map(() => resolveFunction(name, args));
    for (const [a, b] of [
      twice('+', T.INTEGER, T.INTEGER),
      twice('array_append', T.arrayOf(T.DATE), T.DATE),
      twice('jsonb_build_object', T.VARCHAR, T.DATE),
      twice('concat', T.VARCHAR, T.DATE),
    ]) {
      expect((a as { fn: unknown }).fn).toBeDefined();
      expect((a as { fn: unknown }).fn).toBe((b as { fn: unknown }).fn);
    }
  });

  it('returns the overloads of the name if none fits', () => {
    const found = resolveFunction('split_part', [T.VARCHAR]);
    expect('error' in found && found.candidates.map((fn) => fn.id)).toEqual([
      'split_part(varchar,varchar,integer)',
    ]);
  });

  it('has function names in order', () => {
    expect(functionNames()).toEqual([...functionNames()].sort());
    expect(functionNames()).toContain('jsonb_build_object');
  });

  it('returns functions that bound the memory and time of a call', () => {
    const run = (name: string, ...args: [SqlType, string | number][]): unknown => {
      const found = resolveFunction(
        name,
        args.map(([type]) => type),
      );
      if (!('fn' in found)) throw new Error(found.error);
      return found.fn.impl(...args.map(([, value]) => value));
    };
    expect(() => run('repeat', [T.VARCHAR, 'ab'], [T.INTEGER, 2_000_000_000])).toThrow(
      expect.objectContaining({ code: '54000' }),
    );
    expect(() => run('lpad', [T.VARCHAR, 'ab'], [T.INTEGER, 2_000_000_000])).toThrow(
      expect.objectContaining({ code: '54000' }),
    );
    expect(() => run('~', [T.VARCHAR, 'a'], [T.VARCHAR, 'a'.repeat(2000)])).toThrow(
      expect.objectContaining({ code: '54000' }),
    );
    // The time of LIKE is not exponential in the number of wildcards.
    expect(run('like', [T.VARCHAR, 'a'.repeat(5000)], [T.VARCHAR, `${'%a'.repeat(50)}_b`])).toBe(false);
  });
});
