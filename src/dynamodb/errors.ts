import { FreshetError } from '../values/freshet-error.ts';

/**
 * The kind of a failed call, which tells its caller what to do.
 *
 * | fault       | meaning                                                                 | remedy                |
 * |-------------|-------------------------------------------------------------------------|-----------------------|
 * | throttled   | the table, a partition or the account is over its capacity              | retry at a lower rate |
 * | unavailable | 5xx, timeout, failed connection or unreadable response; outcome unknown | retry                 |
 * | credentials | the keys are missing, wrong, expired or lack a permission               | an operator           |
 * | missing     | the table does not exist                                                | an operator           |
 * | in_use      | the table is being created, changed or deleted, or exists already       | wait                  |
 * | invalid     | DynamoDB refuses the request and would refuse it again                  | change the request    |
 * | other       | any other 4xx                                                           | an operator           |
 */
export type DynamoDbFault =
  | 'throttled'
  | 'unavailable'
  | 'credentials'
  | 'missing'
  | 'in_use'
  | 'invalid'
  | 'other';

const FAULTS: Readonly<Record<string, DynamoDbFault>> = {
  ProvisionedThroughputExceededException: 'throttled',
  ThrottlingException: 'throttled',
  Throttling: 'throttled',
  RequestLimitExceeded: 'throttled',
  RequestThrottled: 'throttled',
  LimitExceededException: 'throttled',
  InternalServerError: 'unavailable',
  InternalServerErrorException: 'unavailable',
  InternalFailure: 'unavailable',
  ServiceUnavailable: 'unavailable',
  ServiceUnavailableException: 'unavailable',
  AccessDeniedException: 'credentials',
  ExpiredTokenException: 'credentials',
  ExpiredToken: 'credentials',
  IncompleteSignatureException: 'credentials',
  InvalidClientTokenId: 'credentials',
  InvalidSignatureException: 'credentials',
  MissingAuthenticationToken: 'credentials',
  MissingAuthenticationTokenException: 'credentials',
  OptInRequired: 'credentials',
  UnrecognizedClientException: 'credentials',
  ResourceNotFoundException: 'missing',
  TableNotFoundException: 'missing',
  ResourceInUseException: 'in_use',
  ValidationException: 'invalid',
  SerializationException: 'invalid',
  ItemCollectionSizeLimitExceededException: 'invalid',
};

/** A call to DynamoDB that failed. `code` is DynamoDB's name of the exception, or Node's (`ECONNREFUSED`). */
export class DynamoDbError extends FreshetError {
  readonly fault: DynamoDbFault;
  /** The HTTP status; 0 if no response arrived intact. */
  readonly status: number;
  constructor(
    code: string,
    message: string,
    options: { status: number; fault?: DynamoDbFault; cause?: unknown },
  ) {
    super(code, message, { cause: options.cause });
    this.status = options.status;
    this.fault = options.fault ?? faultOf(code, options.status);
  }
}

function faultOf(code: string, status: number): DynamoDbFault {
  if (status >= 500) return 'unavailable';
  const known = FAULTS[code];
  if (known !== undefined) return known;
  if (status === 0) return 'unavailable';
  if (status === 413) return 'invalid';
  return status === 429 ? 'throttled' : 'other';
}

/** Returns what an operator can do about a fault; undefined if there is nothing to do but wait. */
export function hintFor(error: DynamoDbError, endpoint: string): string | undefined {
  switch (error.fault) {
    case 'credentials':
      if (error.code === 'AccessDeniedException') {
        return (
          'allow dynamodb:DescribeTable, CreateTable, BatchWriteItem, UpdateItem, DeleteItem, Scan, GetItem, ' +
          'BatchGetItem and Query on the table'
        );
      }
      return (
        'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or AWS_PROFILE), or the options access_key and secret_key; ' +
        "check the machine's clock"
      );
    case 'missing':
      return 'check the table, region and endpoint; a sink creates its table unless freshet.create_table is false';
    case 'unavailable':
      return error.status === 0 ? `is DynamoDB reachable at ${endpoint}?` : undefined;
    default:
      return undefined;
  }
}
