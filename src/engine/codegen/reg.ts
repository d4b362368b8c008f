import type { Layout } from '../column.ts';

/**
 * The code of one computed value inside a generated row loop. `nul` is the code of its null flag (0 or 1), or
 * undefined when it is never null; where it is 1, the value's code yields zeros.
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
}
