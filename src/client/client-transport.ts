import type { DynamoDbClient } from '../dynamodb/client.ts';
import type { Transport } from './transport.ts';

/** Returns a transport over a client that somebody else opened and will close. */
export function clientTransport(client: Pick<DynamoDbClient, 'send'>): Transport {
  return {
    retries: false,
    send: (operation, body, signal) => client.send(operation, body, signal),
    close: async () => {},
  };
}
