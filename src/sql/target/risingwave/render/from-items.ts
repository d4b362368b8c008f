import type { Node, SelectStmt } from '@pgsql/types';
import type { PlanColumn, PlanNode } from '../../../../plan/nodes.ts';
import { failure } from '../../../failure.ts';
import { locationOf } from '../../../bind/expr-binder.ts';
import { closingOf, leftwards } from '../../../text/select-clauses.ts';
import type { TokenRange } from '../../../text/node-range.ts';
import type { Slice } from '../../../text/slice.ts';
import { nameParts } from './atoms.ts';

/** A table or a sub-select of FROM. */
export interface FromItem {
  readonly node: Node;
  /** The name by which columns are qualified; empty for a sub-select without an alias. */
  readonly alias: string;
  readonly columns: readonly PlanColumn[];
  readonly plan: PlanNode;
  /** Whether an outer join puts NULLs in place of its columns. */
  readonly isOptional: boolean;
  /** The query of a sub-select. */
  readonly query: SelectStmt | undefined;
  /** All of its tokens, with its alias. */
  readonly range: TokenRange;
}

/** Returns the tables and sub-selects of a SELECT, in the order of the text. */
export function fromItems(stmt: SelectStmt, slice: Slice): readonly FromItem[] {
  return (stmt.fromClause ?? []).flatMap((node) => leaves(node, false, slice));
}

function leaves(node: Node, isOptional: boolean, slice: Slice): FromItem[] {
  if ('JoinExpr' in node) {
    const { jointype, larg, rarg } = node.JoinExpr;
    return [
      ...leaves(larg!, isOptional || jointype === 'JOIN_RIGHT', slice),
      ...leaves(rarg!, isOptional || jointype === 'JOIN_LEFT', slice),
    ];
  }
  const relation = slice.notes.relations.get(node);
  if (relation === undefined) return [];
  const query =
    'RangeSubselect' in node && node.RangeSubselect.subquery && 'SelectStmt' in node.RangeSubselect.subquery
      ? node.RangeSubselect.subquery.SelectStmt
      : undefined;
  const { alias, columns, plan } = relation;
  return [{ node, alias, columns, plan, isOptional, query, range: rangeOfItem(node, query, slice) }];
}

/** Returns the tokens of an item: its name or its query in brackets, then AS, the alias, and names of columns. */
function rangeOfItem(node: Node, query: SelectStmt | undefined, slice: Slice): TokenRange {
  const { tokens } = slice;
  const alias =
    'RangeVar' in node
      ? node.RangeVar.alias
      : 'RangeSubselect' in node
        ? node.RangeSubselect.alias
        : undefined;
  const namesAlias = (i: number): boolean =>
    alias === undefined || tokens[i]?.value === 'as' || tokens[i]?.value === alias.aliasname;
  let first: number;
  let last: number;
  if (query === undefined) {
    first = slice.tokenIndexAt('RangeVar' in node ? node.RangeVar.location : undefined);
    last = first;
    while (tokens[last + 1]?.raw === '.') last += 2;
  } else {
    first = bodyToken(query, slice);
    // A branch of a UNION can have brackets of its own inside those of the sub-select.
    do {
      first = leftwards(tokens, first, (t) => t.raw === '(');
      last = closingOf(tokens, first);
    } while (!namesAlias(last + 1));
  }
  if (alias !== undefined) {
    last += tokens[last + 1]?.value === 'as' ? 2 : 1;
    if ((alias.colnames ?? []).length > 0) last = closingOf(tokens, last + 1);
  }
  return { first, last };
}

/** Returns a token of a query that stands in no bracket inside it. */
function bodyToken(query: SelectStmt, slice: Slice): number {
  let stmt = query;
  while (stmt.larg !== undefined) stmt = stmt.larg;
  if (stmt.withClause !== undefined) return slice.tokenIndexAt(stmt.withClause.location);
  const at = locationOf(stmt.targetList?.[0]);
  if (at !== undefined) return slice.tokenIndexAt(at);
  // Its rows are in brackets of their own.
  const first = slice.tokenIndexAt(locationOf(firstValue(stmt)));
  return slice.tokens.findLastIndex((t, i) => i < first && t.kind === 'word' && t.value === 'values');
}

function firstValue(stmt: SelectStmt): Node | undefined {
  const row = stmt.valuesLists?.[0];
  return row !== undefined && 'List' in row ? row.List.items?.[0] : undefined;
}

/**
 * Returns the items that a reference to a column can mean: one, or both sides of a join USING it. Throws SqlFailure for
 * a column of a sub-select without an alias that shares its name with another.
 */
export function ownersOf(ref: Node, items: readonly FromItem[]): readonly FromItem[] {
  const parts = nameParts(ref);
  const name = parts.at(-1)!;
  const qualifier = parts.at(-2);
  const named = qualifier === undefined ? items : items.filter((item) => item.alias === qualifier);
  return name === '*' ? named : named.filter((item) => item.columns.some((c) => c.name === name));
}

export function noSingleItem(span: Parameters<typeof failure>[2]): Error {
  return failure(
    '0A000',
    'RisingWave keeps windows by a time of one relation, and this condition on the clock reads several',
    span,
    'compute the time in a sub-select or a view, and compare its column with the clock',
  );
}
