import type { Formula, WindowDays, WindowProgram } from './program.ts';

/** A metric that can be computed for a window of any length. */
export interface WindowMetric {
  /** The name without its window: `watch_minutes` of `watch_minutes_7d`. */
  readonly name: string;
  /** The column that defines it: the first one with this name. */
  readonly column: string;
  readonly formula: Formula;
}

/**
 * Returns the metrics of a program whose window can have any length. They are those columns that end with the length of
 * their window (`_7d`), and in which every window reaches from that many days ago to today.
 */
export function windowMetrics({ columns }: Pick<WindowProgram, 'columns'>): readonly WindowMetric[] {
  const found = new Map<string, WindowMetric>();
  for (const { name: column, formula } of columns) {
    const [, name, days] = /^(.+?)_?(\d+)d$/.exec(column) ?? [];
    if (name === undefined || found.has(name)) continue;
    const windows = windowsIn(formula);
    const isLast = ([, from, to]: WindowDays): boolean =>
      (from === null || from === 0) && to === Number(days) - 1;
    if (windows.length > 0 && windows.every(isLast)) found.set(name, { name, column, formula });
  }
  return [...found.values()];
}

function windowsIn(f: Formula): readonly WindowDays[] {
  switch (f[0]) {
    case 'sum':
      return f[2];
    case 'count':
      return f[1];
    default:
      return partsOf(f).flatMap(windowsIn);
  }
}

/** Returns a formula whose windows are the last `days` days. */
export function withDays(f: Formula, days: number): Formula {
  const last = ([series, from]: WindowDays): WindowDays => [series, from, days - 1];
  switch (f[0]) {
    case 'sum':
      return ['sum', f[1], f[2].map(last), f[3] === null || f[3] === true ? f[3] : [f[3][0], days]];
    case 'count':
      return ['count', f[1].map(last)];
    default:
      return f.map((part) => (isFormula(part) ? withDays(part, days) : part)) as unknown as Formula;
  }
}

function partsOf(f: Formula): readonly Formula[] {
  return (f as readonly unknown[]).filter(isFormula);
}

function isFormula(part: unknown): part is Formula {
  return Array.isArray(part) && typeof part[0] === 'string';
}
