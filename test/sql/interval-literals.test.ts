import { beforeAll, expect, it } from 'vitest';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { castDatum } from '../../src/values/cast.ts';
import type { Interval } from '../../src/values/datum.ts';
import { INTERVAL, VARCHAR } from '../../src/values/types.ts';

beforeAll(loadParser);

/** Returns the value of an interval literal as text, or the code of its error. */
function meaning(literal: string): unknown {
  const text = `CREATE TABLE t (a INT); CREATE MATERIALIZED VIEW v AS SELECT a, ${literal} AS i FROM t;`;
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'a.sql', text }], {});
  if (pipeline === undefined) return diagnostics.find((d) => d.severity === 'error')!.code;
  const { plan } = pipeline.views[0]!;
  const value = plan.kind === 'project' && plan.exprs[1]!.kind === 'const' ? plan.exprs[1]!.value : null;
  return castDatum(value as Interval, INTERVAL, VARCHAR);
}

// The expected values are those of PostgreSQL 17.
it.each([
  [`INTERVAL '7' DAY`, '7 days'],
  [`INTERVAL '36 hours' DAY`, '00:00:00'],
  [`INTERVAL '1.5' DAY`, '1 day'],
  [`INTERVAL '1 day 12:30' DAY`, '1 day'],
  [`INTERVAL '14 mons 3 days' YEAR`, '1 year'],
  [`INTERVAL '1-2' MONTH`, '1 year 2 mons'],
  [`INTERVAL '1 day 1 hour' HOUR`, '1 day 01:00:00'],
  [`INTERVAL '1:30' MINUTE`, '01:30:00'],
  [`INTERVAL '1 day 1 day'`, '22007'],
  [`INTERVAL 'x' DAY`, '22007'],
])('%s is %s', (literal, expected) => {
  expect(meaning(literal)).toBe(expected);
});
