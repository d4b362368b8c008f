import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LayoutName } from '../../src/layouts/layout-names.ts';
import type { LayoutReport, LayoutsReport } from '../../src/layouts/report.ts';
import { measure, pipelineOf } from './support/measure.ts';

// Two domains of two viewers over five events and two midnights, in all five layouts. `watch` rolls at midnight,
// `counts` has no window and never does. All items are smaller than 1 KB, so every write is a unit.

const SQL = `
  CREATE TABLE views (viewer_id BIGINT, seconds INT, at TIMESTAMP) APPEND ONLY;
  CREATE MATERIALIZED VIEW watch AS
    SELECT viewer_id, COALESCE(SUM(seconds) FILTER (WHERE at::date > CURRENT_DATE - 1), 0) AS s_1d
    FROM views GROUP BY viewer_id;
  CREATE MATERIALIZED VIEW counts AS SELECT viewer_id, COUNT(*) AS n FROM views GROUP BY viewer_id;
  CREATE SINK watch_sink FROM watch WITH (connector = 'dynamodb', table = 'profiles', region = 'us-east-1',
    primary_key = 'viewer_id', freshet.sort_key = 'p#watch');
  CREATE SINK counts_sink FROM counts WITH (connector = 'dynamodb', table = 'profiles', region = 'us-east-1',
    primary_key = 'viewer_id', freshet.sort_key = 'p#counts');
`;
const EVENTS = [
  // Both within a second: one row of each view changes once.
  { viewer_id: 1, seconds: 5, at: '2026-03-01T10:00:00.1' },
  { viewer_id: 1, seconds: 7, at: '2026-03-01T10:00:00.9' },
  { viewer_id: 2, seconds: 9, at: '2026-03-01T10:00:03' },
  { viewer_id: 2, seconds: 12, at: '2026-03-01T23:59:59.5' },
  { viewer_id: 1, seconds: 14, at: '2026-03-02T08:00:00' },
];

let folder: string;
let report: LayoutsReport;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-layouts-all-'));
  const path = join(folder, 'views.ndjson');
  writeFileSync(path, EVENTS.map((event) => `${JSON.stringify(event)}\n`).join(''));
  report = await measure({
    pipeline: await pipelineOf('by hand', SQL),
    traffic: { kind: 'files', inputs: [{ source: 'views', path }], warmUpDays: 0 },
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const layout = (name: LayoutName): LayoutReport => report.layouts.find((each) => each.layout === name)!;
const requests = ({ operations }: LayoutReport): Record<string, number> =>
  Object.fromEntries(Object.entries(operations).map(([name, use]) => [name, use.requests]));

describe('writes', () => {
  // Four barriers change a row of both views: 8 writes. The first midnight rolls both viewers, the second viewer 1.
  it('domain: an item per viewer and domain, in batches per sink', () => {
    expect(layout('domain')).toMatchObject({ items: 4, writes: 11, wru: 11, midnight_wru: 3 });
    expect(requests(layout('domain'))).toEqual({ BatchWriteItem: 8 + 2 });
    expect(layout('domain').stale_at_midnight).toMatchObject({ items: 1.5, values: 1.5 });
  });

  it('wide: an item per viewer, updated by each domain', () => {
    expect(layout('wide')).toMatchObject({ items: 2, writes: 11, wru: 11, midnight_wru: 3 });
    expect(requests(layout('wide'))).toEqual({ UpdateItem: 11 });
    expect(layout('wide').stale_at_midnight).toMatchObject({ items: 1.5, values: 1.5 });
  });

  it('metric: an item per viewer and metric', () => {
    expect(layout('metric')).toMatchObject({ items: 4, writes: 11, wru: 11, midnight_wru: 3 });
  });

  it('daily: an item per viewer and day, and none at midnight; a view without windows stays in domain', () => {
    // Viewer 1 on two days, viewer 2 on one; and an item of counts for each.
    expect(layout('daily')).toMatchObject({ items: 3 + 2, writes: 8, wru: 8, midnight_wru: 0 });
    expect(requests(layout('daily'))).toEqual({ BatchWriteItem: 4, UpdateItem: 4 });
    expect(layout('daily').stale_at_midnight).toMatchObject({ items: 0, values: 0, seconds: 0 });
    expect(layout('daily').sinks.map(({ domain, layout: used }) => [domain, used])).toEqual([
      ['watch', 'daily'],
      ['counts', 'domain'],
    ]);
  });

  it('packed: as domain, and none at midnight', () => {
    expect(layout('packed')).toMatchObject({ items: 4, writes: 8, wru: 8, midnight_wru: 0 });
    expect(layout('packed').stale_at_midnight).toMatchObject({ items: 0, values: 0, seconds: 0 });
  });
});

describe('reads of all domains', () => {
  const single = { requests: 1, rru: 0.5 };

  it('domain: two items', () => {
    const ways = {
      parallel_get_item: { requests: 2, rru: 1 },
      batch_get_item: { requests: 1, rru: 1 },
      query: single,
    };
    expect(layout('domain').reads.all).toEqual({ way: 'query', ...single, ways });
  });

  it('wide: one item', () => {
    const ways = { get_item: single, batch_get_item: single, query: single };
    expect(layout('wide').reads.all).toEqual({ way: 'get_item', ...single, ways });
  });

  it('metric: an item per metric, here as many as domains', () => {
    expect(layout('metric').reads.all).toEqual(layout('domain').reads.all);
  });

  it('daily: the days of the longest window, here two with the one for late clocks, and the item of counts', () => {
    expect(layout('daily').reads.all.ways).toEqual({
      parallel_get_item: { requests: 3, rru: 1.5 },
      batch_get_item: { requests: 1, rru: 1.5 },
      query: single,
    });
  });
});

describe('one more domain', () => {
  // Without one of two domains of 11 writes, 5.5 are left on average; five events.
  it('adds its own writes; small items cost the others nothing', () => {
    for (const name of ['domain', 'wide', 'metric'] as const)
      expect(layout(name).growth.wru_per_1000_events, `${name}`).toBe((5.5 / 5) * 1000);
  });
});

it('a domain that makes a shared item larger than a unit is charged for it in the writes of the others', async () => {
  const sink = (name: string): string => `
    CREATE MATERIALIZED VIEW ${name} AS SELECT viewer_id, MAX(title) AS ${name}_title FROM seen GROUP BY viewer_id;
    CREATE SINK ${name}_sink FROM ${name} WITH (connector = 'dynamodb', table = 'profiles', region = 'us-east-1',
      primary_key = 'viewer_id', freshet.sort_key = 'p#${name}');`;
  const text = `CREATE TABLE seen (viewer_id BIGINT, title VARCHAR, at TIMESTAMP) APPEND ONLY;`;
  const path = join(folder, 'seen.ndjson');
  writeFileSync(path, JSON.stringify({ viewer_id: 1, title: 'x'.repeat(700), at: '2026-03-01T10:00:00' }));
  const { layouts } = await measure({
    pipeline: await pipelineOf('shared', text + sink('a') + sink('b')),
    traffic: { kind: 'files', inputs: [{ source: 'seen', path }], warmUpDays: 0 },
    layouts: ['domain', 'wide'],
  });
  // Two writes of less than 1 KB, one per domain.
  expect(layouts[0]).toMatchObject({ wru: 2, growth: { wru_per_1000_events: 1000 } });
  // The write of a is of 700 bytes, that of b leaves 1,400. Without a, b would write one unit instead of two: a adds
  // 1 + 1. Without b, its two units are not written: b adds 2.
  expect(layouts[1]).toMatchObject({ items: 1, wru: 3, growth: { wru_per_1000_events: 2000 } });
});

it('the units in the answers are those that the sizes of the items give, sink by sink', () => {
  for (const { layout: name, sinks, wru } of report.layouts)
    expect(
      sinks.reduce((sum, sink) => sum + sink.wru, 0),
      `${name}`,
    ).toBe(wru);
});
