import type { SqlType } from '../../values/types.ts';
import type { FieldAggregate } from './aggregate.ts';
import {
  emitAddBigint,
  emitAddNumeric,
  emitAddWhole,
  emitAverage,
  emitBigintSum,
  emitNumericSum,
  loadSum,
} from './whole-sum.ts';

/**
 * Exact SUM and AVG of integers and numerics. Accumulators: low, carry, for numerics f1 and f2, and last the count of
 * values, which is left out if `every` row of the group has a value. SUM(SMALLINT|INTEGER) is BIGINT; SUM(BIGINT),
 * SUM(NUMERIC) and every AVG are NUMERIC. Only the result is rounded, once.
 */
export function exactSum(
  arg: SqlType,
  { average, every }: { readonly average: boolean; readonly every: boolean },
): FieldAggregate {
  const numeric = arg.kind === 'numeric';
  const counter = numeric ? 4 : 2;
  return {
    count: every ? counter : counter + 1,
    update(x, fields, { w, args }) {
      const value = args[0]!;
      if (!every) x.b.line(`${fields.f(counter)}+=${w};`);
      if (numeric) emitAddNumeric(x, fields, { w, arg: value });
      else if (arg.kind === 'bigint') emitAddBigint(x, fields, { w, arg: value });
      else emitAddWhole(x, fields, `${w}*${value.v}`);
    },
    result(x, fields) {
      const sum = { ...loadSum(x, fields, numeric), count: every ? fields.rows : fields.f(counter) };
      if (average) return emitAverage(x, sum);
      if (numeric || arg.kind === 'bigint') return emitNumericSum(x, sum);
      return emitBigintSum(x, { ...sum, isNull: every ? undefined : `${sum.count}===0` });
    },
  };
}
