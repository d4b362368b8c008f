import type { Diagnostic } from '../../diagnostic.ts';
import { locationOf } from '../../bind/expr-binder.ts';
import { functionName, walk } from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

/** RisingWave's words for fields, which it takes in any case, each with PostgreSQL's synonyms. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  microsecond: ['us', 'usec', 'usecs', 'usecond', 'useconds', 'microseconds', 'microsecon'],
  millisecond: ['ms', 'msec', 'msecs', 'msecond', 'mseconds', 'milliseconds', 'millisecon'],
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
  epoch: [],
  dow: [],
  doy: [],
  isodow: [],
  isoyear: [],
  julian: ['jd', 'j'],
  timezone: [],
  timezone_hour: ['timezone_h'],
  timezone_minute: ['timezone_m'],
  nanosecond: [],
};

/** PostgreSQL takes short and plural fields; RisingWave has one word for each. */
export const EXTRACT_FIELD: TargetRule = {
  code: 'R018',
  about: 'a field of EXTRACT or date_part in a spelling that RisingWave does not know',
  source: "RisingWave's src/expr/impl/src/scalar/extract.rs lists the words",
  renderable: false,
  check({ trees }) {
    const found: Diagnostic[] = [];
    for (const { tree, slice } of trees) {
      walk(tree, (_, node) => {
        const name = functionName(node);
        if ((name !== 'extract' && name !== 'date_part') || !('FuncCall' in node)) return;
        const [field] = node.FuncCall.args ?? [];
        const literal = field !== undefined && 'TypeCast' in field ? field.TypeCast.arg : field;
        const text = literal !== undefined && 'A_Const' in literal ? literal.A_Const.sval?.sval : undefined;
        if (text === undefined || Object.hasOwn(FIELDS, text.toLowerCase())) return;
        const word = Object.keys(FIELDS).find((w) => FIELDS[w]!.includes(text.toLowerCase()));
        const hint = word === undefined ? `it takes ${Object.keys(FIELDS).join(', ')}` : `write ${word}`;
        const message = `RisingWave's ${name} does not know the field ${text}`;
        found.push(refused('R018', message, hint, slice.spanAt(locationOf(literal))));
      });
    }
    return found;
  },
};
