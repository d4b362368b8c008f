import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeFiles } from '../../src/embedded-dynamodb/durable/files.ts';
import { removeEarlierStore } from '../../src/embedded-dynamodb/durable/earlier-store.ts';
import type { Disk, DiskFile } from '../../src/platform/disk.ts';
import { StorageError } from '../../src/storage/errors.ts';
import { seeded } from '../sinks/support/sinks.ts';
import { MemoryDisk, PowerCut } from '../platform/support/memory-disk.ts';
import { DIRECTORY, OpenStore } from './support/model.ts';

type Items = Readonly<Record<string, string>> | undefined;

/** Returns the n-th write of a script, which puts or deletes one of ten items. */
function step(
  items: Items,
  n: number,
): { readonly id: string; readonly value: string | undefined; readonly after: Items } {
  const random = seeded(n);
  const id = `item${Math.floor(random() * 10)}`;
  const value = random() < 0.25 ? undefined : `${n}`.padEnd(10 + Math.floor(random() * 60), 'x');
  const { [id]: _, ...others } = items ?? {};
  const after = value === undefined ? others : { ...others, [id]: value };
  return { id, value, after: Object.fromEntries(Object.entries(after).toSorted()) };
}

async function write(open: OpenStore, { id, value }: ReturnType<typeof step>): Promise<void> {
  if (value === undefined) await open.delete(id);
  else await open.put(id, value);
}

/** Returns a disk that refuses the operations set in `refused`. */
function refusing(disk: MemoryDisk, refused: { readonly sync: boolean; readonly remove: boolean }): Disk {
  const unless = async <T>(isRefused: boolean, run: () => Promise<T>): Promise<T> => {
    if (isRefused) throw new Error('EIO');
    return run();
  };
  return {
    open: async (path: string, mode: 'create' | 'append'): Promise<DiskFile> => {
      const file = await disk.open(path, mode);
      return {
        append: (bytes) => file.append(bytes),
        sync: () => unless(refused.sync, () => file.sync()),
        close: () => file.close(),
      };
    },
    list: (path: string) => disk.list(path),
    size: (path: string) => disk.size(path),
    mkdir: () => disk.mkdir(),
    openRead: (path: string) => disk.openRead(path),
    readFile: (path: string) => disk.readFile(path),
    remove: (path: string) => unless(refused.remove, () => disk.remove(path)),
    rename: (from: string, to: string) => disk.rename(from, to),
    syncDirectory: (path: string) => disk.syncDirectory(path),
  };
}

const WRITES = 40;

function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'InternalServerError';
}

/** Writes until the power is cut or all is written. Returns the acknowledged items, and those after the next write. */
async function writeAll(
  disk: MemoryDisk,
): Promise<{ readonly acknowledged: Items; readonly possible: Items }> {
  let acknowledged: Items;
  let possible: Items = {};
  try {
    const open = await OpenStore.on(disk);
    await open.createTable();
    acknowledged = {};
    for (let n = 0; n < WRITES; n++) {
      const next = step(acknowledged, n);
      possible = next.after;
      await write(open, next);
      acknowledged = next.after;
    }
    await open.store.close();
  } catch {
    // The power was cut: every later call fails.
  }
  return { acknowledged, possible };
}

describe('after a power cut', () => {
  it('every acknowledged write is found, wherever the cut was', async () => {
    const whole = new MemoryDisk();
    await writeAll(whole);
    const wrong: unknown[] = [];
    for (let cutAt = 1; cutAt <= whole.operations; cutAt++) {
      const disk = new MemoryDisk();
      disk.cutAt = cutAt;
      const { acknowledged, possible } = await writeAll(disk);
      for (let seed = 0; seed < 4; seed++) {
        const found = (await OpenStore.on(disk.afterPowerCut(seeded(seed)))).items();
        const text = JSON.stringify(found);
        if (text !== JSON.stringify(acknowledged) && text !== JSON.stringify(possible)) {
          wrong.push({ cutAt, seed, found, acknowledged, possible });
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(whole.operations).toBeGreaterThan(100);
  });

  it('the store continues from the found items, again and again', async () => {
    let disk = new MemoryDisk();
    let items: Items;
    for (let life = 0; life < 60; life++) {
      const random = seeded(1000 + life);
      disk.cutAt = disk.operations + 5 + Math.floor(random() * 60);
      let possible = items;
      try {
        const open = await OpenStore.on(disk);
        expect(JSON.stringify(open.items())).toBe(JSON.stringify(items));
        if (items === undefined) {
          possible = {};
          await open.createTable();
          items = {};
        }
        for (let n = 0; ; n++) {
          const next = step(items, life * 1000 + n);
          possible = next.after;
          await write(open, next);
          items = next.after;
        }
      } catch (error) {
        if (!(error instanceof PowerCut) && !isRefusal(error)) throw error;
      }
      disk = disk.afterPowerCut(random);
      const found = (await OpenStore.on(disk)).items();
      expect([JSON.stringify(items), JSON.stringify(possible)]).toContain(JSON.stringify(found));
      items = found;
    }
    expect(items).toBeDefined();
  });
});

describe('after a kill', () => {
  it('a write found at the start is synced before later writes are acknowledged', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const disk = new MemoryDisk();
      const killed = await OpenStore.on(disk, 1 << 20);
      await killed.createTable();
      // The process ends between its write and its sync: the machine has the bytes, the disk may not.
      disk.cutAt = disk.operations + 2;
      await expect(killed.put('a', 'one')).rejects.toMatchObject({ name: 'InternalServerError' });
      disk.cutAt = Infinity;
      const second = await OpenStore.on(disk, 1 << 20);
      expect(second.items()).toEqual({ a: 'one' });
      await second.put('b', 'two');
      const third = await OpenStore.on(disk.afterPowerCut(seeded(seed)));
      expect(third.items()).toEqual({ a: 'one', b: 'two' });
    }
  });
});

describe('a closed store', () => {
  it('refuses writes and does not change its folder', async () => {
    const disk = new MemoryDisk();
    const open = await OpenStore.on(disk);
    await open.createTable();
    await open.store.close();
    const paths = disk.paths();
    await expect(open.put('a', 'late')).rejects.toMatchObject({ name: 'InternalServerError' });
    expect(disk.paths()).toEqual(paths);
  });
});

describe('a full disk', () => {
  it('refuses writes with an error that clients retry, and accepts writes once there is room', async () => {
    const disk = new MemoryDisk();
    const open = await OpenStore.on(disk);
    await open.createTable();
    let items: Items = {};
    const refused: [n: number, error: unknown][] = [];
    for (let n = 0; n < 200; n++) {
      if (n === 50) disk.room = 100;
      if (n === 100) disk.room = Infinity;
      const next = step(items, n);
      await write(open, next).then(
        () => (items = next.after),
        (error: unknown) => refused.push([n, error]),
      );
      expect(open.items()).toEqual(items);
    }
    expect(refused.length).toBeGreaterThan(30);
    for (const [n, error] of refused) {
      expect(error).toMatchObject({ name: 'InternalServerError', status: 500 });
      expect([n >= 50, n < 100]).toEqual([true, true]);
    }
    expect(open.problems).toEqual([
      'the embedded DynamoDB cannot write to its disk: ENOSPC: no space left on device; writes fail until it can',
      'the embedded DynamoDB can write to its disk again',
    ]);
    await open.store.close();
    expect((await OpenStore.on(disk)).items()).toEqual(items);
  });

  it('never shows a refused write, even if its bytes reached the disk', async () => {
    const disk = new MemoryDisk();
    const refused = { sync: false, remove: false };
    const reluctant = refusing(disk, refused);
    const open = await OpenStore.on(reluctant, 1 << 20);
    await open.createTable();
    await open.put('a', 'before');
    refused.sync = true;
    for (let n = 0; n < 50; n++) {
      await expect(open.put('a', `refused ${n}`)).rejects.toMatchObject({ name: 'InternalServerError' });
    }
    expect(disk.paths().length).toBeLessThan(3);
    refused.sync = false;
    await open.put('b', 'after');
    expect(open.items()).toEqual({ a: 'before', b: 'after' });
    await open.store.close();
    expect((await OpenStore.on(disk)).items()).toEqual({ a: 'before', b: 'after' });
  });

  it('accepts writes again even after it failed to remove an unfinished file', async () => {
    const disk = new MemoryDisk();
    const refused = { sync: false, remove: false };
    const open = await OpenStore.on(refusing(disk, refused), 1 << 20);
    refused.sync = true;
    refused.remove = true;
    await expect(open.createTable()).rejects.toMatchObject({ name: 'InternalServerError' });
    await expect(open.createTable()).rejects.toMatchObject({ name: 'InternalServerError' });
    refused.sync = false;
    refused.remove = false;
    await open.createTable();
    await open.put('a', 'after');
    await open.store.close();
    expect((await OpenStore.on(disk)).items()).toEqual({ a: 'after' });
  });

  it('also fails writes whose condition was checked against a write that failed', async () => {
    const disk = new MemoryDisk();
    const open = await OpenStore.on(disk, 1 << 20);
    await open.createTable();
    await open.put('a', 'before');
    disk.room = 0;
    const update = { TableName: 'items', Key: { id: { S: 'a' } } };
    const condition = { ConditionExpression: 'v = :v', ExpressionAttributeValues: { ':v': { S: 'during' } } };
    const outcomes = await Promise.allSettled([
      open.put('a', 'during'),
      open.call('DeleteItem', { ...update, ...condition }),
      open.call('DeleteItem', { ...update, ConditionExpression: 'attribute_not_exists(id)' }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    for (const outcome of outcomes) {
      expect((outcome as PromiseRejectedResult).reason).toMatchObject({ name: 'InternalServerError' });
    }
    disk.room = Infinity;
    await expect(open.call('DeleteItem', { ...update, ...condition })).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    });
    expect(open.items()).toEqual({ a: 'before' });
  });
});

describe('damage', () => {
  async function filled(): Promise<{ readonly disk: MemoryDisk; readonly states: readonly Items[] }> {
    const disk = new MemoryDisk();
    const open = await OpenStore.on(disk);
    await open.createTable();
    let items: Items = {};
    const states: Items[] = [items];
    for (let n = 0; n < WRITES; n++) {
      const next = step(items, n);
      await write(open, next);
      items = next.after;
      states.push(items);
    }
    await open.store.close();
    return { disk, states };
  }

  it('is reported with its file and what to do, or counts as the torn end of the last write', async () => {
    const { disk, states } = await filled();
    const paths = disk.paths();
    expect(paths.some((path) => path.endsWith('.snapshot'))).toBe(true);
    const torn: Items[] = [];
    const named: { readonly path: string; readonly error: StorageError }[] = [];
    for (const path of paths) {
      const bytes = disk.raw(path);
      for (let at = 0; at < bytes.length; at++) {
        bytes[at]! ^= 0x40;
        try {
          torn.push((await OpenStore.on(disk)).items());
        } catch (error) {
          if (!(error instanceof StorageError)) throw error;
          named.push({ path, error });
        }
        bytes[at]! ^= 0x40;
      }
    }
    for (const { path, error } of named) {
      expect(error.message).toContain(path);
      expect(error.hint).toBe(
        `remove the folder ${DIRECTORY} and start again: the views fill its tables again`,
      );
    }
    expect(named.length).toBeGreaterThan(1000);
    const wrong = torn.filter((found) => !states.slice(-2).some((state) => isDeepStrictEqual(state, found)));
    expect(wrong).toEqual([]);
    expect((await OpenStore.on(disk)).items()).toEqual(states.at(-1));
  });

  it('is reported when a file is missing', async () => {
    const { disk } = await filled();
    const open = await OpenStore.on(disk, 1 << 20);
    await open.put('a', 'one');
    await open.store.close();
    const again = await OpenStore.on(disk, 1 << 20);
    await again.put('a', 'two');
    await again.store.close();
    const logs = disk.paths().filter((path) => path.endsWith('.log'));
    expect(logs.length).toBeGreaterThan(1);
    await disk.remove(logs.at(-2)!);
    await expect(OpenStore.on(disk)).rejects.toThrow(StorageError);
  });
});

async function bytesOnDisk(disk: MemoryDisk): Promise<number> {
  let bytes = 0;
  for (const { name } of storeFiles(await disk.list(DIRECTORY)))
    bytes += (await disk.size(join(DIRECTORY, name))) ?? 0;
  return bytes;
}

describe('the size', () => {
  it('on disk and in memory follows the items, however often they are written and read', async () => {
    const disk = new MemoryDisk();
    const open = await OpenStore.on(disk, 4096);
    await open.createTable();
    const seen: number[] = [];
    for (let n = 0; n < 3000; n++) {
      await open.put(`item${n % 10}`, `${n}`.padEnd(100, 'x'));
      await open.call('GetItem', { TableName: 'items', Key: { id: { S: `item${n % 10}` } } });
      if (n % 100 === 99) seen.push(await bytesOnDisk(disk));
    }
    const table = open.store.table('items');
    expect(table.items.count).toBe(10);
    expect(table.items.bytes).toBe(10 * (2 + 5 + 1 + 100));
    expect(table.pendingCount).toBe(0);
    // Ten items of 108 bytes: a snapshot of about 2 KB and a log of 4 KB, twice while they are replaced.
    expect(Math.max(...seen)).toBeLessThan(16 * 1024);
    await open.store.close();
  });
});

describe('the folder of an earlier version', () => {
  it('is cleared of its unreadable files only', async () => {
    const disk = new MemoryDisk();
    for (const name of [
      'CURRENT',
      'LOCK',
      'LOG',
      'LOG.old',
      'MANIFEST-000004',
      '000005.ldb',
      '000003.log',
      'mine',
    ]) {
      await (await disk.open(join(DIRECTORY, name), 'create')).close();
    }
    expect(await removeEarlierStore(disk, DIRECTORY)).toBe(true);
    expect(disk.paths()).toEqual([join(DIRECTORY, 'mine')]);
    expect(await removeEarlierStore(disk, DIRECTORY)).toBe(false);
  });
});
