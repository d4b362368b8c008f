import type { AttributeMap } from '../dynamodb/wire.ts';
import { ProfileReadError } from './read-error.ts';
import type { ProfileSchema, ViewerIdType } from './schema.ts';

/** The sort keys from `from` to `to`, both included. */
export interface ClosedRange {
  readonly from: string;
  readonly to: string;
}

/** A closed range of sort keys, or all that begin with `prefix`. */
export type KeyRange = ClosedRange | { readonly prefix: string };

/** An item's key: the partition key's value as text, and the sort key, which is empty in a table without one. */
export interface ItemKey {
  readonly viewer: string;
  readonly sortKey: string;
}

/** Writes requests for one table as JSON, the same text for equal requests, and takes answers apart. */
export class Requests {
  readonly #table: string;
  readonly #partition: { readonly name: string; readonly type: ViewerIdType };
  readonly #sort: string | undefined;
  readonly #getItem: string;

  constructor({ table, key }: Pick<ProfileSchema, 'table' | 'key'>) {
    this.#table = table;
    this.#partition = key.partition;
    this.#sort = key.sort;
    this.#getItem = `{"TableName":${JSON.stringify(table)},"ReturnConsumedCapacity":"TOTAL","Key":`;
  }

  getItem(key: ItemKey, consistent: boolean): string {
    return `${this.#getItem}${this.#keyText(key)}${consistent ? ',"ConsistentRead":true}' : '}'}`;
  }

  batchGetItem(keys: readonly ItemKey[], consistent: boolean): string {
    const all = keys.map((key) => this.#keyText(key)).join(',');
    const strong = consistent ? ',"ConsistentRead":true' : '';
    const table = JSON.stringify(this.#table);
    return `{"RequestItems":{${table}:{"Keys":[${all}]${strong}}},"ReturnConsumedCapacity":"TOTAL"}`;
  }

  query(viewer: string, range: KeyRange, consistent: boolean, after?: AttributeMap): string {
    const [condition, values] =
      'prefix' in range
        ? ['begins_with(#s, :from)', { ':from': { S: range.prefix } }]
        : ['#s BETWEEN :from AND :to', { ':from': { S: range.from }, ':to': { S: range.to } }];
    return JSON.stringify({
      TableName: this.#table,
      KeyConditionExpression: `#p = :p AND ${condition}`,
      ExpressionAttributeNames: { '#p': this.#partition.name, '#s': this.#sort },
      ExpressionAttributeValues: { ':p': { [this.#partition.type]: viewer }, ...values },
      ReturnConsumedCapacity: 'TOTAL',
      ...(consistent ? { ConsistentRead: true } : {}),
      ...(after === undefined ? {} : { ExclusiveStartKey: after }),
    });
  }

  /** Returns the item of a GetItem answer. Throws, like all methods below, ProfileReadError `malformed_answer`. */
  itemOf(answer: object): AttributeMap | undefined {
    const { Item: item } = answer as { readonly Item?: unknown };
    return item === undefined ? undefined : asItem(item);
  }

  batchOf(answer: object): {
    readonly items: readonly AttributeMap[];
    readonly unprocessed: readonly ItemKey[];
  } {
    const { Responses: responses, UnprocessedKeys: left } = answer as {
      readonly Responses?: Readonly<Record<string, unknown>>;
      readonly UnprocessedKeys?: Readonly<Record<string, { readonly Keys?: unknown }>>;
    };
    return {
      items: asItems(responses?.[this.#table] ?? []),
      unprocessed: asItems(left?.[this.#table]?.Keys ?? []).map((key) => this.keyOf(key)),
    };
  }

  pageOf(answer: object): {
    readonly items: readonly AttributeMap[];
    readonly next: AttributeMap | undefined;
  } {
    const { Items: items, LastEvaluatedKey: next } = answer as {
      readonly Items?: unknown;
      readonly LastEvaluatedKey?: unknown;
    };
    return { items: asItems(items), next: next === undefined ? undefined : asItem(next) };
  }

  keyOf(item: AttributeMap): ItemKey {
    const viewer: unknown = (item[this.#partition.name] as Record<string, unknown> | undefined)?.[
      this.#partition.type
    ];
    const sortKey: unknown =
      this.#sort === undefined ? '' : (item[this.#sort] as { readonly S?: unknown } | undefined)?.S;
    if (typeof viewer !== 'string' || typeof sortKey !== 'string') throw malformed('an item without its key');
    return { viewer, sortKey };
  }

  #keyText({ viewer, sortKey }: ItemKey): string {
    const { name, type } = this.#partition;
    const partition = `${JSON.stringify(name)}:{"${type}":${JSON.stringify(viewer)}}`;
    if (this.#sort === undefined) return `{${partition}}`;
    return `{${partition},${JSON.stringify(this.#sort)}:{"S":${JSON.stringify(sortKey)}}}`;
  }
}

function asItems(value: unknown): readonly AttributeMap[] {
  if (Array.isArray(value)) return value.map(asItem);
  throw malformed('something that is no list of items');
}

function asItem(value: unknown): AttributeMap {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as AttributeMap;
  throw malformed('something that is no item');
}

/** Returns what `decode` returns. Throws ProfileReadError `malformed_answer` if it meets a value without a known type. */
export function decoded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof TypeError) throw malformed('a value that is none of its types', error);
    throw error;
  }
}

function malformed(what: string, cause?: unknown): ProfileReadError {
  return new ProfileReadError('malformed_answer', `DynamoDB answered with ${what}`, {
    hint: 'is there a proxy or an emulator between this client and DynamoDB?',
    cause,
  });
}
