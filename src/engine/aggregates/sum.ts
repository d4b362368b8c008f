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
 * SUM and AVG of integers and numerics, exact. Fields: low, carry, count of non-null values, and for numerics f1, f2.
 * SUM(SMALLINT|INTEGER) is BIGINT; SUM(BIGINT), SUM(NUMERIC) and every AVG are NUMERIC, rounded once, in the result.
 */
export function exactSum(arg: SqlType, average: boolean): FieldAggregate {
  const numeric = arg.kind === 'numeric';
  return {
    f64Count: numeric ? 5 : 3,
    i32Count: 0,
    update(x, { f }, { s, w, args }) {
      const value = args[0]!;
      x.b.line(`${f[2]}[${s}]+=${w};`);
      if (numeric) emitAddNumeric(x, [f[0]!, f[1]!, f[3]!, f[4]!], { s, w, arg: value });
      else if (arg.kind === 'bigint') emitAddBigint(x, f[0]!, f[1]!, { s, w, arg: value });
      else emitAddWhole(x, f[0]!, f[1]!, s, `${w}*${value.v}`);
    },
    result(x, fields, i) {
      const sum = loadSum(x, fields, i, numeric);
      if (average) return emitAverage(x, sum);
      const nul = x.b.fresh('n');
      x.b.line(`const ${nul}=${sum.count}===0?1:0;`);
      return numeric || arg.kind === 'bigint'
        ? emitNumericSum(x, { ...sum, nul })
        : emitBigintSum(x, { ...sum, nul });
    },
  };
}

/** SUM and AVG of REAL and DOUBLE PRECISION: plain double arithmetic, reset when the group has no values left. */
export function doubleSum(average: boolean): FieldAggregate {
  return {
    f64Count: 2,
    i32Count: 0,
    update(x, { f }, { s, w, args }) {
      x.b.line(`if((${f[1]}[${s}]+=${w})===0)${f[0]}[${s}]=0;else ${f[0]}[${s}]+=${w}*${args[0]!.v};`);
    },
    result(x, { f }, i) {
      const [v, nul] = [x.b.fresh('v'), x.b.fresh('n')];
      x.b.line(`const ${nul}=${f[1]}[${i}]===0?1:0;`);
      x.b.line(`const ${v}=${nul}===1?0:${f[0]}[${i}]${average ? `/${f[1]}[${i}]` : ''}+0;`);
      return { layout: 'f64', nul, v };
    },
  };
}
