import { beforeAll, expect, it } from 'vitest';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { checkPipeline } from '../../src/pipeline/check.ts';
import { withoutReplacedViews } from '../../src/pipeline/day-buckets.ts';
import { loadParser } from '../../src/sql/parser.ts';

beforeAll(() => loadParser());

const TABLES = `CREATE TABLE e (id INT PRIMARY KEY, k INT, d DATE);
  CREATE MATERIALIZED VIEW tiles AS SELECT k, d, COUNT(*) AS n FROM e GROUP BY k, d;
  CREATE MATERIALIZED VIEW rolling AS
    SELECT k, SUM(n) FILTER (WHERE d > CURRENT_DATE - 7) AS n_7d FROM tiles GROUP BY k;`;

const sink = (name: string, layout: string): string =>
  `CREATE SINK ${name} FROM rolling WITH (connector = 'dynamodb', table = '${name}_items', region = 'x',
     primary_key = 'k', freshet.sort_key = 'p#${name}', freshet.layout = '${layout}');`;

function runningViews(...statements: readonly string[]): readonly string[] {
  const text = [TABLES, ...statements].join('\n');
  const { pipeline } = checkPipeline(bindPipeline('test', [{ name: 'test.sql', text }], {}));
  return withoutReplacedViews(pipeline!).views.map(({ name }) => name);
}

it('a view whose sinks all keep day buckets does not run beside them', () => {
  expect(runningViews(sink('packed', 'packed'))).toEqual(['tiles', 'packed__days']);
});

it('runs beside its days if another sink or view reads it', () => {
  expect(runningViews(sink('packed', 'packed'), sink('plain', 'domain'))).toContain('rolling');
  const reader = 'CREATE MATERIALIZED VIEW reader AS SELECT COUNT(*) AS n FROM rolling WHERE n_7d > 1;';
  expect(runningViews(reader, sink('packed', 'packed'))).toContain('rolling');
});

it('views without sinks run, because nothing stands in their place', () => {
  expect(runningViews()).toEqual(['tiles', 'rolling']);
});
