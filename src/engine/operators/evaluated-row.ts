import type { Expr } from '../../plan/expr.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import type { RowExprs } from '../codegen/group-shape.ts';
import { identity } from '../folded-rows.ts';
import { Expressions } from './expressions.ts';
import type { EvaluationContext } from './expressions.ts';
import { Stream } from './stream.ts';

/** Returns all expressions of a row in one list. */
export function flatten(e: RowExprs): Expr[] {
  const list = [...e.keys, ...e.args.flat(), ...e.orderKeys.flat()];
  for (const filter of e.filters) if (filter !== undefined) list.push(filter);
  if (e.predicate !== undefined) list.push(e.predicate);
  return list;
}

/**
 * Returns a stream whose columns are the values of a row's expressions (the keys, then per call the arguments, order
 * keys and filter), and the row's expressions over these columns.
 */
export function evaluatedRow(e: RowExprs): { exprs: RowExprs; stream: Stream } {
  const columns: PlanColumn[] = [];
  const ref = (of: Expr | undefined): Expr => {
    const type = of?.type ?? ({ kind: 'boolean' } as const);
    columns.push({ name: `e${columns.length}`, type, nullable: true });
    return {
      kind: 'column',
      type,
      nullable: true,
      index: columns.length - 1,
      name: `e${columns.length - 1}`,
    };
  };
  const keys = e.keys.map(ref);
  const args: Expr[][] = [];
  const orderKeys: Expr[][] = [];
  const filters: Expr[] = [];
  e.args.forEach((list, c) => {
    args.push(list.map(ref));
    orderKeys.push(e.orderKeys[c]!.map(ref));
    filters.push(ref(undefined));
  });
  return {
    exprs: { predicate: undefined, keys, args, orderKeys, filters },
    stream: new EvaluatedRows(columns),
  };
}

class EvaluatedRows extends Stream {
  constructor(columns: readonly PlanColumn[]) {
    super(columns, { appendOnly: false, slotted: false, consolidated: false });
  }
}

/** Returns the expressions of a batch of group keys: its columns. */
export function keyExpressions(context: EvaluationContext, keys: readonly PlanColumn[]): Expressions {
  const stream = new EvaluatedRows(keys);
  return new Expressions(context, stream, identity(stream).exprs);
}
