import type { Node, SelectStmt } from '@pgsql/types';
import type { Span } from '../../plan/expr.ts';
import { locationOf } from '../bind/expr-binder.ts';
import type { Statement } from '../ddl/statement.ts';
import { SqlFailure } from '../failure.ts';
import type { Slice } from '../text/slice.ts';

/** A parsed query of a view or a sink, with its text for places. */
export interface Query {
  readonly select: SelectStmt;
  readonly slice: Slice;
}

/** The queries of all statements; what cannot be parsed has been reported, and is left out. */
export function queriesOf(statements: readonly Statement[]): readonly Query[] {
  return statements.flatMap((s): Query[] => {
    const slice = sliceOf(s);
    if (slice === undefined) return [];
    try {
      return [{ select: slice.query(), slice }];
    } catch (e) {
      if (e instanceof SqlFailure) return [];
      throw e;
    }
  });
}

function sliceOf(s: Statement): Slice | undefined {
  if (s.kind === 'view' || s.kind === 'materialized view') return s.query;
  return s.kind === 'sink' && s.input.kind === 'query' ? s.input.query : undefined;
}

/** Calls `f` with every node below a part of a parse tree and the kind of it, outermost first; false keeps it out. */
export function walk(part: unknown, f: (kind: string, node: Node) => boolean | void): void {
  if (Array.isArray(part)) {
    for (const each of part) walk(each, f);
    return;
  }
  if (part === null || typeof part !== 'object') return;
  for (const [key, value] of Object.entries(part)) {
    // Nodes are wrapped in an object with their kind as the only key, and kinds are written in capitals.
    if (/^[A-Z]/.test(key) && f(key, part as Node) === false) continue;
    walk(value, f);
  }
}

/** Every SELECT of a query: its own, those of CTEs and sub-selects, and the branches of set operations. */
export function selectsOf(select: SelectStmt): readonly SelectStmt[] {
  const found = [select];
  const branches = [select.larg, select.rarg].filter((s) => s !== undefined);
  found.push(...branches.flatMap(selectsOf));
  const { larg: _, rarg: __, ...own } = select;
  walk(own, (kind, node) => {
    if (kind !== 'SelectStmt' || !('SelectStmt' in node)) return true;
    found.push(...selectsOf(node.SelectStmt));
    return false;
  });
  return found;
}

/** The name of a called function, without its schema. */
export function functionName(node: Node): string | undefined {
  const last = 'FuncCall' in node ? node.FuncCall.funcname?.at(-1) : undefined;
  return last !== undefined && 'String' in last ? last.String.sval : undefined;
}

/** Signs between two values that are compared. */
export const COMPARISONS: ReadonlySet<string> = new Set(['=', '<', '<=', '>', '>=', '<>', '!=']);

/** The sign of an operator, without its schema: `+`, `<>`, or BETWEEN. */
export function operatorOf(node: Node): string | undefined {
  const last = 'A_Expr' in node ? node.A_Expr.name?.at(-1) : undefined;
  return last !== undefined && 'String' in last ? last.String.sval : undefined;
}

/** The items of a list in a parse tree, as of IN and BETWEEN; a part that is no list is one item. */
export function itemsOf(part: Node | undefined): readonly Node[] {
  if (part === undefined) return [];
  return 'List' in part ? (part.List.items ?? []) : [part];
}

/** Does a part of a parse tree, sub-selects left out, read the clock? Gives the first place that does. */
export function clockIn(part: unknown): Node | undefined {
  let found: Node | undefined;
  walk(part, (kind, node) => {
    if (kind === 'SelectStmt') return false;
    if (found === undefined && isClock(node)) found = node;
    return true;
  });
  return found;
}

/** Does a part of a parse tree, sub-selects left out, name a column? */
export function hasColumn(part: Node): boolean {
  let has = false;
  walk(part, (kind) => {
    if (kind === 'ColumnRef') has = true;
    return kind !== 'SelectStmt';
  });
  return has;
}

/** `now()`, or a name for it that RisingWave knows. */
export function isClock(node: Node): boolean {
  if ('SQLValueFunction' in node) return /CURRENT_TIMESTAMP/.test(node.SQLValueFunction.op ?? '');
  return functionName(node) === 'now';
}

/** WHERE, HAVING and the ON of joins; sub-selects are not gone into. */
function conditionsOf(s: SelectStmt): readonly unknown[] {
  const conditions: unknown[] = [s.whereClause, s.havingClause];
  walk(s.fromClause, (kind, node) => {
    if (kind === 'SelectStmt') return false;
    if ('JoinExpr' in node) conditions.push(node.JoinExpr.quals);
    return true;
  });
  return conditions;
}

/**
 * The clocks in the conditions of queries that a rule refuses. `clockOf` gives the clock of a part that is refused
 * as a whole; undefined sends the walk on into the part's own parts.
 */
export function clocksInConditions(
  queries: readonly Query[],
  clockOf: (part: Node) => Node | undefined,
): readonly Span[] {
  const found: Span[] = [];
  for (const { select, slice } of queries) {
    walk(selectsOf(select).flatMap(conditionsOf), (kind, node) => {
      if (kind === 'SelectStmt') return false;
      const clock = clockOf(node);
      if (clock !== undefined) found.push(slice.spanAt(locationOf(clock)));
      return clock === undefined;
    });
  }
  return found;
}
