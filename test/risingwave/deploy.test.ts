import { describe, expect, it } from 'vitest';
import { applyDeployment, planDeployment } from '../../src/deploy/deploy.ts';
import { openSession, type Session } from '../../src/deploy/session.ts';
import { deployStory } from '../deploy/support/story.ts';
import { bothForms } from './support/rendered.ts';
import { openSchema } from './support/risingwave-server.ts';

const URL = process.env['RISINGWAVE_URL'] ?? '';

const PLAYS = 'CREATE TABLE plays (id BIGINT PRIMARY KEY, viewer BIGINT, seconds INT);';
const TOTALS =
  'CREATE MATERIALIZED VIEW totals AS SELECT viewer, SUM(seconds) AS seconds FROM plays GROUP BY viewer;';
const BUSY = 'CREATE MATERIALIZED VIEW busy AS SELECT viewer, seconds FROM totals WHERE seconds > 15;';
const COUNTED = TOTALS.replace('AS seconds FROM', 'AS seconds, COUNT(*) AS plays FROM');

/** Plans and applies; returns the kinds of the steps. */
async function deploy(session: Session, sql: string): Promise<readonly string[]> {
  const [, rendered] = await bothForms({ 'pipeline.sql': sql });
  const plan = await planDeployment(session, rendered, { allowDataLoss: false });
  expect(plan.problems).toEqual([]);
  await applyDeployment(session, rendered, plan, {
    allowDataLoss: false,
    breakLock: false,
    signal: new AbortController().signal,
    poll_ms: 200,
    onStep: () => undefined,
    onProgress: () => undefined,
  });
  return plan.steps.map((step) => step.do);
}

async function rowsOf(session: Session, view: string): Promise<readonly string[]> {
  await session.rows('FLUSH');
  const rows = await session.rows(`SELECT * FROM ${view}`);
  return rows.map((row) => Object.values(row).map(String).join(' ')).toSorted();
}

describe.skipIf(URL === '')('freshet deploy on a real RisingWave', () => {
  it('makes, replaces, restores and drops views, and finds nothing to do when it has', async () => {
    const schema = await openSchema(URL);
    const session = await openSession(URL);
    try {
      await session.rows(`SET search_path TO ${schema.name}`);
      const first = [PLAYS, TOTALS, BUSY].join('\n');
      expect(await deploy(session, first)).not.toEqual([]);
      await session.rows('INSERT INTO plays VALUES (1, 1, 10), (2, 1, 10), (3, 2, 5)');
      expect(await rowsOf(session, 'totals')).toEqual(['1 20', '2 5']);
      expect(await rowsOf(session, 'busy')).toEqual(['1 20']);
      expect(await deploy(session, first)).toEqual([]);

      const second = [PLAYS, COUNTED, BUSY].join('\n');
      expect(await deploy(session, second)).not.toEqual([]);
      expect(await rowsOf(session, 'totals')).toEqual(['1 20 2', '2 5 1']);
      await session.rows('INSERT INTO plays VALUES (4, 2, 11)');
      expect(await rowsOf(session, 'busy'), 'busy reads the new totals').toEqual(['1 20', '2 16']);
      expect(await deploy(session, second)).toEqual([]);

      await session.rows('DROP MATERIALIZED VIEW busy');
      expect(await deploy(session, second)).not.toEqual([]);
      expect(await rowsOf(session, 'busy')).toEqual(['1 20', '2 16']);

      const third = [PLAYS, COUNTED].join('\n');
      expect(await deploy(session, third)).not.toEqual([]);
      await expect(session.rows('SELECT * FROM busy')).rejects.toThrow(/busy/);
      expect(await rowsOf(session, 'totals')).toEqual(['1 20 2', '2 16 2']);
      expect(await deploy(session, third)).toEqual([]);
    } finally {
      await session.close();
      await schema.drop();
    }
  });

  it('replaces a view between a table and a sink, as it does on the fake of the tests', async () => {
    const schema = await openSchema(URL);
    const session = await openSession(URL);
    try {
      await session.rows(`SET search_path TO ${schema.name}`);
      await deployStory(session, 200);
      const left = await session.rows('SELECT name FROM freshet_deployment');
      expect(left).toMatchObject([{ name: 'nothing' }]);
    } finally {
      await session.close();
      await schema.drop();
    }
  });
});
