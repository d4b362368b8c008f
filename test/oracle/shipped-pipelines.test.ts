import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPipeline } from '../../src/testing/index.ts';
import { openPGlite, type SqlDatabase } from './support/database.ts';
import { insertLines } from './support/events.ts';
import { oracleRows, oracleViews, type PipelineName, prepareOracle, setClock } from './support/oracle.ts';
import { createPipelineViews } from './support/pipeline-in-postgres.ts';
import { EPOCH_MS, script, timestamp, type Step } from './support/random-events.ts';
import { difference, relationLike, relationOf } from './support/relation.ts';

// Computes every view of the shipped pipelines in three ways, over random events and after every step of the clock:
//   1. hand-written definitions over the raw events, in PostgreSQL (test/oracle/sql),
//   2. the shipped SQL in PostgreSQL: checks that the SQL means what is documented,
//   3. the shipped SQL in Freshet, step by step: checks that the engine computes what the SQL means.

const SEED = 20_220_401;
const RUNS = Number(process.env['FRESHET_ORACLE_RUNS'] ?? 4);
const STEPS = 12;

let db: SqlDatabase;
const views = new Map<PipelineName, readonly string[]>();

beforeAll(async () => {
  db = await openPGlite();
  await prepareOracle(db);
  for (const name of ['viewer-engagement', 'as-published'] as const)
    views.set(name, await createPipelineViews(db, name));
});
afterAll(() => db.close());

describe.each(['viewer-engagement', 'as-published'] as const)('pipelines/%s', (pipeline) => {
  const folder = fileURLToPath(new URL(`../../pipelines/${pipeline}`, import.meta.url));

  test('has a hand-written definition of each materialized view', () => {
    expect(oracleViews(pipeline)).toEqual([...views.get(pipeline)!].sort());
  });

  test('equals its hand-written definitions over random events, in PostgreSQL and in the engine', async () => {
    const compare = async (steps: readonly Step[]): Promise<void> => {
      await db.exec('TRUNCATE view_events, content_interactions');
      const engine = await openPipeline(folder, { now: new Date(EPOCH_MS) });
      let now_ms = EPOCH_MS;
      for (const step of steps) {
        if (step.kind === 'advance') {
          now_ms = step.to_ms;
          engine.advanceTo(new Date(now_ms));
        } else {
          const table = step.kind === 'views' ? 'view_events' : 'content_interactions';
          await insertLines(
            db,
            table,
            step.events.map((e) => JSON.stringify(e)),
          );
          engine.insert(table, step.events);
        }
        await setClock(db, timestamp(now_ms));
        for (const view of views.get(pipeline)!) {
          const check = (who: string, found: string | undefined): void => {
            if (found !== undefined) throw new Error(`${view} in ${who} at ${timestamp(now_ms)}: ${found}`);
          };
          const expected = await oracleRows(db, pipeline, view);
          check(
            'the engine',
            difference(expected, relationLike(expected, engine.rows(view)), { digits: 20 }),
          );
          // PostgreSQL's division has at least 16 significant digits, enough for 12 after the point here.
          const written = await relationOf(db, `SELECT * FROM ${pipeline.replaceAll('-', '_')}.${view}`);
          expect(written.columns).toEqual(expected.columns);
          check('PostgreSQL', difference(expected, written, { digits: 12 }));
        }
      }
      expect(engine.problems()).toEqual([]);
      expect(engine.errors()).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(script(STEPS), compare), { numRuns: RUNS, seed: SEED });
  });
});
