import { DynamoDbError } from '../dynamodb/errors.ts';
import type { ReadOperation, Transport } from './transport.ts';

/** A key value as the AWS SDK takes it. */
type SdkKeyValue = { N: string } | { S: string };
type SdkKey = Record<string, SdkKeyValue>;

interface SdkGetItem {
  TableName: string;
  Key: SdkKey;
}
interface SdkBatchGetItem {
  RequestItems: Record<string, { Keys: SdkKey[] }>;
}
interface SdkQuery {
  TableName: string;
  KeyConditionExpression: string;
}
interface SdkCallOptions {
  abortSignal?: AbortSignal;
}

/** A `DynamoDB` of `@aws-sdk/client-dynamodb`, as far as it is used here. */
export interface SdkDynamoDb {
  getItem(input: SdkGetItem, options?: SdkCallOptions): Promise<object>;
  batchGetItem(input: SdkBatchGetItem, options?: SdkCallOptions): Promise<object>;
  query(input: SdkQuery, options?: SdkCallOptions): Promise<object>;
}

/** A `DynamoDBClient` of `@aws-sdk/client-dynamodb`, with the classes of the commands that are used here. */
export interface SdkCommands {
  readonly client: { send(command: object, options?: SdkCallOptions): Promise<object> };
  readonly GetItemCommand: new (input: SdkGetItem) => object;
  readonly BatchGetItemCommand: new (input: SdkBatchGetItem) => object;
  readonly QueryCommand: new (input: SdkQuery) => object;
}

/**
 * Returns a transport over the caller's AWS SDK for JavaScript v3, so that region, keys, retries, middleware and
 * connections are the caller's. The SDK is handed in, not imported:
 *
 * ```ts
 * sdkTransport(new DynamoDB({ region }));
 * sdkTransport({ client: new DynamoDBClient({ region }), GetItemCommand, BatchGetItemCommand, QueryCommand });
 * ```
 *
 * The SDK tries again by itself. Closing the profile client leaves the SDK's client open.
 */
export function sdkTransport(sdk: SdkDynamoDb | SdkCommands): Transport {
  const call = 'client' in sdk ? commandCall(sdk) : methodCall(sdk);
  return {
    retries: true,
    send: async (operation, body, signal) => {
      try {
        return withTextBytes(await call(operation, body, { abortSignal: signal })) as object;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw dynamoDbError(error);
      }
    },
    close: async () => {},
  };
}

type Call = (operation: ReadOperation, body: string, options: SdkCallOptions) => Promise<object>;

function methodCall(sdk: SdkDynamoDb): Call {
  return (operation, body, options) => {
    const input: unknown = JSON.parse(body);
    if (operation === 'GetItem') return sdk.getItem(input as SdkGetItem, options);
    if (operation === 'Query') return sdk.query(input as SdkQuery, options);
    return sdk.batchGetItem(input as SdkBatchGetItem, options);
  };
}

function commandCall({ client, GetItemCommand, BatchGetItemCommand, QueryCommand }: SdkCommands): Call {
  const commands: Readonly<Record<ReadOperation, new (input: never) => object>> = {
    GetItem: GetItemCommand,
    BatchGetItem: BatchGetItemCommand,
    Query: QueryCommand,
  };
  return (operation, body, options) =>
    client.send(new commands[operation](JSON.parse(body) as never), options);
}

/** Returns an answer of the SDK as the wire has it: bytes as base64 text. Everything else is the same. */
function withTextBytes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(withTextBytes);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withTextBytes(member)]));
}

function dynamoDbError(error: unknown): DynamoDbError {
  const { name, message, $metadata } = error as {
    readonly name?: unknown;
    readonly message?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  return new DynamoDbError(
    typeof name === 'string' ? name : 'SdkError',
    typeof message === 'string' && message !== '' ? message : String(error),
    { status: $metadata?.httpStatusCode ?? 0, cause: error },
  );
}
