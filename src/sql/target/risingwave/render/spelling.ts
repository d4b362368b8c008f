import { unitNamed } from '../../../../values/date-unit.ts';
import { locationOf } from '../../../bind/expr-binder.ts';
import { functionName, walk } from '../../query.ts';
import type { Interval } from '../../../../values/datum.ts';
import { isRead } from '../r038-time-literal.ts';
import { renderInterval } from './clock-form.ts';
import { truncWord } from '../unit-words.ts';
import { sqlLiteral } from './query-text.ts';
import type { QueryText } from './query-text.ts';

/** Writes the units of date_trunc in the one word that RisingWave has for each. */
export function spellUnits(part: unknown, text: QueryText): void {
  walk(part, (kind, node) => {
    if (kind === 'SelectStmt') return false;
    if (functionName(node) !== 'date_trunc' || !('FuncCall' in node)) return true;
    const [unit] = node.FuncCall.args ?? [];
    const written = unit !== undefined && 'A_Const' in unit ? unit.A_Const.sval?.sval : undefined;
    const known = written === undefined ? undefined : unitNamed(written);
    if (known === undefined || written!.toLowerCase() === truncWord(known)) return true;
    const at = text.slice.tokenIndexAt(locationOf(unit));
    text.replace({ first: at, last: at }, `'${truncWord(known)}'`);
    return true;
  });
}

/** Writes dates, times and intervals in forms that RisingWave reads: `INTERVAL '2 weeks'` as `INTERVAL '14 days'`. */
export function spellTimes(part: unknown, text: QueryText): void {
  walk(part, (kind, node) => {
    if (kind === 'SelectStmt') return false;
    if (!('TypeCast' in node)) return true;
    const { arg } = node.TypeCast;
    const written = arg !== undefined && 'A_Const' in arg ? arg.A_Const.sval?.sval : undefined;
    const bound = text.exprOf(node);
    if (written === undefined || bound?.kind !== 'const' || bound.value === null) return true;
    const range = text.rangeOf(node);
    // RisingWave's parser does not know TIMESTAMPTZ in front of a text.
    const isPrefix = bound.type.kind === 'timestamptz' && text.slice.tokens[range.first]!.kind === 'word';
    if (isRead(bound.type.kind, written) && !isPrefix) return true;
    const sql =
      bound.type.kind === 'interval'
        ? renderInterval(bound.value as Interval)
        : sqlLiteral(bound.value, bound.type);
    text.replace(range, sql);
    return true;
  });
}
