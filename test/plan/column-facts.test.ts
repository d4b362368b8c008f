import { beforeAll, describe, expect, it } from 'vitest';
import { columnFacts, isSafeNumber, type ColumnFacts } from '../../src/plan/column-facts.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';

beforeAll(() => loadParser());

/** Returns the facts of a query's columns. Table s has two columns of each type: x NOT NULL and maybe_x. */
function factsOf(query: string): readonly ColumnFacts[] {
  const columns = [
    'i INT',
    'b BIGINT',
    'n NUMERIC',
    'd DOUBLE',
    't VARCHAR',
    'at TIMESTAMP',
    'ok BOOLEAN',
    'j JSONB',
  ];
  const text = `
    CREATE TABLE s (${columns.flatMap((c) => [`${c} NOT NULL`, `maybe_${c}`]).join(', ')}, k BIGINT);
    CREATE MATERIALIZED VIEW counted AS SELECT maybe_t, COUNT(*) AS c, SUM(i) AS total FROM s GROUP BY maybe_t;
    CREATE MATERIALIZED VIEW v AS ${query};`;
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'a.sql', text }], {});
  if (pipeline === undefined) throw new Error(diagnostics.map((each) => each.message).join('\n'));
  const facts = new Map<string, readonly ColumnFacts[]>();
  for (const { name, plan } of pipeline.views)
    facts.set(
      name,
      columnFacts(plan, (view) => facts.get(view)),
    );
  return facts.get('v')!;
}

describe('NULL', () => {
  it.each([
    'i',
    'i + 1',
    'i * n - b',
    'COALESCE(maybe_i, 0)',
    'ROUND(COALESCE(maybe_n, 0), 2)',
    'ROUND(COALESCE(maybe_i, 0) / 60.0, 2)',
    'i / 60',
    "t || '#' || t",
    'upper(t)',
    'i::text',
    'n::bigint',
    'at::date',
    'i > 1 AND ok',
    'maybe_i IS NULL',
    'GREATEST(maybe_i, i)',
    "CONCAT(maybe_t, 'a')",
    'CASE WHEN maybe_i > 0 THEN maybe_i ELSE 0 END',
    'CASE WHEN maybe_i IS NOT NULL THEN maybe_i ELSE i END',
    "date_trunc('day', at)",
    'EXTRACT(HOUR FROM at)',
    "jsonb_build_object('a', maybe_i)",
  ])('is excluded for %s', (expr) => {
    expect(factsOf(`SELECT ${expr} AS x FROM s`)[0]!.nullable).toBe(false);
  });

  it.each([
    'maybe_i',
    'i + maybe_i',
    'COALESCE(maybe_i, maybe_b)',
    'NULLIF(i, 0)',
    'i / i',
    'i / NULLIF(i, 0)',
    'i / 0',
    'CASE WHEN ok THEN i END',
    'CASE WHEN maybe_i > 0 THEN i ELSE maybe_i END',
    'CASE WHEN maybe_i IS NULL THEN maybe_i ELSE 0 END',
    't::int',
    "j ->> 'a'",
    'upper(maybe_t)',
    'GREATEST(maybe_i, maybe_b)',
    'sqrt(d)',
    'ok OR maybe_ok',
  ])('is possible for %s', (expr) => {
    expect(factsOf(`SELECT ${expr} AS x FROM s`)[0]!.nullable).toBe(true);
  });

  it.each<[string, readonly boolean[]]>([
    ['SELECT maybe_i, maybe_b FROM s WHERE maybe_i IS NOT NULL', [false, true]],
    ['SELECT maybe_i, maybe_b FROM s WHERE maybe_i > 1 AND maybe_b + 1 IN (2, 3)', [false, false]],
    ['SELECT maybe_i, maybe_b FROM s WHERE maybe_i > 1 OR maybe_b > 1', [true, true]],
    ['SELECT maybe_i FROM s WHERE maybe_i > 1 OR maybe_i < 0', [false]],
    ['SELECT maybe_i FROM s WHERE maybe_i IS NULL', [true]],
    ['SELECT maybe_i FROM s WHERE COALESCE(maybe_i, 1) > 0', [true]],
    [
      'SELECT maybe_t, SUM(i), SUM(maybe_i) AS m, MAX(i) FILTER (WHERE ok), COUNT(maybe_i) FROM s GROUP BY maybe_t',
      [true, false, true, true, false],
    ],
    ['SELECT SUM(i), COUNT(*), ARRAY_AGG(i) FROM s', [true, false, true]],
    ['SELECT ok, ARRAY_AGG(maybe_i), JSONB_AGG(maybe_i) FROM s GROUP BY ok', [false, false, false]],
    ['SELECT s.maybe_t, c.c FROM s JOIN counted c ON c.maybe_t = s.maybe_t', [false, false]],
    ['SELECT s.t, c.maybe_t, c.c FROM s LEFT JOIN counted c ON c.maybe_t = s.t', [false, true, true]],
    ['SELECT i FROM s UNION ALL SELECT maybe_i FROM s', [true]],
    ['SELECT i FROM s UNION ALL SELECT i + 1 FROM s', [false]],
    [
      'SELECT t, r FROM (SELECT t, ROW_NUMBER() OVER (PARTITION BY maybe_t ORDER BY i) AS r FROM s) x WHERE r <= 3',
      [false, false],
    ],
  ])('%s', (query, nullable) => {
    expect(factsOf(query).map((facts) => facts.nullable)).toEqual(nullable);
  });
});

describe('a number that a double holds exactly', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['s', ['i', 'i + i', 'i::bigint', 'b::int', '-i', 'abs(i) * 3'], ['b', 'n', 'i * b', 'i + b', 'b + 1']],
    [
      's',
      ['COUNT(*)', 'SUM(i)', 'ROUND(AVG(i), 2)', 'SUM(i)::bigint', 'MAX(i)'],
      ['SUM(b)', 'AVG(i)', 'MAX(b)'],
    ],
    [
      's',
      ['ROUND(SUM(i) / 60.0, 2)', 'ROUND(SUM(i) / NULLIF(COUNT(*), 0), 3)', 'FLOOR(SUM(i) / 60.0)'],
      ['SUM(i) / 60.0', 'ROUND(SUM(b) / 60.0, 2)', 'ROUND(SUM(i) / 0.001, 2)', 'ROUND(SUM(i) / SUM(n), 3)'],
    ],
    [
      's',
      ['ROUND(SUM(i) / 7, 6)'],
      ['ROUND(SUM(i) / 7, 9)', 'ROUND(SUM(n), 2)', 'ROUND(SUM(i) / 7, MAX(i))'],
    ],
    ['counted', ['SUM(total)', 'MAX(c)', 'SUM(c) * 1.25'], ['SUM(c) * 1.2500001', 'SUM(c) * 99999999999.5']],
    [
      's',
      ['SUM(CASE WHEN ok THEN 4 * i WHEN maybe_ok THEN NULL ELSE 0 END)', 'GREATEST(MAX(i), 5)'],
      ['SUM(CASE WHEN ok THEN i ELSE b END)', 'GREATEST(MAX(i), MAX(b))'],
    ],
  ])('over %s: %j, but not %j', (relation, safe, other) => {
    const list = [...safe, ...other].map((expr, i) => `${expr} AS x${i}`).join(', ');
    const facts = factsOf(`SELECT ${list} FROM ${relation}`);
    expect(facts.map(isSafeNumber)).toEqual([...safe.map(() => true), ...other.map(() => false)]);
  });
});

it('the shape of JSON is known if the query builds it, and unknown if the query reads it', () => {
  const [object, map, list, read] = factsOf(`
    SELECT jsonb_build_object('t', t, 'parts', jsonb_build_array(i, i)) AS a,
      COALESCE(jsonb_object_agg(t, i), '{}'::jsonb) AS b, COALESCE(jsonb_agg(maybe_t), '[]'::jsonb) AS c, j
    FROM s GROUP BY t, i, j`).map(({ json }) => json);
  expect(object).toMatchObject({
    kind: 'object',
    fields: [
      ['t', { kind: 'value' }],
      ['parts', { kind: 'list' }],
    ],
  });
  expect(map).toMatchObject({ kind: 'map', of: { kind: 'value', of: { nullable: false } } });
  expect(list).toMatchObject({ kind: 'list', of: { kind: 'value', of: { nullable: true } } });
  expect(read).toBeUndefined();
});
