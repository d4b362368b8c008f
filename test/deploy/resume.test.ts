import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seeded } from '../storage/support/random.ts';
import { FakeRisingWave } from './support/risingwave.ts';
import type { Failure } from './support/risingwave.ts';
import { deploy, endOf, SOURCE, start, TILES, TOTALS, V1, V2, WATCH } from './support/viewers.ts';

let fake: FakeRisingWave;
beforeAll(async () => {
  fake = await FakeRisingWave.start();
});
afterAll(() => fake.close());
beforeEach(() => start(fake));

/** As many as statements in a run that change an object. */
const VIEWERS = 30;

/** Without the second sink and its view. */
const SHORT = [SOURCE, TILES, TOTALS, WATCH].join('\n');

/** What must hold after each statement that changes an object. Returns what did not. */
function watchInvariants(after: string): readonly string[] {
  const broken: string[] = [];
  let most = 0;
  let moments = 0;
  fake.afterStatement = async (sql) => {
    const keys = fake.items.get('profiles')?.size ?? 0;
    if (keys < most) broken.push(`items are removed by ${sql}`);
    most = Math.max(most, keys);
    for (const [name, rows] of fake.rowsSeen())
      if (rows === 0) broken.push(`sink ${name} reads an empty view after ${sql}`);
    for (const name of ['totals', 'tiles', 'long_titles'])
      if (most > 0 && after.includes(`VIEW ${name} `) && !fake.isFull(name))
        broken.push(`${name} is not there, or not full, after ${sql}`);
    // Viewers go on watching, each once: what is written wrongly at that moment is not corrected by a later change.
    const viewer = 1 + (moments++ % VIEWERS);
    await fake.sql(`UPDATE topics.views SET seconds = seconds + 1 WHERE viewer = ${viewer}`);
  };
  return broken;
}

describe('a run that fails at any statement', () => {
  const changes = (sql: string): boolean => !/^(?:SELECT|SET)/.test(sql);

  async function statementsOf(before: string, after: string): Promise<readonly string[]> {
    await deploy(fake, before);
    fake.statements = [];
    await deploy(fake, after);
    return fake.statements;
  }

  /** Fails at statement `at` of a deploy of `after`, then runs it again; returns what was broken and the end. */
  async function interrupted(before: string, after: string, at: number, failure: Failure) {
    await start(fake);
    await fake.sql(`INSERT INTO topics.views SELECT v, 't', 40 FROM generate_series(6, ${VIEWERS}) v`);
    await deploy(fake, before);
    const broken = watchInvariants(after);
    fake.statements = [];
    fake.onStatement = (_, index) => (index === at ? failure : undefined);
    const failed = await deploy(fake, after).then(
      () => false,
      () => true,
    );
    fake.onStatement = () => undefined;
    await deploy(fake, after, { breakLock: true });
    fake.afterStatement = async () => undefined;
    return { broken, failed, end: await endOf(fake, after) };
  }

  it.each<[string, string, string, Failure]>([
    ['refused', V1, V2, 'error'],
    ['lost on its way', SHORT, SHORT.replace('SUM(seconds)', '1 + SUM(seconds)'), 'lost before'],
    ['executed, and its answer lost', V1, V2, 'lost after'],
    ['executed, and its answer lost, in a fresh database', SOURCE, V1, 'lost after'],
    ['refused, while definitions are removed', V1, SHORT, 'error'],
  ])('is resumed to the same end: the statement is %s', async (_, before, after, failure) => {
    const statements = await statementsOf(before, after);
    const expected = {
      plan: [],
      names: expect.anything(),
      record: expect.anything(),
      recorded: true,
      stale: [],
    };
    const whole = await endOf(fake, after);
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
    const whole = await endOf(fake, V2);
    const reads = statements.flatMap((sql, at) => (changes(sql) ? [] : [at])).filter((_, i) => i % 7 === 0);
    for (const at of reads) {
      const { broken, end } = await interrupted(V1, V2, at, 'lost before');
      expect([broken, end], `statement ${at}`).toEqual([[], whole]);
    }
  });
});

describe('an object that a stopped run left half-made', () => {
  /** Deploys a version; the first statement that starts with `begin` fails. */
  async function stopped(sql: string, begin: string, failure: Failure): Promise<void> {
    let isOver = false;
    fake.onStatement = (statement) => {
      if (isOver || !statement.startsWith(begin)) return undefined;
      isOver = true;
      return failure;
    };
    await expect(deploy(fake, sql, { breakLock: true })).rejects.toThrow('is lost');
    fake.onStatement = () => undefined;
  }

  it('is not taken for that of an earlier version, whose CREATE never took place', async () => {
    await stopped(V1.replace('> 20', '> 30'), 'CREATE VIEW long_titles', 'lost before');
    await stopped(V1, 'CREATE VIEW long_titles', 'lost after');
    await deploy(fake, V2, { breakLock: true });
    expect(await endOf(fake, V2)).toMatchObject({ plan: [], recorded: true });
  });

  it('is known by its id after another version took its name', async () => {
    await stopped(V1, 'CREATE SOURCE views', 'lost after');
    const wider = V1.replace('title VARCHAR, seconds INT', 'title VARCHAR, seconds BIGINT');
    await stopped(wider, 'CREATE SINK watch', 'lost before');
    await stopped(V2, 'CREATE MATERIALIZED VIEW totals', 'lost before');
    await deploy(fake, V1, { breakLock: true });
    expect(await endOf(fake, V1)).toMatchObject({ plan: [], recorded: true });
  });
});

describe('deploys of different versions, each stopped anywhere', () => {
  const VERSIONS = [
    V1,
    V2,
    SHORT,
    V1.replace('> 20', '> 30'),
    V1.replace('CREATE VIEW', 'CREATE MATERIALIZED VIEW'),
    V1.replace('title VARCHAR, seconds INT', 'title VARCHAR, seconds BIGINT'),
    V2.replace("'viewer,sk');", "'viewer,sk', force_compaction = 'true');"),
    // The names of a view and of a sink change places.
    SHORT.replaceAll('totals', 'x')
      .replaceAll('watch FROM', 'totals FROM')
      .replaceAll('VIEW x', 'VIEW watch')
      .replaceAll('FROM x', 'FROM watch'),
  ];
  const FAILURES: readonly Failure[] = ['error', 'lost before', 'lost after'];
  const RUNS = Number(process.env['FRESHET_DEPLOY_RUNS'] ?? 6);
  const SEED = Number(process.env['FRESHET_DEPLOY_SEED'] ?? 1);

  it.each(Array.from({ length: RUNS }, (_, i) => SEED + i))(
    'end where the last of them ends when it is not stopped, seed %i',
    async (seed) => {
      const random = seeded(seed);
      const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
      fake.backfillPolls = 1 + (seed % 3);
      const last = pick(VERSIONS);
      for (let n = 0; n < 5; n++) {
        const at = Math.floor(random() * 90);
        const failure = pick(FAILURES);
        fake.statements = [];
        fake.onStatement = (_, index) => (index === at ? failure : undefined);
        await deploy(fake, pick(VERSIONS), { breakLock: true }).catch(() => undefined);
      }
      fake.onStatement = () => undefined;
      await deploy(fake, last, { breakLock: true });
      const end = await endOf(fake, last);
      await start(fake);
      await deploy(fake, last);
      expect(end).toEqual(await endOf(fake, last));
    },
  );
});
