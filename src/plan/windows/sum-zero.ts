import { daysFromCivil } from '../../values/civil.ts';
import { BOOLEAN, DATE } from '../../values/types.ts';
import type { Expr } from '../expr.ts';
import type { Band, Banded } from './bands.ts';

// `SUM(CASE WHEN day > CURRENT_DATE - 7 THEN x ELSE 0 END)` adds 0 for rows outside of the window: the sum is 0 rather
// than NULL once there is such a row. Days that are long gone are not kept, so the oldest of them is.

/** Returns whether every row of a group adds a value that is not NULL, on whatever day it is read. */
export function addsInEveryRow(
  { bands }: Banded,
  last: Band | undefined,
  withoutDay: Omit<Band, 'from' | 'to'> | undefined,
): boolean {
  return (
    last !== undefined &&
    withoutDay !== undefined &&
    withoutDay.filter === undefined &&
    bands[0]?.from === undefined &&
    bands.every(({ arg, filter }) => filter === undefined && arg?.nullable === false) &&
    bands.every(({ from }, i) => i === 0 || from === bands[i - 1]!.to! + 1)
  );
}

/**
 * Returns the day of a row that adds 0 once that day is long enough ago: the row's own day; the first day of all for a
 * row without a day, which adds 0 at once; NULL for a row that never does.
 */
export function zeroDay(
  day: Expr,
  last: Band | undefined,
  withoutDay: Omit<Band, 'from' | 'to'> | undefined,
): Expr {
  const absent: Expr = { kind: 'is_null', type: BOOLEAN, nullable: false, arg: day };
  const present: Expr = { kind: 'not', type: BOOLEAN, nullable: false, arg: absent };
  const arms: { when: Expr; then: Expr }[] = [];
  if (withoutDay !== undefined) {
    const then: Expr = { kind: 'const', type: DATE, nullable: false, value: daysFromCivil(1, 1, 1) };
    arms.push({ when: and([absent, ...filtersOf(withoutDay)])!, then });
  }
  if (last !== undefined) arms.push({ when: and([present, ...filtersOf(last)])!, then: day });
  const none: Expr = { kind: 'const', type: DATE, nullable: true, value: null };
  return { kind: 'case', type: DATE, nullable: true, arms, otherwise: none };
}

function filtersOf({ filter }: Pick<Band, 'filter'>): readonly Expr[] {
  return filter === undefined ? [] : [filter];
}

/** Returns the conjunction of conditions; undefined for none. */
export function and(all: readonly Expr[]): Expr | undefined {
  if (all.length < 2) return all[0];
  const args = all.flatMap((e) => (e.kind === 'and' ? e.args : [e]));
  return { kind: 'and', type: BOOLEAN, nullable: true, args };
}
