import { applyDeployment, planDeployment } from '../../../src/deploy/deploy.ts';
import type { DeployPlan } from '../../../src/deploy/deploy.ts';
import { openSession } from '../../../src/deploy/session.ts';
import { rendered } from './rendered.ts';
import type { FakeRisingWave } from './risingwave.ts';

// A small pipeline of every kind of definition, and deploys of it as the command does them.

export const SOURCE = `CREATE SOURCE views (viewer BIGINT, title VARCHAR, seconds INT)
  WITH (connector = 'kafka', topic = 'views', scan.startup.mode = 'earliest') FORMAT PLAIN ENCODE JSON;`;
export const TILES = `CREATE MATERIALIZED VIEW tiles AS
  SELECT viewer, title, SUM(seconds) AS seconds FROM views GROUP BY viewer, title;`;
export const NAMES = `CREATE VIEW long_titles AS
  SELECT tiles.viewer, tiles.title FROM tiles WHERE tiles.seconds > 20;`;
// The CTE hides the source of its name.
export const TOTALS = `CREATE MATERIALIZED VIEW totals AS WITH views AS (SELECT * FROM public.tiles)
  SELECT viewer, 'watch' AS sk, SUM(seconds) AS seconds FROM views GROUP BY viewer;`;
export const WATCH = `CREATE SINK watch FROM totals
  WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'viewer,sk');`;
export const LONG = `CREATE SINK long AS SELECT viewer, 'long' AS sk, COUNT(*) AS n FROM long_titles GROUP BY viewer
  WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'viewer,sk');`;
export const V1 = [SOURCE, TILES, NAMES, TOTALS, WATCH, LONG].join('\n');
/** The tile in the middle of the chain counts one second more. */
export const V2 = V1.replace(
  'SUM(seconds) AS seconds FROM views GROUP',
  'SUM(seconds) + 1 AS seconds FROM views GROUP',
);
/** The names of both versions, in their order. */
export const DEFINED = ['views', 'tiles', 'long_titles', 'totals', 'watch', 'long'];
/** The key of the items that the sinks write. */
export const KEY = ['viewer', 'sk'];

/** Empties the database, and fills the topic with the events of five viewers. */
export async function start(fake: FakeRisingWave): Promise<void> {
  await fake.reset();
  await fake.sql(`CREATE TABLE topics.views (viewer BIGINT, title TEXT, seconds INT);
    INSERT INTO topics.views SELECT v, 't' || v % 3, 10 * v FROM generate_series(1, 5) v;`);
}

export interface Options {
  readonly breakLock?: boolean;
  readonly allowDataLoss?: boolean;
  /** The name of the pipeline. */
  readonly name?: string;
  readonly signal?: AbortSignal;
  /** Called after the plan is made and before it is applied. */
  readonly afterPlan?: () => Promise<void>;
  readonly onProgress?: (text: string) => void;
}

/** Plans and applies, as the command does after a yes. Returns the plan, and what each step said. */
export async function deploy(
  fake: FakeRisingWave,
  sql: string,
  options: Options = {},
): Promise<{ readonly plan: DeployPlan; readonly steps: readonly string[] }> {
  const session = await openSession(fake.url);
  const steps: string[] = [];
  try {
    const pipeline = rendered(sql, options.name);
    const flags = { allowDataLoss: options.allowDataLoss === true, breakLock: options.breakLock === true };
    const plan = await planDeployment(session, pipeline, flags);
    await options.afterPlan?.();
    await applyDeployment(session, pipeline, plan, {
      ...flags,
      signal: options.signal ?? new AbortController().signal,
      poll_ms: 0,
      onStep: (text) => steps.push(text.replaceAll(/__freshet_\w{8}/g, '*')),
      onProgress: options.onProgress ?? (() => undefined),
    });
    return { plan, steps };
  } finally {
    await session.close();
  }
}

export async function planOf(fake: FakeRisingWave, sql: string, options: Options = {}): Promise<DeployPlan> {
  const session = await openSession(fake.url);
  try {
    const flags = { allowDataLoss: options.allowDataLoss === true };
    return await planDeployment(session, rendered(sql, options.name), flags);
  } finally {
    await session.close();
  }
}

/** The names of all objects but those that deploys keep for themselves. */
export function names(fake: FakeRisingWave): readonly string[] {
  return [...fake.names().keys()].filter((name) => name !== 'freshet_deployment').toSorted();
}

/** The state after a deploy of `sql`: what there is, what is recorded, and items that are not rows of the views. */
export async function endOf(fake: FakeRisingWave, sql: string): Promise<unknown> {
  await fake.tick();
  await fake.tick();
  const record = await fake.sql(
    'SELECT name, hash, kind, state, object_id FROM freshet_deployment ORDER BY name, hash',
  );
  const objects = fake.names();
  const items = new Map<string, string>();
  for (const sink of ['watch', 'long'])
    if (objects.has(sink)) for (const [key, row] of await fake.rowsOf(sink, KEY)) items.set(key, row);
  const written = fake.items.get('profiles') ?? new Map<string, string>();
  return {
    plan: (await planOf(fake, sql)).steps,
    names: names(fake),
    record: record.map((row) => ({ ...row, object_id: 'any' })),
    recorded: record.every(
      (row) => objects.get(String(row['name'])) === `${row['kind']}#${row['object_id']}`,
    ),
    stale: [...items].filter(([key, row]) => written.get(key) !== row),
  };
}
