import { startLocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import { sharedItemsSuite } from './support/shared-items.ts';

sharedItemsSuite('the embedded DynamoDB', startLocalDynamoDb, { rounds: 60, seeds: [1, 2] });
