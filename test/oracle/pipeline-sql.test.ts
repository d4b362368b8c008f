import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPGlite, type SqlDatabase } from './support/database.ts';
import { insertLines } from './support/events.ts';
import { oracleRows, oracleViews, type PipelineName, prepareOracle, setClock } from './support/oracle.ts';
import { createPipelineViews } from './support/pipeline-in-postgres.ts';
import { EPOCH_MS, script, timestamp } from './support/random-events.ts';
import { difference, relationOf } from './support/relation.ts';

// The shipped SQL, run by PostgreSQL as it is written, against the hand-written definitions. No code of ours computes
// anything here: what is tested is that the pipeline's views mean what they are documented to mean.

const SEED = 20_220_401;
const RUNS = Number(process.env['FRESHET_ORACLE_RUNS'] ?? 8);

let db: SqlDatabase;
const views = new Map<PipelineName, readonly string[]>();

beforeAll(async () => {
  db = await openPGlite();
  await prepareOracle(db);
  for (const name of ['viewer-engagement', 'as-published'] as const) views.set(name, await createPipelineViews(db, name));
});
afterAll(() => db.close());

describe.each(['viewer-engagement', 'as-published'] as const)('pipelines/%s in PostgreSQL', (pipeline) => {
  test('has a definition for each of its materialized views', () => {
    expect(oracleViews(pipeline)).toEqual([...views.get(pipeline)!].sort());
  });

  test('equals its definitions over random events, at every clock', async () => {
    const schema = pipeline.replaceAll('-', '_');
    await fc.assert(
      fc.asyncProperty(script(12), async (steps) => {
        await db.exec('TRUNCATE view_events, content_interactions');
        let now_ms = EPOCH_MS;
        for (const step of steps) {
          if (step.kind === 'advance') now_ms = step.to_ms;
          else {
            const table = step.kind === 'views' ? 'view_events' : 'content_interactions';
            await insertLines(db, table, step.events.map((e) => JSON.stringify(e)));
          }
          await setClock(db, timestamp(now_ms));
          for (const view of views.get(pipeline)!) {
            // PostgreSQL divides to 16 significant digits or more: enough for 12 after the point here.
            const expected = await oracleRows(db, pipeline, view, { digits: 12 });
            const actual = await relationOf(db, `SELECT * FROM ${schema}.${view}`, { digits: 12 });
            expect(actual.columns).toEqual(expected.columns);
            const found = difference(expected, actual);
            if (found !== undefined) throw new Error(`${view} at ${timestamp(now_ms)}: ${found}`);
          }
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
});
