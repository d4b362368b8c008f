import { beforeAll, describe, expect, it } from 'vitest';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';

beforeAll(loadParser);

/** Returns the code of each error of an expression, and the text that it points at. */
function problems(expression: string): string[] {
  const text = `CREATE SOURCE s (ts TIMESTAMP, d DATE, t VARCHAR, n NUMERIC) WITH (connector = 'kafka', topic = 's')
    FORMAT PLAIN ENCODE JSON; CREATE MATERIALIZED VIEW v AS SELECT ${expression} AS r FROM s;`;
  const { diagnostics } = bindPipeline('test', [{ name: 'a.sql', text }], {});
  return diagnostics
    .filter((d) => d.severity === 'error')
    .map((d) => `${d.code} ${text.slice(d.span?.start, d.span?.end)}`);
}

describe('a constant argument that is wrong for every row is an error at its place', () => {
  it.each([
    [`date_trunc('foo', ts)`, `22023 'foo'`],
    [`date_trunc('mnth', now())`, `22023 'mnth'`],
    [`date_trunc('week', ts - ts)`, `0A000 'week'`],
    [`EXTRACT(foo FROM ts)`, `22023 foo`],
    [`date_part('hour', d - 1)`, `0A000 'hour'`],
    [`ts AT TIME ZONE 'Nowhere/Land'`, `22023 'Nowhere/Land'`],
    [`t ~ '(['`, `2201B '(['`],
    [`regexp_replace(t, 'a', 'b', 'z')`, `22023 'z'`],
    [`to_char(n, 'EEEE')`, `0A000 'EEEE'`],
    [`to_date(t, 'IYYY-IW')`, `0A000 'IYYY-IW'`],
    [`to_timestamp(t, 'YYYY Q')`, `0A000 'YYYY Q'`],
  ])('%s', (expression, expected) => {
    const [first, ...more] = problems(expression);
    expect(first).toBe(expected);
    expect(more).toEqual([]);
  });

  it.each([
    `date_trunc('Month', ts)`,
    `date_trunc(t, ts)`,
    `date_trunc(NULL, ts)`,
    `EXTRACT(hour FROM ts)`,
    `ts AT TIME ZONE 'Europe/Berlin'`,
    `t ~ '^a+$'`,
    `t ~ t`,
    `to_char(ts, 'YYYY')`,
    `to_date(t, 'DD Mon YYYY')`,
    `to_timestamp(t, 'HH12:MI AM')`,
    `to_char(n, 'FM990.00')`,
  ])('%s has no error', (expression) => {
    expect(problems(expression)).toEqual([]);
  });
});
