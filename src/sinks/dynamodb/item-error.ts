import type { DynamoDbError } from '../../dynamodb/errors.ts';
import { FreshetError } from '../../values/freshet-error.ts';

/** Why an item can never be written: the `reason` of its dead letter. */
export type ItemFault =
  | 'null_key'
  | 'empty_key'
  | 'key_too_long'
  | 'not_a_number'
  | 'number_out_of_range'
  | 'too_many_digits'
  | 'too_deep'
  | 'empty_name'
  | 'item_too_large'
  /** DynamoDB refused the item alone in a request (ValidationException); the message is DynamoDB's. */
  | 'refused';

/** A row that DynamoDB cannot hold. */
export class ItemError extends FreshetError<ItemFault> {}

/** Returns why DynamoDB refused a write that was alone in its request. */
export function refusedItem({ code, message }: DynamoDbError): ItemError {
  const isTooLarge = /item size.* exceeded/i.test(message);
  return new ItemError(isTooLarge ? 'item_too_large' : 'refused', `${code}: ${message}`);
}
