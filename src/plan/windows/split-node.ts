import type { Expr } from '../expr.ts';
import { mapExpr, someExpr } from '../expr.ts';
import type { PlanColumn, PlanNode } from '../nodes.ts';
import type { Late, StoredColumn } from './late.ts';

/** A plan in two parts: what the engine stores, without the clock, and what a reader computes for its today. */
export interface Split {
  /** The stored part. */
  readonly node: PlanNode;
  /** The columns of `node`. */
  readonly stored: readonly StoredColumn[];
  /** The values of the original plan's columns. */
  readonly outs: readonly Late[];
  /** Conditions on a row that depend on the clock: the row exists for a reader if all are true. */
  readonly presence: readonly Late[];
}

export function storedColumn({ name, type }: PlanColumn): StoredColumn {
  return { name, type };
}

/** Returns an expression over the columns of the stored part; undefined if it uses the clock or a late value. */
export function storedExpr(e: Expr, { stored, outs }: Pick<Split, 'stored' | 'outs'>): Expr | undefined {
  const isLate = (x: Expr): boolean =>
    x.kind === 'now' || (x.kind === 'column' && outs[x.index]!.kind !== 'stored');
  return someExpr(e, isLate) ? undefined : overStored(e, stored, outs);
}

/** Returns an expression over the columns of the stored part, which holds every column that it reads. */
export function overStored(e: Expr, stored: readonly StoredColumn[], outs: readonly Late[]): Expr {
  return mapExpr(e, (x) => {
    if (x.kind !== 'column') return x;
    const out = outs[x.index]!;
    return out.kind === 'stored' ? { ...x, index: stored.indexOf(out.column) } : x;
  });
}
