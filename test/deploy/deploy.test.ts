import { hostname } from 'node:os';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DeployPlan } from '../../src/deploy/deploy.ts';
import { openSession } from '../../src/deploy/session.ts';
import { FakeRisingWave } from './support/risingwave.ts';
import { deployStory } from './support/story.ts';
import {
  DEFINED,
  deploy,
  endOf,
  KEY,
  LONG,
  names,
  planOf,
  SOURCE,
  start,
  TILES,
  TOTALS,
  V1,
  V2,
  WATCH,
} from './support/viewers.ts';

let fake: FakeRisingWave;
beforeAll(async () => {
  fake = await FakeRisingWave.start();
});
afterAll(() => fake.close());
beforeEach(() => start(fake));

const actions = (plan: DeployPlan): readonly string[] =>
  plan.changes.map(({ action, name }) => `${action} ${name}`);
const notesOf = (plan: DeployPlan, name: string): readonly string[] =>
  plan.changes.find((change) => change.name === name)!.notes;

describe('a fresh database', () => {
  it('gets every definition under its name, inputs first, and its sinks write', async () => {
    const { plan, steps } = await deploy(fake, V1);
    expect(actions(plan)).toEqual(DEFINED.map((name) => `create ${name}`));
    expect(steps).toEqual([
      'create source views',
      'create materialized view tiles',
      'create view long_titles',
      'create materialized view totals',
      'create sink watch',
      'create sink long',
    ]);
    expect(names(fake)).toEqual(DEFINED.toSorted());
    await endOf(fake, V1);
    expect([...fake.items.get('profiles')!.keys()].toSorted()).toEqual(
      [...[1, 2, 3, 4, 5].map((v) => `${v}|watch`), ...[3, 4, 5].map((v) => `${v}|long`)].toSorted(),
    );
  });

  it('is left alone by a second run, also if only comments and blanks changed', async () => {
    await deploy(fake, V1);
    const before = fake.names();
    const relaid = V1.replaceAll('SELECT', '/* the\n columns */ SELECT').replaceAll(
      'FROM',
      '\n   FROM -- where\n',
    );
    const { plan, steps } = await deploy(fake, relaid);
    expect(new Set(plan.changes.map(({ action }) => action))).toEqual(new Set(['unchanged']));
    expect([plan.steps, steps]).toEqual([[], []]);
    expect(fake.names()).toEqual(before);
  });

  it('is only read by a plan', async () => {
    await planOf(fake, V1);
    expect(fake.names().size).toBe(0);
    expect(fake.statements.filter((sql) => !sql.startsWith('SELECT'))).toEqual([]);
  });
});

describe('a changed view in the middle of a chain', () => {
  it('is made beside the old one with all that read it, and sinks move once everything is full', async () => {
    await deploy(fake, V1);
    const { plan, steps } = await deploy(fake, V2);
    expect(actions(plan)).toEqual(['unchanged views', ...DEFINED.slice(1).map((name) => `replace ${name}`)]);
    expect(plan.changes.map(({ reason }) => reason)).toEqual([
      '',
      'its SQL changed',
      'it reads tiles, which changed',
      'it reads tiles, which changed',
      'it reads totals, which changed',
      'it reads long_titles, which changed',
    ]);
    expect(steps).toEqual([
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
      'drop materialized view totals*',
      'drop view long_titles*',
      'drop materialized view tiles*',
    ]);
    expect(names(fake)).toEqual(DEFINED.toSorted());
    expect((await fake.rowsOf('totals', KEY)).get('5|watch')).toContain('"51"');
  });

  it('says what fills from where, what serves meanwhile and what stays behind', async () => {
    await deploy(fake, V1);
    const plan = await planOf(fake, V2);
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

describe('a definition', () => {
  it('that is removed is dropped, after the plan says so; what its sink wrote stays', async () => {
    await deploy(fake, V1);
    await endOf(fake, V1);
    const items = new Map(fake.items.get('profiles'));
    const { plan, steps } = await deploy(fake, [SOURCE, TILES, TOTALS, WATCH].join('\n'));
    expect(actions(plan).filter((action) => !action.startsWith('unchanged'))).toEqual([
      'drop long',
      'drop long_titles',
    ]);
    expect(notesOf(plan, 'long')).toEqual(['what it has written stays where it is']);
    expect(steps).toEqual(['drop sink long', 'drop view long_titles']);
    expect(names(fake)).toEqual(['tiles', 'totals', 'views', 'watch']);
    expect(fake.items.get('profiles')).toEqual(items);
  });

  it('that changes its kind takes the name of the old one without a swap', async () => {
    await deploy(fake, V1);
    const { steps } = await deploy(fake, V1.replace('CREATE VIEW', 'CREATE MATERIALIZED VIEW'));
    expect(steps).toEqual([
      'create materialized view long_titles*, the new long_titles',
      'try sink long beside the one that serves',
      'rename view long_titles to long_titles*_2',
      'rename materialized view long_titles* to long_titles',
      'drop sink long',
      'create sink long',
      'drop view long_titles*_2',
    ]);
    expect(fake.names().get('long_titles')).toMatch(/^materialized view/);
  });

  it('of a sink that changes alone is replaced without its view', async () => {
    await deploy(fake, V1);
    const { steps } = await deploy(
      fake,
      V1.replace("'viewer,sk');", "'viewer,sk', force_compaction = 'true');"),
    );
    expect(steps).toEqual([
      'try sink watch beside the one that serves',
      'drop sink watch',
      'create sink watch',
    ]);
    const tried = fake.statements.filter((sql) => sql.startsWith('CREATE SINK watch__freshet'));
    expect(tried).toEqual([expect.stringContaining("WITH (snapshot = 'false', connector = 'dynamodb'")]);
  });

  it('of an append-only sink is not tried, since its target cannot take changes twice', async () => {
    const appendOnly = (n: number): string =>
      V1.replace("'viewer,sk');", `'viewer,sk', type = 'append-only', force_append_only = '${n}');`);
    await deploy(fake, appendOnly(1));
    const { plan, steps } = await deploy(fake, appendOnly(2));
    expect(steps).toEqual(['drop sink watch', 'create sink watch']);
    expect(notesOf(plan, 'watch')).toContain('is append-only: its target receives all rows a second time');
  });

  it('of a source that changes is made anew with every view above it', async () => {
    await deploy(fake, V1);
    await fake.sql('ALTER TABLE topics.views ADD COLUMN device TEXT');
    const { plan, steps } = await deploy(fake, V1.replace('seconds INT)', 'seconds INT, device VARCHAR)'));
    expect(actions(plan)).toEqual(DEFINED.map((name) => `replace ${name}`));
    expect(notesOf(plan, 'views')).toEqual(['views that read it are made again']);
    expect(steps.slice(0, 2)).toEqual([
      'create source views*, the new views',
      'create materialized view tiles*, the new tiles',
    ]);
    expect(steps.at(-1)).toBe('drop source views*');
    expect((await fake.rowsOf('views', ['viewer'])).get('1')).toContain('device');
    expect(names(fake)).toEqual(DEFINED.toSorted());
  });

  it('that was dropped by hand is made again', async () => {
    await deploy(fake, V1);
    await fake.byHand('DROP SINK long');
    await fake.byHand('DROP VIEW long_titles');
    const { plan, steps } = await deploy(fake, V1);
    expect(
      plan.changes.filter(({ action }) => action === 'create').map(({ name, reason }) => [name, reason]),
    ).toEqual([
      ['long_titles', 'someone dropped it'],
      ['long', 'someone dropped it'],
    ]);
    expect(steps).toEqual(['create view long_titles', 'create sink long']);
  });

  it('that was dropped by hand and is not wanted any more is forgotten', async () => {
    await deploy(fake, V1);
    await fake.byHand('DROP SINK long');
    await deploy(fake, V1.replace(LONG, ''));
    expect(await fake.sql("SELECT name FROM freshet_deployment WHERE name = 'long'")).toEqual([]);
  });
});

const TABLE = `CREATE TABLE titles (title VARCHAR, genre VARCHAR, PRIMARY KEY (title));
  CREATE MATERIALIZED VIEW genres AS SELECT genre, COUNT(*) AS n FROM titles GROUP BY genre;`;
const WIDER = TABLE.replace('genre VARCHAR,', 'genre VARCHAR, year INT,');

describe('a table', () => {
  it('without a connector is not dropped with its rows, unless that is allowed', async () => {
    await deploy(fake, TABLE);
    await fake.sql("INSERT INTO titles VALUES ('t1', 'drama'), ('t2', 'drama')");
    for (const sql of [WIDER, SOURCE]) {
      const { problems } = await planOf(fake, sql);
      expect(problems.map(({ message }) => message)).toEqual([
        'table titles is to be dropped with 2 rows, which no topic can bring back',
      ]);
      await expect(deploy(fake, sql)).rejects.toThrow('with 2 rows');
    }
    expect((await fake.rowsOf('titles', ['title'])).size).toBe(2);
    const { plan } = await deploy(fake, WIDER, { allowDataLoss: true });
    expect(notesOf(plan, 'titles')).toEqual(['its rows, if it has any, are lost; the new one starts empty']);
    expect((await fake.rowsOf('titles', ['title'])).size).toBe(0);
  });

  it('without rows is replaced', async () => {
    await deploy(fake, TABLE);
    const { steps } = await deploy(fake, WIDER);
    expect(steps).toContain('swap table titles with titles*');
  });

  it('with a connector loses its stored rows and reads its topic again, which the plan says', async () => {
    const stored = SOURCE.replace('SOURCE views', 'TABLE stored');
    await deploy(fake, stored);
    const changed = stored.replace('title VARCHAR, ', '');
    expect(notesOf(await planOf(fake, changed), 'stored')).toEqual([
      'its stored rows are lost; the new one reads topic views from earliest: what the topic no longer holds is missing',
    ]);
    await deploy(fake, changed);
    expect(names(fake)).toEqual(['stored']);
  });
});

describe('what Freshet did not make', () => {
  it('keeps its name: a definition of the same name is refused', async () => {
    await fake.byHand('CREATE VIEW totals AS SELECT 1 AS mine');
    const { problems } = await planOf(fake, V1);
    expect(problems).toEqual([
      {
        message:
          'p.sql:4: materialized view totals cannot be made: there is a view of that name, which Freshet did not make',
        hint: 'rename one of the two, or drop the other by hand if nobody needs it; Freshet leaves it alone',
      },
    ]);
    await expect(deploy(fake, V1)).rejects.toThrow('cannot be made');
    expect(names(fake)).toEqual(['totals']);
  });

  it('keeps its name if another pipeline made it', async () => {
    await deploy(fake, SOURCE, { name: 'other' });
    const { problems } = await planOf(fake, V1);
    expect(problems.map(({ message }) => message)).toEqual([
      'p.sql:1: source views cannot be made: there is a source of that name, which pipeline other made',
    ]);
  });

  it('includes what somebody moved to another schema: it is made again, and the moved one stays', async () => {
    await deploy(fake, V1);
    await fake.sql(`INSERT INTO rw_catalog.rw_schemas VALUES (7, 'attic');
      UPDATE rw_catalog.rw_sinks SET schema_id = 7 WHERE name = 'long'`);
    const plan = await planOf(fake, V1);
    expect(actions(plan)).toContain('create long');
    expect(plan.steps.map((step) => step.do)).toEqual(['create']);
  });

  it('is not touched by a pipeline beside it', async () => {
    await deploy(fake, V1, { name: 'other' });
    const before = fake.names();
    await deploy(fake, 'CREATE VIEW one AS SELECT 1 AS n;');
    await deploy(fake, 'CREATE VIEW two AS SELECT 1 AS n;');
    expect([...fake.names()].filter(([name]) => name !== 'two')).toEqual([...before]);
  });

  it.each([
    ['CREATE MATERIALIZED VIEW best AS SELECT * FROM totals', 'materialized view best'],
    ['CREATE VIEW best AS SELECT * FROM totals', 'view best'],
    ["CREATE SINK best FROM totals WITH (connector = 'blackhole', primary_key = 'viewer')", 'sink best'],
    ['CREATE INDEX best ON totals(seconds)', 'index best'],
    ["CREATE SUBSCRIPTION best FROM totals WITH (retention = '1D')", 'subscription best'],
  ])('keeps what it reads: after %s', async (sql, what) => {
    await deploy(fake, V1);
    await fake.byHand(sql);
    const before = fake.names();
    const { problems } = await planOf(fake, V2);
    expect(problems.map(({ message }) => message)).toEqual([
      `materialized view totals cannot be replaced or dropped while others use it that this pipeline did not make: ${what}`,
    ]);
    await expect(deploy(fake, V2)).rejects.toThrow(what);
    expect(fake.names()).toEqual(before);
  });
});

describe('a name that someone gives to another object while a deploy runs', () => {
  it.each([
    [
      'dropped',
      'CREATE MATERIALIZED VIEW tiles__',
      ['DROP SINK watch', 'CREATE VIEW watch AS SELECT 1 AS mine'],
      'watch',
    ],
    [
      'swapped',
      'CREATE SINK long__',
      [
        'ALTER MATERIALIZED VIEW totals RENAME TO totals_of_ana',
        'CREATE MATERIALIZED VIEW totals AS SELECT 1 AS mine',
      ],
      'totals',
    ],
  ])('is not %s', async (_, after, statements, name) => {
    await deploy(fake, V1);
    fake.afterStatement = async (sql) => {
      if (!sql.startsWith(after)) return;
      for (const statement of statements) await fake.byHand(statement);
    };
    await expect(deploy(fake, V2)).rejects.toThrow(`${name} is no longer the one that was planned for`);
    expect((await fake.sql(`SELECT mine FROM ${name}`))[0]).toEqual({ mine: 1 });
  });
});

describe('two deploys at once', () => {
  it('exclude each other: the second is refused while the first works', async () => {
    let second: Promise<unknown> = Promise.resolve();
    fake.afterStatement = async (sql) => {
      if (sql.startsWith('CREATE MATERIALIZED VIEW tiles'))
        second = deploy(fake, V1).catch((e: unknown) => e);
    };
    await deploy(fake, V1);
    expect(String(await second)).toMatch(/another deploy of viewers is running: .*process \d+\), since /);
    expect(names(fake)).toEqual(DEFINED.toSorted());
  });

  it('see each other in the plan: one that became wrong meanwhile is refused', async () => {
    await deploy(fake, V1);
    const afterPlan = async (): Promise<void> => {
      await deploy(fake, V2);
    };
    const late = deploy(fake, V1.replace('> 20', '> 30'), { afterPlan });
    await expect(late).rejects.toThrow('the target changed after the plan was made');
  });

  it('do not wait for one whose process is gone, or whose lock is broken', async () => {
    const lock = (holder: string, pid: number, since: string): string =>
      `CREATE VIEW freshet_deploy_lock_viewers AS SELECT '${holder}' AS holder, ${pid} AS pid, '${since}' AS since`;
    await fake.byHand(lock(`ana@${hostname()}`, 999_999_999, 'noon'));
    await deploy(fake, SOURCE);
    // A container that is started again has the number of the process before.
    await fake.byHand(lock(`ana@${hostname()}`, process.pid, '2020-01-01T00:00:00Z'));
    await deploy(fake, SOURCE);
    await fake.byHand(lock('ana@elsewhere', 999_999_999, 'noon'));
    await expect(deploy(fake, V1)).rejects.toThrow(
      'another deploy of viewers is running: ana@elsewhere (process 999999999), since noon',
    );
    await deploy(fake, V1, { breakLock: true });
    expect(names(fake)).toEqual(DEFINED.toSorted());
  });
});

describe('a refusal of RisingWave', () => {
  it('of a changed sink comes while the old one still writes', async () => {
    await deploy(fake, V1);
    const before = fake.names();
    fake.licence = 'memory in the cluster exceeds the maximum allowed by the license key';
    const refused = deploy(fake, V2);
    await expect(refused).rejects.toThrow(
      'p.sql:5: cannot try sink watch beside the one that serves: gRPC request to meta service failed: Sink error: memory',
    );
    await expect(refused).rejects.toHaveProperty(
      'hint',
      expect.stringContaining('what served before goes on'),
    );
    for (const [name, id] of before) expect([name, fake.names().get(name)]).toEqual([name, id]);
    fake.licence = undefined;
    await deploy(fake, V2);
    expect(await endOf(fake, V2)).toMatchObject({
      plan: [],
      names: DEFINED.toSorted(),
      recorded: true,
      stale: [],
    });
  });

  it('can be answered by going back: the old definitions are kept, and the new ones dropped', async () => {
    await deploy(fake, V1);
    const before = fake.names();
    fake.licence = 'the license key is not valid';
    await expect(deploy(fake, V2)).rejects.toThrow('license');
    await deploy(fake, V1);
    expect(fake.names()).toEqual(before);
  });

  it('of background_ddl, as by old versions, only means that CREATE waits', async () => {
    fake.onStatement = (sql) => (/background_ddl|rw_ddl_progress/.test(sql) ? 'error' : undefined);
    await deploy(fake, V1);
    await deploy(fake, V2);
    expect(names(fake)).toEqual(DEFINED.toSorted());
  });

  it('of the catalog ends a deploy before it changes anything', async () => {
    fake.onStatement = (sql) => (sql.includes('rw_depend') ? 'error' : undefined);
    await expect(deploy(fake, V1)).rejects.toThrow('injected');
    expect(fake.names().size).toBe(0);
  });
});

it('a CREATE that RisingWave carries out after the connection is lost is recognised by the run that repeats it', async () => {
  fake.onStatement = (sql) => (sql.startsWith('CREATE MATERIALIZED VIEW tiles') ? 'late' : undefined);
  await expect(deploy(fake, V1)).rejects.toThrow('is lost');
  fake.onStatement = () => undefined;
  await deploy(fake, V1, { breakLock: true });
  const refused = fake.statements.filter((sql) => sql.startsWith('CREATE MATERIALIZED VIEW tiles'));
  expect(refused).toHaveLength(2);
  expect(await endOf(fake, V1)).toMatchObject({ plan: [], names: DEFINED.toSorted(), recorded: true });
});

describe('a backfill', () => {
  it('is waited for, and its progress is told', async () => {
    fake.backfillPolls = 3;
    const told: string[] = [];
    await deploy(fake, V1, { onProgress: (text) => told.push(text) });
    expect(told.slice(0, 2)).toEqual(['tiles: 2 left', 'tiles: 1 left']);
  });

  it('goes on when the run is stopped, and the next run waits for it', async () => {
    fake.backfillPolls = 5;
    const controller = new AbortController();
    const stopped = deploy(fake, V1, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(stopped).rejects.toThrow('stopped before the end of the plan');
    const tiles = fake.names().get('tiles');
    const { plan, steps } = await deploy(fake, V1);
    expect(actions(plan).slice(0, 2)).toEqual(['unchanged views', 'finish tiles']);
    expect(steps[0]).toBe('wait for materialized view tiles');
    expect(fake.names().get('tiles')).toBe(tiles);
  });

  it('is dropped if the definition changes before it ends', async () => {
    fake.backfillPolls = 5;
    const controller = new AbortController();
    await expect(
      deploy(fake, V1, { signal: controller.signal, onProgress: () => controller.abort() }),
    ).rejects.toThrow('stopped');
    await deploy(fake, V2);
    expect(await endOf(fake, V2)).toMatchObject({ plan: [], names: DEFINED.toSorted(), recorded: true });
  });

  it('that RisingWave gives up is an error with its reason', async () => {
    fake.backfillPolls = 3;
    const onProgress = async (): Promise<void> => {
      if (fake.names().has('tiles')) await fake.failJob('tiles', 'actor exited: out of memory');
    };
    await expect(
      deploy(fake, V1, { onProgress: (text) => void onProgress().catch(() => text) }),
    ).rejects.toThrow('RisingWave gave up materialized view tiles: actor exited: out of memory');
    await deploy(fake, V1);
    expect(names(fake)).toEqual(DEFINED.toSorted());
  });
});

it('the story that is told to a real RisingWave is true of the fake', async () => {
  const session = await openSession(fake.url);
  await deployStory(session, 0);
  expect(await session.rows('SELECT name FROM freshet_deployment')).toEqual([{ name: 'nothing' }]);
  await session.close();
  expect(names(fake)).toEqual([]);
});
