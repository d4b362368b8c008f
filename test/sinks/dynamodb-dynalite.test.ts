import { startLocalDynamoDb } from '../../src/sinks/dynamodb/local.ts';
import { roundTripSuite } from './support/round-trip.ts';

roundTripSuite('dynalite', () => startLocalDynamoDb());
