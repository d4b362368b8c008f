import type { SelectStmt } from '@pgsql/types';
import { unitNamed } from '../../../../values/date-unit.ts';
import { locationOf } from '../../../bind/expr-binder.ts';
import { functionName, walk } from '../../query.ts';
import { wordOf } from './clock-form.ts';
import type { QueryText } from './query-text.ts';

/** Writes the units of date_trunc in the one word that RisingWave has for each. */
export function spellUnits(stmt: SelectStmt, text: QueryText): void {
  walk(stmt, (kind, node) => {
    if (kind === 'SelectStmt') return false;
    if (functionName(node) !== 'date_trunc' || !('FuncCall' in node)) return true;
    const [unit] = node.FuncCall.args ?? [];
    const written = unit !== undefined && 'A_Const' in unit ? unit.A_Const.sval?.sval : undefined;
    const known = written === undefined ? undefined : unitNamed(written);
    if (known === undefined || written!.toLowerCase() === wordOf(known)) return true;
    const at = text.slice.tokenIndexAt(locationOf(unit));
    text.replace({ first: at, last: at }, `'${wordOf(known)}'`);
    return true;
  });
}
