import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startCli, type RunningCli } from './support/run-cli.ts';

let folder: string;
let running: RunningCli;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-edits-'));
  mkdirSync(join(folder, 'plays'));
});
afterEach(async () => {
  running.interrupt();
  await running.ended;
  rmSync(folder, { recursive: true, force: true });
});

function edit(text: string, name = 'plays.sql'): void {
  writeFileSync(join(folder, 'plays', name), text);
}

const SOURCE = 'CREATE TABLE plays (viewer BIGINT, seconds INT);\n';
const totals = (query: string): string => `${SOURCE}CREATE MATERIALIZED VIEW totals AS ${query};\n`;

async function start(): Promise<string> {
  running = startCli(['dev', 'plays', '--state', 'state', '--log-level', 'error'], { cwd: folder });
  return (await running.prints(/page +(\S+)\//))[1]!;
}

interface Status {
  readonly views: readonly { readonly name: string; readonly rows: number }[];
}

/** Waits until the server has exactly these views, each with its number of rows. */
async function untilViews(url: string, wanted: Readonly<Record<string, number>>): Promise<void> {
  for (;;) {
    const status = await fetch(`${url}/v1/status`)
      .then((response) => response.json() as Promise<Status>)
      .catch(() => undefined);
    const views = Object.fromEntries(status?.views.map(({ name, rows }) => [name, rows]) ?? []);
    if (JSON.stringify(views) === JSON.stringify(wanted)) return;
    await sleep(30);
  }
}

it('an edit with errors changes nothing; a valid one runs over all events at the same address', async () => {
  edit(totals('SELECT viewer, SUM(seconds) AS seconds FROM plays GROUP BY viewer'));
  const url = await start();
  const headers = { 'content-type': 'application/json' };
  const body = '[{"viewer":1,"seconds":5},{"viewer":2,"seconds":7},{"viewer":2,"seconds":9}]';
  await fetch(`${url}/v1/sources/plays/events`, { method: 'POST', headers, body });
  await untilViews(url, { totals: 2 });

  edit(totals('SELECT viewer, SUM(secnods) AS seconds FROM plays GROUP BY viewer'));
  await running.prints(/The edited SQL has 1 error; the SQL from before the edit keeps running/);
  expect(running.stdout()).toMatch(/plays\.sql:2:\d+: error.*secnods/);
  await untilViews(url, { totals: 2 });

  edit(totals('SELECT viewer, seconds FROM plays'));
  await running.prints(/The SQL was edited: view totals has changed\.\n/);
  await running.prints(/state +state \(view totals has changed: recomputing all views\)/);
  await untilViews(url, { totals: 3 });

  edit('CREATE MATERIALIZED VIEW everybody AS SELECT COUNT(*) AS n FROM plays;', 'z.sql');
  await running.prints(/The SQL was edited: view everybody is new\.\n/);
  await untilViews(url, { totals: 3, everybody: 1 });

  edit('-- a remark\nCREATE MATERIALIZED VIEW everybody AS SELECT COUNT(*) AS n FROM plays;', 'z.sql');
  await running.prints(/The SQL was edited; nothing that runs has changed\.\n/);

  running.interrupt();
  expect(await running.ended).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/stopped; the next start/) as string,
  });
});

it('an edit that cannot start is reported, and the next edit can correct it', async () => {
  edit(totals('SELECT viewer, SUM(seconds) AS seconds FROM plays GROUP BY viewer'));
  const url = await start();
  const sink = (key: string): string =>
    `CREATE SINK out FROM totals WITH (connector = 'dynamodb', table = 'totals', primary_key = '${key}');`;
  edit(sink('viewer'), 'sink.sql');
  await running.prints(
    /The SQL was edited: connectors or their options have changed, the views have not\.\n/,
  );
  await running.prints(/dynamodb +http/);
  // The table exists with another key.
  const counts = totals('SELECT viewer, COUNT(*) AS n FROM plays GROUP BY viewer');
  edit(counts.replace('viewer BIGINT', 'viewer VARCHAR'));
  await running.logs(
    /error: sink out: table totals has the key [^]*waiting for the next edit; Ctrl-C stops\n/,
  );
  edit(counts);
  await running.prints(/table plays has changed[^]*The SQL was edited: table plays has changed/);
  await untilViews(url, { totals: 0 });
  running.interrupt();
  expect((await running.ended).code).toBe(0);
});
