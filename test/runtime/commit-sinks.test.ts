import { describe, expect, test } from 'vitest';
import { MemoryLake } from './support/memory-lake.ts';
import { World, startProcess } from './support/tiny-process.ts';
import type { Process } from './support/tiny-process.ts';

const SETTINGS = { barrier_interval_ms: 200, checkpoint_interval_ms: 1000, flush_timeout_ms: 3000 } as const;

async function pass(world: World, time_ms: number): Promise<void> {
  for (let passed_ms = 0; passed_ms < time_ms; passed_ms += 100) await world.clock.advance(100);
}

function expectCommitted(world: World): void {
  const views = world.views();
  expect(world.lakes.get('totals_lake')!.rows()).toEqual(views.get('totals'));
  expect(world.lakes.get('recent_lake')!.rows()).toEqual(views.get('recent'));
}

async function start(world: World, fail = 0): Promise<Process> {
  const process = startProcess(world, { settings: SETTINGS, lakes: { fail } });
  const started = process.runner.start();
  started.catch(() => {});
  await pass(world, 2000);
  await started;
  return process;
}

const phases = ({ runner }: Process): Record<string, string> =>
  Object.fromEntries(runner.status().sinks.map(({ name, delivery }) => [name, delivery]));

describe('delivery to a commit sink', () => {
  test('starts when the views are complete, commits all rows first, then the changes of each checkpoint', async () => {
    const world = new World();
    for (let i = 0; i < 300; i++) world.append('plays', 0, i % 40, 1);
    const process = await start(world);
    await pass(world, 6000);
    expect(phases(process)).toMatchObject({ totals_lake: 'live', recent_lake: 'live' });
    expectCommitted(world);
    // The first commit has one row per viewer, not one per event.
    expect(world.lakes.get('totals_lake')!.visible).toHaveLength(40);
    world.append('plays', 0, 3, 5);
    await pass(world, 3000);
    expectCommitted(world);
    expect(world.lakes.get('totals_lake')!.visible).toHaveLength(42);
    process.kill();
  });

  test('makes changes visible only after a checkpoint holds them on disk', async () => {
    const world = new World();
    for (let i = 0; i < 10; i++) world.append('plays', 0, i, 1);
    const process = await start(world);
    await pass(world, 6000);
    const before = world.lakes.get('totals_lake')!.visible.length;
    expect(before).toBe(10);
    const rename = world.disk.rename.bind(world.disk);
    world.disk.rename = () => Promise.reject(new Error('no renames today'));
    world.append('plays', 0, 3, 5);
    await pass(world, 5000);
    expect(process.runner.status().checkpoint_error).toContain('no renames today');
    expect(world.lakes.get('totals_lake')!.visible).toHaveLength(before);
    world.disk.rename = rename;
    await pass(world, 3000);
    expectCommitted(world);
    process.kill();
  });

  test('retries a refused commit even if no further change arrives', async () => {
    const world = new World();
    const lake = world.lakes.get('totals_lake')!;
    const commit = lake.commit.bind(lake);
    let refused = 0;
    lake.commit = () => {
      refused++;
      throw new Error('not now');
    };
    for (let i = 0; i < 10; i++) world.append('plays', 0, i, 1);
    const process = await start(world);
    await pass(world, 20_000); // until the rows of the last ten seconds have left `recent` as well
    expect(refused).toBeGreaterThan(1);
    const { stats } = process.runner.status().sinks.find(({ name }) => name === 'totals_lake')!;
    expect(stats).toMatchObject({ error: 'not now', failing_since_ms: expect.any(Number) });
    expect(lake.visible).toEqual([]);
    lake.commit = commit;
    await pass(world, 3000);
    expectCommitted(world);
    process.kill();
  });

  test('sends all rows to a replaced destination, and replaces the rows of one ahead of the checkpoint', async () => {
    const world = new World();
    for (let i = 0; i < 10; i++) world.append('plays', 0, i, 1);
    const first = await start(world);
    await pass(world, 6000);
    first.kill();
    world.lakes.set('totals_lake', new MemoryLake('another'));
    const ahead = world.lakes.get('recent_lake')!;
    ahead.last = { token: 'of a checkpoint that is lost', epoch: ahead.last!.epoch + 1000 };
    ahead.visible = [...ahead.visible, { row: [99n, 1n], weight: 1 }];
    const second = await start(world);
    await pass(world, 10_000);
    expect(phases(second)).toMatchObject({ totals_lake: 'live', recent_lake: 'live' });
    expectCommitted(world);
    second.kill();
  });

  test('commits all pending changes on a clean stop', async () => {
    const world = new World();
    const process = await start(world);
    await pass(world, 6000);
    world.append('plays', 0, 1, 1);
    await pass(world, 300);
    const stopped = process.runner.stop();
    await pass(world, 6000);
    await stopped;
    expect(world.lakes.get('totals_lake')!.rows().size).toBe(1);
  });
});
