import type { DynamoDbClient } from '../dynamodb/client.ts';
import { DynamoDbError } from '../dynamodb/errors.ts';
import type { TableDescription } from '../dynamodb/wire.ts';
import type { ProfileKeySchema } from '../client/schema.ts';
import { ApiProblem } from './problem.ts';

/** Key of the table of the shipped pipeline. */
const SHIPPED: ProfileKeySchema = { partition: { name: 'viewer_id', type: 'N' }, sort: 'sk' };

/**
 * Returns a function that resolves to the table's key, asking DynamoDB until it is known. It assumes the key of the
 * shipped pipeline while the table does not exist, and if the credentials do not allow describing it. The function
 * rejects with DynamoDbError if DynamoDB does not answer, and with ApiProblem if profiles cannot have the table's key.
 */
export function keyOfTable(client: DynamoDbClient, table: string): () => Promise<ProfileKeySchema> {
  let known: ProfileKeySchema | undefined;
  let asking: Promise<ProfileKeySchema> | undefined;
  const ask = async (): Promise<ProfileKeySchema> => {
    try {
      const found = await client.describeTable(table);
      if (found === undefined) return SHIPPED;
      known = profileKey(found);
    } catch (error) {
      if (!(error instanceof DynamoDbError) || error.fault !== 'credentials') throw error;
      known = SHIPPED;
    } finally {
      asking = undefined;
    }
    return known;
  };
  return () => (known === undefined ? (asking ??= ask()) : Promise.resolve(known));
}

function profileKey({ TableName, KeySchema, AttributeDefinitions }: TableDescription): ProfileKeySchema {
  const attribute = (role: 'HASH' | 'RANGE') => {
    const name = KeySchema.find(({ KeyType }) => KeyType === role)?.AttributeName;
    return AttributeDefinitions.find(({ AttributeName }) => AttributeName === name);
  };
  const [partition, sort] = [attribute('HASH'), attribute('RANGE')];
  if (partition === undefined || partition.AttributeType === 'B' || sort?.AttributeType !== 'S') {
    const detail =
      `the table ${TableName} holds no profiles: its partition key must be a number or a string, ` +
      'and its sort key a string';
    throw new ApiProblem('no-profiles', 404, detail);
  }
  return {
    partition: { name: partition.AttributeName, type: partition.AttributeType },
    sort: sort.AttributeName,
  };
}
