import { inspect, isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { seeded } from '../storage/support/random.ts';
import { MemoryLake } from './support/memory-lake.ts';
import { MemoryTable } from './support/memory-table.ts';
import { World, startProcess } from './support/tiny-process.ts';

const SETTINGS = {
  barrier_interval_ms: 200,
  checkpoint_interval_ms: 1000,
  batch_records: 7,
  flush_timeout_ms: 5000,
} as const;

/** Flips a bit of the newest checkpoint, if an older one exists to fall back to. */
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
 * Runs several processes one after the other on the same disk, logs and tables. Each is cut at a random moment or disk
 * operation, or stopped cleanly. Between them events arrive, time passes and sometimes a sink gets another table. The
 * last process runs to the end. Returns the faults found.
 */
async function livesAndDeaths(seed: number): Promise<readonly string[]> {
  const wrong: string[] = [];
  const random = seeded(seed);
  const world = new World();
  const damaged = new Set<string>();
  const produce = (): void => {
    const source = random() < 0.7 ? 'plays' : 'likes';
    const partition = source === 'plays' && random() < 0.5 ? 1 : 0;
    if (random() < 0.03) world.logs.get(source)!.append(partition, 'garbage');
    // Some events are late, some have a future time.
    else world.append(source, partition, Math.floor(random() * 4), Math.floor(random() * 9), stamp());
  };
  const stamp = (): number => world.clock.now_us() - Math.floor((random() * 4 - 1) * 3_000_000);

  const lives = 2 + Math.floor(random() * 5);
  for (let life = 0; life < lives; life++) {
    const faults = { fail: random() < 0.3 ? 0.05 : 0, random };
    const lakes = { fail: random() < 0.3 ? 0.3 : 0 };
    const running = startProcess(world, { random, settings: SETTINGS, faults, lakes });
    if (random() < 0.6) world.disk.cutAt = world.disk.operations + 1 + Math.floor(random() * 120);
    const started = running.runner.start();
    started.catch(() => {});
    const steps = 1 + Math.floor(random() * 40);
    for (let step = 0; step < steps && world.disk.operations < world.disk.cutAt; step++) {
      for (let i = Math.floor(random() * 6); i > 0; i--) produce();
      await world.clock.advance(random() * 300);
    }
    if (world.disk.operations < world.disk.cutAt && random() < 0.3) {
      const stopped = running.runner.stop();
      await world.clock.advance(20_000);
      await stopped;
      const { state, error } = running.runner.status();
      if (state !== 'stopped') wrong.push(`seed ${seed}: ${state} after stop: ${error}`);
    }
    running.kill();
    wrong.push(...brokenLakes(seed, world));
    world.disk = world.disk.afterPowerCut(random);
    if (random() < 0.2) damageNewestCheckpoint(world, damaged, random);
    if (random() < 0.1) {
      const name = random() < 0.5 ? 'totals_sink' : 'recent_sink';
      world.tables.set(name, new MemoryTable(`table ${life}`));
      if (random() < 0.5) world.lakes.set('totals_lake', new MemoryLake(`lake ${life}`));
    }
    // Sometimes long enough for events to leave the window between two lives.
    world.clock.jump(random() < 0.3 ? 15_000 : random() * 1000);
    for (let i = Math.floor(random() * 4); i > 0; i--) produce();
  }

  const running = startProcess(world, { random, settings: SETTINGS, lakes: { fail: 0 } });
  const started = running.runner.start();
  for (let step = 0; step < 100; step++) await world.clock.advance(200);
  await started;
  const status = running.runner.status();
  if (status.error !== undefined || !status.caught_up) wrong.push(`seed ${seed}: ${inspect(status)}`);
  const broken = brokenLakes(seed, world);
  wrong.push(...broken);
  const views = world.views();
  for (const [name, lake] of world.lakes) {
    const rows = views.get(name.replace('_lake', ''));
    if (broken.length === 0 && !isDeepStrictEqual(lake.rows(), rows))
      wrong.push(`seed ${seed}: ${name} has ${inspect(lake.rows())} instead of ${inspect(rows)}`);
  }
  for (const [name, rows] of world.oracle()) {
    const table = world.tables.get(name)!;
    if (!isDeepStrictEqual(new Map(table.rows), rows)) {
      wrong.push(`seed ${seed}: ${name} has ${inspect(table.rows)} instead of ${inspect(rows)}`);
    }
    // The epochs of a key never decrease across lives, so a destination that refuses older versions takes them all.
    const highest = new Map<string, number>();
    for (const { key, epoch } of table.writes) {
      const before = highest.get(key) ?? 0;
      if (epoch < before) wrong.push(`seed ${seed}: ${name} got epoch ${epoch} of ${key} after ${before}`);
      highest.set(key, epoch);
    }
  }
  running.kill();
  return wrong;
}

/** Returns a fault for each lake whose visible changes insert a row twice or retract a row that does not exist. */
function brokenLakes(seed: number, { lakes }: World): readonly string[] {
  return [...lakes].flatMap(([name, lake]) => {
    try {
      lake.rows();
      return [];
    } catch (error) {
      return [`seed ${seed}: ${name}: ${String(error)}`];
    }
  });
}

/** Number of random runs. FRESHET_CRASH_SEEDS=2000 is a long test. */
const SEEDS = Number(process.env['FRESHET_CRASH_SEEDS'] ?? 64);

test(
  'after crashes at any point, the destination equals the views of all events',
  async () => {
    const wrong: string[] = [];
    for (let seed = 0; seed < SEEDS; seed++) wrong.push(...(await livesAndDeaths(seed)));
    expect(wrong).toEqual([]);
  },
  300_000 + SEEDS * 1000,
);
