import type { Expr } from './expr.ts';

/**
 * Returns the columns that are not NULL in a row for which the condition `e` is TRUE; with `value`, in a row for which
 * `e` is not NULL.
 */
export function provenColumns(e: Expr, when: 'condition' | 'value' = 'condition'): ReadonlySet<number> {
  return when === 'condition' ? provenBy(e) : neededBy(e);
}

function provenBy(e: Expr): ReadonlySet<number> {
  switch (e.kind) {
    case 'and':
      return union(e.args.map(provenBy));
    case 'or':
      return intersection(e.args.map(provenBy));
    case 'not':
      return e.arg.kind === 'is_null' ? neededBy(e.arg.arg) : neededBy(e.arg);
    default:
      return neededBy(e);
  }
}

/** Returns the columns whose NULL makes the whole expression NULL. */
function neededBy(e: Expr): ReadonlySet<number> {
  switch (e.kind) {
    case 'column':
      return new Set([e.index]);
    case 'cast':
    case 'not':
    case 'in_list':
      return neededBy(e.arg);
    case 'compare':
      return union([e.left, e.right].map(neededBy));
    case 'call':
      return e.fn.strict ? union(e.args.map(neededBy)) : new Set();
    default:
      return new Set();
  }
}

function union(sets: readonly ReadonlySet<number>[]): ReadonlySet<number> {
  return new Set(sets.flatMap((set) => [...set]));
}

function intersection([first, ...others]: readonly ReadonlySet<number>[]): ReadonlySet<number> {
  return new Set([...(first ?? [])].filter((column) => others.every((set) => set.has(column))));
}
