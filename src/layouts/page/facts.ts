import type { LayoutReport, LayoutsReport } from '../report.ts';
import { countText, dollarsText, durationText, numberText } from '../units-text.ts';

/** A figure that stands out, with the sentence that explains it. */
export interface Fact {
  readonly figure: string;
  readonly title: string;
  readonly about: string;
}

/** Returns the figures with which a reader starts. They compare the best layout with the first of the report. */
export function factsOf(report: LayoutsReport): readonly Fact[] {
  const { layouts, assumptions } = report;
  const cheapest = best(layouts, ({ dollars }) => dollars.on_demand.total);
  const nightly = best(layouts, ({ midnight }) => midnight.wru_per_1000_viewers);
  const read = best(layouts, ({ reads }) => reads.all.rru);
  const first = layouts[0]!;
  const money = (layout: LayoutReport): number => layout.dollars.on_demand.total;
  return [
    {
      figure: `$${dollarsText(money(cheapest))} a month`,
      title: `${cheapest.layout} costs least`,
      about:
        `On demand, for ${countText(assumptions.audience)} viewers a day` +
        compared(first, cheapest, ({ layout }) => `; ${layout}: $${dollarsText(money(first))}.`),
    },
    {
      figure: `${countText(nightly.midnight.wru_per_1000_viewers)} WRU`,
      title: `${nightly.layout} writes least at midnight`,
      about:
        'Per night and 1,000 viewers' +
        compared(
          first,
          nightly,
          (one) => `; ${one.layout}: ${countText(one.midnight.wru_per_1000_viewers)}.`,
        ),
    },
    {
      figure: durationText(nightly.stale_at_midnight.seconds),
      title: 'until the last item is right after midnight',
      about:
        `In ${nightly.layout}, at ${countText(assumptions.write_rate)} WRU a second` +
        compared(first, nightly, (one) => `; ${one.layout}: ${durationText(one.stale_at_midnight.seconds)}.`),
    },
    {
      figure: `${numberText(read.reads.all.rru)} RRU`,
      title: `${read.layout} reads a whole profile for least`,
      about:
        `${numberText(read.reads.all.requests)} request${read.reads.all.requests === 1 ? '' : 's'}, all domains` +
        compared(first, read, (one) => `; ${one.layout}: ${numberText(one.reads.all.rru)}.`),
    },
  ];
}

function compared(first: LayoutReport, found: LayoutReport, text: (first: LayoutReport) => string): string {
  return first === found ? '.' : text(first);
}

/** Returns the layout with the lowest figure; the first of several. */
function best(layouts: readonly LayoutReport[], figure: (layout: LayoutReport) => number): LayoutReport {
  return layouts.reduce((found, each) => (figure(each) < figure(found) ? each : found));
}
