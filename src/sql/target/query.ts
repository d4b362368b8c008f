import type { Node, SelectStmt } from '@pgsql/types';
import { isAggregate } from '../bind/aggregates.ts';
import type { Statement } from '../ddl/statement.ts';
import { SqlFailure } from '../failure.ts';
import type { Name } from '../text/cursor.ts';
import type { Slice } from '../text/slice.ts';

/** A parsed query of a view or a sink, with the slice that turns its locations into spans. */
export interface Query {
  readonly select: SelectStmt;
  readonly slice: Slice;
  /** The view's list of column names, if it has one. */
  readonly columns: readonly Name[] | undefined;
}

/** Returns every slice of the statements: queries, expressions of generated columns and watermarks, and types. */
export function slicesOf(statements: readonly Statement[]): readonly Slice[] {
  return statements.flatMap((s): Slice[] => {
    if (s.kind !== 'source' && s.kind !== 'table') return [sliceOf(s)].filter((q) => q !== undefined);
    const columns = s.columns.flatMap((c) => [c.type, c.generated]);
    return [...columns, ...s.watermarks.map((w) => w.expr)].filter((x) => x !== undefined);
  });
}

/** Returns the queries of all statements, without those that cannot be parsed, which have been reported. */
export function queriesOf(statements: readonly Statement[]): readonly Query[] {
  return statements.flatMap((s): readonly Query[] => {
    const slice = sliceOf(s);
    if (slice === undefined) return [];
    const columns = s.kind === 'view' || s.kind === 'materialized view' ? s.columns : undefined;
    return parsed(() => ({ select: slice.query(), slice, columns }));
  });
}

/** A part of a statement as a parse tree, with the slice that turns its locations into spans. */
export interface Tree {
  readonly tree: unknown;
  readonly slice: Slice;
}

/** Returns the queries and the expressions of generated columns and watermarks, without those that cannot be parsed. */
export function treesOf(statements: readonly Statement[], queries: readonly Query[]): readonly Tree[] {
  const expressions = statements.flatMap((s): readonly Tree[] => {
    if (s.kind !== 'source' && s.kind !== 'table') return [];
    const slices = [...s.columns.flatMap((c) => c.generated ?? []), ...s.watermarks.map((w) => w.expr)];
    return slices.flatMap((slice) => parsed(() => ({ tree: slice.expression(), slice })));
  });
  return [...queries.map(({ select, slice }) => ({ tree: select, slice })), ...expressions];
}

/** Returns what `parse` gives; nothing if it fails, which has been reported. */
function parsed<T>(parse: () => T): readonly T[] {
  try {
    return [parse()];
  } catch (e) {
    if (e instanceof SqlFailure) return [];
    throw e;
  }
}

function sliceOf(s: Statement): Slice | undefined {
  if (s.kind === 'view' || s.kind === 'materialized view') return s.query;
  return s.kind === 'sink' && s.input.kind === 'query' ? s.input.query : undefined;
}

/**
 * Calls `f` with each node in a part of a parse tree and the node's kind, outermost first. Where `f` returns false, the
 * walk skips the nodes inside.
 */
export function walk(part: unknown, f: (kind: string, node: Node) => boolean | void): void {
  if (Array.isArray(part)) {
    for (const each of part) walk(each, f);
    return;
  }
  if (part === null || typeof part !== 'object') return;
  for (const [key, value] of Object.entries(part)) {
    // A node is wrapped in an object whose only key is its kind, which begins with a capital.
    if (/^[A-Z]/.test(key) && f(key, part as Node) === false) continue;
    walk(value, f);
  }
}

/** Returns every SELECT of a query: its own, those of CTEs and sub-selects, and the branches of set operations. */
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

/** Returns the name of the function that a node calls, without its schema; undefined if it is no call. */
export function functionName(node: Node): string | undefined {
  const last = 'FuncCall' in node ? node.FuncCall.funcname?.at(-1) : undefined;
  return last !== undefined && 'String' in last ? last.String.sval : undefined;
}

/** Returns the operator of a node, without its schema, such as `+`, `<>` or BETWEEN; undefined if it has none. */
export function operatorOf(node: Node): string | undefined {
  const last = 'A_Expr' in node ? node.A_Expr.name?.at(-1) : undefined;
  return last !== undefined && 'String' in last ? last.String.sval : undefined;
}

/** Returns the items of a list in a parse tree, as of IN and BETWEEN. A part that is no list is its own single item. */
export function itemsOf(part: Node | undefined): readonly Node[] {
  if (part === undefined) return [];
  return 'List' in part ? (part.List.items ?? []) : [part];
}

/** Returns the first node of a part of a parse tree, outside sub-selects, that reads the clock, if there is one. */
export function clockIn(part: unknown): Node | undefined {
  let found: Node | undefined;
  walk(part, (kind, node) => {
    if (kind === 'SelectStmt') return false;
    if (found === undefined && isClock(node)) found = node;
    return true;
  });
  return found;
}

/** Returns whether a part of a parse tree names a column outside sub-selects. */
export function hasColumn(part: Node): boolean {
  let has = false;
  walk(part, (kind) => {
    if (kind === 'ColumnRef') has = true;
    return kind !== 'SelectStmt';
  });
  return has;
}

/** Returns whether a node is `now()` or CURRENT_TIMESTAMP, the two clocks that RisingWave knows. */
export function isClock(node: Node): boolean {
  if ('SQLValueFunction' in node) return /CURRENT_TIMESTAMP/.test(node.SQLValueFunction.op ?? '');
  return functionName(node) === 'now';
}

/** Returns WHERE, HAVING and the ON of the joins of one SELECT, without its sub-selects. */
export function conditionsOf(s: SelectStmt): readonly (Node | undefined)[] {
  const conditions: (Node | undefined)[] = [s.whereClause, s.havingClause];
  walk(s.fromClause, (kind, node) => {
    if (kind === 'SelectStmt') return false;
    if ('JoinExpr' in node) conditions.push(node.JoinExpr.quals);
    return true;
  });
  return conditions;
}

/** Returns the aggregate calls in a part of a parse tree, outside sub-selects. */
export function aggregatesIn(part: unknown): readonly Node[] {
  const found: Node[] = [];
  walk(part, (kind, node) => {
    const name = functionName(node);
    if (kind === 'FuncCall' && name !== undefined && isAggregate(name)) found.push(node);
    return kind !== 'SelectStmt';
  });
  return found;
}
