import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

export interface LocalDynamoDb {
  /** `http://127.0.0.1:PORT`. Any region and access key will do. */
  readonly endpoint: string;
  /** Answers what is in flight, closes connections and files. */
  close(): Promise<void>;
}

type Dynalite = (options: { path?: string; createTableMs: number; deleteTableMs: number }) => Server;

/**
 * An embedded DynamoDB (dynalite) on the loopback interface, for `dev` and tests: real enough to store, query and
 * validate, with no capacity limits. With `dir` its tables are in LevelDB files there and survive a restart; one
 * process at a time can have them open. Rejects when the port or the directory is taken.
 */
export async function startLocalDynamoDb(
  options: { readonly dir?: string | undefined; readonly port?: number | undefined } = {},
): Promise<LocalDynamoDb> {
  const { dir, port = 0 } = options;
  if (dir !== undefined) await mkdir(dir, { recursive: true });
  const dynalite = createRequire(import.meta.url)('dynalite') as Dynalite;
  const server = dynalite({ ...(dir === undefined ? {} : { path: dir }), createTableMs: 1, deleteTableMs: 1 });
  // dynalite throws when a client hangs up in the middle of a request, which would end this process.
  server.on('request', (request) => {
    request.removeAllListeners('error');
    request.on('error', () => {});
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${bound}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined || error === null ? resolve() : reject(error)));
        server.closeIdleConnections();
      }),
  };
}
