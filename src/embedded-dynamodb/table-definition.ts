import { ApiError, invalid, invalidParameter } from './api-error.ts';
import { isOrdered, sortable } from './compare.ts';
import type { OrderedValue } from './compare.ts';
import { crc32 } from 'node:zlib';
import type { Item, Value } from './value.ts';

export interface KeyAttribute {
  readonly name: string;
  readonly type: 'S' | 'N' | 'B';
}

export interface TimeToLive {
  readonly attribute: string;
}

/** A table without its items, as plain data that is written to disk as JSON. */
export interface TableDefinition {
  readonly name: string;
  /** Unique id; a later table with the same name has another id. */
  readonly id: string;
  readonly created_ms: number;
  readonly partitionKey: KeyAttribute;
  readonly sortKey: KeyAttribute | undefined;
  /** Provisioned capacity; undefined for a table billed per request. */
  readonly provisioned: { readonly read: number; readonly write: number } | undefined;
  readonly timeToLive: TimeToLive | undefined;
}

const MAX_KEY_BYTES = { partition: 2048, sort: 1024 };

export function keyAttributes({ partitionKey, sortKey }: TableDefinition): readonly KeyAttribute[] {
  return sortKey === undefined ? [partitionKey] : [partitionKey, sortKey];
}

/**
 * Returns an item's place in its table: a text of characters 0 to 255 that sorts by the hash of the partition key, then
 * by the partition key, then by the sort key.
 */
export function placeOf(table: TableDefinition, key: Item): string {
  const sort = table.sortKey === undefined ? undefined : (key.get(table.sortKey.name) as OrderedValue);
  return (
    partitionPlace(key.get(table.partitionKey.name) as OrderedValue) +
    (sort === undefined ? '' : sortable(sort))
  );
}

/** Returns the prefix of the places of a partition's items, which no other place has. */
export function partitionPlace(partitionKey: OrderedValue): string {
  const bytes = sortable(partitionKey);
  return (
    hashPlace(crc32(Buffer.from(bytes, 'latin1'))) +
    String.fromCharCode(bytes.length >> 8, bytes.length & 255) +
    bytes
  );
}

/** Returns the prefix of all places with this 32-bit hash. */
export function hashPlace(hash: number): string {
  return String.fromCharCode(hash >>> 24, (hash >>> 16) & 255, (hash >>> 8) & 255, hash & 255);
}

/** Returns an item's key attributes. */
export function keyOf(table: TableDefinition, item: Item): Item {
  return new Map(keyAttributes(table).map(({ name }) => [name, item.get(name)!]));
}

/** Throws ValidationException unless the item has the table's key attributes, with the right types and lengths. */
export function checkItemKey(table: TableDefinition, item: Item): void {
  keyAttributes(table).forEach(({ name, type }, i) => {
    const value = item.get(name);
    if (value === undefined) throw invalidParameter(`Missing the key ${name} in the item`);
    if (value.type !== type) {
      throw invalidParameter(`Type mismatch for key ${name} expected: ${type} actual: ${value.type}`);
    }
    checkKeyValue(name, value, i === 0 ? 'partition' : 'sort');
  });
}

/** Throws ValidationException unless `key` consists of exactly the table's key attributes. */
export function checkKey(table: TableDefinition, key: Item): void {
  const attributes = keyAttributes(table);
  const fits =
    key.size === attributes.length && attributes.every(({ name, type }) => key.get(name)?.type === type);
  if (!fits) throw invalid('The provided key element does not match the schema');
  attributes.forEach(({ name }, i) => checkKeyValue(name, key.get(name)!, i === 0 ? 'partition' : 'sort'));
}

function checkKeyValue(name: string, value: Value, part: 'partition' | 'sort'): void {
  if (!isOrdered(value) || value.type === 'N') return;
  const bytes = value.type === 'S' ? Buffer.byteLength(value.value) : value.value.length;
  if (bytes === 0) {
    throw invalid(
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ' +
        `${value.type === 'S' ? 'string' : 'binary'} value. Key: ${name}`,
    );
  }
  const max = MAX_KEY_BYTES[part];
  if (bytes > max) {
    const kind = part === 'partition' ? 'hashkey' : 'rangekey';
    throw invalidParameter(`Size of ${kind} has exceeded the maximum size limit of${max} bytes`);
  }
}

/** Returns the table description of DescribeTable. */
export function describeTable(
  table: TableDefinition,
  size: { readonly items: number; readonly bytes: number },
  status: 'ACTIVE' | 'DELETING' = 'ACTIVE',
): object {
  const attributes = keyAttributes(table);
  const created_s = table.created_ms / 1000;
  return {
    AttributeDefinitions: attributes.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
    TableName: table.name,
    KeySchema: attributes.map(({ name }, i) => ({
      AttributeName: name,
      KeyType: i === 0 ? 'HASH' : 'RANGE',
    })),
    TableStatus: status,
    CreationDateTime: created_s,
    ProvisionedThroughput: {
      NumberOfDecreasesToday: 0,
      ReadCapacityUnits: table.provisioned?.read ?? 0,
      WriteCapacityUnits: table.provisioned?.write ?? 0,
    },
    TableSizeBytes: size.bytes,
    ItemCount: size.items,
    TableArn: `arn:aws:dynamodb:us-east-1:000000000000:table/${table.name}`,
    TableId: table.id,
    ...(table.provisioned === undefined
      ? {
          BillingModeSummary: {
            BillingMode: 'PAY_PER_REQUEST',
            LastUpdateToPayPerRequestDateTime: created_s,
          },
        }
      : {}),
    DeletionProtectionEnabled: false,
  };
}

export function tableExists(name: string): ApiError {
  return new ApiError('ResourceInUseException', `Table already exists: ${name}`);
}
