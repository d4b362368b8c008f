import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppendRecords } from '../../src/sources/log/frame.ts';
import type { LocalTopicReaderOptions } from '../../src/sources/log/reader.ts';
import type { LocalTopicOptions } from '../../src/sources/log/topic-options.ts';
import { LocalTopic } from '../../src/sources/log/topic.ts';
import type { Positions, RecordBatch, SourceReader } from '../../src/sources/source.ts';
import type { Disk, DiskFile } from '../../src/platform/disk.ts';
import { createNodeDisk } from '../../src/platform/node-disk.ts';
import { MemoryDisk, PowerCut } from '../platform/support/memory-disk.ts';
import { compileToTemp } from './support/compile.ts';
import { makeRecords, offsetsOf } from './support/source.ts';

const SEED = Number(process.env['FRESHET_SEED'] ?? 7);

function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const records = (...texts: string[]): AppendRecords => makeRecords(texts);

const textsOf = (batch: RecordBatch): string[] =>
  Array.from({ length: batch.count }, (_, i) =>
    Buffer.from(batch.bytes.subarray(batch.starts[i], batch.ends[i])).toString(),
  );

/** Reads all records from `from` on, and checks that offsets are dense. */
async function readAll(
  topic: LocalTopic,
  from = topic.firstOffset,
  maxRecords = 7,
  chunkBytes = 64,
): Promise<string[]> {
  const reader = topic.reader({ chunkBytes });
  await reader.open(new Map([['0', String(from)]]));
  try {
    const texts: string[] = [];
    for (;;) {
      const batch = await reader.poll(maxRecords, 0);
      if (batch === undefined) return texts;
      expect(offsetsOf(batch)).toEqual(
        Array.from({ length: batch.count }, (_, i) => from + texts.length + i),
      );
      texts.push(...textsOf(batch));
      expect(batch.nextOffset).toBe(String(from + texts.length));
      expect(batch.bytes.length).toBeGreaterThanOrEqual(batch.ends[batch.count - 1]! + 8);
    }
  } finally {
    await reader.close();
  }
}

/** Wraps a disk: its writes and syncs can be made to fail, and its syncs are counted. */
function faultyDisk(inner: Disk): {
  disk: Disk;
  faults: { append?: string | undefined; sync?: string | undefined; syncs: number };
} {
  const faults: { append?: string | undefined; sync?: string | undefined; syncs: number } = { syncs: 0 };
  const wrap = (file: DiskFile): DiskFile => ({
    append: async (bytes) => {
      if (faults.append !== undefined) {
        await file.append(bytes.subarray(0, bytes.length >> 1));
        throw new Error(faults.append);
      }
      await file.append(bytes);
    },
    sync: async () => {
      faults.syncs++;
      if (faults.sync !== undefined) throw new Error(faults.sync);
      await file.sync();
    },
    close: () => file.close(),
  });
  const disk: Disk = {
    mkdir: (path) => inner.mkdir(path),
    list: (path) => inner.list(path),
    open: async (path, mode) => wrap(await inner.open(path, mode)),
    size: (path) => inner.size(path),
    openRead: (path) => inner.openRead(path),
    readFile: (path) => inner.readFile(path),
    rename: (from, to) => inner.rename(from, to),
    remove: (path) => inner.remove(path),
    syncDirectory: (path) => inner.syncDirectory(path),
  };
  return { disk, faults };
}

let dir: string;
const opened: LocalTopic[] = [];
async function open(options: LocalTopicOptions = {}): Promise<LocalTopic> {
  const topic = await LocalTopic.open(dir, options);
  opened.push(topic);
  return topic;
}
const segments = async (): Promise<string[]> =>
  (await readdir(dir)).filter((name) => name.endsWith('.seg')).sort();

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'freshet-log-'));
});
afterEach(async () => {
  for (const topic of opened.splice(0)) await topic.close();
  await rm(dir, { recursive: true });
});

describe('a local topic', () => {
  it('assigns dense offsets and returns the appended records, also after it is reopened', async () => {
    const texts = Array.from({ length: 200 }, (_, i) => `${i} ${'ä'.repeat(i % 40)}`);
    let topic = await open({ segmentBytes: 1500 });
    for (let i = 0; i < texts.length;) {
      const part = texts.slice(i, i + 1 + (i % 9));
      expect(await topic.append(records(...part))).toEqual({ firstOffset: i, nextOffset: i + part.length });
      i += part.length;
    }
    expect((await segments()).length).toBeGreaterThan(3);
    expect(await topic.append(records())).toEqual({ firstOffset: 200, nextOffset: 200 });
    expect(await readAll(topic)).toEqual(texts);
    await topic.close();
    topic = await open({ segmentBytes: 1500 });
    expect([topic.tornTail, topic.firstOffset, topic.nextOffset]).toEqual([undefined, 0, 200]);
    await topic.append(records('more'));
    expect(await readAll(topic, 150, 3)).toEqual([...texts.slice(150), 'more']);
    expect(await topic.verify()).toEqual([]);
  });

  it('shares one fsync among concurrent appends', async () => {
    const { disk, faults } = faultyDisk(createNodeDisk());
    const topic = await open({ disk });
    await topic.append(records('first'));
    const before = faults.syncs;
    const results = await Promise.all(
      Array.from({ length: 500 }, (_, i) => topic.append(records(`a${i}`, `b${i}`))),
    );
    expect(results.map((r) => r.firstOffset)).toEqual(results.map((_, i) => 1 + 2 * i));
    expect(faults.syncs - before).toBeLessThanOrEqual(2);
    expect(await readAll(topic)).toEqual(['first', ...results.flatMap((_, i) => [`a${i}`, `b${i}`])]);
  });

  it('wakes waiting readers once new records are on disk, and not before', async () => {
    const topic = await open();
    const readers = [topic.reader(), topic.reader({ start: 'latest' })];
    await topic.append(records('old'));
    for (const reader of readers) await reader.open(new Map());
    expect(textsOf((await readers[0]!.poll(9, 1000))!)).toEqual(['old']);
    // A reader that is not woken waits far longer than a test may take.
    const waiting = readers.map((reader) => reader.poll(9, 3_600_000));
    const acknowledged = topic.append(records('new'));
    const batches = await Promise.all(waiting);
    await acknowledged;
    expect(batches.map((batch) => textsOf(batch!))).toEqual([['new'], ['new']]);
    expect(await readers[0]!.poll(9, 10)).toBeUndefined();
    expect(readers[0]!.lag()).toEqual([{ split: '0', records: 0 }]);
    await topic.append(records('a', 'b'));
    expect(readers[0]!.lag()).toEqual([{ split: '0', records: 2 }]);
    const closing = readers[1]!.poll(9, 3_600_000).then(() => readers[1]!.poll(9, 3_600_000));
    await readers[1]!.close();
    expect(await closing).toBeUndefined();
    await readers[0]!.close();
  });

  it('stamps records with the time of the append', async () => {
    let now_us = 1000;
    const topic = await open({ now_us: () => now_us });
    await topic.append(records('a', 'b'));
    now_us = 2000;
    await topic.append(records('c'));
    const reader = topic.reader();
    await reader.open(new Map());
    expect([...(await reader.poll(9, 0))!.timestamps_us!]).toEqual([1000, 1000, 2000]);
    await reader.close();
  });

  it('reports the start position of a reader and its next position', async () => {
    const topic = await open();
    await topic.append(records('a', 'b', 'c'));
    const positionsOf = async (
      options: LocalTopicReaderOptions,
      positions: Positions,
    ): Promise<(string | undefined)[]> => {
      const reader = topic.reader(options);
      await reader.open(positions);
      const begin = reader.positions().get('0');
      const batch = await reader.poll(1, 0);
      const [next, ...others] = [...reader.positions().values()];
      expect([batch?.offsetOf(0), others]).toEqual([begin === '3' ? undefined : begin, []]);
      await reader.close();
      return [begin, next];
    };
    expect(await positionsOf({}, new Map())).toEqual(['0', '1']);
    expect(await positionsOf({ start: 'latest' }, new Map())).toEqual(['3', '3']);
    expect(await positionsOf({ start: 'latest' }, new Map([['0', '2']]))).toEqual(['2', '3']);
  });

  it('starts reading at a time, in any segment', async () => {
    let now_us = 0;
    const topic = await open({ now_us: () => now_us, segmentBytes: 200 });
    for (let i = 0; i < 40; i++) {
      now_us = i * 10;
      await topic.append(records(`r${i}`, `s${i}`));
    }
    for (const [time_us, offset] of [
      [0, 0],
      [1, 2],
      [155, 32],
      [160, 32],
      [390, 78],
      [391, 80],
    ] as const) {
      const reader = topic.reader({ start: { time_us } });
      await reader.open(new Map());
      expect([time_us, [...reader.positions()]]).toEqual([time_us, [['0', String(offset)]]]);
      expect((await reader.poll(1, 10))?.offsetOf(0) ?? '80').toBe(String(offset));
      await reader.close();
      const restored = topic.reader({ start: { time_us } });
      await restored.open(new Map([['0', '3']])); // a position wins over the start option
      expect([...restored.positions()]).toEqual([['0', '3']]);
      await restored.close();
    }
    await topic.close();
  });

  it('belongs to one process at a time, and is free once it is closed', async () => {
    const topic = await open();
    await expect(LocalTopic.open(dir)).rejects.toMatchObject({
      name: 'SourceError',
      message: `${dir} is in use by this process`,
      hint: expect.stringContaining('stop that process') as string,
    });
    await topic.close();
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    await writeFile(join(dir, 'lock'), JSON.stringify({ pid: child.pid, host: hostname(), token: 'x' }));
    await expect(LocalTopic.open(dir)).rejects.toThrow(`is in use by process ${child.pid}`);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('exit', resolve));
    await (await open()).close();
  });
});

describe('a topic restored from an older copy', () => {
  it('accepts no records until a reader continues at its end, and reports how many are missing', async () => {
    const topic = await open();
    await topic.append(records('a', 'b', 'c'));
    const reader = topic.reader();
    await expect(reader.open(new Map([['0', '10']]))).rejects.toMatchObject({
      message: expect.stringContaining('and 7 acknowledged records are missing from it') as string,
      positions: [{ split: '0', offset: '10', resume: '3', missing: 0 }],
    });
    await expect(topic.append(records('d'))).rejects.toThrow(
      'the topic ends at offset 3, but the views have counted 10',
    );
    expect(topic.nextOffset).toBe(3);
    await reader.open(new Map([['0', '3']]));
    await topic.append(records('d'));
    expect(await readAll(topic)).toEqual(['a', 'b', 'c', 'd']);
    await reader.close();
    await topic.close();
  });
});

it('a topic that another process has taken over drops the appends that waited for the disk', async () => {
  const { disk } = faultyDisk(createNodeDisk());
  let go = (): void => {};
  const held = new Promise<void>((resolve) => (go = resolve));
  const openFile = disk.open.bind(disk);
  disk.open = async (path, mode) => {
    const file = await openFile(path, mode);
    return { ...file, sync: () => held.then(() => file.sync()) };
  };
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const topic = await open({ disk });
    const first = topic.append(records('a'));
    await new Promise((resolve) => setImmediate(resolve));
    const second = topic.append(records('b'));
    await writeFile(join(dir, 'lock'), JSON.stringify({ pid: 7, host: 'elsewhere', token: 'x' }));
    await vi.advanceTimersByTimeAsync(6_000);
    for (let isNoticed = false; !isNoticed;) {
      void topic.append(records()).catch(() => (isNoticed = true));
      await new Promise((resolve) => setImmediate(resolve));
    }
    go();
    expect(await first).toEqual({ firstOffset: 0, nextOffset: 1 });
    await expect(second).rejects.toThrow('was taken over by process 7 on elsewhere');
  } finally {
    vi.useRealTimers();
  }
});

describe('retention', () => {
  it('removes old segments by size and by age, but no record that a reader has not checkpointed', async () => {
    let now_us = 0;
    const options = { segmentBytes: 200, retentionBytes: 1000, now_us: () => now_us };
    const topic = await open(options);
    const reader = topic.reader();
    await topic.append(records('x'.repeat(50)));
    await reader.open(new Map());
    const fill = async (n: number): Promise<void> => {
      for (let i = 0; i < n; i++) await topic.append(records('x'.repeat(50)));
    };
    await fill(60);
    expect(topic.firstOffset).toBe(0);
    await reader.checkpointed(new Map([['0', '30']]));
    expect(topic.firstOffset).toBeGreaterThan(10);
    expect(topic.firstOffset).toBeLessThanOrEqual(30);
    await reader.checkpointed(new Map([['0', '61']]));
    expect(topic.bytes).toBeLessThanOrEqual(1000);
    expect(topic.firstOffset).toBeGreaterThan(40);
    expect(await readAll(topic)).toHaveLength(61 - topic.firstOffset);
    await reader.close();
    await expect(reader.open(new Map([['0', '5']]))).rejects.toThrow(
      `records 5 to ${topic.firstOffset - 1} were removed by retention`,
    );
    await expect(reader.open(new Map([['0', '62']]))).rejects.toThrow(
      'the topic ends at offset 61, but the views have counted 62 acknowledged records of it',
    );
    await topic.close();

    const aged = await open({ segmentBytes: 200, retention_ms: 10, now_us: () => now_us });
    expect(aged.nextOffset).toBe(61);
    now_us = 9_000;
    await aged.append(records('y'));
    expect(aged.firstOffset).toBeLessThan(60);
    now_us = 30_000;
    await aged.append(records('y'.repeat(200)));
    now_us = 60_000;
    await aged.append(records('z'));
    expect(aged.firstOffset).toBe(62);
    expect((await readAll(aged)).at(-1)).toBe('z');
  });
});

describe('retention while a file is being removed', () => {
  const filled = async (): Promise<void> => {
    const topic = await open({ segmentBytes: 200 });
    for (let i = 0; i < 30; i++) await topic.append(records('x'.repeat(50)));
    await topic.close();
  };

  it('keeps the records of a reader that is opened meanwhile', async () => {
    await filled();
    const { disk } = faultyDisk(createNodeDisk());
    let go = (): void => {};
    const held = new Promise<void>((resolve) => (go = resolve));
    const remove = disk.remove.bind(disk);
    disk.remove = async (path) => {
      await held;
      await remove(path);
    };
    const topic = await open({ disk, segmentBytes: 200, retentionBytes: 300 });
    const [writer, reader] = [topic.reader(), topic.reader()];
    await writer.open(new Map([['0', '30']]));
    const done = writer.checkpointed(new Map([['0', '30']]));
    const from = topic.firstOffset;
    await reader.open(new Map([['0', String(from)]]));
    go();
    await done;
    expect(topic.firstOffset).toBe(from);
    expect((await reader.poll(100, 0))!.offsetOf(0)).toBe(String(from));
    await Promise.all([reader.close(), writer.close()]);
  });

  it('leaves no gap if a file cannot be removed', async () => {
    await filled();
    const { disk } = faultyDisk(createNodeDisk());
    const remove = disk.remove.bind(disk);
    let failures = 2;
    disk.remove = (path) => (failures-- > 0 ? Promise.reject(new Error('EIO')) : remove(path));
    const options = { disk, segmentBytes: 200, retentionBytes: 300 };
    const topic = await open(options);
    await topic.append(records('y'));
    await topic.append(records('y'));
    expect([topic.firstOffset, (await readAll(topic)).length]).toEqual([0, 32]);
    await topic.append(records('y'));
    await topic.append(records('y')); // runs after the removal that the previous append started
    expect(topic.firstOffset).toBeGreaterThan(20);
    await topic.close();
    const again = await open(options);
    expect(await readAll(again)).toHaveLength(34 - again.firstOffset);
  });
});

describe('a failing disk', () => {
  for (const [what, message] of [
    ['append', 'ENOSPC: no space left on device'],
    ['sync', 'EIO: i/o error'],
  ] as const) {
    it(`in ${what} rejects the append and does not change the topic`, async () => {
      const { disk, faults } = faultyDisk(createNodeDisk());
      let topic = await open({ disk });
      faults[what] = message;
      await expect(topic.append(records('never'))).rejects.toThrow(message);
      await expect(topic.append(records('never'))).rejects.toThrow(message);
      expect(topic.nextOffset).toBe(0);
      faults[what] = undefined;
      await topic.append(records('a', 'b'));
      faults[what] = message;
      const together = await Promise.allSettled([
        topic.append(records('never')),
        topic.append(records('never')),
      ]);
      expect(together.map((result) => result.status)).toEqual(['rejected', 'rejected']);
      faults[what] = undefined;
      expect(await topic.append(records('c'))).toEqual({ firstOffset: 2, nextOffset: 3 });
      expect(await readAll(topic)).toEqual(['a', 'b', 'c']);
      await topic.close();
      topic = await open();
      await topic.append(records('d'));
      expect(await readAll(topic)).toEqual(['a', 'b', 'c', 'd']);
      expect(await topic.verify()).toEqual([]);
    });
  }

  it('that is too slow makes appends reject instead of filling memory', async () => {
    const topic = await open({ maxPendingBytes: 1000 });
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () => topic.append(records('x'.repeat(300)))),
    );
    const rejected = results.filter((result) => result.status === 'rejected');
    expect(rejected.length).toBe(7);
    expect(String(rejected[0]!.reason)).toContain('bytes are waiting to be written');
    expect(topic.nextOffset).toBe(3);
  });
});

describe('the topic after a crash', () => {
  it('has every acknowledged record whenever the power fails', async () => {
    let crashes = 0;
    for (let run = 0; run < 150; run++) {
      const random = randomFrom(SEED * 1000 + run);
      const disk = new MemoryDisk();
      disk.cutAt = 3 + Math.floor(random() * 40);
      const acknowledged = new Map<number, string>();
      let n = 0;
      const work = async (topic: LocalTopic): Promise<void> => {
        const lanes = Array.from({ length: 3 }, async () => {
          for (let i = 0; i < 12; i++) {
            const texts = Array.from(
              { length: 1 + Math.floor(random() * 3) },
              () => `${run}.${n++} ${'x'.repeat(Math.floor(random() * 60))}`,
            );
            const { firstOffset } = await topic.append(records(...texts));
            texts.forEach((text, k) => acknowledged.set(firstOffset + k, text));
          }
        });
        await Promise.all(lanes.map((lane) => lane.catch(() => undefined)));
      };
      const options: LocalTopicOptions = { disk, lock: false, segmentBytes: 400, now_us: () => 1 };
      await LocalTopic.open('/t', options)
        .then(work)
        .catch((error: unknown) => {
          if (!(error instanceof PowerCut)) throw error;
        });
      if (disk.operations >= disk.cutAt) crashes++;
      for (let life = 0; life < 2; life++) {
        const after = disk.afterPowerCut(random);
        const topic = await LocalTopic.open('/t', { ...options, disk: after });
        const found = await readAll(topic, 0);
        for (const [offset, text] of acknowledged)
          expect(found[offset], `run ${run} offset ${offset}`).toBe(text);
        expect(found).toHaveLength(topic.nextOffset);
        expect(await topic.verify()).toEqual([]);
        const { firstOffset } = await topic.append(records('afterwards'));
        expect(firstOffset).toBe(found.length);
        expect(await readAll(topic, 0)).toEqual([...found, 'afterwards']);
        // a second power cut directly after opening: records that were read must survive
        const again = await LocalTopic.open('/t', { ...options, disk: after.afterPowerCut(random) });
        expect(await readAll(again, 0)).toEqual([...found, 'afterwards']);
      }
    }
    expect(crashes).toBeGreaterThan(100);
  });

  it('is synced before any record is read', async () => {
    for (let run = 0; run < 20; run++) {
      const memory = new MemoryDisk();
      const { disk, faults } = faultyDisk(memory);
      const topic = await LocalTopic.open('/t', { disk, lock: false });
      await topic.append(records('a'));
      faults.sync = 'the process dies here';
      await expect(topic.append(records('b'))).rejects.toThrow('the process dies here');
      const next = await LocalTopic.open('/t', { disk: memory, lock: false });
      expect(await readAll(next)).toEqual(['a', 'b']);
      const after = await LocalTopic.open('/t', {
        disk: memory.afterPowerCut(randomFrom(SEED + run)),
        lock: false,
      });
      expect(await readAll(after)).toEqual(['a', 'b']);
    }
  });

  it('is truncated after the last complete group of records, which is reported', async () => {
    const topic = await open();
    await topic.append(records('a'));
    await topic.append(records('b', 'c'));
    await topic.close();
    const [name] = await segments();
    const path = join(dir, name!);
    const bytes = await readFile(path);
    await truncate(path, bytes.length - 3);
    const torn = await open();
    expect(torn.nextOffset).toBe(1);
    expect(torn.tornTail?.message).toContain(
      'bytes, which were not written completely; the log ends at offset 1',
    );
    expect(torn.tornTail?.bytes).toBe(40 + 8 + 2 - 3);
    await torn.append(records('d'));
    expect(await readAll(torn)).toEqual(['a', 'd']);
    await torn.close();
    const clean = await open();
    expect(clean.tornTail).toBeUndefined();
    expect(await readAll(clean)).toEqual(['a', 'd']);
  });

  it('has every acknowledged record of a killed process', async () => {
    const here = dirname(fileURLToPath(import.meta.url));
    const { script, folder } = await compileToTemp(join(here, 'support', 'append-until-killed.ts'));
    const acknowledged = new Map<number, string>();
    try {
      for (let life = 0; life < 3; life++) {
        const child = spawn(process.execPath, [script, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
        const ended = once(child, 'exit'); // the process exits, and releases the topic, after its pipe ends
        const target = acknowledged.size + 300 + 137 * life;
        for await (const line of createInterface(child.stdout)) {
          const space = line.indexOf(' ');
          const offset = Number(line.slice(0, space));
          if (Number.isNaN(offset)) continue;
          expect(acknowledged.has(offset)).toBe(false);
          acknowledged.set(offset, line.slice(space + 1));
          if (acknowledged.size >= target) child.kill('SIGKILL');
        }
        await ended;
      }
      const topic = await open();
      const found = await readAll(topic, 0, 1000, 4096);
      expect(acknowledged.size).toBeGreaterThan(1000);
      for (const [offset, text] of acknowledged) expect(found[offset]).toBe(text);
      expect(await topic.verify()).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('damage', () => {
  const flip = async (path: string, at: number): Promise<void> => {
    const bytes = await readFile(path);
    bytes[at]! ^= 1;
    await writeFile(path, bytes);
  };
  async function filled(segmentBytes: number): Promise<string[]> {
    const topic = await open({ segmentBytes });
    for (let i = 0; i < 20; i++) await topic.append(records(`record ${i}`));
    await topic.close();
    return (await segments()).map((name) => join(dir, name));
  }

  it('to acknowledged records of the last segment is not taken for a torn end: the topic does not open', async () => {
    const [path] = await filled(1 << 20);
    await flip(path!, 28 + 5 * 52 + 50);
    await expect(LocalTopic.open(dir)).rejects.toThrow(/records 5 to 18 are damaged, from byte 288/);
  });

  it('in an older segment is reported when it is read, after the good records before it', async () => {
    const [first, second] = await filled(300);
    await flip(second!, 100);
    const topic = await open({ segmentBytes: 300 });
    const reader = topic.reader();
    await reader.open(new Map());
    const seen: string[] = [];
    await expect(
      (async () => {
        for (;;) seen.push(...textsOf((await reader.poll(100, 0))!));
      })(),
    ).rejects.toThrow(/00000000000000000005\.seg: record 6 is damaged, at byte 80/);
    expect(seen).toEqual(Array.from({ length: 6 }, (_, i) => `record ${i}`));
    await reader.close();
    expect(await topic.verify()).toEqual([`${second}: records 6 to 9 are damaged, from byte 80`]);
    expect(first).toContain('00000000000000000000.seg');
  });

  it('to a length does not make the reader allocate gigabytes', async () => {
    const [first] = await filled(300);
    const bytes = await readFile(first!);
    bytes.writeUInt32LE(0xfffffff0, 28 + 4);
    await writeFile(first!, bytes);
    const topic = await open({ segmentBytes: 300 });
    const reader: SourceReader = topic.reader();
    await reader.open(new Map());
    await expect(reader.poll(10, 0)).rejects.toThrow('record 0 is damaged');
    await reader.close();
  });

  it('to a header prevents opening the topic', async () => {
    const [first] = await filled(300);
    await flip(first!, 20);
    await expect(LocalTopic.open(dir)).rejects.toThrow('the header of the segment is damaged');
  });
});
