import { MAX_ITEM_BYTES } from '../embedded-dynamodb/value-bytes.ts';
import { billsOf, type MonthlyUse } from './dollars.ts';
import type { ExperimentCounts } from './experiment.ts';
import type { LayoutSet } from './layout-set.ts';
import type { Prices } from './prices.ts';
import type { LayoutReads } from './reads.ts';
import type { Assumptions, HotKey, LayoutReport, TrafficReport } from './report.ts';
import { measureSizes, type ItemSizes } from './sizes.ts';
import { partitionKeyText } from './viewers.ts';

/** DynamoDB's limit on the writes of one partition key. */
const KEY_WCU = 1000;
const HOT_KEYS = 5;
const GB = 2 ** 30;

export interface SummaryOptions {
  readonly set: LayoutSet;
  readonly reads: LayoutReads;
  readonly counts: ExperimentCounts;
  readonly traffic: TrafficReport;
  readonly assumptions: Assumptions;
  readonly prices: Prices;
}

/** Returns the figures of one layout. */
export function summarize(options: SummaryOptions): LayoutReport {
  const { set, reads, counts, assumptions, prices } = options;
  const { meter, nights } = set;
  const sizes = measureSizes(set.store);
  const midnight_wru = sum(nights);
  const thousands = counts.events / 1000;
  const use = monthlyUse(options, sizes);
  const viewers = Math.max(1, meter.viewers);
  const viewerSinks = set.sinks.flatMap(({ domain }, i) => (domain.isOfViewers ? [meter.sinks[i]!] : []));
  const domains = Math.max(1, viewerSinks.length);
  return {
    layout: set.layout,
    items: sizes.items,
    item_bytes_p50: sizes.p50,
    item_bytes_p99: sizes.p99,
    item_bytes_max: sizes.max,
    table_bytes: sizes.bytes,
    bytes_per_viewer: sum(viewerSinks.map(({ bytes }) => bytes)) / viewers,
    writes: meter.writes,
    wru: set.wru,
    writes_per_1000_events: ratio(meter.writes - meter.midnightWrites, thousands),
    wru_per_1000_events: ratio(set.wru - midnight_wru, thousands),
    midnight_wru,
    midnight: {
      writes: meter.midnightWrites,
      wru_mean: ratio(midnight_wru, nights.length),
      wru_max: Math.max(0, ...nights),
      wru_per_1000_viewers: midnightOf(options).perProfile * 1000,
    },
    operations: Object.fromEntries([...set.operations].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    reads,
    hot_keys: hotKeys(set),
    headroom: { used: sizes.max / MAX_ITEM_BYTES, times: ratio(MAX_ITEM_BYTES, sizes.max) },
    growth: {
      bytes_per_viewer: sum(viewerSinks.map(({ bytes }) => bytes)) / domains / viewers,
      wru_per_1000_events: ratio(sum(viewerSinks.map((sink) => sink.marginal_wru)) / domains, thousands),
    },
    stale_at_midnight: staleness(options),
    month: { wru: use.traffic_wru, midnight_wru: use.midnight_wru, rru: use.rru, gb: use.bytes / GB },
    dollars: billsOf(use, prices, assumptions.utilisation),
    sinks: set.sinks.map(({ domain, layout, refusal }, i) => ({
      sink: domain.def.name,
      domain: domain.name,
      layout,
      ...(refusal === undefined ? {} : { refusal }),
      wru: meter.sinks[i]!.wru,
      bytes: meter.sinks[i]!.bytes,
    })),
    dead_letters: Object.fromEntries(set.deadLetters),
  };
}

/**
 * Scales the sample to the audience. Writes of traffic follow the events, those of midnight the profiles. An item that
 * all viewers share is written at most once per barrier and once at midnight, however large the audience is.
 */
function monthlyUse(options: SummaryOptions, sizes: ItemSizes): MonthlyUse {
  const { set, reads, counts, traffic, assumptions, prices } = options;
  const { audience, profiles, events_per_viewer, reads_per_viewer } = assumptions;
  const days = prices.hours_per_month / 24;
  const events = audience * events_per_viewer * days;
  const barriers = (days * 86_400) / traffic.interval_seconds;
  let ofViewers = 0;
  let ofShared = 0;
  set.sinks.forEach(({ domain }, i) => {
    const { writes, wru, midnight_wru: atMidnight, midnight_writes } = set.meter.sinks[i]!;
    const scaled = ratio((wru - atMidnight) * events, counts.events);
    if (domain.isOfViewers) ofViewers += scaled;
    else ofShared += Math.min(scaled, ratio(wru - atMidnight, writes - midnight_writes) * barriers);
  });
  const perViewer = profiles / Math.max(1, set.meter.viewers);
  const rruPerViewer =
    reads.one.rru * reads_per_viewer.one +
    reads.two.rru * reads_per_viewer.two +
    reads.all.rru * reads_per_viewer.all;
  return {
    traffic_wru: ofViewers + ofShared,
    midnight_wru: midnightOf(options).ofAudience * days,
    rru: audience * rruPerViewer * days,
    items: sizes.items * perViewer,
    bytes: sizes.bytes * perViewer,
  };
}

/** Units of an average night: for one profile, and for all of the audience with the items that everybody shares. */
function midnightOf({ set, counts, assumptions }: SummaryOptions): {
  readonly perProfile: number;
  readonly ofAudience: number;
} {
  const { meter, nights, sinks } = set;
  const [own, shared] = [true, false].map((isOfViewers) =>
    sum(
      sinks.map(({ domain }, i) => (domain.isOfViewers === isOfViewers ? meter.sinks[i]!.midnight_wru : 0)),
    ),
  ) as [number, number];
  const perProfile = ratio(own, counts.viewerNights);
  return { perProfile, ofAudience: perProfile * assumptions.profiles + ratio(shared, nights.length) };
}

/** Items that midnight writes are wrong from 00:00 until they are written: for good, if the pipeline is down. */
function staleness(options: SummaryOptions): LayoutReport['stale_at_midnight'] {
  const { set, counts, assumptions } = options;
  const { meter, nights, sinks } = set;
  const values = sinks.reduce(
    (total, { domain }, i) =>
      total + (meter.sinks[i]!.midnight_writes > 0 ? (counts.rolledValues.get(domain.def.name) ?? 0) : 0),
    0,
  );
  return {
    items: ratio(meter.midnightItems, nights.length),
    values: ratio(values, nights.length),
    items_per_1000_viewers: ratio(meter.midnightViewerItems * 1000, counts.viewerNights),
    seconds: midnightOf(options).ofAudience / assumptions.write_rate,
  };
}

function hotKeys(set: LayoutSet): readonly HotKey[] {
  const hottest = [...set.meter.partitions]
    .filter(([, { wru }]) => wru > 0)
    .map(([place, use]) => ({ place, ...use }))
    .toSorted(
      (a, b) => b.wru - a.wru || b.peak_wcu - a.peak_wcu || (partOf(a.place) < partOf(b.place) ? -1 : 1),
    )
    .slice(0, HOT_KEYS);
  return hottest.map(({ place, writes, wru, peak_wcu }) => ({
    key: partitionKeyText(set, place) ?? '(deleted)',
    writes,
    wru,
    peak_wcu,
    of_limit: peak_wcu / KEY_WCU,
  }));
}

/** Returns a partition's place without the id of its table, which differs between runs. */
function partOf(place: string): string {
  return place.slice(36);
}

function ratio(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
