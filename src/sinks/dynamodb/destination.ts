import type { Destination } from '../connector.ts';
import type { DynamoDbClient } from '../../dynamodb/client.ts';
import { DYNAMODB } from './options.ts';

/** The table of a sink, and the client that reads and writes it. */
export interface DynamoDbDestination extends Destination {
  readonly table: string;
  readonly client: DynamoDbClient;
}

export function isDynamoDb(destination: Destination): destination is DynamoDbDestination {
  return destination.connector === DYNAMODB.name;
}
