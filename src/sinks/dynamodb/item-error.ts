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
