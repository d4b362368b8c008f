import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyDeployment, planDeployment } from '../../src/deploy/deploy.ts';
import type { DeployPlan } from '../../src/deploy/deploy.ts';
import { openSession } from '../../src/deploy/session.ts';
import { FakeRisingWave } from './support/risingwave.ts';
import type { Failure } from './support/risingwave.ts';
import { rendered } from './support/rendered.ts';

let fake: FakeRisingWave;
beforeAll(async () => {
  fake = await FakeRisingWave.start();
});
afterAll(() => fake.close());

const EVENTS = `INSERT INTO topics.views SELECT v, 't' || v % 3, 10 * v FROM generate_series(1, 5) v;`;
async function start(): Promise<void> {
  await fake.reset();
  await fake.sql(`CREATE TABLE topics.views (viewer BIGINT, title TEXT, seconds INT); ${EVENTS}`);
}
beforeEach(start);

const SOURCE = `CREATE SOURCE views (viewer BIGINT, title VARCHAR, seconds INT)
  WITH (connector = 'kafka', topic = 'views', scan.startup.mode = 'earliest') FORMAT PLAIN ENCODE JSON;`;
const TILES = `CREATE MATERIALIZED VIEW tiles AS
  SELECT viewer, title, SUM(seconds) AS seconds FROM views GROUP BY viewer, title;`;
const NAMES = `CREATE VIEW long_titles AS
  SELECT tiles.viewer, tiles.title FROM tiles WHERE tiles.seconds > 20;`;
// The CTE hides the source of its name.
const TOTALS = `CREATE MATERIALIZED VIEW totals AS WITH views AS (SELECT * FROM public.tiles)
  SELECT viewer, 'watch' AS sk, SUM(seconds) AS seconds FROM views GROUP BY viewer;`;
const WATCH = `CREATE SINK watch FROM totals
  WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'viewer,sk');`;
const LONG = `CREATE SINK long AS SELECT viewer, 'long' AS sk, COUNT(*) AS n FROM long_titles GROUP BY viewer
  WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'viewer,sk');`;
const V1 = [SOURCE, TILES, NAMES, TOTALS, WATCH, LONG].join('\n');
/** The tile in the middle of the chain counts one second more. */
const V2 = V1.replace(
  'SUM(seconds) AS seconds FROM views GROUP BY viewer, title',
  'SUM(seconds) + 1 AS seconds FROM views GROUP BY viewer, title',
);
const DEFINED = ['views', 'tiles', 'long_titles', 'totals', 'watch', 'long'];
const KEY = ['viewer', 'sk'];

interface Options {
  readonly breakLock?: boolean;
  readonly allowDataLoss?: boolean;
  readonly name?: string;
}

/** Plans and applies, as the command does after a yes. */
async function deploy(sql: string, options: Options = {}) {
  const session = await openSession(fake.url);
  const steps: string[] = [];
  try {
    const pipeline = rendered(sql, options.name);
    const flags = { allowDataLoss: options.allowDataLoss === true, breakLock: options.breakLock === true };
    const plan = await planDeployment(session, pipeline, flags);
    await applyDeployment(session, pipeline, plan, {
      ...flags,
      signal: new AbortController().signal,
      poll_ms: 0,
      onStep: (text) => steps.push(text),
      onProgress: () => undefined,
    });
    return { plan, steps };
  } finally {
    await session.close();
  }
}

async function planOf(sql: string, options: Options = {}): Promise<DeployPlan> {
  const session = await openSession(fake.url);
  try {
    const flags = { allowDataLoss: options.allowDataLoss === true };
    return await planDeployment(session, rendered(sql, options.name), flags);
  } finally {
    await session.close();
  }
}

const actions = (plan: DeployPlan): readonly string[] =>
  plan.changes.map(({ action, name }) => `${action} ${name}`);
const notesOf = (plan: DeployPlan, name: string): readonly string[] =>
  plan.changes.find((change) => change.name === name)!.notes;
const ours = (): readonly string[] =>
  [...fake.names().keys()].filter((name) => name !== 'freshet_deployment');

/** The state that a deploy of `sql` ends in: what there is, what is recorded, and that the items are the views' rows. */
async function endOf(sql: string): Promise<unknown> {
  await fake.tick();
  await fake.tick();
  const record = await fake.sql(
    'SELECT name, hash, kind, state, object_id FROM freshet_deployment ORDER BY name, hash',
  );
  const names = fake.names();
  const items = new Map<string, string>();
  for (const sink of ['watch', 'long'])
    if (names.has(sink)) for (const [key, row] of await fake.rowsOf(sink, KEY)) items.set(key, row);
  const written = fake.items.get('profiles') ?? new Map<string, string>();
  return {
    plan: (await planOf(sql)).steps,
    names: ours().toSorted(),
    record: record.map((row) => ({ ...row, object_id: 'any' })),
    recorded: record.every((row) => names.get(String(row['name'])) === `${row['kind']}#${row['object_id']}`),
    stale: [...items].filter(([key, row]) => written.get(key) !== row),
  };
}

describe('a fresh database', () => {
  it('gets every definition under its name, inputs first, and its sinks write', async () => {
    const { plan, steps } = await deploy(V1);
    expect(actions(plan)).toEqual(DEFINED.map((name) => `create ${name}`));
    expect(steps).toEqual([
      'create source views',
      'create materialized view tiles',
      'create view long_titles',
      'create materialized view totals',
      'create sink watch',
      'create sink long',
    ]);
    expect(ours().toSorted()).toEqual(DEFINED.toSorted());
    await endOf(V1);
    expect([...fake.items.get('profiles')!.keys()].toSorted()).toEqual(
      [...[1, 2, 3, 4, 5].map((v) => `${v}|watch`), ...[3, 4, 5].map((v) => `${v}|long`)].toSorted(),
    );
  });

  it('is left alone by a second run, also if only comments and blanks changed', async () => {
    await deploy(V1);
    const before = fake.names();
    const relaid = V1.replaceAll('SELECT', '/* the\n columns */ SELECT').replaceAll(
      'FROM',
      '\n   FROM -- where\n',
    );
    const { plan, steps } = await deploy(relaid);
    expect(new Set(plan.changes.map(({ action }) => action))).toEqual(new Set(['unchanged']));
    expect([plan.steps, steps]).toEqual([[], []]);
    expect(fake.names()).toEqual(before);
  });

  it('is only read by a plan', async () => {
    await planOf(V1);
    expect(fake.names().size).toBe(0);
    expect(fake.statements.filter((sql) => !sql.startsWith('SELECT'))).toEqual([]);
  });
});

describe('a changed view in the middle of a chain', () => {
  it('is made beside the old one with all that read it, and sinks move once everything is full', async () => {
    await deploy(V1);
    const { plan, steps } = await deploy(V2);
    expect(actions(plan)).toEqual(['unchanged views', ...DEFINED.slice(1).map((name) => `replace ${name}`)]);
    expect(plan.changes.map(({ reason }) => reason)).toEqual([
      '',
      'its SQL changed',
      'it reads tiles',
      'it reads tiles',
      'it reads totals',
      'it reads long_titles',
    ]);
    const short = steps.map((step) => step.replaceAll(/__freshet_\w{8}/g, '*'));
    expect(short).toEqual([
      'create materialized view tiles*, the new tiles',
      'create view long_titles*, the new long_titles',
      'create materialized view totals*, the new totals',
      'try sink watch beside the one that serves',
      'try sink long beside the one that serves',
      'swap materialized view tiles with tiles*',
      'swap view long_titles with long_titles*',
      'swap materialized view totals with totals*',
      'drop sink watch',
      'create sink watch',
      'drop sink long',
      'create sink long',
      'drop view long_titles*',
      'drop materialized view totals*',
      'drop materialized view tiles*',
    ]);
    expect(ours().toSorted()).toEqual(DEFINED.toSorted());
    expect((await fake.rowsOf('totals', KEY)).get('5|watch')).toContain('"51"');
  });

  it('says what fills from where, what serves meanwhile and what stays behind', async () => {
    await deploy(V1);
    const plan = await planOf(V2);
    expect(notesOf(plan, 'tiles')).toEqual([
      'reads topic views from earliest: what the topic no longer holds is missing (source views)',
      'meanwhile the old one serves under its name',
    ]);
    expect(notesOf(plan, 'watch')).toEqual([
      'writes all rows of totals again; what it wrote before stays in place, and stands still until then',
      'what it wrote for keys that the new totals no longer has stays in dynamodb profiles',
    ]);
  });
});

/** What must hold after each statement of any run. Returns what did not. */
function watchInvariants(after: string): readonly string[] {
  const broken: string[] = [];
  let most = 0;
  fake.afterStatement = async (sql) => {
    const keys = fake.items.get('profiles')?.size ?? 0;
    if (keys < most) broken.push(`items are removed by ${sql}`);
    most = Math.max(most, keys);
    for (const [name, is] of fake.names())
      if (is.startsWith('sink') && (await fake.rowsOf(name, KEY)).size === 0)
        broken.push(`sink ${name} reads an empty view after ${sql}`);
    for (const name of ['totals', 'tiles', 'long_titles'])
      if (most > 0 && after.includes(`VIEW ${name} `) && !fake.names().has(name))
        broken.push(`no ${name} after ${sql}`);
    // Viewers go on watching: the changes of each moment are on their way when the next statement comes.
    await fake.sql('UPDATE topics.views SET seconds = seconds + 1');
  };
  return broken;
}

describe('a run that fails at any statement', () => {
  const changes = (sql: string): boolean => !/^(?:SELECT|SET)/.test(sql);

  async function statementsOf(before: string, after: string): Promise<readonly string[]> {
    await deploy(before);
    fake.statements = [];
    await deploy(after);
    return fake.statements;
  }

  /** Fails at statement `at` of a deploy of `after`, then runs it again; returns what was broken and the end. */
  async function interrupted(before: string, after: string, at: number, failure: Failure) {
    await start();
    await deploy(before);
    const broken = watchInvariants(after);
    fake.statements = [];
    fake.onStatement = (_, index) => (index === at ? failure : undefined);
    const failed = await deploy(after).then(
      () => false,
      () => true,
    );
    fake.onStatement = () => undefined;
    await deploy(after, { breakLock: true });
    fake.afterStatement = async () => undefined;
    return { broken, failed, end: await endOf(after) };
  }

  it.each<[string, string, string, Failure]>([
    ['refused', V1, V2, 'error'],
    ['lost on its way', V1, V2, 'lost before'],
    ['executed, and its answer lost', V1, V2, 'lost after'],
    ['executed, and its answer lost, in a fresh database', SOURCE, V1, 'lost after'],
    ['refused, while definitions are removed', V1, [SOURCE, TILES, TOTALS, WATCH].join('\n'), 'error'],
  ])('is resumed to the same end: the statement is %s', async (_, before, after, failure) => {
    const statements = await statementsOf(before, after);
    const expected = {
      plan: [],
      names: expect.anything(),
      record: expect.anything(),
      recorded: true,
      stale: [],
    };
    const whole = await endOf(after);
    expect(whole).toEqual(expected);
    let failures = 0;
    for (const [at, sql] of statements.entries()) {
      if (!changes(sql)) continue;
      const { broken, failed, end } = await interrupted(before, after, at, failure);
      expect(broken, `statement ${at}: ${sql}`).toEqual([]);
      expect(end, `statement ${at}: ${sql}`).toEqual(whole);
      if (failed) failures++;
    }
    expect(failures).toBeGreaterThan(5);
  });

  it('is resumed to the same end if a statement that only reads is lost', async () => {
    const statements = await statementsOf(V1, V2);
    const whole = await endOf(V2);
    const reads = statements.flatMap((sql, at) => (changes(sql) ? [] : [at])).filter((_, i) => i % 7 === 0);
    for (const at of reads) {
      const { broken, end } = await interrupted(V1, V2, at, 'lost before');
      expect([broken, end], `statement ${at}`).toEqual([[], whole]);
    }
  });
});
