import type { Node, SelectStmt } from '@pgsql/types';
import type { Expr, Span } from '../../plan/expr.ts';
import type { AggregateNode, OrderKey, PlanNode, TopNNode } from '../../plan/nodes.ts';
import { failure, unsupported } from '../failure.ts';
import { ExprBinder, locationOf } from './expr-binder.ts';
import { columnCount, columnsOf } from './nodes.ts';
import type { QueryContext } from './query-context.ts';
import { NO_ALIAS, Scope } from './scope.ts';
import { bindSortKeys } from './sort-keys.ts';
import { integerConst } from './type-name.ts';

/** Returns a plan with each distinct row of `input` once. */
export function distinct(input: PlanNode, span: Span): PlanNode {
  const node: AggregateNode = {
    kind: 'aggregate',
    input,
    groupBy: columnsOf(input),
    calls: [],
    global: false,
    columns: input.columns,
    span,
  };
  return node;
}

/** Binds ORDER BY over the output columns of `node`: by name, by position, or by an expression of them. */
export function outputSortKeys(
  node: PlanNode,
  sortClause: readonly Node[] | undefined,
  context: QueryContext,
): OrderKey[] {
  const binder = new ExprBinder({
    slice: context.slice,
    scope: Scope.of(NO_ALIAS, node.columns),
    clause: 'ORDER BY',
  });
  return bindSortKeys(
    sortClause,
    context.slice,
    (n) => atPosition(n, columnsOf(node), 'ORDER BY', context.slice.spanAt(locationOf(n))) ?? binder.bind(n),
  );
}

/** Returns the select item that `ORDER BY 2` or `GROUP BY 2` means; undefined if `node` is no constant. */
export function atPosition(node: Node, items: readonly Expr[], clause: string, span: Span): Expr | undefined {
  if (!('A_Const' in node)) return undefined;
  const position = integerConst(node);
  if (position === undefined) {
    throw failure(
      '42601',
      `a constant in ${clause} must be a position in the select list`,
      span,
      node.A_Const.sval === undefined
        ? 'name a column, or leave it out'
        : `write a column without quotes, or in double quotes: "${node.A_Const.sval.sval ?? ''}"`,
    );
  }
  const item = items[position - 1];
  if (item !== undefined) return item;
  throw failure(
    '42P10',
    `${clause} position ${position} is not in the select list`,
    span,
    `the select list has ${columnCount(items)}`,
  );
}

/** Returns the rows that LIMIT and OFFSET keep; `input` itself without them. Warns (F007) of ORDER BY without LIMIT. */
export function limited(
  input: PlanNode,
  orderBy: readonly OrderKey[],
  stmt: SelectStmt,
  context: QueryContext,
): PlanNode {
  const { slice, reporter } = context;
  if (stmt.limitOption === 'LIMIT_OPTION_WITH_TIES') {
    throw unsupported('WITH TIES', slice.spanAt(locationOf(stmt.limitCount)), 'use LIMIT');
  }
  const limit = rowCount(stmt.limitCount, 'LIMIT', context);
  const offset = rowCount(stmt.limitOffset, 'OFFSET', context) ?? 0;
  if (limit === undefined) {
    if (stmt.limitOffset !== undefined && offset > 0) {
      throw unsupported('OFFSET without LIMIT', slice.spanAt(locationOf(stmt.limitOffset)), 'add LIMIT n');
    }
    if (context.depth === 0 && orderBy.length > 0) {
      reporter.warn(
        'F007',
        'ORDER BY without LIMIT has no effect: a view has no order',
        slice.spanAt(locationOf(sortNode(stmt.sortClause?.[0]))),
        'leave it out, or add LIMIT n',
      );
    }
    return input;
  }
  return topN(input, { orderBy, limit, offset, span: slice.spanAt(locationOf(stmt.limitCount)) });
}

/** Returns the first rows of each partition, without a column for their rank. */
export function topN(
  input: PlanNode,
  options: {
    readonly partitionBy?: readonly Expr[];
    readonly orderBy: readonly OrderKey[];
    readonly limit: number;
    readonly offset?: number;
    readonly span: Span;
  },
): TopNNode {
  return {
    kind: 'top_n',
    input,
    partitionBy: options.partitionBy ?? [],
    orderBy: withoutConstants(options.orderBy),
    limit: options.limit,
    offset: options.offset ?? 0,
    rank: false,
    columns: input.columns,
    span: options.span,
  };
}

/** Drops constant sort keys, which do not order rows. */
function withoutConstants(keys: readonly OrderKey[]): readonly OrderKey[] {
  return keys.filter((k) => k.expr.kind !== 'const');
}

function sortNode(item: Node | undefined): Node | undefined {
  return item !== undefined && 'SortBy' in item ? item.SortBy.node : undefined;
}

function rowCount(node: Node | undefined, clause: string, context: QueryContext): number | undefined {
  if (node === undefined) return undefined;
  const span = context.slice.spanAt(locationOf(node));
  const bound = new ExprBinder({ slice: context.slice, scope: Scope.empty, clause }).bind(node);
  if (bound.kind !== 'const')
    throw unsupported(`${clause} that is not a constant`, span, `write a number: ${clause} 10`);
  // LIMIT ALL, LIMIT NULL.
  if (bound.value === null) return undefined;
  const n = typeof bound.value === 'bigint' ? Number(bound.value) : bound.value;
  const whole = bound.type.kind === 'integer' || bound.type.kind === 'bigint';
  if (!whole || typeof n !== 'number' || n < 0 || n > 2 ** 31 - 1) {
    throw failure(
      '22023',
      `${clause} must be a whole number from 0 to 2147483647`,
      span,
      `write ${clause} 10`,
    );
  }
  return n;
}
