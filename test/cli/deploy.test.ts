import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeRisingWave } from '../deploy/support/risingwave.ts';
import { nearestVersion } from '../../src/cli/render-flags.ts';
import { ROOT } from '../house/files.ts';
import { cli } from './support/run-cli.ts';

let fake: FakeRisingWave;
let folder: string;
beforeAll(async () => {
  fake = await FakeRisingWave.start();
  folder = mkdtempSync(join(tmpdir(), 'freshet-deploy-'));
});
afterAll(async () => {
  await fake.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await fake.reset();
  await fake.sql('CREATE TABLE topics.views (viewer BIGINT, seconds INT, at TIMESTAMPTZ)');
  writeSql('SUM(seconds)');
});

function writeSql(seconds: string): void {
  writeFileSync(
    join(folder, '10_views.sql'),
    `-- Events of the player.
CREATE SOURCE views (viewer BIGINT, seconds INT, at TIMESTAMPTZ)
WITH (connector = 'kafka', topic = 'views', scan.startup.mode = 'earliest', properties.bootstrap.server = '\${BROKER}')
FORMAT PLAIN ENCODE JSON;

CREATE MATERIALIZED VIEW totals AS
SELECT viewer, 'watch' AS sk, ${seconds} AS seconds FROM views GROUP BY viewer;

CREATE SINK watch FROM totals
WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'viewer,sk', region = 'us-east-1');
`,
  );
}

const PASSWORD = 'geheim';
const env = () => ({ RISINGWAVE_URL: fake.url, BROKER: 'kafka:9092' });
const deploy = (...flags: string[]) =>
  cli(['deploy', folder, '--target', 'risingwave', ...flags], { env: env() });
const status = (...flags: string[]) => cli(['status', ...flags], { env: env() });

describe('freshet deploy', () => {
  it('prints a plan, applies it with --yes, and then finds nothing to do', async () => {
    const first = await deploy('--yes');
    expect(first.code).toBe(0);
    expect(first.stdout.replaceAll(/freshet-deploy-\w+|127.0.0.1:\d+/g, '*'))
      .toBe(`* on RisingWave 2.8.4 at */dev, schema public

  + source             views   create (10_views.sql:2)
  + materialized view  totals  create (10_views.sql:6)
      reads topic views from earliest: what the topic no longer holds is missing (source views)
  + sink               watch   create (10_views.sql:9)
      writes all rows of totals first

3 to create, 3 steps
create source views
create materialized view totals
create sink watch
done: * runs on RisingWave as defined
`);
    const second = await deploy('--yes');
    expect([second.code, second.stdout]).toEqual([0, expect.stringContaining('3 unchanged, nothing to do')]);
  });

  it('exits with 2 from a dry run that finds drift, and with 0 from one that finds none', async () => {
    expect((await deploy('--dry-run')).code).toBe(2);
    expect(fake.names().size).toBe(0);
    await deploy('--yes');
    expect((await deploy('--dry-run')).code).toBe(0);
    writeSql('SUM(seconds) + 1');
    const changed = await deploy('--dry-run');
    expect([changed.code, changed.stdout]).toEqual([2, expect.stringContaining('replace: its SQL changed')]);
    writeSql('SUM(seconds)');
    await fake.byHand('DROP SINK watch');
    const dropped = await deploy('--dry-run');
    expect([dropped.code, dropped.stdout]).toEqual([
      2,
      expect.stringContaining('create: someone dropped it'),
    ]);
  });

  it('exits with 1 and changes nothing if the plan is refused', async () => {
    await fake.byHand('CREATE VIEW totals AS SELECT 1 AS mine');
    for (const flag of ['--yes', '--dry-run']) {
      const { code, stdout } = await deploy(flag);
      expect(code).toBe(1);
      expect(stdout).toContain('error: 10_views.sql:6: materialized view totals cannot be made');
      expect(stdout).toContain('refused for 1 reason');
    }
    expect([...fake.names().keys()]).toEqual(['totals']);
  });

  it('asks on a terminal, and does nothing without a yes', async () => {
    const args = ['deploy', folder];
    const no = await cli(args, { env: env(), answer: '' });
    expect([no.code, no.stderr]).toEqual([1, 'apply this plan? [y/N] nothing was changed\n']);
    expect(fake.names().size).toBe(0);
    const nobody = await cli(args, { env: env() });
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('add --yes')]);
    expect((await cli(args, { env: env(), answer: 'y' })).code).toBe(0);
    expect(fake.names().has('watch')).toBe(true);
  });

  it('prints one JSON document with --json, without the SQL of the steps', async () => {
    const { code, stdout } = await deploy('--yes', '--json');
    const plan = JSON.parse(stdout) as { changes: { action: string }[]; steps: unknown[]; applied: boolean };
    expect([code, plan.applied]).toEqual([0, true]);
    expect(plan.changes.map(({ action }) => action)).toEqual(['create', 'create', 'create']);
    expect(plan.steps[2]).toEqual({ do: 'create', kind: 'sink', name: 'watch', createdAs: 'watch' });
    expect(stdout).not.toContain('kafka:9092');
  });

  it('never prints the password, whatever goes wrong', async () => {
    const urls = [
      fake.url.replace(/:\d+\//, ':1/'),
      fake.url.replace('ana', 'eve'),
      fake.url.replace('/dev', ''),
      `http://ana:${PASSWORD}@127.0.0.1/dev`,
      `ana:${PASSWORD}@127.0.0.1`,
    ];
    for (const url of urls) {
      const { code, stdout, stderr } = await deploy('--yes', '--url', url);
      expect([url, code]).toEqual([url, 1]);
      expect(stderr).toMatch(
        /^error: (?:cannot connect to RisingWave at 127|the URL of RisingWave)[^]*\nhint: /,
      );
      expect(stdout + stderr).not.toContain(PASSWORD);
    }
    fake.onStatement = (sql) => (sql.startsWith('CREATE SINK') ? 'lost before' : undefined);
    const { code, stdout, stderr } = await deploy('--yes');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/the connection to RisingWave at 127.* is lost/),
    ]);
    expect(stdout + stderr).not.toContain(PASSWORD);
  });

  it('deploys the shipped pipeline, and what changes in its middle', async () => {
    await fake.sql(`
      CREATE TABLE topics.view_events (event_id TEXT, viewer_id BIGINT, content_id TEXT, genre TEXT,
        watch_duration_sec INT, completion_pct NUMERIC, watched_at TIMESTAMP);
      CREATE TABLE topics.content_interactions (event_id TEXT, viewer_id BIGINT, content_id TEXT, event_type TEXT,
        event_ts TIMESTAMP);
      INSERT INTO topics.view_events VALUES ('e', 1, 'a', 'drama', 600, 0.5, now() AT TIME ZONE 'UTC');`);
    const copy = join(folder, 'viewers');
    cpSync(join(ROOT, 'pipelines', 'viewer-engagement'), copy, { recursive: true });
    const run = (...flags: string[]) =>
      cli(['deploy', copy, ...flags], { env: { RISINGWAVE_URL: fake.url, KAFKA_BROKERS: 'kafka:9092' } });
    const first = await run('--yes');
    expect([first.code, first.stderr]).toEqual([0, '']);
    const names = [...fake.names().keys()];
    expect(names.filter((name) => name.endsWith('_sink')).length).toBeGreaterThan(4);
    const tiles = join(copy, '10_tiles.sql');
    writeFileSync(
      tiles,
      readFileSync(tiles, 'utf8').replace('SUM(watch_seconds) ', '60 * SUM(watch_seconds) '),
    );
    const second = await run('--yes');
    expect([second.code, second.stderr]).toEqual([0, '']);
    expect(second.stdout).toContain(
      'viewer_watch_sink             replace: it reads viewer_engagement_rolling',
    );
    expect(second.stdout).toContain('viewer_history_sink           unchanged');
    expect([...fake.names().keys()].toSorted()).toEqual(names.toSorted());
    const [row] = await fake.sql('SELECT watch_minutes_7d FROM viewer_engagement_rolling');
    expect(Number(row!['watch_minutes_7d'])).toBe(600);
    expect((await run('--dry-run')).code).toBe(0);
  });

  it('drops everything with --remove, also if the folder is gone', async () => {
    await deploy('--yes');
    const gone = join(folder, 'nowhere', basename(folder));
    const run = (...flags: string[]) => cli(['deploy', gone, '--remove', ...flags], { env: env() });
    const dry = await run('--dry-run');
    expect([dry.code, dry.stdout]).toEqual([2, expect.stringMatching(/- materialized view  totals  drop\n/)]);
    const removed = await run('--yes');
    expect([removed.code, removed.stdout]).toEqual([0, expect.stringContaining('is gone from RisingWave\n')]);
    expect([...fake.names().keys()]).toEqual(['freshet_deployment']);
    expect(await fake.sql('SELECT * FROM freshet_deployment')).toEqual([]);
    const again = await run('--yes');
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('nothing to do')]);
  });

  it('renders for the last known version that is not after the server’s', () => {
    expect(['2.8.4', '2.7.1', '2.10.0', '3.0.3', '3.2.0-alpha', 'nightly'].map(nearestVersion)).toEqual([
      '2.8',
      '2.8',
      '2.8',
      '3.0',
      '3.0',
      '2.8',
    ]);
  });

  it('says so if RisingWave refuses a statement of its own, or is none', async () => {
    for (const statement of [
      'INSERT INTO freshet_deployment',
      'CREATE VIEW "freshet_deploy_lock',
      'SELECT id, name',
    ]) {
      fake.onStatement = (sql) => (sql.startsWith(statement) ? 'error' : undefined);
      const { code, stderr } = await deploy('--yes');
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^error: RisingWave refuses (?:INSERT|CREATE|SELECT) [^\n]+: injected\nhint: a RisingWave from/,
      );
    }
  });

  it('needs the URL of a database', async () => {
    const { code, stderr } = await cli(['deploy', folder], { env: { BROKER: 'kafka:9092' } });
    expect([code, stderr]).toEqual([
      2,
      'error: no database is given\nhint: set RISINGWAVE_URL=postgres://user:password@host:4566/dev, or add --url\n',
    ]);
  });
});

describe('freshet status', () => {
  it('shows lag, barriers, rows, sinks and drift', async () => {
    await deploy('--yes');
    await fake.sql(`
      INSERT INTO topics.views VALUES (1, 10, now()), (2, 20, now());
      INSERT INTO rw_catalog.rw_event_logs (event_type, info)
        SELECT 'BARRIER_COMPLETE', format('{"barrierComplete": {"durationSec": %s}}', 0.01 * i)::jsonb
        FROM generate_series(1, 10) AS i;
      INSERT INTO rw_catalog.rw_event_logs (event_type, timestamp, info)
        SELECT 'SINK_FAIL', '2026-03-15T10:00:00Z', format('{"sinkFail": {"sinkId": %s, "error": "throttled"}}', id)::jsonb
        FROM rw_catalog.rw_sinks;
      INSERT INTO rw_catalog.rw_recovery_info VALUES (1, current_database(), 'RUNNING');
      INSERT INTO rw_catalog.rw_kafka_job_lag
        SELECT id, id, 1, p::text, 'LIVE', 100, 90, 9 FROM rw_catalog.rw_sources, generate_series(1, 3) AS p;`);
    const { code, stdout } = await status('--count');
    expect(code).toBe(0);
    expect(stdout.replace(/127.0.0.1:\d+/, '*')).toBe(`RisingWave 2.8.4 at */dev, schema public, running

barrier latency: median 60 ms, maximum 100 ms over the last 10 barriers

lag of sources:
  views  27 records  over 3 partitions  live

rows:
  materialized view  totals  2

sinks:
  watch  dynamodb  writes changes  failed at 2026-03-15T10:00:00.000Z: throttled

no drift: everything is as the last deploy left it
`);
    await fake.sql(
      'INSERT INTO rw_catalog.rw_table_stats SELECT id, 1234 FROM rw_catalog.rw_materialized_views',
    );
    expect((await status()).stdout).toContain('totals  about 1,234\n');
  });

  it('shows figures as unknown that the version does not have, and does not fail', async () => {
    await deploy('--yes');
    fake.onStatement = (sql) =>
      /rw_kafka_job_lag|rw_event_logs|rw_table_stats|rw_recovery_info|rw_ddl_progress|COUNT/.test(sql)
        ? 'error'
        : undefined;
    const { code, stdout } = await status();
    expect(code).toBe(0);
    expect(stdout).toContain('barrier latency: unknown in this version of RisingWave\n');
    expect(stdout).toContain('lag of sources: unknown in this version of RisingWave\n');
    expect(stdout).toContain('totals  unknown\n');
    expect(stdout).toContain('watch  dynamodb  writes changes\n');
  });

  it('shows what differs from the pipeline of a folder, and from the last deploy without one', async () => {
    await deploy('--yes');
    await fake.byHand('DROP SINK watch');
    const pipeline = basename(folder);
    expect((await status()).stdout).toContain(`drift:\n  sink watch of ${pipeline}: someone dropped it\n`);
    writeSql('SUM(seconds) + 1');
    expect((await status(folder)).stdout).toContain(
      'drift:\n  materialized view totals: replace: its SQL changed\n  sink watch: create',
    );
    const document = JSON.parse((await status(folder, '--json')).stdout) as {
      drift: string[];
      version: string;
    };
    expect([document.version, document.drift.length]).toEqual(['2.8.4', 2]);
  });

  it('says that nothing is deployed in an empty database', async () => {
    const { code, stdout } = await status();
    expect([code, stdout]).toEqual([0, expect.stringContaining('rows: none')]);
  });
});
