import type { DynamoDbClient } from '../dynamodb/client.ts';
import { connectDynamoDb, type ConnectionOptions } from '../dynamodb/connect.ts';
import type { Transport } from './transport.ts';

/** Where DynamoDB is and whose keys sign the requests. The environment supplies what is undefined. */
export interface SignedTransportOptions extends ConnectionOptions {
  /** Maximum number of connections, each with one request at a time. Default: 64. */
  readonly connections?: number | undefined;
  /** Time after which an attempt counts as lost, 2,000 ms at most. Default: 2,000 ms. */
  readonly attemptTimeout_ms?: number | undefined;
  /** The environment with AWS_REGION, AWS_ACCESS_KEY_ID and so on. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * Returns a transport that signs and sends requests itself, over kept-alive connections. It connects with the first
 * request, which rejects with DynamoDbError if there is no region or no keys.
 */
export function signedTransport(options: SignedTransportOptions = {}): Transport {
  const { connections, attemptTimeout_ms, env = process.env, ...connection } = options;
  let connecting: Promise<DynamoDbClient> | undefined;
  let connected: DynamoDbClient | undefined;
  const connect = async (): Promise<DynamoDbClient> => {
    try {
      connected = await connectDynamoDb(connection, { env, connections, timeout_ms: attemptTimeout_ms });
      return connected;
    } catch (error) {
      connecting = undefined;
      throw error;
    }
  };
  return {
    retries: false,
    send: (operation, body, signal) =>
      connected === undefined
        ? (connecting ??= connect()).then((client) => client.send(operation, body, signal))
        : connected.send(operation, body, signal),
    close: async () => {
      await (await connecting)?.close();
    },
  };
}
