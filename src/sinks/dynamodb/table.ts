import { nowMs, sleep, type Clock } from '../../platform/clock.ts';
import { SinkError } from '../sink.ts';
import type { SinkClient } from './sink-client.ts';
import { DynamoDbError, hintFor } from '../../dynamodb/errors.ts';
import type { KeyAttribute, TableDescription } from '../../dynamodb/wire.ts';

const POLL_MS = 250;
const ACTIVE_WITHIN_MS = 120_000;

export interface TableRequest {
  readonly sink: string;
  readonly table: string;
  /** The key that the sink writes: the partition key, then the sort key if there is one. */
  readonly key: readonly KeyAttribute[];
  /** True to create the table if it does not exist. */
  readonly create: boolean;
  /** The attribute by which expired items are to be deleted; undefined if items do not expire. */
  readonly timeToLive?: string | undefined;
}

/** Returns text that distinguishes a table from a later one of the same name; empty if the description has none. */
export function identityOf({ TableId: id, CreationDateTime: created }: TableDescription): string {
  return id ?? (created === undefined ? '' : String(created));
}

export interface UsableTable {
  readonly identity: string;
  /** True if the table was created by this call, and so is empty. */
  readonly isNew: boolean;
}

/**
 * Resolves when the table exists, is active and has the sink's key; creates it if `request` says so. Sinks that share a
 * table may call it at the same time. Rejects with SinkError if the table cannot be used.
 */
export async function ensureTable(
  client: SinkClient,
  request: TableRequest,
  clock: Clock,
): Promise<UsableTable> {
  const { sink, table, key, create } = request;
  let isNew = false;
  try {
    const until_ms = nowMs(clock) + ACTIVE_WITHIN_MS;
    for (;;) {
      const found = await client.describeTable(table);
      if (found === undefined) {
        if (!create) {
          throw new SinkError(sink, `table ${table} does not exist`, {
            hint: createCommand(table, key, client),
          });
        }
        isNew = (await createTable(client, table, key)) || isNew;
      } else if (found.TableStatus === 'ACTIVE' || found.TableStatus === 'UPDATING') {
        checkKey(request, found, client);
        return { identity: identityOf(found), isNew };
      }
      if (nowMs(clock) > until_ms) {
        throw new SinkError(
          sink,
          `table ${table} is still ${found?.TableStatus ?? 'missing'} after two minutes`,
          {
            hint: `inspect it: aws dynamodb describe-table --table-name ${table}`,
          },
        );
      }
      await sleep(clock, POLL_MS);
    }
  } catch (error) {
    if (!(error instanceof DynamoDbError)) throw error;
    const hint = hintFor(error, client.endpoint);
    throw new SinkError(sink, `table ${table} cannot be used: ${error.message}`, {
      ...(hint === undefined ? {} : { hint }),
      cause: error,
    });
  }
}

/** Resolves to false if the table exists: another sink, or an attempt whose response was lost, has created it. */
async function createTable(
  client: SinkClient,
  table: string,
  key: readonly KeyAttribute[],
): Promise<boolean> {
  try {
    await client.createTable(table, key);
    return true;
  } catch (error) {
    if (!(error instanceof DynamoDbError && error.fault === 'in_use')) throw error;
    return false;
  }
}

function checkKey(request: TableRequest, found: TableDescription, client: SinkClient): void {
  const { sink, table, key } = request;
  const typeOf = new Map(found.AttributeDefinitions.map((a) => [a.AttributeName, a.AttributeType]));
  const theirs = found.KeySchema.toSorted((a) => (a.KeyType === 'HASH' ? -1 : 1)).map(
    ({ AttributeName: name }): KeyAttribute => ({ name, type: typeOf.get(name) ?? 'S' }),
  );
  // Items are written the same way whichever of the two attributes is the partition key.
  const same =
    theirs.length === key.length &&
    key.every((k) => theirs.some((t) => t.name === k.name && t.type === k.type));
  if (same) return;
  throw new SinkError(
    sink,
    `table ${table} has the key ${describe(theirs)}, but the sink writes ${describe(key)}`,
    {
      hint: keyHint(request, theirs, client),
    },
  );
}

function keyHint(request: TableRequest, theirs: readonly KeyAttribute[], client: SinkClient): string {
  const { key, table } = request;
  const recreate = `or use another table: ${createCommand(`${table}_2`, key, client)}`;
  const [partition, sort] = theirs;
  if (key.length === 1 && sort !== undefined && key[0]!.name === partition?.name) {
    const named = sort.name === 'sk' ? '' : `, freshet.sort_key_name = '${sort.name}'`;
    return sort.type === 'S'
      ? `add freshet.sort_key = '<domain>'${named} to the sink; ${recreate}`
      : `add the column ${sort.name} to the view and set primary_key = '${partition.name},${sort.name}'; ${recreate}`;
  }
  if (key.length === 2 && theirs.length === 1) {
    return `the table has no sort key, so domains would overwrite one another; ${recreate}`;
  }
  const retyped = key.find((k) => theirs.some((t) => t.name === k.name && t.type !== k.type));
  if (retyped !== undefined) {
    const wanted = theirs.find((t) => t.name === retyped.name)!.type;
    const cast = { S: 'VARCHAR', N: 'BIGINT', B: 'BYTEA' }[wanted];
    return `cast the column in the view, ${retyped.name}::${cast} AS ${retyped.name}; ${recreate}`;
  }
  return `rename the key columns of the view to ${theirs.map(({ name }) => name).join(', ')}; ${recreate}`;
}

function describe(key: readonly KeyAttribute[]): string {
  return key.map(({ name, type }) => `${name} (${type})`).join(', ');
}

function createCommand(table: string, key: readonly KeyAttribute[], client: SinkClient): string {
  const definitions = key.map(({ name, type }) => `AttributeName=${name},AttributeType=${type}`).join(' ');
  const schema = key
    .map(({ name }, i) => `AttributeName=${name},KeyType=${i === 0 ? 'HASH' : 'RANGE'}`)
    .join(' ');
  const endpoint = client.endpoint.includes('amazonaws.com') ? '' : ` --endpoint-url ${client.endpoint}`;
  return (
    `aws dynamodb create-table --table-name ${table} --billing-mode PAY_PER_REQUEST ` +
    `--attribute-definitions ${definitions} --key-schema ${schema} --region ${client.region}${endpoint}`
  );
}
