import type { SqlValueError } from '../../values/sql-error.ts';
import type { Layout } from '../column.ts';

/**
 * The code of one computed value inside a generated row loop. `nul` is the code of its null flag (0 or 1), or undefined
 * if the value is never NULL; while the flag is 1, the value's code yields an unspecified value of the layout.
 *
 * | layout | code                                                                                     |
 * |--------|------------------------------------------------------------------------------------------|
 * | u8     | `v`: 0 or 1                                                                              |
 * | i32, str, f64 | `v`: a number (str: a pool id)                                                    |
 * | i64    | `lo`, `hi`: the two words (a column's value), or `v`: a whole double within 2^53 (computed) |
 * | dec    | `v`, `f1`, `f2`: limbs; v may be NaN (see column.ts) only when `big` is the code that yields the bigint |
 * | ref    | `v`: a datum                                                                             |
 */
export interface Reg {
  readonly layout: Layout;
  readonly nul: string | undefined;
  readonly v: string;
  readonly lo?: string | undefined;
  readonly hi?: string | undefined;
  readonly f1?: string | undefined;
  readonly f2?: string | undefined;
  readonly big?: string | undefined;
  /** While `when` (code) is true, the value could not be computed because of `error`, and is NULL. */
  readonly failure?: { readonly when: string; readonly error: SqlValueError } | undefined;
}

/**
 * Returns code, one piece per part of two registers of one type, that yields 1 if the parts differ and 0 otherwise. If
 * all are 0 the values are equal; a 1 may occur for equal values (NaN, objects, one value in two forms). The pieces
 * have no branches: one first taken late makes V8 discard the loop's optimized code.
 */
export function differingParts(x: Reg, y: Reg): string[] {
  const parts: [string | undefined, string | undefined][] = [
    [x.nul ?? '0', y.nul ?? '0'],
    [x.lo, y.lo],
    [x.hi, y.hi],
    [x.f1, y.f1],
    [x.f2, y.f2],
  ];
  if (x.lo === undefined || y.lo === undefined) parts.push([x.v, y.v]);
  return parts.flatMap(([l, r]) => {
    if (l === r) return [];
    return l === undefined || r === undefined ? ['1'] : [`(${l}===${r}?0:1)`];
  });
}
