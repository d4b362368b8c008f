import type { Condition, Operand } from './condition.ts';

/** Returns the names of the attributes that a condition uses. */
export function attributesOf(condition: Condition): readonly string[] {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return [...attributesOf(condition.left), ...attributesOf(condition.right)];
    case 'not':
      return attributesOf(condition.condition);
    case 'compare':
      return named(condition.left, condition.right);
    case 'between':
      return named(condition.operand, condition.low, condition.high);
    case 'in':
      return named(condition.operand, ...condition.list);
    case 'exists':
    case 'type':
      return [condition.path[0]];
    default:
      return named(condition.operand, condition.part);
  }
}

function named(...operands: readonly Operand[]): readonly string[] {
  return operands.flatMap((operand) => (operand.kind === 'value' ? [] : [operand.path[0]]));
}
