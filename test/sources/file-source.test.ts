import { appendFile, mkdir, mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { globToRegExp } from '../../src/sources/file/glob.ts';
import { openFileSource, posixFsSource } from '../../src/sources/file/open.ts';
import { FileSourceReader } from '../../src/sources/file/reader.ts';
import type { RecordBatch, SourceReader } from '../../src/sources/source.ts';
import { VARCHAR } from '../../src/values/types.ts';
import { makeSource, offsetsOf, options } from './support/source.ts';

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

const posix = (
  more: Record<string, string> = {},
  encode: 'json' | 'csv' = 'json',
  refresh_ms?: number,
): SourceReader =>
  posixFsSource(
    makeSource([{ name: 'a', type: VARCHAR }], {
      encode,
      options: options({ 'posix_fs.root': '.', ...more }),
    }),
    dir,
    () => {},
    refresh_ms,
  );

describe('one file', () => {
  it('is read to its end, also in chunks smaller than a record, and from any position that it returned', async () => {
    const lines = Array.from({ length: 50 }, (_, i) => `{"i":${i},"pad":"${'ä'.repeat(i % 13)}"}`);
    const path = join(dir, 'a.ndjson');
    await writeFile(path, `\ufeff${lines.join('\n')}`);
    for (const chunkBytes of [7, 64, 1 << 16]) {
      const open = (): SourceReader =>
        new FileSourceReader({
          name: 's',
          chunkBytes,
          path,
          shown: 'a',
        });
      const reader = open();
      await reader.open(new Map());
      expect([...reader.positions()]).toEqual([['0', '0']]);
      const { texts, batches } = await readAll(reader);
      expect([...reader.positions()]).toEqual([['0', batches.at(-1)!.nextOffset]]);
      await reader.close();
      expect(texts).toEqual(lines);
      expect(batches.every((batch) => batch.split === '0')).toBe(true);
      let seen = 0;
      for (const batch of batches) {
        seen += batch.count;
        const again = open();
        await again.open(new Map([['0', batch.nextOffset]]));
        expect((await readAll(again)).texts).toEqual(lines.slice(seen));
        await again.close();
      }
      const offsets = batches.flatMap(offsetsOf);
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
    await reader.open(new Map([['0', batches[0]!.nextOffset]]));
    expect((await readAll(reader)).texts).toEqual(lines.slice(4));
    await reader.close();
  });

  it('returns the beginning of a record that is too long, and continues after that record', async () => {
    const path = join(dir, 'a.ndjson');
    await writeFile(path, `{"a":1}\n{"b":"${'x'.repeat(1000)}"}\n{"c":3}\n`);
    const reader = new FileSourceReader({
      name: 's',
      chunkBytes: 64,
      maxRecordBytes: 100,
      path,
      shown: 'a',
    });
    await reader.open(new Map());
    const { texts } = await readAll(reader);
    expect(texts).toEqual(['{"a":1}', `{"b":"${'x'.repeat(1000)}`.slice(0, 101), '{"c":3}']);
    await reader.close();
  });

  it('that is missing or shorter than the position is an error that says so', async () => {
    const missing = openFileSource({ name: 's', path: join(dir, 'none.ndjson') });
    await expect(missing.open(new Map())).rejects.toThrow('cannot read none.ndjson: ENOENT');
    await writeFile(join(dir, 'a.ndjson'), '{}\n');
    const short = openFileSource({ name: 's', path: join(dir, 'a.ndjson') });
    await expect(short.open(new Map([['0', '30']]))).rejects.toThrow(
      'the file has 3 bytes, fewer than were read (30)',
    );
  });

  it('whose position is in the middle of a line is an error, and yields no half record', async () => {
    const path = join(dir, 'a.ndjson');
    const from = async (position: number, file = path): Promise<string[]> => {
      const reader = openFileSource({ name: 's', path: file });
      try {
        await reader.open(new Map([['0', String(position)]]));
        return (await readAll(reader)).texts;
      } finally {
        await reader.close();
      }
    };
    const inTheMiddle = 'is in the middle of a line';
    await writeFile(path, '{"a":1}\n{"a":22}\n');
    expect(await from(8)).toEqual(['{"a":22}']);
    await expect(from(12)).rejects.toThrow(`position 12 ${inTheMiddle}`);
    // The last line without a line end was returned at the end of the file; then the file grew.
    await writeFile(path, '{"a":1}');
    expect(await from(7)).toEqual([]);
    await appendFile(path, '\r\n{"a":2}\n');
    expect(await from(7)).toEqual(['{"a":2}']);
    await writeFile(path, '{"a":1}1');
    await expect(from(7)).rejects.toThrow(inTheMiddle);
    const zipped = join(dir, 'a.ndjson.gz');
    await writeFile(zipped, gzipSync('{"a":1}\n{"a":22}\n'));
    expect(await from(8, zipped)).toEqual(['{"a":22}']);
    await expect(from(12, zipped)).rejects.toThrow(inTheMiddle);
    await expect(from(30, zipped)).rejects.toThrow('fewer than were read');
  });

  it('returns only positions between lines, also after a record that is too long', async () => {
    const long = `{"b":"${'x'.repeat(1000)}"}`;
    for (const [name, compress] of [
      ['a.ndjson', (text: string) => text],
      ['a.ndjson.gz', gzipSync],
    ] as const) {
      const path = join(dir, name);
      const text = `{"a":1}\n${long}\n{"c":3}\n${long}`;
      await writeFile(path, compress(text));
      const open = (): SourceReader =>
        new FileSourceReader({
          name: 's',
          chunkBytes: 64,
          maxRecordBytes: 100,
          path,
          shown: name,
        });
      const reader = open();
      await reader.open(new Map());
      const { texts, batches } = await readAll(reader, 1);
      expect(texts).toEqual(['{"a":1}', long.slice(0, 101), '{"c":3}', long.slice(0, 101)]);
      expect(batches.map((batch) => [Number(batch.offsetOf(0)), Number(batch.nextOffset)])).toEqual([
        [0, 8],
        [8, 1017],
        [1017, 1025],
        [1025, text.length],
      ]);
      for (const [i, { nextOffset }] of batches.entries()) {
        const again = open();
        await again.open(new Map([['0', nextOffset]]));
        expect((await readAll(again)).texts).toEqual(texts.slice(i + 1));
        await again.close();
      }
    }
  });
});

describe('posix_fs', () => {
  it('reads the matching files in name order, each as a partition that keeps its number', async () => {
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
    expect(new Set(first.batches.map((batch) => batch.split)).size).toBe(3);

    const positions = new Map(first.batches.map((batch) => [batch.split, batch.nextOffset]));
    await writeFile(join(dir, '0.ndjson'), '{"new":1}\n');
    const again = posix({ match_pattern: '**.ndjson' });
    await again.open(positions);
    expect((await readAll(again)).texts).toEqual(['{"new":1}']);
    await again.close();
  });

  it('reads CSV with a header, also when it continues in the middle of a file', async () => {
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
    await reader.open(new Map([[batches[0]!.split, batches[0]!.nextOffset]]));
    const rest = await readAll(reader);
    expect([rest.texts, rest.batches[0]!.header]).toEqual([['2,z'], ['a', 'b']]);
    await reader.close();
  });

  it('with a refresh interval, reads new files and new lines', async () => {
    await writeFile(join(dir, 'a.ndjson'), '{"i":1}\n{"i":');
    const reader = posix({}, 'json', 20);
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
    await reader.close();
  });

  it('waits for the end of a line that is too long, and for the end of a header', async () => {
    const path = join(dir, 'a.csv');
    await writeFile(path, '\ufeffa,');
    const reader = posix({}, 'csv', 20);
    await reader.open(new Map());
    expect(await reader.poll(10, 60)).toBeUndefined();
    await appendFile(path, 'b\n1,');
    expect(await reader.poll(10, 60)).toBeUndefined();
    await appendFile(path, 'x'.repeat(1 << 20));
    expect(await reader.poll(10, 60)).toBeUndefined();
    const positions = reader.positions();
    await appendFile(path, '\n2,y\n');
    const batch = (await reader.poll(10, 5000))!;
    expect([batch.header, textsOf(batch)]).toEqual([
      ['a', 'b'],
      [`1,${'x'.repeat(1 << 20)}`, '2,y'],
    ]);
    await reader.close();
    await reader.open(positions);
    expect((await reader.poll(10, 5000))!.offsetOf(0)).toEqual(batch.offsetOf(0));
    await reader.close();
  });

  it('does not read a header without a line end as a record, and reports a header that is too long', async () => {
    await writeFile(join(dir, 'a.csv'), 'a,b');
    const reader = posix({}, 'csv');
    await reader.open(new Map());
    expect((await readAll(reader)).texts).toEqual([]);
    await reader.close();
    await writeFile(join(dir, 'a.csv'), Buffer.alloc(3 << 20, 'x'));
    await writeFile(join(dir, 'b.csv'), 'a,b\n1,2\n');
    await reader.open(new Map());
    expect((await readAll(reader)).texts).toEqual(['1,2']);
    expect(reader.problems!()).toEqual([
      { name: 'a.csv', error: 'a.csv: the header is longer than 1048576 bytes', hint: undefined },
    ]);
    await reader.close();
  });

  it('keeps no files open and no buffers after reading', async () => {
    const files = 300;
    for (let i = 0; i < files; i++) await writeFile(join(dir, `${i}.ndjson`), `{"i":${i}}\n`);
    // Counts the files of this folder only: other tests may run in this process.
    const openFiles = async (): Promise<number> => {
      const descriptors = await readdir('/proc/self/fd').catch(() => []);
      const paths = await Promise.all(
        descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
      );
      return paths.filter((path) => path.startsWith(dir)).length;
    };
    const before = process.memoryUsage().arrayBuffers;
    const reader = posix({ 'refresh.interval.sec': '60' });
    await reader.open(new Map());
    for (let i = 0; i < files; i++) expect((await reader.poll(10, 0))!.count).toBe(1);
    expect(await openFiles()).toBeLessThan(5);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(files << 20);
    await reader.close();
  });

  it('checks its options', async () => {
    const source = makeSource([{ name: 'a', type: VARCHAR }]);
    expect(() => posix({ match_pattern: '[z-a]*' })).toThrow("match_pattern '[z-a]*' is not a valid glob");
    expect(() => posixFsSource(source, dir, () => {})).toThrow('option posix_fs.root is missing');
    await expect(posix({ 'posix_fs.root': 'nowhere' }).open(new Map())).rejects.toThrow('cannot list');
  });
});

it('a file name pattern has the meaning that it has in a shell', () => {
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
    ['[!0-9]*', '.hidden', false],
    ['a[!b]c', 'a/c', false],
    ['{*.json,*.csv}', 'a.csv', true],
    ['{*.json,*.csv}', '.a.csv', false],
    ['x/{*.json,*.csv}', 'x/.a.csv', false],
    ['a{b,*}', 'a.csv', true],
    ['**', 'x/y', true],
    ['**', 'x/.y', false],
    ['a.json', 'abjson', false],
    ['a+(b)', 'a+(b)', true],
  ];
  for (const [pattern, name, matches] of cases) {
    expect(globToRegExp(pattern).test(name), `${pattern} ${name}`).toBe(matches);
  }
});
