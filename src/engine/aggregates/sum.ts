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
 * SUM and AVG of integers and numerics, exact. Numbers: low, carry, for numerics f1 and f2, and last the count
 * of values, unless `every` row of the group has one. SUM(SMALLINT|INTEGER) is BIGINT; SUM(BIGINT),
 * SUM(NUMERIC) and every AVG are NUMERIC, rounded once, in the result.
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
      if (every) return emitBigintSum(x, { ...sum, nul: undefined });
      const nul = x.b.fresh('n');
      x.b.line(`const ${nul}=${sum.count}===0?1:0;`);
      return emitBigintSum(x, { ...sum, nul });
    },
  };
}

/**
 * SUM and AVG of REAL and DOUBLE PRECISION: plain double arithmetic, reset when the group has no values left.
 * Numbers: the sum of finite values, the count of values, and how many are NaN, Infinity and -Infinity: in the sum
 * those would stay when they are taken away.
 */
export function doubleSum(average: boolean): FieldAggregate {
  return {
    count: 5,
    update(x, fields, { w, args }) {
      const v = args[0]!.v;
      const [sum, count, nans, infinities, negatives] = [0, 1, 2, 3, 4].map((k) => fields.f(k));
      // As values, not branches: one that is first taken late costs the whole loop its optimized code.
      x.b.line(`${count}+=${w};${sum}=${count}===0?0:${sum}+(${v}-${v}===0?${w}*${v}:0);`);
      x.b.line(`${nans}+=${v}===${v}?0:${w};`);
      x.b.line(`${infinities}+=${v}===Infinity?${w}:0;${negatives}+=${v}===-Infinity?${w}:0;`);
    },
    result(x, fields) {
      const [v, nul] = [x.b.fresh('v'), x.b.fresh('n')];
      const [sum, count, nans, infinities, negatives] = [0, 1, 2, 3, 4].map((k) => fields.f(k));
      x.b.line(`const ${nul}=${count}===0?1:0;`);
      const finite = average ? `${nul}===1?0:${sum}/${count}+0` : `${sum}+0`;
      x.b.line(`const ${v}=${nans}>0||${infinities}>0&&${negatives}>0?NaN`);
      x.b.line(`:${infinities}>0?Infinity:${negatives}>0?-Infinity:${finite};`);
      return { layout: 'f64', nul, v };
    },
  };
}
