import { appendFile, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { globToRegExp } from '../../src/sources/file/glob.ts';
import { openFileSource, posixFsSource } from '../../src/sources/file/open.ts';
import { FileSourceReader } from '../../src/sources/file/reader.ts';
import type { RecordBatch, SourceReader } from '../../src/sources/source.ts';
import { VARCHAR } from '../../src/values/types.ts';
import { makeSource, options } from './support/source.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'freshet-file-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

interface Read {
  readonly texts: string[];
  readonly batches: RecordBatch[];
}

async function readAll(reader: SourceReader, maxRecords = 3): Promise<Read> {
  const texts: string[] = [];
  const batches: RecordBatch[] = [];
  while (!reader.ended) {
    const batch = await reader.poll(maxRecords, 0);
    if (batch === undefined) continue;
    expect(batch.count).toBeLessThanOrEqual(maxRecords);
    expect(batch.bytes.length).toBeGreaterThanOrEqual(batch.ends[batch.count - 1]! + 8);
    batches.push(batch);
    texts.push(...textsOf(batch));
  }
  return { texts, batches };
}

const textsOf = (batch: RecordBatch): string[] =>
  Array.from({ length: batch.count }, (_, i) =>
    Buffer.from(batch.bytes.subarray(batch.starts[i], batch.ends[i])).toString(),
  );

const posix = (more: Record<string, string> = {}, encode: 'json' | 'csv' = 'json'): SourceReader =>
  posixFsSource(
    makeSource([{ name: 'a', type: VARCHAR }], {
      encode,
      options: options({ 'posix_fs.root': '.', ...more }),
    }),
    dir,
  );

describe('one file', () => {
  it('is read to its end, in chunks smaller than a record too, and from any position it gave', async () => {
    const lines = Array.from({ length: 50 }, (_, i) => `{"i":${i},"pad":"${'ä'.repeat(i % 13)}"}`);
    const path = join(dir, 'a.ndjson');
    await writeFile(path, `\ufeff${lines.join('\n')}`);
    for (const chunkBytes of [7, 64, 1 << 16]) {
      const open = (): SourceReader =>
        new FileSourceReader({
          name: 's',
          chunkBytes,
          list: () => Promise.resolve([{ path, shown: 'a', partition: 4 }]),
        });
      const reader = open();
      await reader.open(new Map());
      expect([...reader.positions()]).toEqual([[4, 0]]);
      const { texts, batches } = await readAll(reader);
      expect([...reader.positions()]).toEqual([[4, batches.at(-1)!.nextOffset]]);
      await reader.close();
      expect(texts).toEqual(lines);
      expect(batches.every((batch) => batch.partition === 4)).toBe(true);
      let seen = 0;
      for (const batch of batches) {
        seen += batch.count;
        const again = open();
        await again.open(new Map([[4, batch.nextOffset]]));
        expect((await readAll(again)).texts).toEqual(lines.slice(seen));
        await again.close();
      }
      const offsets = batches.flatMap((batch) => [...batch.offsets]);
      expect(offsets).toEqual(
        lines.map((_, i) => 3 + Buffer.byteLength(lines.slice(0, i).join('\n')) + (i > 0 ? 1 : 0)),
      );
    }
  });

  it('may be gzipped', async () => {
    const lines = Array.from({ length: 9 }, (_, i) => `{"i":${i}}`);
    await writeFile(join(dir, 'a.ndjson.gz'), gzipSync(`${lines.join('\n')}\n`));
    const reader = openFileSource({ name: 's', path: join(dir, 'a.ndjson.gz') });
    await reader.open(new Map());
    const { texts, batches } = await readAll(reader, 4);
    expect(texts).toEqual(lines);
    await reader.close();
    await reader.open(new Map([[0, batches[0]!.nextOffset]]));
    expect((await readAll(reader)).texts).toEqual(lines.slice(4));
    await reader.close();
  });

  it('gives out the beginning of a record that is too long, and goes on behind it', async () => {
    const path = join(dir, 'a.ndjson');
    await writeFile(path, `{"a":1}\n{"b":"${'x'.repeat(1000)}"}\n{"c":3}\n`);
    const reader = new FileSourceReader({
      name: 's',
      chunkBytes: 64,
      maxRecordBytes: 100,
      list: () => Promise.resolve([{ path, shown: 'a', partition: 0 }]),
    });
    await reader.open(new Map());
    const { texts } = await readAll(reader);
    expect(texts).toEqual(['{"a":1}', `{"b":"${'x'.repeat(1000)}`.slice(0, 101), '{"c":3}']);
    await reader.close();
  });

  it('that is missing, or shorter than the position, is an error that says so', async () => {
    const missing = openFileSource({ name: 's', path: join(dir, 'none.ndjson') });
    await expect(missing.open(new Map())).rejects.toThrow('cannot read none.ndjson: ENOENT');
    await writeFile(join(dir, 'a.ndjson'), '{}\n');
    const short = openFileSource({ name: 's', path: join(dir, 'a.ndjson') });
    await expect(short.open(new Map([[0, 30]]))).rejects.toThrow(
      'the file has 3 bytes, fewer than were read (30)',
    );
  });
});

describe('posix_fs', () => {
  it('reads the matching files in name order, each a partition that keeps its number', async () => {
    await mkdir(join(dir, 'sub'));
    await writeFile(join(dir, 'b.ndjson'), '{"b":1}\n');
    await writeFile(join(dir, 'a.ndjson'), '{"a":1}\n');
    await writeFile(join(dir, 'sub', 'c.ndjson'), '{"c":1}\n');
    await writeFile(join(dir, '.hidden'), 'x\n');
    await writeFile(join(dir, 'notes.txt'), 'x\n');
    const reader = posix({ match_pattern: '**.ndjson' });
    await reader.open(new Map());
    const first = await readAll(reader);
    await reader.close();
    expect(first.texts).toEqual(['{"a":1}', '{"b":1}', '{"c":1}']);
    expect(first.batches.map((batch) => batch.file)).toEqual(['a.ndjson', 'b.ndjson', 'sub/c.ndjson']);
    expect(new Set(first.batches.map((batch) => batch.partition)).size).toBe(3);

    const positions = new Map(first.batches.map((batch) => [batch.partition, batch.nextOffset]));
    await writeFile(join(dir, '0.ndjson'), '{"new":1}\n');
    const again = posix({ match_pattern: '**.ndjson' });
    await again.open(positions);
    expect((await readAll(again)).texts).toEqual(['{"new":1}']);
    await again.close();
  });

  it('reads CSV with a header, also when it goes on in the middle of a file', async () => {
    await writeFile(join(dir, 'a.csv'), 'a,b\r\n1,"x\ny"\r\n2,z\r\n');
    const reader = posix({}, 'csv');
    await reader.open(new Map());
    const begin = reader.positions();
    const { texts, batches } = await readAll(reader, 1);
    await reader.close();
    expect(texts).toEqual(['1,"x\ny"', '2,z']);
    await reader.open(begin);
    expect((await readAll(reader)).texts).toEqual(texts);
    await reader.close();
    expect(batches[0]!.header).toEqual(['a', 'b']);
    await reader.open(new Map([[batches[0]!.partition, batches[0]!.nextOffset]]));
    const rest = await readAll(reader);
    expect([rest.texts, rest.batches[0]!.header]).toEqual([['2,z'], ['a', 'b']]);
    await reader.close();
  });

  it('follows files that grow and appear when there is a refresh interval', async () => {
    await writeFile(join(dir, 'a.ndjson'), '{"i":1}\n{"i":');
    const reader = posix({ 'refresh.interval.sec': '0.02' });
    await reader.open(new Map());
    const next = async (): Promise<string[]> => textsOf((await reader.poll(10, 5000))!);
    expect(await next()).toEqual(['{"i":1}']);
    expect(await reader.poll(10, 60)).toBeUndefined();
    await appendFile(join(dir, 'a.ndjson'), '2}\n');
    expect(await next()).toEqual(['{"i":2}']);
    await writeFile(join(dir, 'b.ndjson'), '{"i":3}\n');
    expect(await next()).toEqual(['{"i":3}']);
    await appendFile(join(dir, 'a.ndjson'), '{"i":4}\n');
    expect(await next()).toEqual(['{"i":4}']);
    expect(reader.ended).toBe(false);
    await truncate(join(dir, 'a.ndjson'), 3);
    await expect(reader.poll(10, 5000)).rejects.toThrow('fewer than were read');
    await reader.close();
  });

  it('checks its options', async () => {
    const source = makeSource([{ name: 'a', type: VARCHAR }]);
    expect(() => posixFsSource(source, dir)).toThrow('posix_fs.root is missing');
    expect(() => posix({ 'refresh.interval.sec': 'soon' })).toThrow("'soon' is not a number of seconds");
    expect(() => posix({ compression_format: 'zstd' })).toThrow("'zstd' is not supported");
    await expect(posix({ 'posix_fs.root': 'nowhere' }).open(new Map())).rejects.toThrow('cannot list');
  });
});

it('a file name pattern means what a shell means', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['*.json', 'a.json', true],
    ['*.json', 'sub/a.json', false],
    ['*.json', '.a.json', false],
    ['.*.json', '.a.json', true],
    ['**/*.json', 'a.json', true],
    ['**/*.json', 'x/y/a.json', true],
    ['**/*.json', 'x/.y/a.json', false],
    ['x/**', 'x/y/a', true],
    ['**.json', 'x/a.json', true],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['{a,b}.json', 'b.json', true],
    ['{a,b}.json', 'c.json', false],
    ['[0-9]*', '2026', true],
    ['[!0-9]*', '2026', false],
    ['a.json', 'abjson', false],
    ['a+(b)', 'a+(b)', true],
  ];
  for (const [pattern, name, matches] of cases) {
    expect(globToRegExp(pattern).test(name), `${pattern} ${name}`).toBe(matches);
  }
});
