import type { Datum } from '../values/datum.ts';
import type { PlanNode } from './nodes.ts';

/** Returns the value that column `index` has in every row of a plan; undefined if it is not known to be constant. */
export function constantColumn(node: PlanNode, index: number): Datum | undefined {
  switch (node.kind) {
    case 'project': {
      const expr = node.exprs[index]!;
      if (expr.kind === 'const') return expr.value;
      return expr.kind === 'column' ? constantColumn(node.input, expr.index) : undefined;
    }
    case 'filter':
      return constantColumn(node.input, index);
    case 'top_n':
      return index < node.input.columns.length ? constantColumn(node.input, index) : undefined;
    case 'aggregate': {
      const key = node.groupBy[index];
      if (key?.kind === 'const') return key.value;
      return key?.kind === 'column' ? constantColumn(node.input, key.index) : undefined;
    }
    case 'union_all': {
      const values = node.inputs.map((input) => constantColumn(input, index));
      return values.every((value) => value === values[0]) ? values[0] : undefined;
    }
    case 'scan':
    case 'values':
    case 'join':
      return undefined;
  }
}
