import type { SelectStmt } from '@pgsql/types';
import type { PlanNode } from '../../plan/nodes.ts';
import { inputsOf } from '../../plan/nodes.ts';
import type { Span } from '../../plan/expr.ts';
import { failure } from '../failure.ts';
import type { Reporter } from '../failure.ts';
import type { Slice } from '../text/slice.ts';
import type { Catalog } from './catalog.ts';

/** Stands for the plan of a CTE that failed. Queries that read it are abandoned without another report. */
export const FAILED_CTE = 'failed';

/** What a query is bound with: its text, the relations, and the CTEs in scope. */
export interface QueryContext {
  readonly slice: Slice;
  readonly catalog: Catalog;
  readonly reporter: Reporter;
  readonly ctes: ReadonlyMap<string, PlanNode | typeof FAILED_CTE>;
  readonly depth: number;
  /** The function bindQuery, which sub-selects in FROM call; passed here to avoid a circular import. */
  readonly bindQuery: (stmt: SelectStmt, context: QueryContext) => BoundQuery;
}

/** A bound query: its plan and the span of each output column. */
export interface BoundQuery {
  readonly node: PlanNode;
  readonly spans: readonly Span[];
}

const MAX_DEPTH = 60;
/** Views and CTEs are inlined, so that a few lines can ask for a plan of any size. */
const MAX_PLAN_NODES = 2_000;

/** Returns the context of a sub-query. Throws SqlFailure (54001) if queries are nested too deeply. */
export function nested(context: QueryContext, span: Span): QueryContext {
  if (context.depth >= MAX_DEPTH) {
    throw failure(
      '54001',
      `queries are nested more than ${MAX_DEPTH} levels deep`,
      span,
      'split the query into several views',
    );
  }
  return { ...context, depth: context.depth + 1 };
}

const sizes = new WeakMap<PlanNode, number>();

/** Returns how many nodes a plan has as a tree; a shared node counts each time. */
function planSize(node: PlanNode): number {
  let size = sizes.get(node);
  if (size === undefined) {
    size = 1;
    for (const input of inputsOf(node)) size += planSize(input);
    sizes.set(node, size);
  }
  return size;
}

/** Throws SqlFailure (54000) if a plan has too many nodes. */
export function checkPlanSize(node: PlanNode, span: Span): void {
  if (planSize(node) > MAX_PLAN_NODES) {
    throw failure(
      '54000',
      `the plan has more than ${MAX_PLAN_NODES} operators`,
      span,
      'make the views it reads materialized views',
    );
  }
}
