import { startLocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import { roundTripSuite } from '../sinks/support/round-trip.ts';

roundTripSuite('the embedded DynamoDB', () => startLocalDynamoDb());
