import { randomUUID } from 'node:crypto';
import { invalid, invalidParameter } from '../api-error.ts';
import { Request, violated } from '../request.ts';
import { describeTable, type KeyAttribute, type TableDefinition } from '../table-definition.ts';
import type { Operation } from './operation.ts';

const UNSUPPORTED = ['LocalSecondaryIndexes', 'GlobalSecondaryIndexes', 'StreamSpecification'];

/** The table is usable when the response is sent. */
export const createTable: Operation = async (request, { store, now_ms }) => {
  const name = request.tableName();
  for (const parameter of UNSUPPORTED) {
    if (request.has(parameter) && !isDisabled(request.raw(parameter))) {
      throw invalid(`${parameter} is not supported by the embedded store`);
    }
  }
  const { partitionKey, sortKey } = readKey(request);
  const definition: TableDefinition = {
    name,
    id: randomUUID(),
    created_ms: now_ms(),
    partitionKey,
    sortKey,
    provisioned: readThroughput(request),
    timeToLive: undefined,
  };
  await store.create(definition);
  return JSON.stringify({ TableDescription: describeTable(definition, { items: 0, bytes: 0 }) });
};

function isDisabled(stream: unknown): boolean {
  return (stream as { readonly StreamEnabled?: unknown } | null)?.StreamEnabled === false;
}

function readKey(request: Request): Pick<TableDefinition, 'partitionKey' | 'sortKey'> {
  const types = new Map<string, KeyAttribute['type']>();
  for (const each of request.list('AttributeDefinitions')) {
    const definition = new Request(each);
    const type = definition.choice('AttributeType', ['B', 'N', 'S']);
    if (type === undefined) throw violated('attributeType', 'null', 'Member must not be null');
    types.set(definition.text('AttributeName'), type);
  }
  const schema = request.list('KeySchema').map((each) => {
    const element = new Request(each);
    return { name: element.text('AttributeName'), kind: element.choice('KeyType', ['HASH', 'RANGE']) };
  });
  if (schema.length === 0 || schema.length > 2) {
    throw violated('keySchema', '[]', 'Member must have length between 1 and 2');
  }
  if (schema[0]!.kind !== 'HASH') {
    throw invalid('Invalid KeySchema: The first KeySchemaElement is not a HASH key type');
  }
  if (schema.length === 2 && schema[1]!.kind !== 'RANGE') {
    throw invalid('Invalid KeySchema: The second KeySchemaElement is not a RANGE key type');
  }
  const [partitionKey, sortKey] = schema.map(({ name }): KeyAttribute => {
    const type = types.get(name);
    if (type === undefined) {
      throw invalidParameter(
        `Some index key attributes are not defined in AttributeDefinitions. Keys: [${name}], ` +
          `AttributeDefinitions: [${[...types.keys()].join(', ')}]`,
      );
    }
    return { name, type };
  });
  if (sortKey?.name === partitionKey!.name) {
    throw invalid('Both the Hash Key and the Range Key element in the KeySchema have the same name');
  }
  if (types.size !== schema.length) {
    throw invalidParameter(
      'Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions',
    );
  }
  return { partitionKey: partitionKey!, sortKey };
}

function readThroughput(request: Request): TableDefinition['provisioned'] {
  const mode = request.choice('BillingMode', ['PROVISIONED', 'PAY_PER_REQUEST']) ?? 'PROVISIONED';
  const given = request.has('ProvisionedThroughput')
    ? new Request(request.raw('ProvisionedThroughput'))
    : undefined;
  if (mode === 'PAY_PER_REQUEST') {
    if (given !== undefined) {
      throw invalidParameter(
        'Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST',
      );
    }
    return undefined;
  }
  const read = given?.count('ReadCapacityUnits', 1);
  const write = given?.count('WriteCapacityUnits', 1);
  if (read === undefined || write === undefined) {
    throw invalidParameter(
      'ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED',
    );
  }
  return { read, write };
}
