import type { Datum } from '../../values/datum.ts';
import { BOOLEAN } from '../../values/types.ts';
import { usesNow } from '../clock-flow.ts';
import type { ConstExpr, Expr } from '../expr.ts';
import { children } from '../expr.ts';
import { renderExpr } from '../render-expr.ts';
import { dayCondition, offsetAt, placeOf, MAX_WINDOW_DAYS, type DayCondition } from './clock-days.ts';
import { exprKey } from '../expr-key.ts';
import { foldWith, isNeverTrue } from './fold.ts';
import { WindowRefusal } from './window-refusal.ts';

/** What an aggregate adds up for rows of some days: an argument and a filter that do not use the clock. */
export interface Band {
  /** The newest day, in days ago; undefined if days in the future are included. */
  readonly from: number | undefined;
  /** The oldest day, in days ago; undefined if all older days are included. */
  readonly to: number | undefined;
  readonly arg: Expr | undefined;
  readonly filter: Expr | undefined;
}

/** An aggregate whose windows move with the clock. */
export interface Banded {
  /** The row's day, a DATE. */
  readonly day: Expr;
  /** Neighbours differ in their argument or filter. Days on which the filter is never true have no band. */
  readonly bands: readonly Band[];
  /** What is added up for rows without a day; undefined if the filter is never true. */
  readonly withoutDay: Omit<Band, 'from' | 'to'> | undefined;
}

/**
 * Splits an aggregate's argument and filter, which use the clock, into bands of days. Throws WindowRefusal if they
 * depend on more than the number of days between the row's day and today.
 */
export function bandsOf(arg: Expr | undefined, filter: Expr | undefined): Banded {
  const found: Expr[] = [];
  for (const e of [arg, filter]) if (e !== undefined) collectConditions(e, found);
  const read = new Map<string, DayCondition>();
  const conditions = found.map((condition) => {
    const key = exprKey(condition);
    const known = read.get(key) ?? dayCondition(condition);
    read.set(key, known);
    return { ...known, condition };
  });
  const [first] = conditions;
  if (first === undefined) throw new Error('the aggregate does not use the clock');
  const other = conditions.find(({ day }) => exprKey(day) !== exprKey(first.day));
  if (other !== undefined) {
    throw new WindowRefusal(
      `one aggregate compares both ${renderExpr(first.day)} and ${renderExpr(other.day)} with the clock`,
      'use one day per aggregate',
      other.condition.span,
    );
  }
  const at = (truth: (c: DayCondition) => Datum): Omit<Band, 'from' | 'to'> | undefined => {
    const known = new Map(conditions.map((c) => [c.condition, constant(truth(c))]));
    const folded = filter === undefined ? undefined : foldWith(filter, known);
    if (folded !== undefined && isNeverTrue(folded)) return undefined;
    const isAlways = folded?.kind === 'const';
    return {
      arg: arg === undefined ? undefined : foldWith(arg, known),
      filter: isAlways ? undefined : folded,
    };
  };
  return { day: first.day, bands: runs(conditions, at), withoutDay: at((c) => c.withoutDay) };
}

function runs(
  conditions: readonly DayCondition[],
  at: (truth: (c: DayCondition) => Datum) => Omit<Band, 'from' | 'to'> | undefined,
): Band[] {
  const bands: Band[] = [];
  const last = placeOf(MAX_WINDOW_DAYS);
  const vector = (place: number): string => conditions.map((c) => String(c.byDaysAgo[place])).join();
  const keyOf = (band: Omit<Band, 'from' | 'to'>): string =>
    `${band.arg === undefined ? '' : exprKey(band.arg)} ${band.filter === undefined ? '' : exprKey(band.filter)}`;
  for (let from = 0; from <= last;) {
    let to = from;
    while (to < last && vector(to + 1) === vector(from)) to++;
    const what = at((c) => c.byDaysAgo[from]!);
    const before = bands.at(-1);
    const end = to === last ? undefined : offsetAt(to);
    if (what !== undefined) {
      const joins = before !== undefined && before.to === offsetAt(from) - 1 && keyOf(before) === keyOf(what);
      const band: Band = { ...what, from: from === 0 ? undefined : offsetAt(from), to: end };
      if (joins) bands[bands.length - 1] = { ...before, to: end };
      else bands.push(band);
    }
    from = to + 1;
  }
  return bands;
}

function constant(value: Datum): ConstExpr {
  return { kind: 'const', type: BOOLEAN, nullable: value === null, value };
}

/** Collects the smallest conditions that use the clock. */
function collectConditions(e: Expr, found: Expr[]): void {
  if (!usesNow(e)) return;
  const inner = children(e);
  if (e.type.kind === 'boolean' && !inner.some((child) => child.type.kind === 'boolean' && usesNow(child))) {
    found.push(e);
    return;
  }
  if (e.kind === 'now' || inner.length === 0) {
    throw new WindowRefusal(
      'a value computed from the clock is added up',
      'use the clock in conditions on days only: SUM(x) FILTER (WHERE day > CURRENT_DATE - 7)',
      e.span,
    );
  }
  for (const child of inner) collectConditions(child, found);
}
