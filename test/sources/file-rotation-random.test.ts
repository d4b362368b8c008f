import {
  appendFile,
  copyFile,
  readFile,
  readdir,
  rename,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { seeded } from '../storage/support/random.ts';
import { FolderRunner } from './support/folder-runner.ts';

const SEEDS = 24;
const STEPS = 40;

/** Writes, rotates and reads a log in random order. A crash returns the reader to its stored position. */
async function rotateAtRandom(seed: number): Promise<void> {
  const random = seeded(seed);
  const below = (n: number): number => Math.floor(random() * n);
  // In half of the runs the pattern does not match old logs. These runs read a log before it is copied or compressed.
  const matchesAll = seed % 2 === 0;
  const run = await FolderRunner.make({ match_pattern: matchesAll ? 'log*' : 'log' });
  const written: string[] = [];
  const append = async (): Promise<void> => {
    const lines = Array.from(
      { length: 1 + below(200) },
      (_, i) => `{"event":${written.length + i},"run":${seed}}`,
    );
    written.push(...lines);
    await appendFile(run.path('log'), lines.map((line) => `${line}\n`).join(''));
  };
  /** Renames log.1 to log.2 and so on; compressed logs keep their extension. */
  const shift = async (): Promise<void> => {
    const old = (await readdir(run.directory)).filter((name) => name.startsWith('log.'));
    const numberOf = (name: string): number => Number(/\d+/.exec(name)![0]);
    for (const name of old.sort((a, b) => numberOf(b) - numberOf(a)))
      await rename(run.path(name), run.path(name.replace(/\d+/, String(numberOf(name) + 1))));
  };
  const steps: readonly (() => Promise<unknown>)[] = [
    append,
    append,
    () => run.take(1 + below(150)),
    () => run.take(1 + below(150)),
    () => run.settle(),
    async () => {
      if (!matchesAll) await run.start(); // only a file that was seen under its first name is known later
      await shift();
      await rename(run.path('log'), run.path('log.1'));
      await writeFile(run.path('log'), '');
    },
    async () => {
      if (!matchesAll) await run.settle(); // the file must be read before it is truncated
      await shift();
      await copyFile(run.path('log'), run.path('log.1'));
      await truncate(run.path('log'), 0);
      await append();
    },
    async () => {
      const plain = (await readdir(run.directory)).filter((name) => /^log\.\d+$/.test(name));
      if (plain.length === 0) return;
      if (!matchesAll) await run.settle();
      const name = plain[below(plain.length)]!;
      await writeFile(run.path(`${name}.gz`), gzipSync(await readFile(run.path(name))));
      await unlink(run.path(name));
    },
    () => run.start(),
    async () => {
      if (matchesAll) await run.crash();
    },
    () => Promise.resolve(run.store()),
  ];
  try {
    await append();
    await run.start();
    run.store();
    for (let step = 0; step < STEPS; step++) await steps[below(steps.length)]!();
    await run.settle();
    const byNumber = (a: string, b: string): number => Number(/\d+/.exec(a)![0]) - Number(/\d+/.exec(b)![0]);
    expect([...run.texts].sort(byNumber), `seed ${seed}`).toEqual(written);
    expect(run.problems, `seed ${seed}`).toEqual([]);
  } finally {
    await run.remove();
  }
}

it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
  'each line is read once, in any order of writes, rotations, reads and crashes (seed %d)',
  async (seed) => {
    await expect(rotateAtRandom(seed)).resolves.toBeUndefined();
  },
);
