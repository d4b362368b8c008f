import type { DynamoDbClient } from './client.ts';
import { connectDynamoDb, type ConnectDeps, type ConnectionOptions } from './connect.ts';

/** One client per account, region and endpoint, for all the sinks (and readers) of a pipeline. */
export class SharedClients {
  readonly #deps: ConnectDeps;
  readonly #clients = new Map<string, Promise<DynamoDbClient>>();

  constructor(deps: ConnectDeps) {
    this.#deps = deps;
  }

  /** Rejects with DynamoDbError as `connectDynamoDb` does. */
  get(options: ConnectionOptions): Promise<DynamoDbClient> {
    const { region, endpoint, accessKeyId, secretAccessKey, sessionToken, profile } = options;
    const key = JSON.stringify([region, endpoint, accessKeyId, secretAccessKey, sessionToken, profile]);
    let client = this.#clients.get(key);
    if (client === undefined) {
      client = connectDynamoDb(options, this.#deps);
      this.#clients.set(key, client);
    }
    return client;
  }

  async close(): Promise<void> {
    const connected = await Promise.allSettled(this.#clients.values());
    await Promise.all(
      connected.map((each) => (each.status === 'fulfilled' ? each.value.close() : undefined)),
    );
  }
}
