import type { Node, SelectStmt } from '@pgsql/types';
import type { PlanColumn } from '../../../../plan/nodes.ts';
import { renderName } from '../../../../plan/render-expr.ts';
import { sameType, typeName } from '../../../../values/types.ts';
import type { SqlType } from '../../../../values/types.ts';
import { locationOf } from '../../../bind/expr-binder.ts';
import { clausesOf } from '../../../text/select-clauses.ts';
import { nameParts } from './atoms.ts';
import { fromItems, ownersOf } from './from-items.ts';
import { asOperand } from './query-text.ts';
import type { QueryText } from './query-text.ts';

/**
 * Casts the columns of a UNION to the types of its result. RisingWave finds a common type for two plain SELECTs; with
 * more branches, VALUES or brackets it wants exactly equal types.
 */
export function castBranches(stmt: SelectStmt, text: QueryText): void {
  const { queries } = text.slice.notes;
  const result = queries.get(stmt);
  const branches = branchesOf(stmt);
  const isPlain = branches.every((b) => b.valuesLists === undefined && !isInBrackets(b, text));
  if (result === undefined || (branches.length < 3 && isPlain)) return;
  for (const branch of branches) {
    const own = queries.get(branch);
    if (own === undefined) continue;
    castValues(branch, result, text);
    let at = 0;
    for (const target of branch.targetList ?? []) {
      const width =
        'ResTarget' in target
          ? castTarget(target.ResTarget.val!, branch, own.slice(at), result.slice(at), text)
          : 1;
      at += width;
    }
  }
}

/** Returns whether a branch is a SELECT in brackets. */
function isInBrackets(branch: SelectStmt, { slice }: QueryText): boolean {
  if (branch.valuesLists !== undefined) return false;
  if (branch.withClause !== undefined) return true;
  const before = slice.tokens[clausesOf(branch, slice).select - 1];
  const after = slice.tokens[clausesOf(branch, slice).last + 1];
  return before?.raw === '(' && after?.raw === ')';
}

function castValues({ valuesLists = [] }: SelectStmt, result: readonly PlanColumn[], text: QueryText): void {
  for (const row of valuesLists) {
    const items = 'List' in row ? (row.List.items ?? []) : [];
    items.forEach((item, i) => castTo(item, result[i]!.type, text));
  }
}

/** Writes the cast of a value, unless it has the type, or is a text literal that takes it. */
function castTo(value: Node, type: SqlType, text: QueryText): void {
  const bound = text.exprOf(value);
  if (bound === undefined || sameType(bound.type, type)) return;
  if (type.kind === 'varchar' && bound.kind === 'const' && bound.value !== null) return;
  const range = text.rangeOf(value);
  text.replace(range, `${asOperand(text.text(range))}::${typeName(type)}`);
}

/** Returns the branches of a UNION, nested ones included. */
function branchesOf(stmt: SelectStmt): readonly SelectStmt[] {
  return stmt.larg === undefined || stmt.rarg === undefined
    ? [stmt]
    : [...branchesOf(stmt.larg), ...branchesOf(stmt.rarg)];
}

/** Casts the columns of an item of a select list where their types differ. Returns how many columns the item has. */
function castTarget(
  value: Node,
  branch: SelectStmt,
  own: readonly PlanColumn[],
  result: readonly PlanColumn[],
  text: QueryText,
): number {
  const isStar = 'ColumnRef' in value && nameParts(value).at(-1) === '*';
  if (!isStar) {
    castTo(value, result[0]!.type, text);
    return 1;
  }
  const items = fromItems(branch, text.slice);
  const columns = ownersOf(value, items).flatMap((item) => item.columns.map((column) => ({ item, column })));
  const differs = columns.some((_, i) => !sameType(own[i]!.type, result[i]!.type));
  if (differs) {
    const list = columns.map(({ item, column }, i) => {
      const qualifier = items.length > 1 && item.alias !== '' ? `${renderName(item.alias)}.` : '';
      const name = qualifier + renderName(column.name);
      return cast(name, own[i]!.type, result[i]!);
    });
    const at = text.slice.tokenIndexAt(locationOf(value));
    text.replace({ first: at, last: at + 2 * (nameParts(value).length - 1) }, list.join(', '));
  }
  return columns.length;
}

function cast(name: string, from: SqlType, to: PlanColumn): string {
  return sameType(from, to.type) ? name : `${name}::${typeName(to.type)} AS ${renderName(to.name)}`;
}
