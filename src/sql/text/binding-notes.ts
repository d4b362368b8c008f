import type { Node, SelectStmt } from '@pgsql/types';
import type { Expr } from '../../plan/expr.ts';
import type { PlanColumn, PlanNode } from '../../plan/nodes.ts';

/** A relation of FROM as bound. */
export interface NotedRelation {
  /** Empty for a sub-select without an alias. */
  readonly alias: string;
  readonly columns: readonly PlanColumn[];
  /** Its rows, with the columns in the same order. */
  readonly plan: PlanNode;
}

/**
 * What the binder made of the parts of one parsed text. A program that rewrites the text reads types from it, and need
 * not bind again. A node that was bound twice, as the query of a CTE can be, has what was made last.
 */
export class BindingNotes {
  /** Scalar expressions, before a context casts them. An aggregate call is a column with a negative index. */
  readonly exprs = new Map<Node, Expr>();
  /** Tables and sub-selects of FROM. */
  readonly relations = new Map<Node, NotedRelation>();
  /** Output columns of queries: of whole statements, CTEs, sub-selects and branches of UNION. */
  readonly queries = new Map<SelectStmt, readonly PlanColumn[]>();
}
