import type { DynamoDbClient } from '../sinks/dynamodb/client/client.ts';
import { DynamoDbError } from '../sinks/dynamodb/client/errors.ts';
import type { TableDescription } from '../sinks/dynamodb/client/wire.ts';
import { ApiProblem } from './problem.ts';

/** Of the table's partition key: a number or text. */
export type ViewerIdType = 'N' | 'S';

/** The key of a table of profiles. */
export interface ProfileKey {
  readonly partition: { readonly name: string; readonly type: ViewerIdType };
  /** Name of the sort key, which is text. */
  readonly sort: string;
}

/** That of the shipped pipeline. */
const SHIPPED: ProfileKey = { partition: { name: 'viewer_id', type: 'N' }, sort: 'sk' };

/**
 * Asks a table for its key, once; as long as there is no such table, and where the table may not be described, it is
 * taken for one of the shipped pipeline. The function rejects with DynamoDbError when DynamoDB does not answer, and
 * with ApiProblem for a table whose key is not that of profiles.
 */
export function keyOfTable(client: DynamoDbClient, table: string): () => Promise<ProfileKey> {
  let known: ProfileKey | undefined;
  let asking: Promise<ProfileKey> | undefined;
  const ask = async (): Promise<ProfileKey> => {
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

function profileKey({ TableName, KeySchema, AttributeDefinitions }: TableDescription): ProfileKey {
  const attribute = (role: 'HASH' | 'RANGE') => {
    const name = KeySchema.find(({ KeyType }) => KeyType === role)?.AttributeName;
    return AttributeDefinitions.find(({ AttributeName }) => AttributeName === name);
  };
  const [partition, sort] = [attribute('HASH'), attribute('RANGE')];
  if (partition === undefined || partition.AttributeType === 'B' || sort?.AttributeType !== 'S') {
    const detail = `the table ${TableName} holds no profiles: its key is not a number or text and a text to sort by`;
    throw new ApiProblem('no-profiles', 404, detail);
  }
  return {
    partition: { name: partition.AttributeName, type: partition.AttributeType },
    sort: sort.AttributeName,
  };
}
