import { expect, test } from 'vitest';
import { StringPool } from '../../src/engine/text/string-pool.ts';
import { hashBytes } from '../../src/engine/text/text-hash.ts';
import { CHUNK_BYTES } from '../../src/engine/text/text-arena.ts';
import type { TextMarks } from '../../src/engine/text/text-marks.ts';

const NONE = (): void => {};

function keeping(ids: Iterable<number>): (marks: TextMarks) => void {
  return (marks) => {
    for (const id of ids) marks.mark(id);
  };
}

function snapshot(pool: StringPool): Map<string, Uint8Array> {
  const blocks = new Map<string, Uint8Array>();
  pool.save({ block: (name, bytes) => blocks.set(name, bytes.slice()) });
  return blocks;
}

function loadInto(pool: StringPool, blocks: ReadonlyMap<string, Uint8Array>): void {
  pool.load({ block: (name) => blocks.get(name)!, has: (name) => blocks.has(name) });
}

test('a text has one id up to the last address, and then the pool reports that it is full', () => {
  // Chunks of 64 bytes instead of 1 MiB, and as many of them as in production: addresses take all 32 bits.
  const pool = new StringPool(1 << 12, 64);
  const text = (i: number): string => `t${i}`.padEnd(13, '.');
  let n = 0;
  const fill = (): void => {
    for (; ; n++) pool.intern(text(n));
  };
  expect(fill).toThrow(/text pool is full: it holds 16 GiB of text/);
  expect(n).toBe(16_384 * 4);
  const wrong: number[] = [];
  for (let i = 0; i < n; i++) if (pool.intern(text(i)) !== i || pool.get(i) !== text(i)) wrong.push(i);
  expect(wrong).toEqual([]);
  expect(pool.size).toBe(n);
});

test('texts of any length and any characters are returned unchanged, also those longer than a chunk', () => {
  const pool = new StringPool();
  const texts = [
    '',
    'a',
    'abcd',
    'abcde',
    'é',
    '😀',
    'x'.repeat(5000),
    'ß'.repeat(CHUNK_BYTES),
    'y'.repeat(CHUNK_BYTES * 3),
  ];
  for (let i = 0; i < 200; i++) texts.push(`${'z'.repeat(i * 97)}${i}`);
  const ids = texts.map((text) => pool.intern(text));
  expect(new Set(ids).size).toBe(texts.length);
  const copy = new StringPool();
  loadInto(copy, snapshot(pool));
  for (const [i, id] of ids.entries()) {
    expect(pool.get(id) === texts[i] && pool.intern(texts[i]!) === id).toBe(true);
    expect(copy.get(id) === texts[i] && copy.intern(texts[i]!) === id).toBe(true);
  }
});

test('the empty text has its own address, also directly after a full chunk', () => {
  const pool = new StringPool();
  const quarter = CHUNK_BYTES / 4;
  for (let i = 0; i < 4; i++) pool.intern(String(i).padEnd(quarter, 'x'));
  const empty = pool.intern('');
  expect(pool.get(empty)).toBe('');
  const after = pool.intern('after');
  pool.sweep(keeping([empty, after]));
  const loaded = new StringPool();
  loadInto(loaded, snapshot(pool));
  expect([loaded.get(empty), loaded.get(after)]).toEqual(['', 'after']);
});

test('bytes that are not UTF-8 get no id', () => {
  const pool = new StringPool();
  const bytes = Uint8Array.of(0x61, 0xff, 0x62);
  expect(pool.internBytes(bytes, 0, 3, hashBytes(bytes, 0, 3))).toBe(-1);
  expect(pool.size).toBe(0);
});

test('a sweep frees texts without a holder, reuses their ids, and keeps literals', () => {
  const pool = new StringPool();
  const literal = pool.literal('drama');
  const [kept, gone] = ['kept', 'gone'].map((text) => pool.intern(text)) as [number, number];
  expect(pool.sweep(keeping([kept]))).toBe(1);
  expect(pool.size).toBe(2);
  expect(pool.find('gone')).toBe(-1);
  expect(pool.intern('new')).toBe(gone);
  expect([literal.id, kept, gone].map((id) => pool.get(id))).toEqual(['drama', 'kept', 'new']);
  expect(pool.literal('drama')).toBe(literal);
  expect(pool.sweeps).toBe(1);
});

test('a sweep throws on an id without a text, before it frees anything', () => {
  const pool = new StringPool();
  const ids = ['a', 'b', 'c'].map((text) => pool.intern(text));
  pool.sweep(keeping([ids[0]!, ids[2]!]));
  for (const bad of [ids[1]!, 3, -1, 99]) {
    expect(() => pool.sweep(keeping([bad])), `${bad}`).toThrow(`text ${bad}, which does not exist`);
  }
  expect(ids.map((id) => pool.find(['a', 'b', 'c'][id]!))).toEqual([0, -1, 2]);
});

test('every sweep asks all holders', () => {
  const pool = new StringPool();
  const held = new Set(['a', 'b'].map((text) => pool.intern(text)));
  pool.addHolder({ markTexts: keeping(held) });
  pool.intern('c');
  expect(pool.sweep(NONE)).toBe(1);
  held.delete(pool.find('a'));
  expect(pool.sweep(NONE)).toBe(1);
  expect([pool.find('a'), pool.get(pool.find('b'))]).toEqual([-1, 'b']);
});

test('memory follows the held texts, not all texts ever seen', () => {
  const pool = new StringPool();
  const text = (i: number): string => `event-${String(i).padStart(30, '0')}`;
  const bytes: number[] = [];
  for (let day = 0; day < 12; day++) {
    const ids: number[] = [];
    for (let i = 0; i < 20_000; i++) ids.push(pool.intern(text(day * 20_000 + i)));
    pool.sweep(keeping(ids.slice(0, 5000)));
    bytes.push(pool.bytesUsed);
  }
  expect(pool.size).toBe(5000);
  expect(Math.max(...bytes.slice(4))).toBeLessThan(bytes[3]! * 1.1);
  pool.sweep(NONE);
  expect(pool.bytesUsed).toBeLessThan(bytes[0]! / 4);
});

test('a sweep is due once the new text is as large as the held text, and at least 16 MiB', () => {
  const pool = new StringPool();
  const ids: number[] = [];
  const add = (n: number): void => {
    for (let i = 0; i < n; i++) ids.push(pool.intern(`${ids.length}`.padEnd(1 << 20, 'x')));
  };
  add(15);
  expect(pool.wantsSweep).toBe(false);
  add(1);
  expect(pool.wantsSweep).toBe(true);
  add(16);
  pool.sweep(keeping(ids));
  add(31);
  expect(pool.wantsSweep).toBe(false);
  add(1);
  expect(pool.wantsSweep).toBe(true);
});

test('literals keep their text when a snapshot with other ids is loaded', () => {
  const saved = new StringPool();
  const drama = saved.intern('drama');
  const comedy = saved.intern('comedy');
  const pool = new StringPool();
  const literals = ['comedy', 'news', 'drama'].map((text) => pool.literal(text));
  const before = literals.map(({ id }) => id);
  loadInto(pool, snapshot(saved));
  expect(literals.map(({ id }) => pool.get(id))).toEqual(['comedy', 'news', 'drama']);
  expect([literals[0]!.id, literals[2]!.id]).toEqual([comedy, drama]);
  expect(literals.map(({ id }) => id)).not.toEqual(before);
});

test('a damaged snapshot is refused, and the error names the place', () => {
  const pool = new StringPool();
  for (const text of ['aaaa', 'bbbb', 'é']) pool.intern(text);
  const blocks = snapshot(pool);
  // Block `texts`: three arrays (chunk numbers, addresses, lengths), each preceded by its size in 8 bytes.
  const damaged = (change: (head: Int32Array, bytes: Uint8Array) => void): (() => void) => {
    const copy = new Map([...blocks].map(([name, bytes]) => [name, bytes.slice()]));
    change(new Int32Array(copy.get('texts')!.buffer), copy.get('texts/0')!);
    return () => loadInto(new StringPool(), copy);
  };
  expect(damaged(() => {})).not.toThrow();
  expect(damaged((_, bytes) => bytes.set([97, 97, 97, 97], 4))).toThrow('texts 0 and 1 are the same');
  expect(damaged((_, bytes) => bytes.set([0xff], 8))).toThrow('text 2 is not UTF-8');
  const lengthsAt = 2 + 2 + 2 + 4 + 2;
  expect(damaged((head) => (head[lengthsAt] = 4000))).toThrow('text 0 lies outside the snapshot');
  expect(damaged((head) => (head[lengthsAt] = -7))).toThrow('text 0 lies outside the snapshot');
});

test('after random texts, sweeps and snapshots the pool agrees with a Map', () => {
  let state = 7;
  const random = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  let pool = new StringPool(16, 256);
  const held = new Map<string, number>();
  const wrong: string[] = [];
  for (let step = 0; step < 30_000; step++) {
    const text = String.fromCodePoint(97 + random(26), 0x1f600 + random(2)).repeat(random(30)) + random(40);
    const known = held.get(text);
    const id = pool.intern(text);
    if (known !== undefined && known !== id) wrong.push(`${text} has ${known} and ${id}`);
    if (random(2) === 0) held.set(text, id);
    if (random(1000) === 0) {
      for (const key of held.keys()) if (random(3) === 0) held.delete(key);
      pool.sweep(keeping(held.values()));
      if (pool.size !== held.size) wrong.push(`${pool.size} texts, not ${held.size}`);
      for (const [key, at] of held) if (pool.get(at) !== key || pool.find(key) !== at) wrong.push(key);
    }
    if (random(2000) === 0) {
      const copy = new StringPool(16, 256);
      loadInto(copy, snapshot(pool));
      pool = copy;
    }
  }
  expect(wrong).toEqual([]);
});
