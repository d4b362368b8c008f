import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import type { StorageError } from '../storage/errors.ts';
import { lockFolder, type FolderLock } from '../storage/folder-lock.ts';
import { createNodeDisk } from '../platform/node-disk.ts';
import { removeEarlierStore } from './durable/earlier-store.ts';
import { FileJournal } from './durable/file-journal.ts';
import { deleteExpired } from './expiry.ts';
import { createStoreServer } from './server.ts';
import { Store } from './store.ts';

export interface LocalDynamoDb {
  /** `http://127.0.0.1:PORT`. Any region and access key are accepted. */
  readonly endpoint: string;
  /** Responds to the requests in flight, then closes connections and files. Idempotent. */
  close(): Promise<void>;
}

export interface LocalDynamoDbOptions {
  /** Folder of the tables; without it they are kept in memory only. */
  readonly dir?: string | undefined;
  /** Default: any free port. */
  readonly port?: number | undefined;
  /** Receives messages for the user: writes fail or succeed again, or tables of an earlier version were removed. */
  readonly onProblem?: ((message: string) => void) | undefined;
}

const EXPIRY_INTERVAL_MS = 60_000;
/** Maximum time to wait for unfinished requests when closing. */
const CLOSE_WITHIN_MS = 2_000;

/**
 * Starts an embedded DynamoDB on the loopback interface, for `dev` and tests. It stores, queries and validates like
 * DynamoDB, without capacity limits and secondary indexes. With `dir` a write is durable before the response, and only
 * one process can use the folder. Rejects if the port is taken, and with StorageError if the folder is in use or its
 * files are damaged.
 */
export async function startLocalDynamoDb(options: LocalDynamoDbOptions = {}): Promise<LocalDynamoDb> {
  const { port = 0 } = options;
  const opened = await openStore(options);
  const { store } = opened;
  const server = createStoreServer({ store, now_ms: () => Date.now() });
  try {
    await listen(server, port);
  } catch (error) {
    await opened.close();
    throw error;
  }
  const expiry = setInterval(() => {
    // The journal reports a failing disk; the next round tries again.
    deleteExpired(store, Date.now()).catch(() => {});
  }, EXPIRY_INTERVAL_MS);
  expiry.unref();
  let closed: Promise<void> | undefined;
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      (closed ??= (async () => {
        clearInterval(expiry);
        await closeServer(server);
        await opened.close();
      })()),
  };
}

async function openStore({
  dir,
  onProblem,
}: LocalDynamoDbOptions): Promise<{ readonly store: Store; close(): Promise<void> }> {
  if (dir === undefined) {
    const store = new Store();
    return { store, close: () => store.close() };
  }
  let lost: StorageError | undefined;
  const lock = await lockFolder(dir, {
    onLost: (error) => {
      lost = error;
      onProblem?.(`the embedded DynamoDB has stopped writing: ${error.message}`);
    },
  });
  try {
    const disk = createNodeDisk();
    if (await removeEarlierStore(disk, dir)) {
      onProblem?.(
        `removed tables of an earlier version from ${dir}, which this version cannot read; the views fill them again`,
      );
    }
    const journal = new FileJournal({ disk, directory: dir, onProblem });
    const store = new Store({
      append: (changes) => (lost === undefined ? journal.append(changes) : Promise.reject(lost)),
      maintain: (state) => (lost === undefined ? journal.maintain(state) : Promise.resolve()),
      close: () => journal.close(),
    });
    await journal.recover((change) => store.restore(change));
    return { store, close: () => closeAll(store, lock) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function closeAll(store: Store, lock: FolderLock): Promise<void> {
  await store.close();
  await lock.release();
}

async function listen(server: Server, port: number): Promise<void> {
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`port ${port} is in use by another process`, { cause: error });
  }
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const timeout = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS);
  // Connections become idle one by one, as requests in flight finish.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  await closed;
  clearTimeout(timeout);
  clearInterval(idle);
}
