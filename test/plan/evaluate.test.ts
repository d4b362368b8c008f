import { describe, expect, it } from 'vitest';
import { resolveFunction } from '../../src/functions/registry.ts';
import { evaluate } from '../../src/plan/evaluate.ts';
import type { CompareOp, Expr } from '../../src/plan/expr.ts';
import type { Datum } from '../../src/values/datum.ts';
import { SqlValueError } from '../../src/values/sql-error.ts';
import * as T from '../../src/values/types.ts';
import type { SqlType } from '../../src/values/types.ts';

const constant = (type: SqlType, value: Datum): Expr => ({
  kind: 'const',
  type,
  nullable: value === null,
  value,
});
const bool = (value: boolean | null): Expr => constant(T.BOOLEAN, value);
const int = (value: number | null): Expr => constant(T.INTEGER, value);
const base = { type: T.BOOLEAN, nullable: true } as const;
const column = (index: number, type: SqlType): Expr => ({
  kind: 'column',
  type,
  nullable: true,
  index,
  name: `c${index}`,
});

function call(name: string, ...args: Expr[]): Expr {
  const found = resolveFunction(
    name,
    args.map((a) => a.type),
  );
  if (!('fn' in found)) throw new Error(`${name}: ${found.error}`);
  return { kind: 'call', type: found.fn.returns, nullable: true, fn: found.fn, args };
}
const compare = (op: CompareOp, left: Expr, right: Expr): Expr => ({
  kind: 'compare',
  ...base,
  op,
  left,
  right,
});
/** Evaluates an expression without columns. */
const evaluateConst = (e: Expr): Datum =>
  evaluate(
    e,
    () => {
      throw new Error('a constant expression has no columns');
    },
    0,
  );
/** An expression that throws if it is evaluated. */
const BOOM = call('/', int(1), int(0));
const BOOM_BOOL = compare('=', BOOM, int(1));

describe('three-valued logic', () => {
  const VALUES = [true, false, null];
  const AND = [true, false, null, false, false, false, null, false, null];
  const OR = [true, true, true, true, false, null, true, null, null];

  it('has the truth tables of AND, OR and NOT', () => {
    const table = (kind: 'and' | 'or'): Datum[] =>
      VALUES.flatMap((a) => VALUES.map((b) => evaluateConst({ kind, ...base, args: [bool(a), bool(b)] })));
    expect(table('and')).toEqual(AND);
    expect(table('or')).toEqual(OR);
    expect(VALUES.map((v) => evaluateConst({ kind: 'not', ...base, arg: bool(v) }))).toEqual([
      false,
      true,
      null,
    ]);
  });

  it('stops at the first argument that decides', () => {
    expect(evaluateConst({ kind: 'and', ...base, args: [bool(null), bool(false), BOOM_BOOL] })).toBe(false);
    expect(evaluateConst({ kind: 'or', ...base, args: [bool(null), bool(true), BOOM_BOOL] })).toBe(true);
    expect(() => evaluateConst({ kind: 'and', ...base, args: [bool(true), BOOM_BOOL] })).toThrow(
      SqlValueError,
    );
  });
});

describe('comparisons', () => {
  it.each([
    ['=', [false, true, false]],
    ['<>', [true, false, true]],
    ['<', [true, false, false]],
    ['<=', [true, true, false]],
    ['>', [false, false, true]],
    ['>=', [false, true, true]],
  ] as const)('%s', (op, expected) => {
    expect([1, 2, 3].map((n) => evaluateConst(compare(op, int(n), int(2))))).toEqual(expected);
    expect(evaluateConst(compare(op, int(null), int(2)))).toBeNull();
    expect(evaluateConst(compare(op, int(2), int(null)))).toBeNull();
  });

  it('compares values that have several forms by value', () => {
    const interval = (months: number, days: number): Expr => constant(T.INTERVAL, { months, days, us: 0 });
    expect(evaluateConst(compare('=', interval(1, 0), interval(0, 30)))).toBe(true);
    expect(evaluateConst(compare('=', constant(T.DOUBLE, NaN), constant(T.DOUBLE, NaN)))).toBe(true);
  });

  it('has IS DISTINCT FROM, IS NULL and IN with SQL’s rules for NULL', () => {
    const distinct = (a: number | null, b: number | null): Datum =>
      evaluateConst({ kind: 'distinct_from', ...base, left: int(a), right: int(b) });
    expect([distinct(1, 1), distinct(1, 2), distinct(1, null), distinct(null, null)]).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(evaluateConst({ kind: 'is_null', ...base, arg: int(null) })).toBe(true);
    expect(evaluateConst({ kind: 'is_null', ...base, arg: int(0) })).toBe(false);
    const inList = (value: number | null, hasNull: boolean): Datum =>
      evaluateConst({ kind: 'in_list', ...base, arg: int(value), values: [0, 2], hasNull });
    expect([
      inList(0, false),
      inList(1, false),
      inList(0, true),
      inList(1, true),
      inList(null, false),
    ]).toEqual([true, false, true, null, null]);
  });
});

describe('conditional expressions', () => {
  it('evaluates only the arm that is taken', () => {
    const choose = (when: boolean | null): Expr => ({
      kind: 'case',
      type: T.INTEGER,
      nullable: true,
      arms: [{ when: bool(when), then: int(1) }],
      otherwise: int(0),
    });
    expect([true, false, null].map((when) => evaluateConst(choose(when)))).toEqual([1, 0, 0]);
    expect(
      evaluateConst({
        kind: 'case',
        type: T.INTEGER,
        nullable: true,
        arms: [
          { when: bool(false), then: BOOM },
          { when: bool(true), then: int(5) },
          { when: BOOM_BOOL, then: int(6) },
        ],
        otherwise: BOOM,
      }),
    ).toBe(5);
  });

  it('COALESCE takes the first value that is not NULL, including 0 and empty text', () => {
    expect(
      evaluateConst({ kind: 'coalesce', type: T.INTEGER, nullable: true, args: [int(null), int(0), BOOM] }),
    ).toBe(0);
    const text = (v: string | null): Expr => constant(T.VARCHAR, v);
    expect(
      evaluateConst({
        kind: 'coalesce',
        type: T.VARCHAR,
        nullable: true,
        args: [text(null), text(''), text('x')],
      }),
    ).toBe('');
    expect(
      evaluateConst({ kind: 'coalesce', type: T.INTEGER, nullable: true, args: [int(null), int(null)] }),
    ).toBeNull();
  });
});

describe('rows and the clock', () => {
  const NOW = Date.UTC(2026, 2, 15, 12) * 1000;

  it('evaluates the rolling window of the blog post', () => {
    // CASE WHEN c0 >= CURRENT_DATE - INTERVAL '7 days' THEN c1 ELSE 0 END
    const today: Expr = {
      kind: 'cast',
      type: T.DATE,
      nullable: false,
      arg: { kind: 'now', type: T.TIMESTAMPTZ, nullable: false },
    };
    const week = call('-', today, constant(T.INTERVAL, { months: 0, days: 7, us: 0 }));
    const e: Expr = {
      kind: 'case',
      type: T.INTEGER,
      nullable: true,
      arms: [{ when: compare('>=', column(0, T.TIMESTAMP), week), then: column(1, T.INTEGER) }],
      otherwise: int(0),
    };
    const at = (text: string, now_us: number): Datum =>
      evaluate(e, (i) => [Date.parse(text) * 1000, 42][i]!, now_us);
    expect(at('2026-03-08T00:00:00Z', NOW)).toBe(42);
    expect(at('2026-03-07T23:59:59Z', NOW)).toBe(0);
    expect(at('2026-03-08T00:00:00Z', NOW + 86_400_000_000)).toBe(0);
    expect(evaluate(e, () => null, NOW)).toBe(0);
  });

  it('returns NULL for a strict function of NULL, and calls other functions with NULL', () => {
    expect(evaluateConst(call('+', int(null), int(1)))).toBeNull();
    expect(evaluateConst(call('concat', constant(T.VARCHAR, null), int(1)))).toBe('1');
  });

  it('throws errors of values', () => {
    expect(() => evaluateConst(BOOM)).toThrow(expect.objectContaining({ code: '22012' }));
    const cast: Expr = { kind: 'cast', type: T.INTEGER, nullable: true, arg: constant(T.VARCHAR, 'x') };
    expect(() => evaluateConst(cast)).toThrow(expect.objectContaining({ code: '22P02' }));
  });
});
