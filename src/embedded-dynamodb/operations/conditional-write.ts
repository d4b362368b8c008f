import { ApiError } from '../api-error.ts';
import type { Condition } from '../expressions/condition.ts';
import { holds } from '../expressions/evaluate-condition.ts';
import type { Request } from '../request.ts';
import type { StoredItem } from '../sorted-items.ts';
import { itemOf } from '../table.ts';

/**
 * Returns a ConditionalCheckFailedException if a write's condition does not hold for the present item `before`; else
 * undefined. The caller throws it once the changes that the decision depends on are durable (`Store.settled`).
 */
export function conditionFailure(
  condition: Condition | undefined,
  before: StoredItem | undefined,
  request: Request,
): ApiError | undefined {
  const report = request.choice('ReturnValuesOnConditionCheckFailure', ['ALL_OLD', 'NONE']);
  if (condition === undefined) return undefined;
  if (holds(condition, before === undefined ? new Map() : itemOf(before))) return undefined;
  return new ApiError('ConditionalCheckFailedException', 'The conditional request failed', {
    extra: report === 'ALL_OLD' && before !== undefined ? { Item: JSON.parse(before.text) as object } : {},
  });
}
