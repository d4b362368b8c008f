import { describe, expect, it } from 'vitest';
import type { ScalarFunction } from '../../src/functions/function.ts';
import type { Expr } from '../../src/plan/expr.ts';
import { renderExpr, renderLiteral, renderName } from '../../src/plan/render-expr.ts';
import { ONE } from '../../src/values/numeric.ts';
import {
  BIGINT,
  BOOLEAN,
  BYTEA,
  DATE,
  DOUBLE,
  INTEGER,
  INTERVAL,
  JSONB,
  NUMERIC,
  TIMESTAMP,
  TIMESTAMPTZ,
  VARCHAR,
  arrayOf,
  type SqlType,
} from '../../src/values/types.ts';

function column(name: string, type: SqlType = INTEGER): Expr {
  return { kind: 'column', index: 0, name, type, nullable: true };
}
function int(value: number): Expr {
  return { kind: 'const', value, type: INTEGER, nullable: false };
}
function call(name: string, ...args: Expr[]): Expr {
  const fn: ScalarFunction = {
    name,
    id: `${name}(${args.length})`,
    args: args.map((arg) => arg.type),
    returns: INTEGER,
    strict: true,
    impl: () => null,
  };
  return { kind: 'call', fn, args, type: INTEGER, nullable: true };
}
function compare(op: '=' | '<' | '>=', left: Expr, right: Expr): Expr {
  return { kind: 'compare', op, left, right, type: BOOLEAN, nullable: true };
}
function logic(kind: 'and' | 'or', ...args: Expr[]): Expr {
  return { kind, args, type: BOOLEAN, nullable: true };
}
function not(arg: Expr): Expr {
  return { kind: 'not', arg, type: BOOLEAN, nullable: true };
}
function cast(arg: Expr, type: SqlType): Expr {
  return { kind: 'cast', arg, type, nullable: true };
}

const a = column('a');
const b = column('b');
const now: Expr = { kind: 'now', type: TIMESTAMPTZ, nullable: false };

describe('renderExpr', () => {
  it.each<[string, Expr]>([
    ['a + b * 2', call('+', a, call('*', b, int(2)))],
    ['(a + b) * 2', call('*', call('+', a, b), int(2))],
    ['a - (b - 1)', call('-', a, call('-', b, int(1)))],
    ['a - b - 1', call('-', call('-', a, b), int(1))],
    ['-(a + b)', call('-', call('+', a, b))],
    ["a || 'it''s'", call('||', a, { kind: 'const', value: "it's", type: VARCHAR, nullable: false })],
    ['coalesce_like(a, b)', call('coalesce_like', a, b)],
    ['(a + b)::BIGINT', cast(call('+', a, b), BIGINT)],
    ['a::BIGINT::NUMERIC', cast(cast(a, BIGINT), NUMERIC)],
    ['CURRENT_DATE', cast(now, DATE)],
    ['LOCALTIMESTAMP', cast(now, TIMESTAMP)],
    ['now() - a', call('-', now, a)],
    [
      'a = 1 AND (b < 2 OR b >= 3)',
      logic('and', compare('=', a, int(1)), logic('or', compare('<', b, int(2)), compare('>=', b, int(3)))),
    ],
    [
      'a = 1 OR a = 2 AND b = 3',
      logic('or', compare('=', a, int(1)), logic('and', compare('=', a, int(2)), compare('=', b, int(3)))),
    ],
    ['NOT (a = 1 AND b = 2)', not(logic('and', compare('=', a, int(1)), compare('=', b, int(2))))],
    ['NOT a = 1', not(compare('=', a, int(1)))],
    ['(a = 1) = (b = 1)', compare('=', compare('=', a, int(1)), compare('=', b, int(1)))],
    ['a IS NULL', { kind: 'is_null', arg: a, type: BOOLEAN, nullable: false }],
    ['a + b IS NOT NULL', not({ kind: 'is_null', arg: call('+', a, b), type: BOOLEAN, nullable: false })],
    [
      'a IS NOT DISTINCT FROM b',
      not({ kind: 'distinct_from', left: a, right: b, type: BOOLEAN, nullable: false }),
    ],
    [
      'a IN (1, 2, NULL)',
      { kind: 'in_list', arg: a, values: [1, 2], hasNull: true, type: BOOLEAN, nullable: true },
    ],
    [
      'a NOT IN (1)',
      not({ kind: 'in_list', arg: a, values: [1], hasNull: false, type: BOOLEAN, nullable: true }),
    ],
    ['COALESCE(a, 0)', { kind: 'coalesce', args: [a, int(0)], type: INTEGER, nullable: false }],
    [
      'CASE WHEN a = 1 THEN b ELSE NULL END',
      {
        kind: 'case',
        arms: [{ when: compare('=', a, int(1)), then: b }],
        otherwise: { kind: 'const', value: null, type: INTEGER, nullable: true },
        type: INTEGER,
        nullable: true,
      },
    ],
  ])('prints %s', (text, expr) => {
    expect(renderExpr(expr)).toBe(text);
  });

  it('keeps a negative literal apart from the operator before it', () => {
    expect(renderExpr(call('-', a, int(-1)))).toBe('a - -1');
    expect(renderExpr(cast(int(-1), BIGINT))).toBe('(-1)::BIGINT');
  });
});

describe('renderLiteral', () => {
  it.each([
    [true, BOOLEAN, 'TRUE'],
    [0, INTEGER, '0'],
    [9007199254740993n, BIGINT, '9007199254740993'],
    [ONE / 2n, NUMERIC, '0.5'],
    [0.5, DOUBLE, '0.5::DOUBLE PRECISION'],
    [-0.5, DOUBLE, "'-0.5'::DOUBLE PRECISION"],
    ['', VARCHAR, "''"],
    [0, DATE, "DATE '1970-01-01'"],
    [1_500_000, TIMESTAMP, "TIMESTAMP '1970-01-01 00:00:01.5'"],
    [{ months: 0, days: 7, us: 0 }, INTERVAL, "INTERVAL '7 days'"],
    ['{"a": 1}', JSONB, '\'{"a": 1}\'::JSONB'],
    [new Uint8Array([0, 255]), BYTEA, "'\\x00ff'::BYTEA"],
    [['x', null], arrayOf(VARCHAR), "ARRAY['x', NULL]"],
    [null, DATE, 'NULL'],
  ])('writes a literal as SQL (%#)', (value, type, text) => {
    expect(renderLiteral(value, type)).toBe(text);
  });
});

describe('renderName', () => {
  it('quotes only names that need quotes', () => {
    expect(['viewer_id', 'Viewer', '1st', 'a"b', 'a b'].map(renderName)).toEqual([
      'viewer_id',
      '"Viewer"',
      '"1st"',
      '"a""b"',
      '"a b"',
    ]);
  });
});
