import type { SqlValueError } from '../../values/sql-error.ts';
import type { CodeBuilder } from '../codegen/builder.ts';
import type { Reg } from '../codegen/reg.ts';

/** Returned by functions that compute an aggregate's result. They leave the value itself in a register of their own. */
export type ResultKind = typeof IS_VALUE | typeof IS_NULL | typeof IS_FAILURE;

export const IS_VALUE = 0;
export const IS_NULL = 1;
/** The result could not be computed, and is NULL. */
export const IS_FAILURE = 2;

/** Emits the null flag and the failure of a result; `kind` is code that yields its ResultKind. */
export function emitKind(
  b: CodeBuilder,
  kind: string,
  error: SqlValueError,
): Required<Pick<Reg, 'nul' | 'failure'>> {
  const [is, nul] = [b.fresh('r'), b.fresh('n')];
  b.line(`const ${is}=${kind},${nul}=${is}===${IS_VALUE}?0:1;`);
  return { nul, failure: { when: `${is}===${IS_FAILURE}`, error } };
}
