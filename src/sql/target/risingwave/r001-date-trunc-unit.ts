import type { Diagnostic } from '../../diagnostic.ts';
import { locationOf } from '../../bind/expr-binder.ts';
import { functionName, walk } from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { RENDERED } from './rendered.ts';

/** RisingWave's words for units, which it takes in any case, each with PostgreSQL's synonyms. */
const UNITS: Readonly<Record<string, readonly string[]>> = {
  microseconds: ['us', 'usec', 'usecs', 'usecond', 'useconds', 'microsecond', 'microsecon'],
  milliseconds: ['ms', 'msec', 'msecs', 'msecond', 'mseconds', 'millisecond', 'millisecon'],
  second: ['s', 'sec', 'secs', 'seconds'],
  minute: ['m', 'min', 'mins', 'minutes'],
  hour: ['h', 'hr', 'hrs', 'hours'],
  day: ['d', 'days'],
  week: ['w', 'weeks'],
  month: ['mon', 'mons', 'months'],
  quarter: ['qtr', 'quarters'],
  year: ['y', 'yr', 'yrs', 'years'],
  decade: ['dec', 'decs', 'decades'],
  century: ['c', 'cent', 'centuries'],
  millennium: ['mil', 'mils', 'millennia'],
};

/** PostgreSQL takes short and plural units; RisingWave has one word for each unit. */
export const DATE_TRUNC_UNIT: TargetRule = {
  code: 'R001',
  about: 'a unit of date_trunc in a spelling that RisingWave does not know',
  source: "RisingWave's src/expr/impl/src/scalar/date_trunc.rs lists the thirteen words",
  renderable: true,
  check({ trees }) {
    const found: Diagnostic[] = [];
    for (const { tree, slice } of trees) {
      walk(tree, (kind, node) => {
        if (kind !== 'FuncCall' || functionName(node) !== 'date_trunc' || !('FuncCall' in node)) return;
        const [unit] = node.FuncCall.args ?? [];
        const literal = unit !== undefined && 'TypeCast' in unit ? unit.TypeCast.arg : unit;
        const text = literal !== undefined && 'A_Const' in literal ? literal.A_Const.sval?.sval : undefined;
        if (text === undefined || Object.hasOwn(UNITS, text.toLowerCase())) return;
        const word = Object.keys(UNITS).find((w) => UNITS[w]!.includes(text.toLowerCase()));
        const hint =
          word === undefined ? `it takes ${Object.keys(UNITS).join(', ')}` : `write '${word}'; ${RENDERED}`;
        const span = slice.spanAt(locationOf(literal));
        found.push(refused('R001', `RisingWave's date_trunc does not know the unit '${text}'`, hint, span));
      });
    }
    return found;
  },
};
