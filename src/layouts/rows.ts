import type { Bill, Bills } from './dollars.ts';
import type { LayoutReport, LayoutsReport } from './report.ts';
import type { LayoutReads } from './reads.ts';
import type { ReadWay } from './read-plan.ts';
import { countText, dollarsText, durationText, numberText } from './units-text.ts';

/** One line of the table: a figure of every layout. */
export interface FigureRow {
  readonly label: string;
  /** One text per layout, in the order of the report; `-` where the layout has no such figure. */
  readonly cells: readonly string[];
  /** The layouts whose figure is the best; none if all are equal, or if no figure is better than another. */
  readonly best: readonly boolean[];
}

/** Lines under one heading. */
export interface FigureSection {
  readonly title: string;
  readonly rows: readonly FigureRow[];
}

/** Which figures are better, if any. */
type Better = 'low' | 'high' | 'none';

const SELECTIONS: readonly (readonly [keyof LayoutReads, string])[] = [
  ['one', 'one domain'],
  ['two', 'two domains'],
  ['all', 'all domains'],
];

/** Returns the figures of a report as the table and the page show them. */
export function figureSections(report: LayoutsReport): readonly FigureSection[] {
  return [
    itemSection(report),
    writeSection(report),
    midnightSection(report),
    ...SELECTIONS.map(([selection, title]) =>
      readSection(report, selection, `Reading ${title}: RRU (requests)`),
    ),
    hotKeySection(report),
    growthSection(report),
    dollarSection(report),
  ];
}

function row(
  { layouts }: LayoutsReport,
  label: string,
  value: (layout: LayoutReport) => number | undefined,
  text: (value: number, layout: LayoutReport) => string,
  better: Better = 'low',
): FigureRow {
  const values = layouts.map(value);
  const cells = values.map((each, i) => (each === undefined ? '-' : text(each, layouts[i]!)));
  const given = values.filter((each) => each !== undefined);
  const best = cells[values.indexOf(better === 'high' ? Math.max(...given) : Math.min(...given))];
  const isOpen = better !== 'none' && new Set(cells.filter((cell) => cell !== '-')).size > 1;
  return { label, cells, best: cells.map((cell) => isOpen && cell === best) };
}

function itemSection(report: LayoutsReport): FigureSection {
  return {
    title: 'Items',
    rows: [
      row(
        report,
        'sinks that can be laid out so',
        laidOutSinks,
        (n, { sinks }) => `${n} of ${sinks.length}`,
        'none',
      ),
      row(report, 'items', ({ items }) => items, countText),
      row(report, 'item bytes, p50', (each) => each.item_bytes_p50, countText, 'none'),
      row(report, 'item bytes, p99', (each) => each.item_bytes_p99, countText, 'none'),
      row(report, 'item bytes, max', (each) => each.item_bytes_max, countText, 'none'),
      row(report, 'bytes per profile', (each) => each.bytes_per_viewer, countText),
      row(
        report,
        'room to 400 KB',
        ({ headroom }) => headroom.times,
        (times) => `${numberText(times)} x`,
        'high',
      ),
    ],
  };
}

/** Number of sinks that are written in the layout; the others stay in `domain`. */
function laidOutSinks({ sinks }: LayoutReport): number {
  return sinks.filter(({ refusal }) => refusal === undefined).length;
}

/** Returns a sentence about layouts in which not every sink can be written; undefined if there are none. */
export function mixtureLine({ layouts }: LayoutsReport): string | undefined {
  const mixed = layouts.filter((each) => laidOutSinks(each) < each.sinks.length);
  if (mixed.length === 0) return undefined;
  const parts = mixed.map((each) => `${laidOutSinks(each)} of ${each.sinks.length} sinks in ${each.layout}`);
  return `Only ${parts.join(' and ')} can be laid out so; the others stay in domain. The reasons are at the end.`;
}

function writeSection(report: LayoutsReport): FigureSection {
  return {
    title: 'Writes per 1,000 events, without midnights',
    rows: [
      row(report, 'items written', (each) => each.writes_per_1000_events, countText),
      row(report, 'WRU', (each) => each.wru_per_1000_events, countText),
    ],
  };
}

function midnightSection(report: LayoutsReport): FigureSection {
  const audience = countText(report.assumptions.audience);
  return {
    title: 'Midnight',
    rows: [
      row(report, 'WRU per 1,000 profiles', ({ midnight }) => midnight.wru_per_1000_viewers, countText),
      row(report, 'WRU of a night, mean', ({ midnight }) => midnight.wru_mean, countText),
      row(report, 'WRU of a night, max', ({ midnight }) => midnight.wru_max, countText),
      row(
        report,
        'wrong items at 00:00 per 1,000 profiles',
        (each) => each.stale_at_midnight.items_per_1000_viewers,
        countText,
      ),
      row(
        report,
        `until all are right, ${audience} a day`,
        (each) => each.stale_at_midnight.seconds,
        durationText,
      ),
    ],
  };
}

function readSection(report: LayoutsReport, selection: keyof LayoutReads, title: string): FigureSection {
  const rows = READ_WAYS.map((way) =>
    row(
      report,
      wayText(way),
      ({ reads }) => reads[selection].ways[way]?.rru,
      (rru, { reads }) => `${numberText(rru)} (${numberText(reads[selection].ways[way]!.requests)})`,
      'none',
    ),
  );
  return { title, rows: rows.filter(({ cells }) => cells.some((cell) => cell !== '-')) };
}

function hotKeySection(report: LayoutsReport): FigureSection {
  const name = report.layouts.map(({ hot_keys: [hottest] }) => hottest?.key.slice(0, 14) ?? '-');
  return {
    title: 'Hottest partition key',
    rows: [
      { label: 'key', cells: name, best: name.map(() => false) },
      row(
        report,
        'share of all WRU',
        ({ hot_keys: [hottest], wru }) => (hottest === undefined ? undefined : (hottest.wru / wru) * 100),
        (percent) => `${numberText(percent)} %`,
        'none',
      ),
      row(
        report,
        'peak WCU in a second, of 1,000',
        ({ hot_keys }) => Math.max(0, ...hot_keys.map(({ peak_wcu }) => peak_wcu)),
        countText,
      ),
    ],
  };
}

function growthSection(report: LayoutsReport): FigureSection {
  return {
    title: 'One more domain adds',
    rows: [
      row(report, 'bytes per profile', ({ growth }) => growth.bytes_per_viewer, countText),
      row(
        report,
        'WRU per 1,000 events, midnights too',
        ({ growth }) => growth.wru_per_1000_events,
        countText,
      ),
    ],
  };
}

function dollarSection(report: LayoutsReport): FigureSection {
  const { audience, prices } = report.assumptions;
  const onDemand = (label: string, part: keyof Bill): FigureRow =>
    row(report, label, ({ dollars }) => dollars.on_demand[part], dollarsText);
  return {
    title: `${prices.currency} a month, ${countText(audience)} active profiles a day`,
    rows: [
      onDemand('on demand: writes of traffic', 'writes'),
      onDemand('on demand: midnights', 'midnights'),
      onDemand('on demand: reads', 'reads'),
      onDemand('on demand: storage', 'storage'),
      onDemand('on demand', 'total'),
      ...billNames(report)
        .filter((name) => name !== 'on_demand')
        .map((name) => row(report, billText(name), ({ dollars }) => dollars[name].total, dollarsText)),
    ],
  };
}

/** Returns the ways of paying that a report has bills for. */
export function billNames({ layouts }: LayoutsReport): readonly (keyof Bills)[] {
  return Object.keys(layouts[0]?.dollars ?? {}) as (keyof Bills)[];
}

/** `reserved, 1 year` */
export function billText(name: keyof Bills): string {
  return name.replace('reserved_', 'reserved, ').replaceAll('_', ' ');
}

/** DynamoDB's name of a way to read. */
export function wayText(way: ReadWay): string {
  return WAY_TEXTS[way];
}

const WAY_TEXTS: Readonly<Record<ReadWay, string>> = {
  get_item: 'GetItem',
  parallel_get_item: 'parallel GetItem',
  batch_get_item: 'BatchGetItem',
  query: 'Query',
};
const READ_WAYS = Object.keys(WAY_TEXTS) as readonly ReadWay[];

/** Returns sentences about where the figures come from and what they rest on. */
export function assumptionLines({ traffic, assumptions }: LayoutsReport): readonly string[] {
  const { audience, profiles, events_per_viewer, reads_per_viewer, write_rate, utilisation, prices } =
    assumptions;
  const { one, two, all } = reads_per_viewer;
  return [
    `Dollars: ${countText(audience)} active profiles a day of ${countText(profiles)}, ` +
      `${numberText(events_per_viewer)} events each; reads per active profile and day: ${numberText(one)} of one domain, ` +
      `${numberText(two)} of two, ${numberText(all)} of all, eventually consistent, by the way with the fewest RRU.`,
    `Prices of ${prices.date}, ${prices.region}; provisioned and reserved capacity is used to ` +
      `${numberText(utilisation * 100)} %. No free tier, no taxes.`,
    `Midnight: ${countText(write_rate)} WRU per second until all are right; while the pipeline is down they stay wrong.`,
    `Nights measured: ${countText(traffic.nights)}, with a barrier every ${numberText(traffic.interval_seconds)} s; ` +
      'changes of a key within it are one write.',
  ];
}

/** Returns for each layout the sinks that could not be written in it, with the reason. */
export function refusalLines({ layouts }: LayoutsReport): readonly string[] {
  return layouts.flatMap(({ layout, sinks }) => {
    const reasons = new Map<string, string[]>();
    for (const { domain, refusal } of sinks) {
      if (refusal !== undefined) reasons.set(refusal, [...(reasons.get(refusal) ?? []), domain]);
    }
    return [...reasons].map(
      ([reason, domains]) => `${layout} leaves ${domains.join(', ')} in domain: ${reason}`,
    );
  });
}

/** Returns the rows that cannot be items, by layout. */
export function deadLetterLines({ layouts }: LayoutsReport): readonly string[] {
  return layouts.flatMap(({ layout, dead_letters }) =>
    Object.entries(dead_letters).map(
      ([reason, rows]) => `${layout}: ${countText(rows)} rows cannot be items: ${reason}`,
    ),
  );
}

/** Returns what was replayed, in one line. */
export function trafficLine({ pipeline, traffic }: LayoutsReport): string {
  const { origin, events, start, end, viewers } = traffic;
  return (
    `${pipeline}: ${countText(events)} events of ${origin}, ${start.slice(0, 10)} to ${end.slice(0, 10)}, ` +
    `${countText(viewers)} profiles, ${traffic.domains.length} sinks`
  );
}
