import { createHook } from 'node:async_hooks';
import {
  appendFile,
  mkdir,
  readFile,
  rename,
  stat,
  symlink,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { CopyCheck } from '../../src/sources/file/copies.ts';
import { LINES } from '../../src/sources/framing.ts';
import { FolderReader } from '../../src/sources/file/folder-reader.ts';
import type { FoundFile } from '../../src/sources/file/folder.ts';
import { FolderRunner } from './support/folder-runner.ts';

let run: FolderRunner;
afterEach(() => run.remove());

/** Returns the last characters of each text; the beginnings are long and equal. */
const ends = (texts: readonly string[]): string[] => texts.map((text) => text.slice(-6));

describe('a file with the same beginning as a removed one', () => {
  const wide = Array.from({ length: 600 }, (_, i) => `column_${i}`).join(',');
  const row = (n: number): string => `${'0,'.repeat(599)}row_0${n}`;
  const long = (n: number): string => `{"pad":"${'x'.repeat(9000)}","n":"row_0${n}"}`;

  it.each([
    ['a long header', 'csv', (rows: readonly number[]) => [wide, ...rows.map(row)]],
    ['a long first line', 'json', (rows: readonly number[]) => rows.map(long)],
  ] as const)('is another file if %s is all that they share', async (_, encode, linesOf) => {
    const text = (...rows: number[]): string => `${linesOf(rows).join('\n')}\n`;
    const last = (...rows: number[]): string[] => ends(linesOf(rows)).slice(-rows.length);
    run = await FolderRunner.make({}, encode);
    await writeFile(run.path('day-1'), text(1, 2));
    await run.start();
    expect(ends(await run.settle())).toEqual(last(1, 2));
    await unlink(run.path('day-1'));
    await writeFile(run.path('day-2'), text(3, 4, 5));
    expect(ends(await run.settle())).toEqual(last(3, 4, 5));
    // The file's compressed copy is still recognized.
    await writeFile(run.path('day-2.gz'), gzipSync(await readFile(run.path('day-2'))));
    await unlink(run.path('day-2'));
    expect(await run.settle()).toEqual([]);
    expect(run.problems).toEqual([]);
  });
});

describe('a file that shares many lines with a removed one and then differs', () => {
  const lines = (...last: number[]): string[] => [
    ...Array.from({ length: 600 }, (_, i) => `{"event":${1000 + i}}`),
    ...last.map((n) => `{"event":${n}}`),
  ];
  const text = (...last: number[]): string => `${lines(...last).join('\n')}\n`;

  it.each([
    ['if it may reuse the inode', unlink],
    ['if the removed one was renamed first', (path: string) => rename(path, `${path}.taken`)],
  ] as const)('is another file if it has another name, %s', async (_, take) => {
    run = await FolderRunner.make({ match_pattern: '*.ndjson' });
    await writeFile(run.path('day-1.ndjson'), text(2001, 2002));
    await run.start();
    expect(await run.settle()).toEqual(lines(2001, 2002));
    await take(run.path('day-1.ndjson'));
    if (take !== unlink) {
      await run.settle();
      await unlink(run.path('day-1.ndjson.taken'));
      await run.settle();
    }
    await writeFile(run.path('day-2.ndjson'), text(3001, 3002, 3003));
    expect(await run.settle()).toEqual(lines(3001, 3002, 3003));
    expect(run.problems).toEqual([]);
  });

  it('stops with a problem if it has the same name, even if its lines are equally long', async () => {
    run = await FolderRunner.make();
    await writeFile(run.path('a'), text(2001, 2002));
    await run.start();
    await run.settle();
    await writeFile(run.path('new'), text(3001, 3002, 3003));
    await rename(run.path('new'), run.path('a'));
    expect(await run.settle()).toEqual([]);
    expect(run.problems).toEqual([
      { name: 'a', error: expect.stringContaining('have changed since they were read') as string },
    ]);
  });
});

describe('a last line without a line end', () => {
  it('may be truncated and written again, since it was not read', async () => {
    run = await FolderRunner.make();
    const whole = '{"event":1}\n{"event":2}\n';
    await writeFile(run.path('a'), `${whole}{"event":3,"torn`);
    await run.start();
    expect(await run.settle()).toEqual(['{"event":1}', '{"event":2}']);
    await truncate(run.path('a'), whole.length);
    await appendFile(run.path('a'), '{"event":4}\n');
    expect(await run.settle()).toEqual(['{"event":4}']);
    expect(run.problems).toEqual([]);
  });
});

describe('a file that is removed before its end was read', () => {
  it.each([
    ['while it runs', false],
    ['while it is stopped', true],
  ] as const)('is reported, %s', async (_, stopped) => {
    run = await FolderRunner.make();
    await writeFile(run.path('a'), '{"event":1}\n');
    await writeFile(run.path('b'), '{"event":2}\n{"event":3}\n');
    await run.start();
    await run.take();
    await unlink(run.path('b'));
    if (stopped) await run.start();
    expect(await run.settle()).toEqual([]);
    expect(run.logged).toMatchObject([
      { level: 'warn', file: 'b', read_bytes: 0, bytes: 24, message: /gone.* before its end was read/ },
    ]);
  });
});

it('a file never reuses the partition of a forgotten file, whose position may still be stored', async () => {
  run = await FolderRunner.make();
  const directory = run.directory;
  const reader = new FolderReader({
    source: 'events',
    directory,
    matches: /./,
    framing: LINES,
    refresh_ms: 0.001,
    remembered: 1,
    isGzip: () => false,
    report: () => {},
  });
  await reader.open(new Map());
  const partitions: (string | undefined)[] = [];
  for (const [i, name] of ['a', 'b', 'c', 'a'].entries()) {
    await writeFile(run.path(name), `{"event":${i}}\n`);
    await writeFile(run.path('.stays'), '');
    let batch;
    while (batch === undefined) batch = await reader.poll(10, 20);
    partitions.push(batch.split);
    await unlink(run.path(name));
    await reader.poll(10, 20);
  }
  await reader.close();
  expect(new Set(partitions).size).toBe(4);
});

describe('an unreadable file', () => {
  it.skipIf(process.platform !== 'linux')(
    'is reported if its name is not UTF-8 or it is a cycle of links',
    async () => {
      run = await FolderRunner.make();
      const latin1 = (name: string): Buffer =>
        Buffer.concat([Buffer.from(run.path('')), Buffer.from(name, 'latin1')]);
      await mkdir(latin1('/ordn\xe9'));
      await writeFile(latin1('/ordn\xe9/a'), '{"event":1}\n');
      await writeFile(latin1('/caf\xe9'), '{"event":2}\n');
      await symlink('there', run.path('here'));
      await symlink('here', run.path('there'));
      await symlink('nowhere', run.path('x')); // a dangling link counts as a removed file
      await writeFile(run.path('z'), '{"event":3}\n');
      await run.start();
      expect(await run.settle()).toEqual(['{"event":3}']);
      expect(run.problems.map(({ name, error }) => `${name}: ${error.slice(0, 21)}`).sort()).toEqual([
        'caf\ufffd: its name is not UTF-8',
        'here: ELOOP: too many symbo',
        'ordn\ufffd: its name is not UTF-8',
        'there: ELOOP: too many symbo',
      ]);
    },
  );

  it('is not decompressed again while it is unchanged', async () => {
    run = await FolderRunner.make();
    const whole = gzipSync('{"event":1}\n'.repeat(50_000));
    await writeFile(run.path('a.gz'), whole.subarray(0, -50));
    await writeFile(run.path('b'), '{"event":2}\n');
    let opened = 0;
    const hook = createHook({
      init: (_, type) => {
        if (type === 'ZLIB') opened++;
      },
    }).enable();
    try {
      await run.start();
      expect((await run.settle()).at(-1)).toBe('{"event":2}');
      expect(run.problems).toHaveLength(1);
      const before = opened;
      await appendFile(run.path('b'), '{"event":3}\n');
      expect(await run.settle()).toEqual(['{"event":3}']);
      expect(opened).toBe(before);
      await appendFile(run.path('a.gz'), whole.subarray(-50));
      await run.settle();
      expect(run.texts).toHaveLength(50_002);
      expect(opened).toBeGreaterThan(before);
    } finally {
      hook.disable();
    }
  });
});

it('a pattern that matches no file is reported once', async () => {
  run = await FolderRunner.make({ match_pattern: '*.ndjsn' });
  await writeFile(run.path('a.ndjson'), '{"event":1}\n');
  await run.start();
  expect(await run.settle()).toEqual([]);
  expect(run.logged).toEqual([
    { level: 'warn', folder: run.directory, message: 'no file of the folder matches match_pattern' },
  ]);
});

describe('copies', () => {
  it('are found by reading each file once, however many files begin with the same line', async () => {
    run = await FolderRunner.make();
    const files: FoundFile[] = [];
    for (let i = 0; i < 30; i++) {
      const path = run.path(`f${i}`);
      await writeFile(path, `{"type":"header"}\n{"event":${i % 29}}\n`);
      const { size, dev, ino, ctimeMs } = await stat(path);
      files.push({ path, shown: `f${i}`, id: `${dev}:${ino}`, bytes: size, changed_ms: ctimeMs });
    }
    const read: string[] = [];
    const noteRead = ({ shown }: FoundFile): boolean => {
      read.push(shown);
      return false;
    };
    const copies = new CopyCheck();
    copies.beginScan();
    const found: string[] = [];
    for (const [i, a] of files.entries())
      for (const b of files.slice(0, i))
        if (await copies.isCopy(a, b, noteRead)) found.push(`${a.shown} of ${b.shown}`);
    expect(found).toEqual(['f29 of f0']);
    expect(read.sort()).toEqual(files.map(({ shown }) => shown).sort());
  });
});
