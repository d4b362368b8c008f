import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measureLayouts, type MeasureOptions } from '../../src/layouts/measure.ts';
import type { Prices } from '../../src/layouts/prices.ts';
import type { LayoutReport, LayoutsReport } from '../../src/layouts/report.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { checkPipeline } from '../../src/pipeline/check.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { loadParser } from '../../src/sql/parser.ts';

// Five events of two viewers on two days. Every figure below is worked out by hand.

const SQL = `
  CREATE TABLE views (viewer_id BIGINT, seconds INT, at TIMESTAMP) APPEND ONLY;
  CREATE MATERIALIZED VIEW watch AS
    SELECT viewer_id,
           COALESCE(SUM(seconds) FILTER (WHERE at::date > CURRENT_DATE - 1), 0) AS s_1d,
           SUM(seconds) AS total
    FROM views GROUP BY viewer_id;
  CREATE SINK watch_sink FROM watch WITH (connector = 'dynamodb', table = 'profiles', region = 'us-east-1',
    primary_key = 'viewer_id', freshet.sort_key = 'p#watch', freshet.bookkeeping = 'off');
`;
const EVENTS = [
  // Both within a second: one write of viewer 1.
  { viewer_id: 1, seconds: 5, at: '2026-03-01T10:00:00.1' },
  { viewer_id: 1, seconds: 7, at: '2026-03-01T10:00:00.9' },
  // Viewer 2 is written twice, the second time just before midnight.
  { viewer_id: 2, seconds: 9, at: '2026-03-01T10:00:03' },
  { viewer_id: 2, seconds: 12, at: '2026-03-01T23:59:59.5' },
  // Midnight writes both: s_1d becomes 0. The next midnight writes viewer 1 only.
  { viewer_id: 1, seconds: 14, at: '2026-03-02T08:00:00' },
];

/** A dollar for a million units of either kind, for an hour of a unit, for a gigabyte; one day is the month. */
const PRICES: Prices = {
  date: '2026-03-01',
  region: 'nowhere',
  currency: 'USD',
  source: 'a test',
  hours_per_month: 24,
  on_demand: { million_wru: 1, million_rru: 2 },
  provisioned: { wcu_hour: 1, rcu_hour: 2 },
  reserved: [
    { years: 1, upfront_100_wcu: 120, hour_100_wcu: 1, upfront_100_rcu: 12, hour_100_rcu: 0.5 },
    { years: 3, upfront_100_wcu: 360, hour_100_wcu: 0.5, upfront_100_rcu: 36, hour_100_rcu: 0.25 },
  ],
  storage: { gb_month: 1024, overhead_bytes_per_item: 100 },
};

let folder: string;
let pipeline: Pipeline;
beforeAll(async () => {
  await loadParser();
  folder = mkdtempSync(join(tmpdir(), 'freshet-layouts-'));
  writeFileSync(join(folder, 'views.ndjson'), EVENTS.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const checked = checkPipeline(bindPipeline('by hand', [{ name: 'views.sql', text: SQL }], {}));
  pipeline = checked.pipeline!;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function measure(options: Partial<MeasureOptions>): Promise<LayoutsReport> {
  const { report } = await measureLayouts({
    pipeline,
    traffic: {
      kind: 'files',
      inputs: [{ source: 'views', path: join(folder, 'views.ndjson') }],
      warmUpDays: 0,
    },
    interval_us: 1_000_000,
    audience: 3_000_000,
    readsPerViewer: { one: 4, two: 2, all: 1 },
    writeRate: 1000,
    utilisation: 0.5,
    prices: PRICES,
    signal: new AbortController().signal,
    ...options,
  });
  return report;
}

describe('five events of two viewers, replayed over two midnights', () => {
  let report: LayoutsReport;
  let domain: LayoutReport;
  beforeAll(async () => {
    report = await measure({ layouts: ['domain'] });
    domain = report.layouts[0]!;
  });

  it('are described as they are', () => {
    expect(report.traffic).toEqual({
      origin: 'files of views',
      events: 5,
      warm_up_events: 0,
      start: '2026-03-01T10:00:00.100Z',
      end: '2026-03-03T00:00:00.000Z',
      days: 2,
      nights: 2,
      interval_seconds: 1,
      viewers: 2,
      active_viewers_per_day: 3 / 2, // both on the first day, viewer 1 on the second
      events_per_viewer: 5 / 3,
      domains: ['watch'],
    });
  });

  it('leave two items', () => {
    expect(domain.items).toBe(2);
    // viewer_id 9 + 2, sk 2 + 7, s_1d 4 + 1 (zero has no digits), total 5 + 2 (26 and 21 are two digits)
    expect([domain.item_bytes_p50, domain.item_bytes_p99, domain.item_bytes_max]).toEqual([32, 32, 32]);
    expect(domain.table_bytes).toBe(64);
    expect(domain.headroom.times).toBe(409_600 / 32);
  });

  it('are four writes of traffic and three of midnights, of a unit each', () => {
    expect([domain.writes, domain.wru, domain.midnight_wru]).toEqual([7, 7, 3]);
    expect([domain.writes_per_1000_events, domain.wru_per_1000_events]).toEqual([800, 800]);
    // Two items in the first night and one in the second, of two viewers each.
    expect(domain.midnight).toEqual({ writes: 3, wru_mean: 1.5, wru_max: 2, wru_per_1000_viewers: 750 });
    expect(domain.operations).toEqual({ BatchWriteItem: { requests: 6, wru: 7 } });
  });

  it('are wrong at midnight in one value of each item that midnight writes', () => {
    // 4,000,000 profiles (as 2 viewers to 1.5 a day), 0.75 units each, 1,000 units a second
    expect(domain.stale_at_midnight).toEqual({
      items: 1.5,
      values: 1.5,
      items_per_1000_viewers: 750,
      seconds: 3000,
    });
  });

  it('have viewer 1 as the hottest key', () => {
    expect(domain.hot_keys).toEqual([
      { key: '1', writes: 4, wru: 4, peak_wcu: 1, of_limit: 0.001 },
      { key: '2', writes: 3, wru: 3, peak_wcu: 1, of_limit: 0.001 },
    ]);
  });

  it('are read with half a unit, whichever way', () => {
    const half = { requests: 1, rru: 0.5 };
    const reads = { way: 'get_item', ...half, ways: { get_item: half, batch_get_item: half, query: half } };
    expect(domain.reads).toEqual({ one: reads, two: reads, all: reads });
  });

  it('cost what the prices say', () => {
    expect(report.assumptions).toMatchObject({ profiles: 4_000_000, events_per_viewer: 5 / 3 });
    // 5,000,000 events of 0.8 units; 4,000,000 profiles of 0.75 units; 7 reads of half a unit; 64 bytes of 2 profiles
    const { wru, midnight_wru, rru, gb } = domain.month;
    expect([wru, midnight_wru, rru]).toEqual([4e6, 3e6, 10.5e6]);
    expect(gb).toBeCloseTo((4e6 * 32) / 2 ** 30, 12);
    const storage = (4e6 * 132 * 1024) / 2 ** 30;
    const { on_demand, provisioned, reserved_1_year, reserved_3_years } = domain.dollars as Record<
      string,
      LayoutReport['dollars']['on_demand']
    >;
    expect(on_demand!.writes).toBeCloseTo(4, 9);
    expect(on_demand!.midnights).toBeCloseTo(3, 9);
    expect(on_demand!.reads).toBeCloseTo(21, 9);
    expect(on_demand!.storage).toBeCloseTo(storage, 9);
    expect(on_demand!.total).toBeCloseTo(28 + storage, 9);
    // 7,000,000 units in 86,400 s at half use: 162.04 WCU for 24 hours, and 243.06 RCU for twice the price
    expect(provisioned!.writes + provisioned!.midnights).toBeCloseTo((7e6 / 86_400 / 0.5) * 24, 6);
    expect(provisioned!.reads).toBeCloseTo((10.5e6 / 86_400 / 0.5) * 48, 6);
    // two and three hundreds of units: a twelfth, and a 36th, of what is paid at once, and 24 hours
    expect(reserved_1_year!.writes + reserved_1_year!.midnights).toBeCloseTo(2 * (10 + 24), 9);
    expect(reserved_1_year!.reads).toBeCloseTo(3 * (1 + 12), 9);
    expect(reserved_3_years!.writes + reserved_3_years!.midnights).toBeCloseTo(2 * (10 + 12), 9);
  });

  it('have no midnight in layout packed, whose reader adds up the days', async () => {
    const { layouts } = await measure({ layouts: ['packed'] });
    expect(layouts[0]).toMatchObject({ layout: 'packed', items: 2, writes: 4, wru: 4, midnight_wru: 0 });
    expect(layouts[0]!.stale_at_midnight).toEqual({
      items: 0,
      values: 0,
      items_per_1000_viewers: 0,
      seconds: 0,
    });
  });

  it('are fewer writes if barriers are rarer', async () => {
    // In steps of a minute the two viewers are written together, and still once each.
    const minute = await measure({ layouts: ['domain'], interval_us: 60_000_000 });
    expect(minute.layouts[0]).toMatchObject({ writes: 7, operations: { BatchWriteItem: { requests: 5 } } });
    // In steps of a day, all writes of a viewer and day are one; midnights are apart.
    const day = await measure({ layouts: ['domain'], interval_us: 86_400_000_000 });
    expect(day.layouts[0]).toMatchObject({ writes: 6, midnight_wru: 3 });
  });

  it('are measured from the second day on, if the first only fills the view', async () => {
    const { traffic, layouts } = await measure({
      layouts: ['domain'],
      traffic: {
        kind: 'files',
        inputs: [{ source: 'views', path: join(folder, 'views.ndjson') }],
        warmUpDays: 1,
      },
    });
    expect(traffic).toMatchObject({ events: 1, warm_up_events: 4, days: 1, nights: 1, viewers: 2 });
    expect(layouts[0]).toMatchObject({ items: 2, writes: 2, wru: 2, midnight_wru: 1 });
  });
});
