import type { Diagnostic } from '../../diagnostic.ts';
import { DATE_UNITS, unitNamed } from '../../../values/date-unit.ts';
import { locationOf } from '../../bind/expr-binder.ts';
import { functionName, walk } from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { RENDERED } from './rendered.ts';
import { truncWord } from './unit-words.ts';

const WORDS: readonly string[] = DATE_UNITS.map(truncWord);

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
        if (text === undefined || WORDS.includes(text.toLowerCase())) return;
        const known = unitNamed(text);
        const hint =
          known === undefined ? `it takes ${WORDS.join(', ')}` : `write '${truncWord(known)}'; ${RENDERED}`;
        const span = slice.spanAt(locationOf(literal));
        found.push(refused('R001', `RisingWave's date_trunc does not know the unit '${text}'`, hint, span));
      });
    }
    return found;
  },
};
