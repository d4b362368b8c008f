import { expect, test } from 'vitest';
import { listDeadLetters, type LetterFilter } from '../../src/runtime/dead-letter-list.ts';
import { DeadLetters, safeName } from '../../src/runtime/dead-letters.ts';
import type { DeadLetterSettings } from '../../src/runtime/dead-letters.ts';
import { MemoryDisk, PowerCut } from '../platform/support/memory-disk.ts';
import { seeded } from '../storage/support/random.ts';

const DIRECTORY = '/state/dead-letters';

function open(disk: MemoryDisk, settings: Partial<DeadLetterSettings> = {}): DeadLetters {
  return new DeadLetters({ disk, directory: DIRECTORY, settings });
}

function letter(offset: number, payload: string | Uint8Array = `payload ${offset}`) {
  return {
    origin: 'source' as const,
    name: 'plays',
    time_us: 1_700_000_000_000_000 + offset,
    reason: 'malformed',
    message: 'not JSON',
    partition: '0',
    offset: String(offset),
    payload: typeof payload === 'string' ? new TextEncoder().encode(payload) : payload,
  };
}

function linesOf(disk: MemoryDisk, name = 'source-plays.ndjson'): Record<string, unknown>[] {
  const text = Buffer.from(disk.raw(`${DIRECTORY}/${name}`)).toString();
  return text
    .split('\n')
    .filter((l) => l !== '')
    .map((l) => JSON.parse(l) as Record<string, unknown>)
    .map((l) => (typeof l['offset'] === 'string' ? { ...l, offset: Number(l['offset']) } : l));
}

test('a dead letter has its record, position and reason, with the payload as text', async () => {
  const disk = new MemoryDisk();
  const letters = open(disk);
  letters.add({ ...letter(7, '{"a":"é\n'), column: 'a' });
  await letters.flush();
  expect(linesOf(disk)).toEqual([
    {
      time: '2023-11-14T22:13:20.000Z',
      source: 'plays',
      reason: 'malformed',
      message: 'not JSON',
      column: 'a',
      partition: '0',
      offset: 7,
      payload: '{"a":"é\n',
      payload_bytes: 9,
    },
  ]);
});

test('a payload that is not UTF-8 is base64; a long payload is truncated, also within a character', async () => {
  const disk = new MemoryDisk();
  const letters = open(disk, { payload_bytes: 4 });
  letters.add(letter(0, Uint8Array.of(0xff, 0xfe, 0, 1, 2, 3)));
  letters.add(letter(1, 'abcé and more'));
  await letters.flush();
  expect(linesOf(disk)).toMatchObject([
    { payload_base64: Buffer.from([0xff, 0xfe, 0, 1]).toString('base64'), payload_bytes: 6 },
    { payload: 'abc', payload_bytes: 14 },
  ]);
});

test('a dead letter is not written twice, also after a restart or when all records are read again', async () => {
  const disk = new MemoryDisk();
  const run = async (offsets: readonly number[], time_us: number): Promise<void> => {
    const letters = open(disk, { burst: 5 });
    await letters.open();
    for (const offset of offsets) {
      letters.add({ ...letter(offset), time_us });
      letters.add({ ...letter(offset), time_us: time_us + 1 });
      if (offset % 4 === 0) await letters.flush();
    }
    await letters.flush();
    await letters.close();
  };
  const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  await run(upTo(10), 1e15);
  await run(upTo(13), 2e15);
  expect(linesOf(disk).map((l) => l['offset'])).toEqual(upTo(13));
  // The same position with other bytes or another reason is a different dead letter.
  const letters = open(disk);
  await letters.open();
  letters.add(letter(3, 'other bytes'));
  letters.add({ ...letter(3), reason: 'too_large' });
  await letters.flush();
  expect(linesOf(disk)).toHaveLength(15);
});

test('a dead letter is recognized as long as its file is kept, also in a rotated file', async () => {
  const disk = new MemoryDisk();
  const run = async (from: number, to: number): Promise<void> => {
    const letters = open(disk, { file_bytes: 600, files: 2 });
    await letters.open();
    for (let i = from; i < to; i++) {
      letters.add(letter(i));
      await letters.flush();
    }
  };
  await run(0, 40);
  const before = disk.paths().map((path) => [path, Buffer.from(disk.raw(path)).toString()]);
  const kept = disk.paths().flatMap((path) => linesOf(disk, path.slice(DIRECTORY.length + 1)));
  await run(40 - kept.length, 40);
  expect(disk.paths().map((path) => [path, Buffer.from(disk.raw(path)).toString()])).toEqual(before);
});

test('a full file is rotated, and only the configured number of files is kept', async () => {
  const disk = new MemoryDisk();
  const letters = open(disk, { file_bytes: 600, files: 2 });
  for (let i = 0; i < 40; i++) {
    letters.add(letter(i));
    await letters.flush();
  }
  const names = disk.paths().map((path) => path.slice(DIRECTORY.length + 1));
  expect(names).toHaveLength(3);
  for (const name of names.slice(0, 2)) expect(name).toMatch(/^source-plays\.0000\d\d\.ndjson$/);
  expect(names[2]).toBe('source-plays.ndjson');
  const offsets = names.flatMap((name) => linesOf(disk, name).map((l) => l['offset'] as number));
  expect(offsets.at(-1)).toBe(39);
  expect(offsets).toEqual(offsets.map((_, i) => 39 - offsets.length + 1 + i)); // the newest letters, without a gap
  for (const path of disk.paths()) expect(disk.raw(path).length).toBeLessThanOrEqual(600);
});

test('a flood of dead letters is limited, and those not kept are counted', async () => {
  const disk = new MemoryDisk();
  const letters = open(disk, { burst: 3 });
  for (let i = 0; i < 10; i++) letters.add(letter(i));
  await letters.flush();
  expect(linesOf(disk).map((l) => l['offset'] ?? l['not_kept'])).toEqual([0, 1, 2, 7]);
  letters.add(letter(10));
  await letters.flush();
  expect(linesOf(disk).at(-1)).toMatchObject({ offset: 10 });
});

test('after a power cut at any operation, flushed dead letters are complete lines', async () => {
  const run = async (disk: MemoryDisk, from: number, onFlushed: (offset: number) => void): Promise<void> => {
    const letters = open(disk, { file_bytes: 500, files: 20 });
    for (let i = from; i < from + 8; i++) {
      letters.add(letter(i));
      await letters.flush();
      onFlushed(i);
    }
  };
  const dry = new MemoryDisk();
  await run(dry, 0, () => {});
  for (let cutAt = 1; cutAt <= dry.operations; cutAt++) {
    for (let variant = 0; variant < 4; variant++) {
      const disk = new MemoryDisk();
      disk.cutAt = cutAt;
      let flushed = -1;
      await run(disk, 0, (offset) => (flushed = offset)).catch((error: unknown) => {
        if (!(error instanceof PowerCut)) throw error;
      });
      const after = disk.afterPowerCut(seeded(cutAt * 7 + variant));
      await run(after, 100, () => {}); // a torn last line must not spoil the next one
      const found = new Set<number>();
      for (const path of after.paths()) {
        for (const line of Buffer.from(after.raw(path)).toString().split('\n')) {
          try {
            found.add(Number((JSON.parse(line) as { offset: string }).offset));
          } catch {
            // a line torn by the power cut
          }
        }
      }
      for (let i = 0; i <= flushed; i++) expect(found, `cut at ${cutAt}, variant ${variant}`).toContain(i);
      for (let i = 100; i < 108; i++) expect(found).toContain(i);
    }
  }
});

test('dead letters wait while the disk is full and are written once there is room', async () => {
  const disk = new MemoryDisk();
  const letters = open(disk);
  letters.add(letter(0));
  await letters.flush();
  disk.room = 20;
  letters.add(letter(1));
  await expect(letters.flush()).rejects.toThrow('ENOSPC');
  disk.room = Infinity;
  letters.add(letter(2));
  await letters.flush();
  const text = Buffer.from(disk.raw(`${DIRECTORY}/source-plays.ndjson`))
    .toString()
    .trim()
    .split('\n');
  expect(text).toHaveLength(4); // one line was torn
  expect([0, 2, 3].map((i) => (JSON.parse(text[i]!) as { offset: string }).offset)).toEqual(['0', '1', '2']);
});

test('a file that cannot be written does not keep letters out of other files', async () => {
  const disk = new MemoryDisk();
  const letters = open(disk);
  const openFile = disk.open.bind(disk);
  disk.open = (path, mode) =>
    path.includes('source-plays') ? Promise.reject(new Error('EACCES')) : openFile(path, mode);
  letters.add(letter(0));
  letters.add({ ...letter(1), name: 'likes' });
  await expect(letters.flush()).rejects.toThrow('EACCES');
  expect(linesOf(disk, 'source-likes.ndjson')).toMatchObject([{ offset: 1 }]);
  disk.open = openFile;
  await letters.flush();
  expect(linesOf(disk)).toMatchObject([{ offset: 0 }]);
  expect(linesOf(disk, 'source-likes.ndjson')).toHaveLength(1);
});

test('the letters of a file that cannot be rotated are still recognized', async () => {
  const disk = new MemoryDisk();
  const letters = open(disk, { file_bytes: 1, files: 1 });
  disk.rename = () => Promise.reject(new Error('EIO'));
  letters.add(letter(0));
  await letters.flush();
  for (let i = 1; i < 4; i++) {
    letters.add(letter(i));
    await expect(letters.flush()).rejects.toThrow('EIO');
    await letters.flush();
    letters.add(letter(0));
  }
  expect(linesOf(disk)).toMatchObject([{ offset: 0 }, { offset: 1 }, { offset: 2 }, { offset: 3 }]);
});

test('dead letters of all files are listed by source and sink, newest last, also while more are written', async () => {
  const disk = new MemoryDisk();
  const letters = open(disk, { file_bytes: 600, files: 3, burst: 2 });
  const at = (i: number) => ({ ...letter(i), time_us: 2000 * i });
  for (let i = 0; i < 8; i++) {
    letters.add(at(i));
    letters.add({ ...at(i), name: 'Other "source"', time_us: 2000 * i + 1000 });
    await letters.flush();
  }
  letters.add({
    ...letter(9),
    origin: 'sink',
    name: 'items',
    time_us: 1,
    partition: undefined,
    offset: undefined,
  });
  for (let i = 20; i < 25; i++) letters.add(at(i));
  await letters.flush();
  const list = (filter: Partial<LetterFilter> = {}) =>
    listDeadLetters(disk, DIRECTORY, { limit: 3, ...filter });
  const all = await list();
  expect(
    all.letters.map(({ source, offset }) => [source, offset === undefined ? undefined : Number(offset)]),
  ).toEqual([
    ['Other "source"', 7],
    ['plays', 20],
    ['plays', 21],
  ]);
  expect([all.found, all.not_kept, all.whole]).toEqual([19, 3, true]);
  const { letters: sunk } = await list({ sink: 'items' });
  expect(sunk).toMatchObject([{ sink: 'items', reason: 'malformed' }]);
  expect((await list({ source: 'Other "source"' })).letters.map(({ offset }) => Number(offset))).toEqual([
    5, 6, 7,
  ]);
  expect((await list({ source: 'nobody' })).found).toBe(0);
  const part = await list({ source: 'plays', maxBytes: 450 });
  expect(part.letters.map(({ offset }) => Number(offset))).toEqual([20, 21]);
  expect(part.whole).toBe(false);
  expect(await listDeadLetters(disk, '/nowhere', { limit: 3 })).toEqual({
    letters: [],
    found: 0,
    not_kept: 0,
    whole: true,
  });
});

test('the list skips lines that are not dead letters', async () => {
  const disk = new MemoryDisk();
  const letters = open(disk);
  letters.add(letter(0));
  await letters.flush();
  const file = await disk.open(`${DIRECTORY}/source-plays.ndjson`, 'append');
  await file.append(new TextEncoder().encode('5\nnull\n"text"\n{"reason\n'));
  const { letters: found } = await listDeadLetters(disk, DIRECTORY, { limit: 10 });
  expect(found).toMatchObject([{ offset: '0' }]);
});

test('different names that are not allowed as file names get different file names', () => {
  expect(safeName('view_events')).toBe('view_events');
  const long = 'a'.repeat(200);
  const names = ['../x', '..', 'a/b', 'a b', 'ä', '', 'x', 'X', 'xc3a4', long, `${long}b`];
  const files = names.map(safeName);
  expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(names.length);
  for (const file of files) expect(file).toMatch(/^[a-z0-9_~][a-z0-9_-]{0,99}$/);
});
