import type { Bill } from './dollars.ts';
import type { LayoutReport, LayoutsReport } from './report.ts';
import type { LayoutReads, ProfileReads } from './reads.ts';
import type { ReadWay } from './read-plan.ts';
import { countText, dollarsText, durationText, numberText } from './units-text.ts';

/** One line of the table: a figure of every layout. */
export interface FigureRow {
  readonly label: string;
  /** One text per layout, in the order of the report; `-` where the layout has no such figure. */
  readonly cells: readonly string[];
}

/** Lines under one heading. */
export interface FigureSection {
  readonly title: string;
  readonly rows: readonly FigureRow[];
}

const WAYS: readonly (readonly [ReadWay, string])[] = [
  ['get_item', 'GetItem'],
  ['parallel_get_item', 'parallel GetItem'],
  ['batch_get_item', 'BatchGetItem'],
  ['query', 'Query'],
];
const SELECTIONS: readonly (readonly [keyof LayoutReads, string])[] = [
  ['one', 'one domain'],
  ['two', 'two domains'],
  ['all', 'all domains'],
];

/** Returns the figures of a report as the table and the page show them. */
export function figureSections(report: LayoutsReport): readonly FigureSection[] {
  const { layouts, assumptions } = report;
  const row = (label: string, cell: (layout: LayoutReport) => string): FigureRow => ({
    label,
    cells: layouts.map(cell),
  });
  const audience = countText(assumptions.audience);
  return [
    {
      title: 'Items',
      rows: [
        row('items', ({ items }) => countText(items)),
        row('item bytes, p50', (each) => countText(each.item_bytes_p50)),
        row('item bytes, p99', (each) => countText(each.item_bytes_p99)),
        row('item bytes, max', (each) => countText(each.item_bytes_max)),
        row('bytes per viewer', (each) => countText(each.bytes_per_viewer)),
        row('room to 400 KB', ({ headroom }) => `${numberText(headroom.times)} x`),
      ],
    },
    {
      title: 'Writes per 1,000 events, without midnights',
      rows: [
        row('items written', (each) => countText(each.writes_per_1000_events)),
        row('WRU', (each) => countText(each.wru_per_1000_events)),
      ],
    },
    {
      title: 'Midnight',
      rows: [
        row('WRU per 1,000 viewers', ({ midnight }) => countText(midnight.wru_per_1000_viewers)),
        row('WRU of a night, mean', ({ midnight }) => countText(midnight.wru_mean)),
        row('WRU of a night, max', ({ midnight }) => countText(midnight.wru_max)),
        row('wrong items at 00:00 per 1,000 viewers', (each) =>
          countText(each.stale_at_midnight.items_per_1000_viewers),
        ),
        row(`until all are right, ${audience} a day`, (each) => durationText(each.stale_at_midnight.seconds)),
      ],
    },
    ...SELECTIONS.map(([selection, title]) =>
      readSection(report, selection, `Reading ${title}: RRU (requests)`),
    ),
    {
      title: 'Hottest partition key',
      rows: [
        row('key', ({ hot_keys: [hottest] }) => hottest?.key.slice(0, 14) ?? '-'),
        row('share of all WRU', ({ hot_keys: [hottest], wru }) =>
          hottest === undefined ? '-' : `${numberText((hottest.wru / wru) * 100)} %`,
        ),
        row('peak WCU in a second, of 1,000', (each) =>
          countText(Math.max(0, ...each.hot_keys.map(({ peak_wcu }) => peak_wcu))),
        ),
      ],
    },
    {
      title: 'One more domain adds',
      rows: [
        row('bytes per viewer', ({ growth }) => countText(growth.bytes_per_viewer)),
        row('WRU per 1,000 events, midnights too', ({ growth }) => countText(growth.wru_per_1000_events)),
      ],
    },
    ...dollarSections(report),
  ];
}

function readSection(report: LayoutsReport, selection: keyof LayoutReads, title: string): FigureSection {
  const rows = WAYS.map(([way, label]): FigureRow => ({
    label,
    cells: report.layouts.map(({ reads }) => readText(reads[selection], way)),
  }));
  return { title, rows: rows.filter(({ cells }) => cells.some((cell) => cell !== '-')) };
}

function readText({ ways }: ProfileReads, way: ReadWay): string {
  const cost = ways[way];
  return cost === undefined ? '-' : `${numberText(cost.rru)} (${numberText(cost.requests)})`;
}

function dollarSections({ layouts, assumptions }: LayoutsReport): readonly FigureSection[] {
  const { audience, prices } = assumptions;
  const onDemand = (label: string, part: keyof Bill): FigureRow => ({
    label,
    cells: layouts.map(({ dollars }) => dollarsText(dollars.on_demand[part])),
  });
  const others = Object.keys(layouts[0]?.dollars ?? {}).filter((name) => name !== 'on_demand');
  return [
    {
      title: `${prices.currency} a month, ${countText(audience)} viewers a day`,
      rows: [
        onDemand('on demand: writes of traffic', 'writes'),
        onDemand('on demand: midnights', 'midnights'),
        onDemand('on demand: reads', 'reads'),
        onDemand('on demand: storage', 'storage'),
        onDemand('on demand', 'total'),
        ...others.map((name): FigureRow => ({
          label: name.replaceAll('_', ' '),
          cells: layouts.map(({ dollars }) => dollarsText(dollars[name as 'provisioned'].total)),
        })),
      ],
    },
  ];
}

/** Returns sentences about where the figures come from and what they rest on. */
export function assumptionLines({ traffic, assumptions }: LayoutsReport): readonly string[] {
  const { audience, profiles, events_per_viewer, reads_per_viewer, write_rate, utilisation, prices } =
    assumptions;
  const { one, two, all } = reads_per_viewer;
  return [
    `Dollars: ${countText(audience)} active viewers a day of ${countText(profiles)} with a profile, ` +
      `${numberText(events_per_viewer)} events each; reads per viewer and day: ${numberText(one)} of one domain, ` +
      `${numberText(two)} of two, ${numberText(all)} of all, eventually consistent, by the way with the fewest RRU.`,
    `Prices of ${prices.date}, ${prices.region}; provisioned and reserved capacity is used to ` +
      `${numberText(utilisation * 100)} %. No free tier, no taxes.`,
    `Midnight: ${countText(write_rate)} WRU per second until all are right; while the pipeline is down they stay wrong.`,
    `Measured over ${countText(traffic.nights)} nights with a barrier every ${numberText(traffic.interval_seconds)} s; ` +
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
      ([reason, domains]) => `${layout}: ${domains.join(', ')} stay in domain: ${reason}`,
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
    `${countText(viewers)} viewers ` +
    `with a profile, ${traffic.domains.length} sinks`
  );
}
