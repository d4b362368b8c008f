import { usesNow } from './clock-flow.ts';
import type { Expr } from './expr.ts';
import type { PlanNode } from './nodes.ts';
import { onlyAppends, type Pipeline } from './pipeline.ts';

/** Returns whether rows of a view are only inserted: neither its input nor the clock updates or deletes one. */
export function viewOnlyAppends(view: string, pipeline: Pick<Pipeline, 'sources' | 'views'>): boolean {
  return new AppendOnlyViews(pipeline, isFixed).has(view);
}

/** Returns whether rows of a plan are only inserted, where rows only enter a filter of which `keeps` is true. */
export function planOnlyAppends(
  plan: PlanNode,
  pipeline: Pick<Pipeline, 'sources' | 'views'>,
  keeps: (predicate: Expr) => boolean,
): boolean {
  return new AppendOnlyViews(pipeline, keeps).hasPlan(plan);
}

class AppendOnlyViews {
  readonly #pipeline: Pick<Pipeline, 'sources' | 'views'>;
  readonly #keeps: (predicate: Expr) => boolean;
  readonly #known = new Map<string, boolean>();

  constructor(pipeline: Pick<Pipeline, 'sources' | 'views'>, keeps: (predicate: Expr) => boolean) {
    this.#pipeline = pipeline;
    this.#keeps = keeps;
  }

  /** Returns whether rows of a source, table or view are only inserted. */
  has(name: string): boolean {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const source = this.#pipeline.sources.find((each) => each.name === name);
    const view = this.#pipeline.views.find((each) => each.name === name);
    const found = source === undefined ? view !== undefined && this.hasPlan(view.plan) : onlyAppends(source);
    this.#known.set(name, found);
    return found;
  }

  /** Returns whether rows of a plan are only inserted. */
  hasPlan(node: PlanNode): boolean {
    switch (node.kind) {
      case 'scan':
        return this.has(node.relation.name);
      case 'values':
        return node.rows.every((row) => row.every(isFixed));
      case 'project':
        return node.exprs.every(isFixed) && this.hasPlan(node.input);
      case 'filter':
        return this.#keeps(node.predicate) && this.hasPlan(node.input);
      case 'union_all':
        return node.inputs.every((input) => this.hasPlan(input));
      case 'join': {
        const conditions = [...node.leftKeys, ...node.rightKeys, ...(node.residual ? [node.residual] : [])];
        return (
          node.join === 'inner' &&
          conditions.every(isFixed) &&
          this.hasPlan(node.left) &&
          this.hasPlan(node.right)
        );
      }
      case 'aggregate':
      case 'top_n':
        return false;
    }
  }
}

const isFixed = (e: Expr): boolean => !usesNow(e);
