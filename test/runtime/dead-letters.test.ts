import { expect, test } from 'vitest';
import { DeadLetters, safeName } from '../../src/runtime/dead-letters.ts';
import type { DeadLetterSettings } from '../../src/runtime/dead-letters.ts';
import { MemoryDisk, PowerCut } from '../storage/support/memory-disk.ts';
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
    partition: 0,
    offset,
    payload: typeof payload === 'string' ? new TextEncoder().encode(payload) : payload,
  };
}

function linesOf(disk: MemoryDisk, name = 'source-plays.ndjson'): Record<string, unknown>[] {
  const text = Buffer.from(disk.raw(`${DIRECTORY}/${name}`)).toString();
  return text
    .split('\n')
    .filter((l) => l !== '')
    .map((l) => JSON.parse(l) as Record<string, unknown>);
}

test('a letter says what, where and why, with the payload as text', async () => {
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
      partition: 0,
      offset: 7,
      payload: '{"a":"é\n',
      payload_bytes: 9,
    },
  ]);
});

test('bytes that are no text are base64; long payloads are cut, also within a character', async () => {
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

test('files are set aside when full, and only so many are kept', async () => {
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
  expect(offsets).toEqual(offsets.map((_, i) => 39 - offsets.length + 1 + i)); // the newest, without a gap
  for (const path of disk.paths()) expect(disk.raw(path).length).toBeLessThanOrEqual(600);
});

test('a flood is cut short and counted', async () => {
  const disk = new MemoryDisk();
  const letters = open(disk, { burst: 3 });
  for (let i = 0; i < 10; i++) letters.add(letter(i));
  await letters.flush();
  expect(linesOf(disk).map((l) => l['offset'] ?? l['not_kept'])).toEqual([0, 1, 2, 7]);
  letters.add(letter(10));
  await letters.flush();
  expect(linesOf(disk).at(-1)).toMatchObject({ offset: 10 });
});

test('after a power cut at any operation, flushed letters are whole lines', async () => {
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
            found.add((JSON.parse(line) as { offset: number }).offset);
          } catch {
            // torn, by the cut
          }
        }
      }
      for (let i = 0; i <= flushed; i++) expect(found, `cut at ${cutAt}, variant ${variant}`).toContain(i);
      for (let i = 100; i < 108; i++) expect(found).toContain(i);
    }
  }
});

test('while the disk is full letters wait, and come when there is room', async () => {
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
  expect(text).toHaveLength(4); // one was torn
  expect([0, 2, 3].map((i) => (JSON.parse(text[i]!) as { offset: number }).offset)).toEqual([0, 1, 2]);
});

test('names that no file may have are written so that they stay apart', () => {
  expect(safeName('view_events')).toBe('view_events');
  const long = 'a'.repeat(200);
  const names = ['../x', '..', 'a/b', 'a b', 'ä', '', 'x', 'X', 'xc3a4', long, `${long}b`];
  const files = names.map(safeName);
  expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(names.length);
  for (const file of files) expect(file).toMatch(/^[a-z0-9_~][a-z0-9_-]{0,99}$/);
});
