import { describe, expect, test } from 'vitest';
import { seeded } from '../storage/support/random.ts';
import { World, startProcess } from './support/tiny-process.ts';

const SETTINGS = {
  barrier_interval_ms: 200,
  checkpoint_interval_ms: 1000,
  batch_records: 7,
  flush_timeout_ms: 5000,
} as const;

/** Flips a bit of the newest checkpoint, if there is another one to fall back to. */
function damageNewestCheckpoint(world: World, damaged: Set<string>, random: () => number): void {
  const paths = world.disk.paths();
  const whole = paths.filter((path) => path.endsWith('.manifest') && !damaged.has(path));
  if (whole.length < 2) return;
  const newest = whole.at(-1)!;
  damaged.add(newest);
  const bytes = world.disk.raw(random() < 0.5 ? newest : newest.replace('.manifest', '.snapshot'));
  bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
}

/**
 * One life after another on the same disk, logs and tables, each cut at a random moment or disk operation (or stopped
 * cleanly), with events coming in and time passing in between; then a last life that is left to finish.
 */
async function livesAndDeaths(seed: number): Promise<void> {
  const random = seeded(seed);
  const world = new World();
  const damaged = new Set<string>();
  const produce = (): void => {
    const source = random() < 0.7 ? 'plays' : 'likes';
    const partition = source === 'plays' && random() < 0.5 ? 1 : 0;
    if (random() < 0.03) world.logs.get(source)!.append(partition, 'garbage');
    // Some are late, some are stamped in the future.
    else world.append(source, partition, Math.floor(random() * 4), Math.floor(random() * 9), stamp());
  };
  const stamp = (): number => world.clock.now_us() - Math.floor((random() * 4 - 1) * 3_000_000);

  const lives = 2 + Math.floor(random() * 5);
  for (let life = 0; life < lives; life++) {
    const faults = { fail: random() < 0.3 ? 0.05 : 0, random };
    const process = startProcess(world, { random, settings: SETTINGS, faults });
    if (random() < 0.6) world.disk.cutAt = world.disk.operations + 1 + Math.floor(random() * 120);
    const started = process.runner.start();
    started.catch(() => {});
    const steps = 1 + Math.floor(random() * 40);
    for (let step = 0; step < steps && world.disk.operations < world.disk.cutAt; step++) {
      for (let i = Math.floor(random() * 6); i > 0; i--) produce();
      await world.clock.advance(random() * 300);
    }
    if (world.disk.operations < world.disk.cutAt && random() < 0.3) {
      const stopped = process.runner.stop();
      await world.clock.advance(20_000);
      await stopped;
      expect(process.runner.status().state).toBe('stopped');
    }
    process.kill();
    world.disk = world.disk.afterPowerCut(random);
    if (random() < 0.2) damageNewestCheckpoint(world, damaged, random);
    // Long enough, at times, for events to leave the window while nobody watches.
    world.clock.jump(random() < 0.3 ? 15_000 : random() * 1000);
    for (let i = Math.floor(random() * 4); i > 0; i--) produce();
  }

  const process = startProcess(world, { random, settings: SETTINGS });
  const started = process.runner.start();
  await world.clock.advance(20_000);
  await started;
  const status = process.runner.status();
  expect(status.error).toBeUndefined();
  expect(status.caught_up, `seed ${seed}: ${JSON.stringify(status)}`).toBe(true);
  for (const [name, rows] of world.oracle()) {
    expect(new Map(world.tables.get(name)!.rows), `${name}, seed ${seed}`).toEqual(rows);
    // Epochs grow across lives: a destination that refuses older versions refuses none of these.
    const highest = new Map<string, number>();
    for (const { key, epoch } of world.tables.get(name)!.writes) {
      expect(epoch, `${name}, key ${key}, seed ${seed}`).toBeGreaterThanOrEqual(highest.get(key) ?? 0);
      highest.set(key, epoch);
    }
  }
  process.kill();
}

describe('after any crashes, the destination equals the views of all events', () => {
  const SEEDS = 160;
  for (let block = 0; block < 8; block++) {
    test(`seeds ${(block * SEEDS) / 8} to ${((block + 1) * SEEDS) / 8 - 1}`, async () => {
      for (let i = 0; i < SEEDS / 8; i++) await livesAndDeaths((block * SEEDS) / 8 + i);
    });
  }
});
