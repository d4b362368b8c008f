import { expect, test } from 'vitest';
import { exactSum } from '../../src/engine/aggregates/sum.ts';
import { CodeBuilder } from '../../src/engine/codegen/builder.ts';
import { ExprCompiler } from '../../src/engine/codegen/expr-compiler.ts';
import { StringPool } from '../../src/engine/text/string-pool.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { ONE } from '../../src/values/numeric.ts';
import { expectScript } from './support/script.ts';

const T = 'CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR, x INT, n NUMERIC, b BIGINT, d DOUBLE PRECISION);';

test('numerics too large for limbs work as keys, distinct values and arguments of CASE, COALESCE and casts', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS
       SELECT COALESCE(n, 0) AS key, COUNT(DISTINCT CASE WHEN x > 0 THEN n END) AS ns, MAX(COALESCE(n, 1)::text) AS t
       FROM t GROUP BY COALESCE(n, 0);
     CREATE MATERIALIZED VIEW w AS SELECT upper((n::bigint)::text) AS u, COUNT(*) AS c FROM t
       GROUP BY upper((n::bigint)::text);`,
    `t + 1 . 1 9007199254740993 . .
     t + 2 . 1 9007199254740993.0 . .
     => v + 9007199254740993 1 9007199254740993
     => w + 9007199254740993 2
     t + 3 . 0 9007199254740992 . .
     => v + 9007199254740992 0 9007199254740992
     => w + 9007199254740992 1
     t + 4 . 1 . . .
     => v + 0 0 1
     => w + . 1
     t - 1 . 1 9007199254740993 . .
     t - 2 . 1 9007199254740993.0 . .
     => v - 9007199254740993 1 9007199254740993
     => w - 9007199254740993 2`,
  ));

test('NaN is one key and one distinct value regardless of its bits, and so is zero regardless of its sign', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW sums AS SELECT k, SUM(d) AS s, SUM(d) * -1 AS m FROM t GROUP BY k;
     CREATE MATERIALIZED VIEW v AS SELECT s, COUNT(*) AS c FROM sums GROUP BY s;
     CREATE MATERIALIZED VIEW w AS SELECT COUNT(DISTINCT s) AS c, COUNT(DISTINCT m) AS ms FROM sums;`,
    `t + 1 a . . . NaN
     t + 2 b . . . Infinity
     t + 3 b . . . -Infinity
     t + 4 c . . . 0
     t + 5 d . . . -0
     => sums + a NaN NaN
     => sums + b NaN NaN
     => sums + c 0 0
     => sums + d 0 0
     => v + NaN 2
     => v + 0 2
     => w + 2 2
     t - 1 a . . . NaN
     => sums - a NaN NaN
     => v - NaN 2
     => v + NaN 1`,
  ));

test('retracting an infinity or NaN from a sum of doubles restores the finite sum', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS SELECT SUM(d) AS s, AVG(d) AS a, SUM(DISTINCT d) AS ds FROM t;`,
    `t + 1 . . . . 1.5
     t + 2 . . . . Infinity
     => v + Infinity Infinity Infinity
     t + 3 . . . . -Infinity
     => v - Infinity Infinity Infinity
     => v + NaN NaN NaN
     t - 2 . . . . Infinity
     => v - NaN NaN NaN
     => v + -Infinity -Infinity -Infinity
     t + 4 . . . . NaN
     t + 5 . . . . 1.5
     => v - -Infinity -Infinity -Infinity
     => v + NaN NaN NaN
     t - 3 . . . . -Infinity
     =>
     t - 4 . . . . NaN
     => v - NaN NaN NaN
     => v + 3 1.5 1.5`,
  ));

test('integer sums carry beyond 2^52 and back', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS SELECT SUM(b) AS s, AVG(b) AS a, SUM(n) AS ns FROM t;`,
    `t + 1 . . 4503599627370495.5 4503599627370496 .
     t + 2 . . 4503599627370495.5 4503599627370495 .
     => v + 9007199254740991 4503599627370495.5 9007199254740991
     t + 3 . . -0.5 -4503599627370496 .
     t + 4 . . 0.0000000000000000000000000001 -4503599627370496 .
     => v - 9007199254740991 4503599627370495.5 9007199254740991
     => v + -1 -0.25 9007199254740990.5
     t - 1 . . 4503599627370495.5 4503599627370496 .
     t - 2 . . 4503599627370495.5 4503599627370495 .
     => v - -1 -0.25 9007199254740990.5
     => v + -9007199254740992 -4503599627370496 -0.4999999999999999999999999999`,
  ));

const MANY = Array.from({ length: 40 }, (_, i) => `c${i}`);
const row = (id: number, f: (i: number) => string): string => `${id} ${MANY.map((_, i) => f(i)).join(' ')}`;

test('more nullable keys than a word has bits', () => {
  const a = (i: number): string => (i % 3 === 0 ? '.' : String(i));
  const b = (i: number): string => (i === 39 ? '0' : a(i));
  const values = (r: string): string => r.slice(2);
  return expectScript(
    `CREATE TABLE t (id INT PRIMARY KEY, ${MANY.map((c) => `${c} INT`).join(', ')});
     CREATE MATERIALIZED VIEW v AS SELECT DISTINCT ${MANY.join(', ')} FROM t;
     CREATE MATERIALIZED VIEW w AS SELECT ${MANY.join(', ')} FROM t WHERE id > 1
       UNION ALL SELECT ${MANY.join(', ')} FROM t WHERE id > 2;
     CREATE MATERIALIZED VIEW s AS SELECT ${MANY.slice(0, 36).join(', ')}, SUM(c38) AS s FROM t
       GROUP BY ${MANY.slice(0, 36).join(', ')};`,
    `t + ${row(1, a)}
     t + ${row(2, b)}
     t + ${row(3, a)}
     => v + ${values(row(1, a))}
     => v + ${values(row(1, b))}
     => w + ${values(row(1, b))}
     => w + ${values(row(1, a))}
     => w + ${values(row(1, a))}
     => s + ${values(row(1, a)).split(' ').slice(0, 36).join(' ')} 114
     t - ${row(2, b)}
     => v - ${values(row(1, b))}
     => w - ${values(row(1, b))}
     => s - ${values(row(1, a)).split(' ').slice(0, 36).join(' ')} 114
     => s + ${values(row(1, a)).split(' ').slice(0, 36).join(' ')} 76`,
  );
});

test('a group with more fields than are copied one by one keeps its previous result', () => {
  const sums = (n: number): string => Array.from({ length: 12 }, (_, i) => `${n * (i + 1)}.5`).join(' ');
  return expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS SELECT k, ${Array.from(
      { length: 12 },
      (_, i) => `SUM(n * ${i + 1} + 0.5) FILTER (WHERE x > 0) AS s${i}`,
    ).join(', ')} FROM t GROUP BY k;`,
    `t + 1 a 1 3 . .
     t + 2 b 1 5 . .
     => v + a ${sums(3)}
     => v + b ${sums(5)}
     t + 1 a 1 4 . .
     t + 2 a 0 4 . .
     => v - a ${sums(3)}
     => v + a ${sums(4)}
     => v - b ${sums(5)}
     t + 1 b 1 4 . .
     t + 2 b 0 4 . .
     => v - a ${sums(4)}
     => v + b ${sums(4)}`,
  );
});

test('ids of values that are gone are reused: memory follows the live values', async () => {
  await loadParser();
  const sql = `CREATE TABLE t (id INT PRIMARY KEY, n NUMERIC, j JSONB);
    CREATE MATERIALIZED VIEW v AS SELECT n, j, COUNT(*) AS c FROM t GROUP BY n, j;
    CREATE MATERIALIZED VIEW w AS SELECT id % 2 AS odd, COUNT(DISTINCT n) AS ns, COUNT(DISTINCT j) AS js FROM t
      GROUP BY id % 2;`;
  const { pipeline } = bindPipeline('test', [{ name: 'test.sql', text: sql }], {});
  let engine = createEngine(pipeline!, { now_us: 0 });
  const rows = (view: string): string[] =>
    [...engine.view(view).scan()]
      .flatMap((batch) => Array.from({ length: batch.n }, (_, i) => batch.row(i).map(String).join(' ')))
      .sort();
  const ids = Array.from({ length: 300 }, (_, id) => id);
  const bytes: number[] = [];
  for (let round = 0; round < 60; round++) {
    // Most values change in every round; every fifth needs a bigint.
    const value = (id: number): bigint =>
      (id % 5 === 0 ? 2n ** 60n : 0n) * ONE + (BigInt(id % 3 === 0 ? id : round * 300 + id) * ONE) / 4n;
    const batch = engine.newBatch('t', 300);
    for (const id of ids) batch.append([id, value(id), `{"a": ${value(id)}}`]);
    engine.push('t', batch);
    engine.barrier(0);
    expect(rows('v')).toEqual(ids.map((id) => `${value(id)} {"a": ${value(id)}} 1`).sort());
    expect(rows('w')).toEqual(['0 150 150', '1 150 150']);
    bytes.push(engine.stateBytes().get('v')! + engine.stateBytes().get('w')!);
    if (round % 7 !== 6) continue;
    const blocks = new Map<string, Uint8Array>();
    engine.save({ block: (name, block) => void blocks.set(name, block.slice()) });
    engine = createEngine(pipeline!, { now_us: 0 });
    engine.restore({ block: (name) => blocks.get(name)!, has: (name) => blocks.has(name) });
  }
  expect(Math.max(...bytes.slice(30))).toBeLessThanOrEqual(Math.max(...bytes.slice(0, 30)));
});

test('a sum of integers beyond 2^63 fails and does not wrap around', () => {
  // Reaching such a sum takes 2^32 rows, so the fields of its group are passed directly.
  const b = new CodeBuilder();
  const column = (): never => {
    throw new Error('a result reads no columns');
  };
  const c = new ExprCompiler({ builder: b, pool: new StringPool(), column, params: new Map() });
  const f = (k: number): string => `F[${k}]`;
  const fields = { array: 'F', at: '0', f, rows: '1', wide: '' };
  const reg = exactSum({ kind: 'integer' }, { average: false, every: false }).result(c, fields);
  b.line(`return [${reg.nul},${reg.lo},${reg.hi},${reg.failure!.when}];`);
  const result = b.build<(numbers: readonly number[]) => unknown[]>('sum', ['F']);
  const step = 2 ** 52;
  expect(result([0, 0, 0])).toEqual([1, 0, 0, false]);
  expect(result([-1, 0, 1])).toEqual([0, -1, -1, false]);
  expect(result([step - 1, 2 ** 11 - 1, 1])).toEqual([0, -1, 2 ** 31 - 1, false]);
  expect(result([0, 2 ** 11, 1])).toEqual([1, 0, 0, true]);
  expect(result([0, -(2 ** 11), 1])).toEqual([0, 0, -(2 ** 31), false]);
  expect(result([-1, -(2 ** 11), 1])).toEqual([1, 0, 0, true]);
});
