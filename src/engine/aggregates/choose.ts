import type { AggregateCall } from '../../plan/nodes.ts';
import type { CallPlan } from '../codegen/group-shape.ts';
import type { FieldAggregate } from './aggregate.ts';
import { boolAggregate } from './bool.ts';
import { COUNT } from './count.ts';
import { appendOnlyExtreme } from './extreme.ts';
import { doubleSum, exactSum } from './sum.ts';

/** How each call of a GROUP BY is computed; `appendOnly`: its rows are never taken away. */
export function planCalls(calls: readonly AggregateCall[], appendOnly: boolean): CallPlan[] {
  let start = 1; // number 0 is the number of rows
  let ordered = 0;
  let distinct = 0;
  return calls.map((call) => {
    const fields = fieldAggregate(call, appendOnly);
    const plan: CallPlan = {
      call,
      fields,
      ordered: fields === undefined ? ordered++ : -1,
      start,
      // MIN, MAX and the boolean aggregates are the same with DISTINCT as without.
      distinct:
        fields !== undefined && call.distinct && ['count', 'sum', 'avg'].includes(call.name)
          ? distinct++
          : -1,
    };
    start += fields?.count ?? 0;
    return plan;
  });
}

function fieldAggregate(call: AggregateCall, appendOnly: boolean): FieldAggregate | undefined {
  const arg = call.args[0]?.type;
  switch (call.name) {
    case 'count':
      return COUNT;
    case 'sum':
    case 'avg':
      if (arg!.kind === 'real' || arg!.kind === 'double') return doubleSum(call.name === 'avg');
      if (arg!.kind === 'interval') return undefined;
      return exactSum(arg!, call.name === 'avg');
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
