import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LayoutsReport } from '../../src/layouts/report.ts';
import { cli, startCli } from './support/run-cli.ts';

const SHIPPED = 'pipelines/viewer-engagement';
/** A day of few viewers, after two that fill the views. */
const SMALL = ['--simulate', '--viewers', '12', '--days', '1', '--warm-up', '2', '--interval', '3600'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-layouts-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Returns the form of a JSON value: types in the place of values, the first element in the place of a list. */
function formOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [formOf(value[0])];
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, formOf(each)]));
}

const BILL = { writes: 'number', midnights: 'number', reads: 'number', storage: 'number', total: 'number' };
const COST = { requests: 'number', rru: 'number' };
const FORM = {
  layout: 'string',
  items: 'number',
  item_bytes_p50: 'number',
  item_bytes_p99: 'number',
  item_bytes_max: 'number',
  table_bytes: 'number',
  bytes_per_viewer: 'number',
  writes: 'number',
  wru: 'number',
  writes_per_1000_events: 'number',
  wru_per_1000_events: 'number',
  midnight_wru: 'number',
  midnight: { writes: 'number', wru_mean: 'number', wru_max: 'number', wru_per_1000_viewers: 'number' },
  hot_keys: [{ key: 'string', writes: 'number', wru: 'number', peak_wcu: 'number', of_limit: 'number' }],
  headroom: { used: 'number', times: 'number' },
  growth: { bytes_per_viewer: 'number', wru_per_1000_events: 'number' },
  stale_at_midnight: {
    items: 'number',
    values: 'number',
    items_per_1000_viewers: 'number',
    seconds: 'number',
  },
  month: { wru: 'number', midnight_wru: 'number', rru: 'number', gb: 'number' },
  dollars: { on_demand: BILL, provisioned: BILL, reserved_1_year: BILL, reserved_3_years: BILL },
};

describe('freshet layouts --simulate --json', () => {
  it('prints the five layouts, twice the same', async () => {
    const first = await cli(['layouts', SHIPPED, ...SMALL, '--json']);
    expect(first.code).toBe(0);
    const { layouts, traffic } = JSON.parse(first.stdout) as LayoutsReport;
    expect(layouts.map(({ layout }) => layout)).toEqual(['domain', 'wide', 'metric', 'daily', 'packed']);
    expect(layouts.map(formOf)).toEqual(layouts.map(() => expect.objectContaining(FORM) as unknown));
    const one = { way: 'string', ...COST, ways: expect.any(Object) as unknown };
    expect(layouts.map(({ reads }) => formOf(reads))).toEqual(
      layouts.map(() => expect.objectContaining({ one, two: one, all: one }) as unknown),
    );
    expect(traffic.domains).toEqual([
      'watch',
      'session',
      'interactions',
      'preferences',
      'history',
      'trending',
    ]);
    const [domain] = layouts;
    expect(domain!.writes).toBeGreaterThan(0);
    expect(domain!.wru).toBe(domain!.operations['BatchWriteItem']!.wru);
    const second = await cli(['layouts', SHIPPED, ...SMALL, '--json']);
    expect(second.stdout).toBe(first.stdout);
  });
});

describe('freshet layouts --input', () => {
  const event = (viewer: number, at: string) =>
    `${JSON.stringify({ viewer_id: viewer, content_id: 'a', genre: 'x', watch_duration_sec: 60, watched_at: at })}\n`;

  it('prints a table of at most 120 columns, and says what it could not read', async () => {
    const lines = [event(1, '2026-03-01T10:00:00'), '{"viewer_id": 9\n', event(2, '2026-03-02T10:00:00')];
    const path = file('views.ndjson', lines.join(''));
    const { code, stdout, stderr } = await cli(['layouts', SHIPPED, '--input', `view_events=${path}`]);
    expect(code).toBe(0);
    expect(stdout).toContain('viewer-engagement: 2 events of files of view_events, 2026-03-01 to 2026-03-03');
    expect(stdout).toMatch(/\n +domain +wide +metric +daily +packed\n/);
    expect(stdout).toMatch(/packed leaves session in domain: /);
    expect(stdout.split('\n').filter((line) => line.length > 120)).toEqual([]);
    expect(stderr).toMatch(/refused: view_events: views\.ndjson at byte \d+: /);
    expect(stderr).toContain('warning: view_events: 1 record refused');
  });

  it('takes prices, and the layouts to compare', async () => {
    const path = file('views.ndjson', event(1, '2026-03-01T10:00:00'));
    const prices = file('prices.json', '{"date": "2026-01-01"}');
    const argv = ['layouts', SHIPPED, '--input', `view_events=${path}`, '--layout', 'packed,domain'];
    const { stdout } = await cli([...argv, '--audience', '20k']);
    expect(stdout).toMatch(/\n +domain +packed\n/);
    expect(stdout).toContain('USD a month, 20,000 active profiles a day');
    const refused = await cli([...argv, '--prices', prices]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain(`${prices} is no file of prices: "region" must be a text`);
  });
});

describe('freshet layouts refuses', () => {
  it.each([
    [[], 2, 'there are no events to replay'],
    [['--simulate', '--input', 'view_events=x'], 2, 'use either --input or --simulate'],
    [['--input', 'view_events=missing.ndjson'], 2, 'no such file: missing.ndjson'],
    [['--input', 'views=x.ndjson'], 2, 'the pipeline has no source named views'],
    [['--simulate', '--time', 'view_events.watched_at'], 2, '--time has no effect with --simulate'],
    [['--simulate', '--html', 'missing/page.html'], 2, 'no such folder: missing'],
    [['--simulate', '--layout', 'wider'], 2, 'there is no layout wider'],
    [['--simulate', '--reads', 'three=1'], 2, 'expected reads such as one=8,two=1,all=1'],
    [['--simulate', '--utilisation', '0'], 2, 'expected a ratio from 0.01 to 1'],
  ])('%j', async (flags, code, message) => {
    const outcome = await cli(['layouts', SHIPPED, ...flags]);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toContain(message);
  });

  it('a pipeline without DynamoDB sinks, with errors, or without simulated sources', async () => {
    const path = file('orders.sql', 'CREATE TABLE orders (id INT, at TIMESTAMP) APPEND ONLY;');
    const none = await cli(['layouts', folder, '--simulate']);
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain('the pipeline has no sinks that write DynamoDB items');
    writeFileSync(path, 'CREATE TABLE orders (id INT;');
    const broken = await cli(['layouts', folder, '--simulate']);
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain('orders.sql');
    const sink = `CREATE SINK s FROM v WITH (connector = 'dynamodb', table = 'ttt', region = 'r', primary_key = 'id');`;
    writeFileSync(
      path,
      `CREATE TABLE orders (id INT, at TIMESTAMP) APPEND ONLY;
       CREATE MATERIALIZED VIEW v AS SELECT id, COUNT(*) AS n FROM orders GROUP BY id; ${sink}`,
    );
    const unknown = await cli(['layouts', folder, '--simulate']);
    expect(unknown.stderr).toContain('the pipeline has no source that reads simulated views');
    rmSync(path);
  });

  it('files without events', async () => {
    const empty = file('empty.ndjson', '');
    const outcome = await cli(['layouts', SHIPPED, '--input', `view_events=${empty}`]);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toContain('the input has no events with a time');
    const day = file('day.ndjson', '{"viewer_id": 1, "watched_at": "2026-03-01T10:00:00"}');
    const none = await cli(['layouts', SHIPPED, '--input', `view_events=${day}`, '--warm-up', '1']);
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain('a warm-up of a day leaves no events to measure');
  });
});

it('stops at Ctrl-C', async () => {
  const running = startCli(['layouts', SHIPPED, '--simulate']);
  setTimeout(() => running.interrupt(), 300);
  const { code, stdout, stderr } = await running.ended;
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain('error: interrupted before the end of the replay');
});
