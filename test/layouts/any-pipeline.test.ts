import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LayoutsReport } from '../../src/layouts/report.ts';
import { measure, pipelineOf } from './support/measure.ts';

// Pipelines of other forms than the shipped one.

const TABLE = `CREATE TABLE views (viewer VARCHAR, genre VARCHAR, seconds INT, at TIMESTAMP) APPEND ONLY;`;
const DAILY_SUM = `
  CREATE MATERIALIZED VIEW watch AS
    SELECT viewer, COALESCE(SUM(seconds) FILTER (WHERE at::date > CURRENT_DATE - 7), 0) AS s_7d
    FROM views GROUP BY viewer;`;

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-layouts-any-'));
  path = join(folder, 'views.ndjson');
  const events = Array.from({ length: 60 }, (_, i) => ({
    viewer: `v${i % 7}`,
    genre: `g${i % 3}`,
    seconds: i,
    at: new Date(Date.UTC(2026, 2, 1, i)).toISOString().slice(0, 19),
  }));
  writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function replayed(sql: string): Promise<LayoutsReport> {
  const traffic = { kind: 'files', inputs: [{ source: 'views', path }], warmUpDays: 0 } as const;
  return measure({ pipeline: await pipelineOf('any', sql), traffic });
}

const sink = (name: string, from: string, table: string, more: string): string =>
  `CREATE SINK ${name} FROM ${from} WITH (connector = 'dynamodb', table = '${table}', region = 'x', ${more});`;

it('domains in two tables, one of them with an item per viewer and genre, are read table by table', async () => {
  const { layouts, traffic } = await replayed(`${TABLE}${DAILY_SUM}
    CREATE MATERIALIZED VIEW genres AS SELECT viewer, genre, COUNT(*) AS n FROM views GROUP BY viewer, genre;
    ${sink('watch_sink', 'watch', 'watch_table', `primary_key = 'viewer', freshet.sort_key = 'p#watch'`)}
    ${sink('genres_sink', 'genres', 'genres_table', `primary_key = 'viewer,genre'`)}`);
  expect(traffic).toMatchObject({ viewers: 7, domains: ['watch', 'genres_sink'] });
  const domain = layouts[0]!;
  // 7 items of watch, and each viewer watches each genre.
  expect(domain).toMatchObject({ layout: 'domain', items: 7 + 21 });
  // The sort keys of genres differ between viewers: only a Query finds them, beside one for the other table.
  const two = { requests: 2, rru: 1 };
  expect(domain.reads.all).toEqual({ way: 'query', ...two, ways: { query: two } });
  expect(domain.reads.one.ways).toEqual({ query: { requests: 1, rru: 0.5 } });
});

it('layouts that the SQL asks for are replaced by each of the five', async () => {
  const laidOut = (layout: string): Promise<LayoutsReport> =>
    replayed(`${TABLE}${DAILY_SUM}
      ${sink('s', 'watch', 'ttt', `primary_key = 'viewer', freshet.sort_key = 'p#watch', freshet.layout = '${layout}'`)}`);
  const domain = await laidOut('domain');
  expect(await laidOut('packed')).toEqual(domain);
  expect(await laidOut('wide')).toEqual(domain);
  expect(domain.layouts.map(({ sinks }) => sinks.map(({ layout }) => layout))).toEqual(
    ['domain', 'wide', 'metric', 'daily', 'packed'].map((name) => [name]),
  );
});

it('sinks that would overwrite each other in a layout stay in domain there', async () => {
  const { layouts } = await replayed(`${TABLE}${DAILY_SUM}
    CREATE MATERIALIZED VIEW other AS SELECT viewer, COUNT(*) AS s_7d FROM views GROUP BY viewer;
    ${sink('a', 'watch', 'ttt', `primary_key = 'viewer', freshet.sort_key = 'p#a'`)}
    ${sink('b', 'other', 'ttt', `primary_key = 'viewer', freshet.sort_key = 'p#b'`)}`);
  for (const name of ['wide', 'metric']) {
    const { sinks } = layouts.find(({ layout }) => layout === name)!;
    expect(
      sinks.map(({ layout }) => layout),
      `${name}`,
    ).toEqual([name, 'domain']);
    expect(sinks[1]!.refusal, `${name}`).toContain('s_7d');
  }
});

it('an item that all share is no part of a profile, and is written at most once a barrier', async () => {
  const { layouts, traffic } = await replayed(`${TABLE}${DAILY_SUM}
    CREATE MATERIALIZED VIEW totals AS
      SELECT 'all' AS viewer, COUNT(*) AS n, COUNT(*) FILTER (WHERE at::date > CURRENT_DATE - 1) AS n_1d
      FROM views GROUP BY 1;
    ${sink('a', 'watch', 'ttt', `primary_key = 'viewer', freshet.sort_key = 'p#a'`)}
    ${sink('b', 'totals', 'ttt', `primary_key = 'viewer', freshet.sort_key = 'p#b'`)}`);
  expect(traffic.viewers).toBe(7);
  const domain = layouts[0]!;
  expect(domain.items).toBe(8);
  expect(domain.reads.all).toEqual(domain.reads.one);
  expect(domain.hot_keys[0]).toMatchObject({ key: 'all', writes: 60 + 3 });
  // Only the shared item changes at the three midnights: three units, which no profile causes.
  expect(domain).toMatchObject({
    midnight_wru: 3,
    midnight: { wru_mean: 1, wru_per_1000_viewers: 0 },
    stale_at_midnight: { items: 1, values: 1, items_per_1000_viewers: 0, seconds: 1 / 4000 },
  });
  expect(domain.month.midnight_wru).toBeCloseTo(730 / 24, 9);
  // Of 1,000,000 profiles a day with a write each, and a shared item that is written every second at most.
  const perSecond = (730 / 24) * 86_400;
  const ofProfiles = 1e6 * traffic.events_per_viewer * (730 / 24);
  expect(domain.month.wru).toBeCloseTo(ofProfiles + perSecond, 3);
});
