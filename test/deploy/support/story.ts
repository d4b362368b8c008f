import { expect } from 'vitest';
import { applyDeployment, planDeployment } from '../../../src/deploy/deploy.ts';
import type { Session } from '../../../src/deploy/session.ts';
import { readStatus } from '../../../src/deploy/status.ts';
import { rendered } from './rendered.ts';

const V1 = `
CREATE TABLE plays (viewer BIGINT, title VARCHAR, seconds INT);
CREATE MATERIALIZED VIEW tiles AS SELECT viewer, title, SUM(seconds) AS seconds FROM plays GROUP BY viewer, title;
CREATE VIEW long_tiles AS SELECT tiles.viewer, tiles.title FROM tiles WHERE tiles.seconds > 5;
CREATE MATERIALIZED VIEW totals AS SELECT viewer, COUNT(*) AS titles FROM long_tiles GROUP BY viewer;
CREATE SINK totals_sink FROM totals WITH (connector = 'blackhole', primary_key = 'viewer');`;
const V2 = V1.replace('SUM(seconds)', 'SUM(seconds * 2)');
const WITHOUT_SINK = V2.replace(/CREATE SINK[^;]*;/, '');

/**
 * Deploys a pipeline, does so again, changes a view in its middle, and removes its sink. Ends with everything dropped
 * but the tables. Nothing in it is special to the fake, so that it runs on a RisingWave too.
 */
export async function deployStory(session: Session, poll_ms: number): Promise<void> {
  const deploy = async (sql: string): Promise<readonly string[]> => {
    const pipeline = rendered(sql, 'story');
    const steps: string[] = [];
    const flags = { allowDataLoss: true, breakLock: false };
    const plan = await planDeployment(session, pipeline, flags);
    expect(plan.problems).toEqual([]);
    await applyDeployment(session, pipeline, plan, {
      ...flags,
      poll_ms,
      signal: new AbortController().signal,
      onStep: (text) => steps.push(text.replaceAll(/__freshet_\w{8}/g, '*')),
      onProgress: () => undefined,
    });
    return steps;
  };
  const totals = async (): Promise<unknown> => {
    await session.rows('FLUSH');
    const rows = await session.rows('SELECT viewer, titles FROM totals ORDER BY viewer');
    return rows.map((row) => [Number(row['viewer']), Number(row['titles'])]);
  };

  expect(await deploy(V1)).toHaveLength(5);
  await session.rows("INSERT INTO plays VALUES (1, 'a', 6), (1, 'b', 3), (2, 'a', 3), (3, 'c', 2)");
  expect(await totals()).toEqual([[1, 1]]);
  expect(await deploy(V1)).toEqual([]);

  const replaced = await deploy(V2);
  expect(replaced).toEqual([
    'create materialized view tiles*, the new tiles',
    'create view long_tiles*, the new long_tiles',
    'create materialized view totals*, the new totals',
    'try sink totals_sink beside the one that serves',
    'swap materialized view tiles with tiles*',
    'swap view long_tiles with long_tiles*',
    'swap materialized view totals with totals*',
    'drop sink totals_sink',
    'create sink totals_sink',
    'drop materialized view totals*',
    'drop view long_tiles*',
    'drop materialized view tiles*',
  ]);
  expect(await totals()).toEqual([
    [1, 2],
    [2, 1],
  ]);
  await session.rows("INSERT INTO plays VALUES (3, 'd', 3)");
  expect(await totals()).toEqual([
    [1, 2],
    [2, 1],
    [3, 1],
  ]);

  const status = await readStatus(session, { pipeline: rendered(V2, 'story'), count: true });
  expect(status.drift).toEqual([]);
  expect(status.stored.map(({ name, rows }) => [name, rows])).toEqual(
    expect.arrayContaining([
      ['plays', 5],
      ['totals', 3],
    ]),
  );
  expect(status.sinks).toMatchObject([{ name: 'totals_sink', filling: undefined, failure: undefined }]);

  expect(await deploy(WITHOUT_SINK)).toEqual(['drop sink totals_sink']);
  expect((await deploy('CREATE VIEW nothing AS SELECT 1 AS n;')).length).toBe(5);
  await session.rows('DROP VIEW nothing');
}
