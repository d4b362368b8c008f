import { expect, test } from 'vitest';
import type { Disk } from '../../src/platform/disk.ts';
import { OverlayDisk } from '../../src/platform/overlay-disk.ts';
import { MemoryDisk } from './support/memory-disk.ts';
import { seeded } from '../storage/support/random.ts';

const PATHS = ['/d/a', '/d/b', '/d/c', '/d/e'];

async function append(disk: Disk, path: string, mode: 'create' | 'append', text: string): Promise<void> {
  const file = await disk.open(path, mode);
  for (const part of text.split('|')) await file.append(new TextEncoder().encode(part));
  await file.close();
}

/** Resolves to the result of an operation, or to 'rejected'. */
const outcome = (work: Promise<unknown>): Promise<unknown> => work.catch(() => 'rejected');

async function contentsOf(disk: Disk): Promise<unknown[]> {
  const files = await Promise.all(
    PATHS.map(async (path) => [
      path,
      await disk.size(path),
      await outcome(disk.readFile(path).then((bytes) => Buffer.from(bytes).toString())),
    ]),
  );
  return [await disk.list('/d'), ...files];
}

test('any operations on an overlay have the results of a separate disk, and do not change the disk below', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seeded(seed);
    const pick = (): string => PATHS[Math.floor(random() * PATHS.length)]!;
    const [below, plain] = [new MemoryDisk(), new MemoryDisk()];
    for (const disk of [below, plain])
      for (const path of PATHS.slice(0, 2)) await append(disk, path, 'create', path);
    const before = await contentsOf(below);
    const overlay = new OverlayDisk(below);
    for (let step = 0; step < 60; step++) {
      const [kind, path, other, text] = [random(), pick(), pick(), `${step}|${'x'.repeat(step)}|`];
      const work = (disk: Disk): Promise<unknown> => {
        if (kind < 0.5) return append(disk, path, 'append', text);
        if (kind < 0.7) return append(disk, path, 'create', text);
        if (kind < 0.85) return disk.remove(path);
        return path === other ? Promise.resolve() : disk.rename(path, other);
      };
      expect(await outcome(work(overlay))).toEqual(await outcome(work(plain)));
      expect(await contentsOf(overlay)).toEqual(await contentsOf(plain));
    }
    expect(await contentsOf(below)).toEqual(before);
  }
});
