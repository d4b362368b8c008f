import type { DynamoDbClient } from '../../dynamodb/client.ts';

/** What a sink uses of a DynamoDB client. Any store that answers these calls can take the sink's writes. */
export type SinkClient = Pick<
  DynamoDbClient,
  | 'endpoint'
  | 'region'
  | 'describeTable'
  | 'createTable'
  | 'timeToLive'
  | 'enableTimeToLive'
  | 'batchWriteItem'
  | 'updateItem'
  | 'scan'
  | 'deleteItem'
>;
