import type { LayoutReport, LayoutsReport } from '../report.ts';
import { countText, dollarsText, durationText, numberText } from '../units-text.ts';

/** A figure that stands out, with the sentence that explains it. */
export interface Fact {
  readonly figure: string;
  readonly title: string;
  readonly about: string;
}

/** Returns the figures with which a reader starts, as far as layouts differ: the best, and the worst beside it. */
export function factsOf(report: LayoutsReport): readonly Fact[] {
  const { audience, write_rate } = report.assumptions;
  const fact = (
    value: (layout: LayoutReport) => number,
    text: (value: number) => string,
    words: { readonly title: (names: string, isOne: boolean) => string; readonly about: string },
  ): readonly Fact[] => {
    const { best, names, worst } = ranked(report.layouts, value, text);
    if (names.length === report.layouts.length) return [];
    return [
      {
        figure: text(value(best)),
        title: words.title(listed(names), names.length === 1),
        about: `${words.about}; ${worst.layout}: ${text(value(worst))}.`,
      },
    ];
  };
  return [
    ...fact(
      ({ dollars }) => dollars.on_demand.total,
      (dollars) => `$${dollarsText(dollars)} a month`,
      {
        title: (names, isOne) => `${names} ${isOne ? 'costs' : 'cost'} least on demand`,
        about: `For ${countText(audience)} active profiles a day`,
      },
    ),
    ...fact(
      ({ midnight }) => midnight.wru_per_1000_viewers,
      (wru) => `${countText(wru)} WRU`,
      {
        title: (names, isOne) => `${names} ${isOne ? 'writes' : 'write'} least at midnight`,
        about: 'Per night and 1,000 profiles',
      },
    ),
    ...fact(({ stale_at_midnight }) => stale_at_midnight.seconds, durationText, {
      title: (names, isOne) => `${names} ${isOne ? 'is' : 'are'} right soonest after midnight`,
      about: `The last item of all, at ${countText(write_rate)} WRU a second`,
    }),
    ...fact(
      ({ reads }) => reads.all.rru,
      (rru) => `${numberText(rru)} RRU`,
      {
        title: (names, isOne) => `${names} ${isOne ? 'reads' : 'read'} a whole profile for least`,
        about: 'All domains of a profile',
      },
    ),
  ];
}

/** Orders layouts by a figure. Figures with the same text are equal. */
function ranked(
  layouts: readonly LayoutReport[],
  value: (layout: LayoutReport) => number,
  text: (value: number) => string,
) {
  const sorted = layouts.toSorted((a, b) => value(a) - value(b));
  const [best, worst] = [sorted[0]!, sorted.at(-1)!];
  const isBest = (layout: LayoutReport): boolean => text(value(layout)) === text(value(best));
  const names = layouts.filter(isBest).map(({ layout }) => layout);
  return { best, worst, names };
}

/** `a`, `a and b`, `a, b and c` */
function listed(names: readonly string[]): string {
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}
