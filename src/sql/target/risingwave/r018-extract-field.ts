import type { Diagnostic } from '../../diagnostic.ts';
import { DATE_UNITS, unitNamed } from '../../../values/date-unit.ts';
import { locationOf } from '../../bind/expr-binder.ts';
import { functionName, walk } from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

/** RisingWave's words for fields that are no units, which it takes in any case, each with PostgreSQL's synonyms. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
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
const WORDS: readonly string[] = [...DATE_UNITS, ...Object.keys(FIELDS)];

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
        const [first] = node.FuncCall.args ?? [];
        const literal = first !== undefined && 'TypeCast' in first ? first.TypeCast.arg : first;
        const text = literal !== undefined && 'A_Const' in literal ? literal.A_Const.sval?.sval : undefined;
        if (text === undefined || WORDS.includes(text.toLowerCase())) return;
        const field = text.toLowerCase();
        const word = unitNamed(field) ?? Object.keys(FIELDS).find((w) => FIELDS[w]!.includes(field));
        const hint = word === undefined ? `it takes ${WORDS.join(', ')}` : `write ${word}`;
        const message = `RisingWave's ${name} does not know the field ${text}`;
        found.push(refused('R018', message, hint, slice.spanAt(locationOf(literal))));
      });
    }
    return found;
  },
};
