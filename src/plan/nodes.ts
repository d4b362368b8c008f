import type { AggregateName } from '../functions/function.ts';
import type { SqlType } from '../values/types.ts';
import type { Expr, Span } from './expr.ts';

export interface PlanColumn {
  readonly name: string;
  readonly type: SqlType;
  readonly nullable: boolean;
}

/**
 * Bound relational plans: the meaning of a query, independent of how it runs. Immutable. Every node lists its output
 * columns; expressions refer to the columns of the node's input by position (for a join: left's, then right's).
 */
export type PlanNode =
  | ScanNode
  | ValuesNode
  | ProjectNode
  | FilterNode
  | AggregateNode
  | JoinNode
  | TopNNode
  | UnionAllNode;

interface NodeBase {
  readonly columns: readonly PlanColumn[];
  readonly span?: Span | undefined;
}
/** Rows of a source, a table or a materialized view. Plain views and CTEs are inlined by the binder. */
export interface ScanNode extends NodeBase {
  readonly kind: 'scan';
  readonly relation: { readonly kind: 'source' | 'table' | 'materialized view'; readonly name: string };
}
export interface ValuesNode extends NodeBase {
  readonly kind: 'values';
  readonly rows: readonly (readonly Expr[])[];
}
export interface ProjectNode extends NodeBase {
  readonly kind: 'project';
  readonly input: PlanNode;
  readonly exprs: readonly Expr[];
}
/** Keeps rows for which the predicate is TRUE. HAVING is a filter above an aggregate. */
export interface FilterNode extends NodeBase {
  readonly kind: 'filter';
  readonly input: PlanNode;
  readonly predicate: Expr;
}
export interface OrderKey {
  readonly expr: Expr;
  readonly descending: boolean;
  /** PostgreSQL's default: NULLs are largest (last when ascending, first when descending). */
  readonly nullsFirst: boolean;
}
export interface AggregateCall {
  readonly name: AggregateName;
  /** None for `count(*)`; key and value for jsonb_object_agg; value and delimiter for string_agg. */
  readonly args: readonly Expr[];
  readonly distinct: boolean;
  readonly filter?: Expr | undefined;
  readonly orderBy: readonly OrderKey[];
  readonly type: SqlType;
  readonly nullable: boolean;
  readonly span?: Span | undefined;
}
/**
 * GROUP BY. Output: the group keys, then one column per call. Without GROUP BY (`global`) there is always exactly one
 * row. NULL keys form one group. DISTINCT is an aggregate without calls.
 */
export interface AggregateNode extends NodeBase {
  readonly kind: 'aggregate';
  readonly input: PlanNode;
  readonly groupBy: readonly Expr[];
  readonly calls: readonly AggregateCall[];
  readonly global: boolean;
}
/**
 * Equi-join on `leftKeys[i] = rightKeys[i]` (of one type; NULL matches nothing) and `residual`, a condition over the
 * columns of left, then right. A left join keeps unmatched left rows, with NULLs on the right.
 */
export interface JoinNode extends NodeBase {
  readonly kind: 'join';
  readonly join: 'inner' | 'left';
  readonly left: PlanNode;
  readonly right: PlanNode;
  readonly leftKeys: readonly Expr[];
  readonly rightKeys: readonly Expr[];
  readonly residual?: Expr | undefined;
}
/**
 * The first `limit` rows after `offset` of each partition in order, ties broken by the whole row so that the
 * result is deterministic. With `rank`, a last output column of type BIGINT holds the row number (1 is first).
 * ORDER BY ... LIMIT is a TopN without a partition.
 */
export interface TopNNode extends NodeBase {
  readonly kind: 'top_n';
  readonly input: PlanNode;
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly OrderKey[];
  readonly limit: number;
  readonly offset: number;
  readonly rank: boolean;
}
/** UNION ALL of inputs with the same column types. UNION is a DISTINCT aggregate above it. */
export interface UnionAllNode extends NodeBase {
  readonly kind: 'union_all';
  readonly inputs: readonly PlanNode[];
}

export function inputsOf(node: PlanNode): readonly PlanNode[] {
  switch (node.kind) {
    case 'scan':
    case 'values':
      return [];
    case 'join':
      return [node.left, node.right];
    case 'union_all':
      return node.inputs;
    default:
      return [node.input];
  }
}
