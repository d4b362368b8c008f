import { expect, test } from 'vitest';
import { openPipeline } from '../../src/testing/index.ts';

const E =
  "CREATE SOURCE e (k INT, t VARCHAR, xs VARCHAR[], j JSONB) WITH (connector = 'kafka', topic = 'e') FORMAT PLAIN ENCODE JSON;";

/** Returns for `event` (k 1) and a small event (k 2) whether `expression` is NULL, and the count of errors by code. */
async function view(expression: string, event: object): Promise<{ rows: unknown[]; errors: unknown[] }> {
  const p = await openPipeline(
    { 'a.sql': `${E} CREATE MATERIALIZED VIEW v AS SELECT k, ${expression} AS r FROM e;` },
    {
      now: '2026-03-15T12:00:00Z',
    },
  );
  p.insert('e', [
    { k: 1, ...event },
    { k: 2, t: 'a', xs: ['a'], j: { a: 1 } },
  ]);
  const rows = p.rows('v').map((row) => [row['k'], row['r'] === null]);
  return { rows, errors: p.errors().map(({ code, count }) => [code, count]) };
}

const A = 'a'.repeat(600_000);

test.each([
  ["replace(t, 'a', t)", { t: A }],
  ["regexp_replace(t, 'a', t, 'g')", { t: A }],
  ["regexp_replace(t, 'a', repeat('\\&', 500000), 'g')", { t: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }],
  ["regexp_replace(t, 'a+', repeat('\\&', 100))", { t: A }],
  ['array_to_string(xs, t)', { t: A, xs: Array.from({ length: 100_000 }, () => 'b') }],
  ['concat(t, t, t, t, t, t, t, t, t, t, t, t, t, t, t, t, t, t)', { t: A }],
  ['concat_ws(t, t, t, t, t, t, t, t, t, t, t, t, t, t, t, t, t, t)', { t: A }],
  [`${'('.repeat(17)}t${Array.from({ length: 17 }, () => ' || t)').join('')}`, { t: A }],
  ['repeat(t, 1000)', { t: A }],
  ['lpad(t, 12000000 * (2 - k))', { t: A }],
  ["jsonb_build_array(t, t, t, t, t, t, t, t, t, t, t, t, t, t, t, t, t, t) ->> 'x'", { t: A }],
  ['jsonb_pretty(j)', { j: nested(60, 60_000) }],
] as const)(
  '%s: a result beyond ten million characters is NULL in its row and counted; other rows are computed',
  async (sql, event) => {
    const { rows, errors } = await view(sql, event);
    expect(rows).toContainEqual([1, true]);
    expect(rows).toHaveLength(2);
    expect(errors).toContainEqual(['54000', 1]);
  },
);

test('a long result within the bound is returned whole', async () => {
  const { rows, errors } = await view("replace(t, 'a', 'bbbbbbbbbbbbbbb')", { t: A });
  expect([rows, errors]).toEqual([
    [
      [1, false],
      [2, false],
    ],
    [],
  ]);
});

/** An array of `items` ones inside `depth` arrays. */
function nested(depth: number, items: number): unknown {
  let value: unknown = Array.from({ length: items }, () => 1);
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}
