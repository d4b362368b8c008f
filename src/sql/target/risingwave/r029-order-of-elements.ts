import type { Diagnostic } from '../../diagnostic.ts';
import { differs } from '../target-rule.ts';
import type { TargetInput, TargetRule } from '../target-rule.ts';
import { aggregateCalls, planNodes } from './bound-plan.ts';

const COLLECTING: ReadonlySet<string> = new Set(['array_agg', 'string_agg', 'jsonb_agg']);

/** Freshet orders by the whole row, so that the result is a function of the rows. */
export const ORDER_OF_ELEMENTS: TargetRule = {
  code: 'R029',
  about: 'a collecting aggregate, DISTINCT ON or LIMIT without ORDER BY, where RisingWave has another order',
  source: "RisingWave's src/stream/src/executor/aggregate/minput.rs keeps the rows by the key of the stream",
  renderable: false,
  check: (input) => [...ofElements(input), ...ofRows(input)],
};

function ofElements({ pipeline }: TargetInput): readonly Diagnostic[] {
  return aggregateCalls(pipeline).flatMap(({ call }) => {
    if (!COLLECTING.has(call.name) || call.orderBy.length > 0 || call.span === undefined) return [];
    const hint = 'order the elements: ... ORDER BY x; if no order is needed, write -- freshet:allow R029';
    const message = `without ORDER BY, ${call.name} has another order in RisingWave`;
    return [differs('R029', message, hint, call.span)];
  });
}

function ofRows({ pipeline }: TargetInput): readonly Diagnostic[] {
  return planNodes(pipeline).flatMap((node) => {
    if (node.kind !== 'top_n' || node.orderBy.length > 0 || node.span === undefined) return [];
    const message = 'without ORDER BY, RisingWave keeps other rows';
    return [differs('R029', message, 'order the rows: ORDER BY x, and a key behind it', node.span)];
  });
}
