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
  /** `http://127.0.0.1:PORT`. Any region and access key will do. */
  readonly endpoint: string;
  /** Answers what is in flight, then closes connections and files. Idempotent. */
  close(): Promise<void>;
}

export interface LocalDynamoDbOptions {
  /** Where the tables live; without it they are gone at the end. */
  readonly dir?: string | undefined;
  /** By default any free one. */
  readonly port?: number | undefined;
  /** Told what a person should know: the disk refuses, or takes writes again; tables of an earlier version were removed. */
  readonly onProblem?: ((message: string) => void) | undefined;
}

const EXPIRY_INTERVAL_MS = 60_000;
/** A client that does not finish its request is not waited for any longer. */
const CLOSE_WITHIN_MS = 2_000;

/**
 * An embedded DynamoDB on the loopback interface, for `dev` and tests: it stores, queries and validates like the real
 * one, without capacity limits. With `dir` a write is on disk before it is answered; one process at a time can have the
 * folder. Rejects when the port is taken, with StorageError when the folder is or its files are damaged.
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
    // A disk that refuses is told of by the journal; the next round tries again.
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
        `${dir} held tables of an earlier version, which cannot be read: they are removed, the views fill them anew`,
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
    throw new Error(`port ${port} is taken by another process`, { cause: error });
  }
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const impatience = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS);
  // Connections become idle one after the other, as what is in flight is answered.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  await closed;
  clearTimeout(impatience);
  clearInterval(idle);
}
