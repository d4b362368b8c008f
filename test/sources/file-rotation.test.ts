import {
  appendFile,
  chmod,
  copyFile,
  link,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { FolderRunner } from './support/folder-runner.ts';

let run: FolderRunner;
afterEach(() => run.remove());

const lines = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `{"event":${from + i}}`);
const text = (from: number, to: number): string =>
  lines(from, to)
    .map((line) => `${line}\n`)
    .join('');
/** Number of lines that together are longer than the beginning by which a file is recognized. */
const MANY = 400;

/** Whether the folder changes while it is read, or between a stop and the next start. */
const EITHER_WAY = [
  ['while it runs', false],
  ['while it is stopped', true],
] as const;

async function change(stopped: boolean, work: () => Promise<void>): Promise<void> {
  await work();
  if (stopped) await run.start();
}

describe('a rotated file', () => {
  it.each(EITHER_WAY)(`is read once beside the new file of its name, %s`, async (_, stopped) => {
    run = await FolderRunner.make();
    await writeFile(run.path('a.ndjson'), text(1, 2));
    await run.start();
    expect(await run.settle()).toEqual(lines(1, 2));
    await change(stopped, async () => {
      await rename(run.path('a.ndjson'), run.path('a.1.ndjson'));
      await writeFile(run.path('a.ndjson'), text(3, 3));
    });
    expect(await run.settle()).toEqual(lines(3, 3));
    await change(stopped, async () => {
      await rename(run.path('a.1.ndjson'), run.path('a.2.ndjson'));
      await rename(run.path('a.ndjson'), run.path('a.1.ndjson'));
      await writeFile(run.path('a.ndjson'), '');
    });
    expect(await run.settle()).toEqual([]);
    await appendFile(run.path('a.ndjson'), text(4, 5));
    expect(await run.settle()).toEqual(lines(4, 5));
    expect(run.problems).toEqual([]);
  });

  for (const to of ['a.1.ndjson', 'a.ndjson.1']) {
    it.each(EITHER_WAY)(`is read to its end under its new name ${to}, %s`, async (_, stopped) => {
      run = await FolderRunner.make({ match_pattern: '*.ndjson' });
      await writeFile(run.path('a.ndjson'), text(1, 9));
      await run.start();
      await run.take(4);
      expect(run.texts).toEqual(lines(1, 4));
      await change(stopped, async () => {
        await rename(run.path('a.ndjson'), run.path(to));
        await writeFile(run.path('a.ndjson'), text(20, 21));
        await appendFile(run.path(to), text(10, 11)); // by a writer that still has the file open
      });
      expect([...(await run.settle())].sort()).toEqual([...lines(10, 11), ...lines(20, 21), ...lines(5, 9)]);
      await appendFile(run.path(to), text(12, 12));
      expect(await run.settle()).toEqual(lines(12, 12));
    });
  }

  it.each(EITHER_WAY)(`is not read again after it is compressed, %s`, async (_, stopped) => {
    run = await FolderRunner.make();
    await writeFile(run.path('a.ndjson'), text(1, MANY));
    await run.start();
    expect(await run.settle()).toEqual(lines(1, MANY));
    await change(stopped, async () => {
      await rename(run.path('a.ndjson'), run.path('a.1.ndjson'));
      await writeFile(run.path('a.1.ndjson.gz'), gzipSync(await readFile(run.path('a.1.ndjson'))));
    });
    expect(await run.settle()).toEqual([]);
    expect(run.problems).toEqual([
      { name: 'a.1.ndjson.gz', error: 'it is a copy of a.1.ndjson, whose records are read already' },
    ]);
    await change(stopped, () => unlink(run.path('a.1.ndjson')));
    expect(await run.settle()).toEqual([]);
    expect(run.problems).toEqual([]);
    await change(stopped, () => writeFile(run.path('a.ndjson'), text(501, 502)));
    expect(await run.settle()).toEqual(lines(501, 502));
  });

  it.each(EITHER_WAY)(`is read to its end if it is compressed before, %s`, async (_, stopped) => {
    run = await FolderRunner.make();
    await writeFile(run.path('a.ndjson'), text(1, MANY));
    await run.start();
    await run.take(300);
    await change(stopped, async () => {
      await writeFile(run.path('a.1.ndjson.gz'), gzipSync(await readFile(run.path('a.ndjson'))));
      await unlink(run.path('a.ndjson'));
      await writeFile(run.path('a.ndjson'), text(501, 502));
    });
    expect([...(await run.settle())].sort()).toEqual([...lines(301, MANY), ...lines(501, 502)].sort());
  });

  it.each(EITHER_WAY)(
    `is read once if it is a copy and the original is truncated and written again, %s`,
    async (_, stopped) => {
      for (const [from, to] of [
        [501, 502], // shorter
        [501, 500 + MANY], // as long
        [501, 900 + MANY], // longer
      ] as const) {
        run = await FolderRunner.make();
        await writeFile(run.path('a.ndjson'), text(101, 100 + MANY));
        await run.start();
        await run.take(300);
        await change(stopped, async () => {
          await copyFile(run.path('a.ndjson'), run.path('a.1.ndjson'));
          await truncate(run.path('a.ndjson'), 0);
          await appendFile(run.path('a.ndjson'), text(from, to));
        });
        await run.settle();
        expect([...run.texts].sort()).toEqual([...lines(101, 100 + MANY), ...lines(from, to)].sort());
        await run.remove();
      }
    },
  );

  it('is not read twice while it is being copied', async () => {
    run = await FolderRunner.make();
    await writeFile(run.path('a.ndjson'), text(1, 3));
    await run.start();
    await run.settle();
    await copyFile(run.path('a.ndjson'), run.path('a.1.ndjson'));
    expect(await run.settle()).toEqual([]);
    await appendFile(run.path('a.ndjson'), text(4, 4)); // read now; after the truncation no file has it
    expect(await run.settle()).toEqual(lines(4, 4));
    await truncate(run.path('a.ndjson'), 0);
    expect(await run.settle()).toEqual([]);
    await appendFile(run.path('a.ndjson'), text(5, 5));
    expect(await run.settle()).toEqual(lines(5, 5));
  });

  it('that leaves the folder before its end was read is reported', async () => {
    run = await FolderRunner.make();
    await writeFile(run.path('a.ndjson'), `${text(1, 1)}{"event"`);
    await writeFile(run.path('b.ndjson'), '');
    await run.start();
    expect(await run.settle()).toEqual(lines(1, 1));
    await unlink(run.path('a.ndjson'));
    await run.settle();
    expect(run.logged).toEqual([
      {
        level: 'warn',
        message: 'a file was removed or emptied before its end was read',
        file: 'a.ndjson',
        read_bytes: 12,
        bytes: 20,
      },
    ]);
  });
});

describe('a file that is replaced', () => {
  it.each(EITHER_WAY)(`by a longer version of itself is read from its position, %s`, async (_, stopped) => {
    run = await FolderRunner.make();
    await writeFile(run.path('a.ndjson'), text(1, 3));
    await run.start();
    await run.settle();
    await change(stopped, async () => {
      await writeFile(run.path('new.tmp'), text(1, 5));
      await rename(run.path('new.tmp'), run.path('a.ndjson'));
    });
    expect(await run.settle()).toEqual(lines(4, 5));
  });

  it.each(EITHER_WAY)(`by a file with other lines is read from its start, %s`, async (_, stopped) => {
    run = await FolderRunner.make();
    await writeFile(run.path('a.ndjson'), text(1, 3));
    await run.start();
    await run.settle();
    await change(stopped, async () => {
      await writeFile(run.path('.new'), text(7, 9));
      await rename(run.path('.new'), run.path('a.ndjson'));
    });
    expect(await run.settle()).toEqual(lines(7, 9));
  });

  const edits: readonly (readonly [string, string])[] = [
    ['truncated', text(1, 2)],
    ['truncated to its first line', text(1, 1)],
    ['changed in the middle', text(1, 3).replace('2', '8')],
    ['changed in the middle and longer', `${text(1, 3).replace('2', '222')}${text(4, 9)}`],
    ['truncated and then far longer', `${text(1, 1)}${text(20, 20 + MANY)}`],
  ];
  for (const [name, content] of edits) {
    for (const inPlace of [true, false]) {
      it.each(EITHER_WAY)(
        `${name}${inPlace ? ' in place' : ' by a new file'} stops without stopping others, %s`,
        async (_, stopped) => {
          run = await FolderRunner.make();
          await writeFile(run.path('a.ndjson'), text(1, 3));
          await writeFile(run.path('b.ndjson'), text(101, 101));
          await run.start();
          await run.settle();
          await change(stopped, async () => {
            if (inPlace) {
              await writeFile(run.path('a.ndjson'), content);
            } else {
              await writeFile(run.path('.new'), content);
              await rename(run.path('.new'), run.path('a.ndjson'));
            }
            await appendFile(run.path('b.ndjson'), text(102, 102));
          });
          expect(await run.settle()).toEqual(lines(102, 102));
          expect(run.problems.map((problem) => problem.name)).toEqual(['a.ndjson']);
          expect(run.logged.filter(({ level }) => level === 'warn')).toHaveLength(1);
          // The file stays stopped once it is as long as before.
          await change(stopped, () => appendFile(run.path('a.ndjson'), text(201, 240)));
          expect(await run.settle()).toEqual([]);
          await rm(run.path('a.ndjson'));
          await writeFile(run.path('c.ndjson'), text(301, 301));
          expect(await run.settle()).toEqual(lines(301, 301));
          expect(run.problems).toEqual([]);
        },
      );
    }
  }

  it('by a file that has its inode is another file', async () => {
    run = await FolderRunner.make();
    await writeFile(run.path('a.ndjson'), text(1, 3));
    await run.start();
    await run.settle();
    await rename(run.path('a.ndjson'), run.path('z.ndjson'));
    await writeFile(run.path('z.ndjson'), text(4, 7)); // writes to the inode of a.ndjson
    expect(await run.settle()).toEqual(lines(4, 7));
  });
});

describe('files that appear, disappear and come back', () => {
  it.each(EITHER_WAY)(`an empty file is identified by its first lines, %s`, async (_, stopped) => {
    run = await FolderRunner.make();
    await writeFile(run.path('a.ndjson'), '');
    await writeFile(run.path('b.ndjson'), '');
    await run.start();
    expect(await run.settle()).toEqual([]);
    await change(stopped, async () => {
      await rename(run.path('a.ndjson'), run.path('c.ndjson'));
      await appendFile(run.path('c.ndjson'), text(1, 1));
      await appendFile(run.path('b.ndjson'), text(1, 1).slice(0, 5));
    });
    expect(await run.settle()).toEqual(lines(1, 1));
    await change(stopped, () => appendFile(run.path('b.ndjson'), '2":2}\n'));
    expect(await run.settle()).toEqual(['{"eve2":2}']);
  });

  it.each(EITHER_WAY)(`a file that is removed and restored is read once, %s`, async (_, stopped) => {
    run = await FolderRunner.make();
    await writeFile(run.path('a.ndjson'), text(1, 3));
    await writeFile(run.path('b.ndjson'), text(11, 11));
    await run.start();
    await run.settle();
    await change(stopped, () => unlink(run.path('a.ndjson')));
    expect(await run.settle()).toEqual([]);
    await change(stopped, () => writeFile(run.path('from-backup.ndjson'), text(1, 4)));
    expect(await run.settle()).toEqual(lines(4, 4));
  });

  it('are not read again when many are renamed at once', async () => {
    run = await FolderRunner.make();
    const count = 200;
    for (let i = 0; i < count; i++) await writeFile(run.path(`${i}.ndjson`), text(i, i));
    await run.start();
    expect((await run.settle()).length).toBe(count);
    for (let i = 0; i < count; i++) await rename(run.path(`${i}.ndjson`), run.path(`${i}.old.ndjson`));
    await run.start();
    expect(await run.settle()).toEqual([]);
    for (let i = 0; i < count; i++) await appendFile(run.path(`${i}.old.ndjson`), text(1000 + i, 1000 + i));
    expect([...(await run.settle())].sort()).toEqual(lines(1000, 999 + count));
    expect(run.problems).toEqual([]);
  });

  it('are read once while their content is equal, and each on its own once they differ', async () => {
    run = await FolderRunner.make({}, 'csv');
    for (const name of ['a.csv', 'b.csv', 'c.csv']) await writeFile(run.path(name), 'x,y\n');
    await run.start();
    expect(await run.settle()).toEqual([]);
    await appendFile(run.path('b.csv'), '1,1\n');
    await appendFile(run.path('a.csv'), '2,2\n');
    await appendFile(run.path('c.csv'), '3,3\n');
    expect([...(await run.settle())].sort()).toEqual(['1,1', '2,2', '3,3']);
    expect(run.problems).toEqual([]);
  });

  it('are remembered while the folder is empty, as when its disk is not mounted', async () => {
    run = await FolderRunner.make({ 'posix_fs.root': 'disk' });
    await mkdir(run.path('disk'));
    for (const i of [1, 2, 3]) await writeFile(run.path(`disk/${i}.ndjson`), text(i, i));
    await run.start();
    await run.settle();
    await rename(run.path('disk'), run.path('away'));
    await mkdir(run.path('disk'));
    expect(await run.settle()).toEqual([]);
    await run.start();
    expect(await run.settle()).toEqual([]);
    await rm(run.path('disk'), { recursive: true });
    await rename(run.path('away'), run.path('disk'));
    await appendFile(run.path('disk/2.ndjson'), text(4, 4));
    expect(await run.settle()).toEqual(lines(4, 4));
    expect(run.logged).toEqual([]);
  });

  it('are read from their start when the views are rebuilt, also one that had stopped', async () => {
    run = await FolderRunner.make({ match_pattern: '*.ndjson' });
    await writeFile(run.path('a.ndjson'), text(1, 3));
    await writeFile(run.path('b.ndjson'), text(11, 13));
    await run.start();
    await run.settle();
    await writeFile(run.path('a.ndjson'), text(1, 2));
    await rename(run.path('b.ndjson'), run.path('b.old'));
    await writeFile(run.path('b.ndjson'), text(14, 14));
    await run.settle();
    expect(run.problems.map(({ name }) => name)).toEqual(['a.ndjson']);
    await run.rebuild();
    expect([...(await run.settle())].sort()).toEqual([...lines(1, 2), ...lines(11, 14)].sort());
    expect(run.problems).toEqual([]);
  });

  it('continue from positions that were stored by file names alone', async () => {
    run = await FolderRunner.make();
    await writeFile(run.path('a.ndjson'), text(1, 3));
    await run.start();
    const batch = (await run.take(2))!;
    await run.start({ positions: new Map([[batch.split, batch.nextOffset]]) });
    expect(await run.settle()).toEqual(lines(3, 3));
  });

  it('have the number of each line, also after restarts', async () => {
    run = await FolderRunner.make();
    await writeFile(run.path('a.ndjson'), `${text(1, 2)}\n${text(4, 5)}`);
    const take = async (): Promise<unknown[]> => {
      const batch = (await run.take(1))!;
      return [batch.file, batch.lineOf?.(0)];
    };
    await run.start();
    expect([await take(), await take()]).toEqual([
      ['a.ndjson', 1],
      ['a.ndjson', 2],
    ]);
    await run.start();
    expect(await take()).toEqual(['a.ndjson', 4]);
    await rename(run.path('a.ndjson'), run.path('b.ndjson'));
    await run.start();
    expect(await take()).toEqual(['b.ndjson', 5]);
    await appendFile(run.path('b.ndjson'), text(6, 6));
    expect(await take()).toEqual(['b.ndjson', 6]);
  });
});

describe('a file that cannot be read', () => {
  it('stops without stopping others, and is read once it is readable', async () => {
    run = await FolderRunner.make();
    const whole = gzipSync(text(1, 100_000));
    const half = whole.subarray(0, whole.length / 2);
    await writeFile(run.path('a.ndjson.gz'), half);
    await writeFile(run.path('b.ndjson'), text(200_001, 200_002));
    await writeFile(run.path('c.ndjson.gz'), whole.subarray(0, 20));
    await run.start();
    const first = await run.settle();
    expect(first.slice(-2)).toEqual(lines(200_001, 200_002));
    expect(first.slice(0, -2)).toEqual(lines(1, first.length - 2));
    expect(first.length).toBeGreaterThan(1000);
    expect([...run.problems].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: 'a.ndjson.gz', error: 'cannot read a.ndjson.gz: unexpected end of file' },
      { name: 'c.ndjson.gz', error: 'unexpected end of file' },
    ]);
    expect(run.logged.filter(({ level }) => level === 'warn')).toHaveLength(2);
    await writeFile(run.path('a.ndjson.gz'), whole);
    await unlink(run.path('c.ndjson.gz'));
    expect(await run.settle()).toEqual(lines(first.length - 1, 100_000));
    expect(run.problems).toEqual([]);
    expect(run.logged.at(-1)!.message).toBe('a file is read again');
  });

  it.skipIf(process.getuid?.() === 0)(
    'because of its permissions, or those of its folder, stops without stopping others',
    async () => {
      run = await FolderRunner.make();
      await writeFile(run.path('a.ndjson'), text(1, 1), { mode: 0 });
      await mkdir(run.path('locked'), { mode: 0 });
      await writeFile(run.path('z.ndjson'), text(2, 2));
      await mkdir(run.path('names'));
      await writeFile(run.path('names/b.ndjson'), text(3, 3));
      await chmod(run.path('names'), 0o400); // the folder may be listed, but not entered
      await run.start();
      expect(await run.settle()).toEqual(lines(2, 2));
      expect(run.problems.map(({ name }) => name).sort()).toEqual(['a.ndjson', 'locked', 'names/b.ndjson']);
      await chmod(run.path('a.ndjson'), 0o600);
      expect(await run.settle()).toEqual(lines(1, 1));
      await chmod(run.path('locked'), 0o700);
      await chmod(run.path('names'), 0o700);
    },
  );
});

describe('links', () => {
  it('that lead out of the root are not read and are reported, whenever they appear', async () => {
    const outside = await FolderRunner.make();
    run = await FolderRunner.make();
    try {
      await writeFile(outside.path('secret.ndjson'), text(99, 99));
      await mkdir(outside.path('folder'));
      await writeFile(outside.path('folder/deep.ndjson'), text(98, 98));
      await mkdir(run.path('sub'));
      await writeFile(run.path('sub/a.ndjson'), text(1, 1));
      await symlink(outside.path('secret.ndjson'), run.path('link.ndjson'));
      await symlink(outside.path('folder'), run.path('folder'));
      // A path that begins with the root's path may still be outside of the root.
      await mkdir(`${run.directory}-beside`);
      await writeFile(`${run.directory}-beside/x.ndjson`, text(97, 97));
      await symlink(`${run.directory}-beside/x.ndjson`, run.path('beside.ndjson'));
      await run.start();
      expect(await run.settle()).toEqual(lines(1, 1));
      const error = 'the link points outside posix_fs.root';
      expect([...run.problems].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
        { name: 'beside.ndjson', error },
        { name: 'folder', error },
        { name: 'link.ndjson', error },
      ]);
      expect(run.logged).toHaveLength(3);
      // Also if the previous scan found a file or a folder at that path.
      await unlink(run.path('sub/a.ndjson'));
      await symlink(outside.path('secret.ndjson'), run.path('sub/a.ndjson'));
      expect(await run.settle()).toEqual([]);
      await rm(run.path('sub'), { recursive: true });
      await symlink(outside.path('folder'), run.path('sub'));
      expect(await run.settle()).toEqual([]);
      expect(run.problems.map(({ name }) => name)).toContain('sub');
    } finally {
      await outside.remove();
      await rm(`${run.directory}-beside`, { recursive: true });
    }
  });

  it('within the root, also hard links, are further names of a file that is read once', async () => {
    run = await FolderRunner.make({ match_pattern: '**.ndjson' });
    await mkdir(run.path('sub'));
    await writeFile(run.path('sub/a.ndjson'), text(1, 1));
    await writeFile(run.path('sub/b.log'), text(2, 2));
    await symlink(run.path('sub/a.ndjson'), run.path('0.ndjson'));
    await symlink('sub/b.log', run.path('b.ndjson'));
    await symlink('sub', run.path('again'));
    await symlink('.', run.path('sub/round'));
    await symlink(run.path('none'), run.path('nowhere.ndjson'));
    await link(run.path('sub/a.ndjson'), run.path('hard.ndjson'));
    await run.start();
    expect([...(await run.settle())].sort()).toEqual(lines(1, 2));
    expect(run.problems).toEqual([]);
  });

  it('may lead to the root itself', async () => {
    const real = await FolderRunner.make();
    run = await FolderRunner.make({ 'posix_fs.root': 'root' });
    try {
      await writeFile(real.path('a.ndjson'), text(1, 1));
      await symlink(real.directory, run.path('root'));
      await run.start();
      expect(await run.settle()).toEqual(lines(1, 1));
      expect(run.problems).toEqual([]);
    } finally {
      await real.remove();
    }
  });
});
