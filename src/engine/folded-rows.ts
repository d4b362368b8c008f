import type { Expr } from '../plan/expr.ts';
import { mapExpr } from '../plan/expr.ts';
import type { AggregateNode, PlanNode } from '../plan/nodes.ts';
import { BOOLEAN } from '../values/types.ts';
import type { SqlType } from '../values/types.ts';
import type { Stream } from './operators/stream.ts';

/**
 * Rows not computed yet: a predicate and expressions over a running stream. Filters and projections are folded into
 * the operator that consumes them, across views, so that a row passes one loop per stateful operator.
 */
export interface Rows {
  readonly stream: Stream;
  readonly predicate: Expr | undefined;
  readonly exprs: readonly Expr[];
}

/** Returns the rows of a stream, unchanged. */
export function identity(stream: Stream): Rows {
  return {
    stream,
    predicate: undefined,
    exprs: stream.columns.map((c, index) => ({
      kind: 'column',
      type: c.type,
      nullable: c.nullable,
      index,
      name: c.name,
    })),
  };
}

export function isIdentity(rows: Rows): boolean {
  return (
    rows.predicate === undefined &&
    rows.exprs.length === rows.stream.columns.length &&
    rows.exprs.every((e, i) => e.kind === 'column' && e.index === i)
  );
}

/**
 * Replaces columns by the expressions that compute them. A replacement stays one object wherever it is used, so it is
 * computed once per row.
 */
export function substitute(e: Expr, exprs: readonly Expr[]): Expr {
  return mapExpr(e, (x) => (x.kind === 'column' ? exprs[x.index]! : x));
}

export function and(a: Expr | undefined, b: Expr): Expr {
  if (a === undefined) return b;
  return { kind: 'and', type: BOOLEAN, nullable: a.nullable || b.nullable, args: [a, b] };
}

/** Returns the NULL constant of a type. */
export function nullOf(type: SqlType): Expr {
  return { kind: 'const', type, nullable: true, value: null };
}

/** Returns the positions of all columns of a node. */
export function all(node: PlanNode): Set<number> {
  return new Set(node.columns.keys());
}

export function union(a: ReadonlySet<number>, b: ReadonlySet<number>): Set<number> {
  return new Set([...a, ...b]);
}

/** Returns the positions of the columns that expressions read. */
export function columnsOf(exprs: readonly Expr[]): Set<number> {
  const columns = new Set<number>();
  for (const e of exprs) {
    mapExpr(e, (x) => {
      if (x.kind === 'column') columns.add(x.index);
      return x;
    });
  }
  return columns;
}

/** Returns all expressions that a GROUP BY evaluates over its input. */
export function readBy({ groupBy, calls }: AggregateNode): Expr[] {
  const ofCalls = calls.flatMap(({ args, orderBy, filter }) => {
    const read = [...args, ...orderBy.map((key) => key.expr)];
    return filter === undefined ? read : [...read, filter];
  });
  return [...groupBy, ...ofCalls];
}
