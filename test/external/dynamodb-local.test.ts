import { roundTripSuite } from '../sinks/support/round-trip.ts';
import { startDynamoDbLocal } from './dynamodb-local-server.ts';

roundTripSuite('DynamoDB Local', startDynamoDbLocal);
