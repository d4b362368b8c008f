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

/** What a table is, beside its items. Plain data: it is written to disk as JSON. */
export interface TableDefinition {
  readonly name: string;
  /** Of this table and no other, also not of a later one with its name. */
  readonly id: string;
  readonly created_ms: number;
  readonly partitionKey: KeyAttribute;
  readonly sortKey: KeyAttribute | undefined;
  /** Undefined for a table that is billed by request. */
  readonly provisioned: { readonly read: number; readonly write: number } | undefined;
  readonly timeToLive: TimeToLive | undefined;
}

const MAX_KEY_BYTES = { partition: 2048, sort: 1024 };

export function keyAttributes({ partitionKey, sortKey }: TableDefinition): readonly KeyAttribute[] {
  return sortKey === undefined ? [partitionKey] : [partitionKey, sortKey];
}

/**
 * Where an item lies in its table: text of the characters 0 to 255 that sorts by the hash of the partition key, then
 * by the partition key, then by the sort key.
 */
export function placeOf(table: TableDefinition, key: Item): string {
  const sort = table.sortKey === undefined ? undefined : (key.get(table.sortKey.name) as OrderedValue);
  return (
    partitionPlace(key.get(table.partitionKey.name) as OrderedValue) +
    (sort === undefined ? '' : sortable(sort))
  );
}

/** What the places of a partition's items begin with, and no other place does. */
export function partitionPlace(partitionKey: OrderedValue): string {
  const bytes = sortable(partitionKey);
  return (
    hashPlace(crc32(Buffer.from(bytes, 'latin1'))) +
    String.fromCharCode(bytes.length >> 8, bytes.length & 255) +
    bytes
  );
}

/** The place before all places with this hash, of 32 bits. */
export function hashPlace(hash: number): string {
  return String.fromCharCode(hash >>> 24, (hash >>> 16) & 255, (hash >>> 8) & 255, hash & 255);
}

/** An item's key alone. */
export function keyOf(table: TableDefinition, item: Item): Item {
  return new Map(keyAttributes(table).map(({ name }) => [name, item.get(name)!]));
}

/** Throws ValidationException unless the item has the table's key, of the right types and lengths. */
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

/** Throws ValidationException unless `key` is a key of the table and nothing else. */
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

/** The answer to DescribeTable; `size` is counted now. */
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
