import { describe, expect, it } from 'vitest';
import { constantColumn } from '../../src/plan/constant-column.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';

async function planOf(query: string) {
  await loadParser();
  const text = `
    CREATE SOURCE s (a BIGINT, b VARCHAR) WITH (connector = 'kafka', topic = 's') FORMAT PLAIN ENCODE JSON;
    CREATE MATERIALIZED VIEW v AS ${query};`;
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'a.sql', text }], {});
  if (pipeline === undefined) throw new Error(JSON.stringify(diagnostics));
  return pipeline.views[0]!.plan;
}

describe('constantColumn', () => {
  it.each([
    [`SELECT a, 'x' AS k FROM s`],
    [`SELECT a, k FROM (SELECT a, 'x'::varchar AS k FROM s) AS q WHERE a > 1`],
    [`SELECT a, 'x' AS k, COUNT(*) AS n FROM s GROUP BY a`],
    [`SELECT a, 'x'::varchar AS k FROM s UNION ALL SELECT a + 1, 'x'::varchar FROM s`],
  ])('returns the constant of %s', async (query) => {
    expect(constantColumn(await planOf(query), 1)).toBe('x');
  });

  it.each([
    [`SELECT a, b AS k FROM s`],
    [`SELECT a, 'x'::varchar AS k FROM s UNION ALL SELECT a, 'y'::varchar FROM s`],
  ])('returns undefined for %s', async (query) => {
    expect(constantColumn(await planOf(query), 1)).toBeUndefined();
  });
});
