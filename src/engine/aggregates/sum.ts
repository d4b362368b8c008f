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
 * SUM and AVG of integers and numerics, exact. Numbers: low, carry, count of non-null values, and for numerics
 * f1, f2. SUM(SMALLINT|INTEGER) is BIGINT; SUM(BIGINT), SUM(NUMERIC) and every AVG are NUMERIC, rounded once,
 * in the result.
 */
export function exactSum(arg: SqlType, average: boolean): FieldAggregate {
  const numeric = arg.kind === 'numeric';
  return {
    count: numeric ? 5 : 3,
    update(x, fields, { w, args }) {
      const value = args[0]!;
      x.b.line(`${fields.f(2)}+=${w};`);
      if (numeric) emitAddNumeric(x, fields, { w, arg: value });
      else if (arg.kind === 'bigint') emitAddBigint(x, fields, { w, arg: value });
      else emitAddWhole(x, fields, `${w}*${value.v}`);
    },
    result(x, fields) {
      const sum = loadSum(x, fields, numeric);
      if (average) return emitAverage(x, sum);
      const nul = x.b.fresh('n');
      x.b.line(`const ${nul}=${sum.count}===0?1:0;`);
      return numeric || arg.kind === 'bigint'
        ? emitNumericSum(x, { ...sum, nul })
        : emitBigintSum(x, { ...sum, nul });
    },
  };
}

/**
 * SUM and AVG of REAL and DOUBLE PRECISION: plain double arithmetic, reset when the group has no values left.
 */
export function doubleSum(average: boolean): FieldAggregate {
  return {
    count: 2,
    update(x, fields, { w, args }) {
      x.b.line(`if((${fields.f(1)}+=${w})===0)${fields.f(0)}=0;else ${fields.f(0)}+=${w}*${args[0]!.v};`);
    },
    result(x, fields) {
      const [v, nul] = [x.b.fresh('v'), x.b.fresh('n')];
      x.b.line(`const ${nul}=${fields.f(1)}===0?1:0;`);
      x.b.line(`const ${v}=${nul}===1?0:${fields.f(0)}${average ? `/${fields.f(1)}` : ''}+0;`);
      return { layout: 'f64', nul, v };
    },
  };
}
