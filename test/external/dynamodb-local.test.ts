import { eitherWriterSuite } from '../sinks/support/either-writer.ts';
import { roundTripSuite } from '../sinks/support/round-trip.ts';
import { startDynamoDbLocal } from './dynamodb-local-server.ts';

roundTripSuite('DynamoDB Local', startDynamoDbLocal);
eitherWriterSuite('DynamoDB Local', startDynamoDbLocal);
