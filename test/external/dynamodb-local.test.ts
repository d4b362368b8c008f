import { eitherWriterSuite } from '../sinks/support/either-writer.ts';
import { roundTripSuite } from '../sinks/support/round-trip.ts';
import { sharedItemsSuite } from '../sinks/support/shared-items.ts';
import { startDynamoDbLocal } from './dynamodb-local-server.ts';

roundTripSuite('DynamoDB Local', startDynamoDbLocal);
eitherWriterSuite('DynamoDB Local', startDynamoDbLocal);
sharedItemsSuite('DynamoDB Local', startDynamoDbLocal, { rounds: 100, seeds: [11, 12] });
