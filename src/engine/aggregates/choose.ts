import type { AggregateCall } from '../../plan/nodes.ts';
import type { CallPlan, DistinctPlan } from '../codegen/group-shape.ts';
import { layoutOf } from '../column.ts';
import type { SqlType } from '../../values/types.ts';
import type { FieldAggregate } from './aggregate.ts';
import { boolAggregate } from './bool.ts';
import { COUNT } from './count.ts';
import { doubleSum } from './double-sum.ts';
import { appendOnlyExtreme } from './extreme.ts';
import { exactSum } from './sum.ts';

/**
 * Chooses how each call of a GROUP BY is computed. `appendOnly`: no row is ever retracted. `global`: there is one
 * group, even without rows.
 */
export function planCalls(
  calls: readonly AggregateCall[],
  { appendOnly, global }: { readonly appendOnly: boolean; readonly global: boolean },
): CallPlan[] {
  let start = 1; // accumulator 0 is the number of rows
  let ordered = 0;
  let distinct = 0;
  return calls.map((call) => {
    const fields = fieldAggregate(call, { appendOnly, global });
    const isSet = fields !== undefined && call.distinct && ['count', 'sum', 'avg'].includes(call.name);
    const plan: CallPlan = {
      call,
      fields,
      ordered: fields === undefined ? ordered++ : -1,
      start,
      // MIN, MAX and the boolean aggregates are the same with DISTINCT as without.
      distinct: isSet ? distinctPlan(distinct++, call.args[0]!.type, !appendOnly) : undefined,
    };
    start += fields?.count ?? 0;
    return plan;
  });
}

function distinctPlan(index: number, type: SqlType, counted: boolean): DistinctPlan {
  const layout = layoutOf(type);
  const valueWords = layout === 'i64' || layout === 'f64' ? 2 : 1;
  return { index, valueWords, counted, stride: 1 + valueWords + (counted ? 1 : 0) };
}

function fieldAggregate(
  call: AggregateCall,
  { appendOnly, global }: { appendOnly: boolean; global: boolean },
): FieldAggregate | undefined {
  const arg = call.args[0]?.type;
  // If every row of the group has a value, the number of values is the number of rows.
  const every = !global && !call.distinct && call.filter === undefined && call.args[0]?.nullable === false;
  switch (call.name) {
    case 'count':
      return COUNT;
    case 'sum':
    case 'avg':
      if (arg!.kind === 'real' || arg!.kind === 'double')
        return doubleSum(call.name === 'avg' ? 'average' : arg!.kind);
      if (arg!.kind === 'interval') return undefined;
      return exactSum(arg!, { average: call.name === 'avg', every });
    case 'bool_and':
    case 'bool_or':
      return boolAggregate(call.name === 'bool_and' ? 'and' : 'or');
    case 'min':
    case 'max':
      return appendOnly ? appendOnlyExtreme(call.name, arg!) : undefined;
    default:
      return undefined;
  }
}
