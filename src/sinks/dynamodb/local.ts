import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

export interface LocalDynamoDb {
  /** `http://127.0.0.1:PORT`. Any region and access key will do. */
  readonly endpoint: string;
  /** Answers what is in flight, then closes connections and files. Resolves also when it has broken down before. */
  close(): Promise<void>;
}

export interface LocalDynamoDbOptions {
  /** Where the tables live; without it they are gone at the end. */
  readonly dir?: string | undefined;
  readonly port?: number | undefined;
  /** The emulator broke down later on; its endpoint no longer answers. */
  readonly onError?: ((error: Error) => void) | undefined;
}

/**
 * The worker is text, since a worker of a TypeScript program would need a file of its own in either language.
 * dynalite throws when a client hangs up within a request and when its files cannot be opened: the first must not
 * end it, the second is provoked by a first call, before anyone is told that it listens.
 */
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
const dynalite = require(workerData.dynalite);
const server = dynalite({ path: workerData.dir, createTableMs: 1, deleteTableMs: 1 });
server.on('request', (request) => {
  request.removeAllListeners('error');
  request.on('error', () => {});
});
parentPort.on('message', () => {
  server.close(() => parentPort.close());
});
server.listen(workerData.port, '127.0.0.1', async () => {
  const { port } = server.address();
  const answer = await fetch('http://127.0.0.1:' + port, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.ListTables',
      'x-amz-date': '20000101T000000Z',
      authorization: 'AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=none',
    },
    body: '{}',
  });
  if (!answer.ok) throw new Error('the first call was answered with status ' + answer.status);
  parentPort.postMessage({ listening: port });
});
`;

/**
 * An embedded DynamoDB (dynalite) on the loopback interface, in a thread of its own, for `dev` and tests: it stores,
 * queries and validates like the real one, without capacity limits. With `dir` its tables are LevelDB files there
 * and survive a restart; one process at a time can have them open. Rejects when the port or the directory is taken.
 */
export async function startLocalDynamoDb(options: LocalDynamoDbOptions = {}): Promise<LocalDynamoDb> {
  const { dir, port = 0, onError } = options;
  if (dir !== undefined) await mkdir(dir, { recursive: true });
  const dynalite = createRequire(import.meta.url).resolve('dynalite');
  const worker = new Worker(WORKER, { eval: true, workerData: { dynalite, dir, port } });
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', () => resolve());
  });
  const bound = await new Promise<number>((resolve, reject) => {
    worker.once('error', (error) => reject(startFailure(error, options)));
    worker.once('exit', () => reject(startFailure('its thread has ended', options)));
    worker.once('message', ({ listening }: { readonly listening: number }) => resolve(listening));
  });
  worker.removeAllListeners('error');
  worker.on('error', (error) => onError?.(error));
  return {
    endpoint: `http://127.0.0.1:${bound}`,
    close: async () => {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      worker.postMessage('close');
      await exited;
    },
  };
}

function startFailure(error: unknown, { dir, port }: LocalDynamoDbOptions): Error {
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes('EADDRINUSE')) {
    return new Error(`port ${port} is taken by another process`, { cause: error });
  }
  // The reason, LevelDB's lock, does not reach us: dynalite opens its files late and only misses them then.
  if (/is not open/.test(message)) {
    return new Error(`${dir} is open in another process, or cannot be written`, { cause: error });
  }
  return new Error(`the embedded DynamoDB did not start: ${message}`, { cause: error });
}
