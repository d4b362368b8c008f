import { describe, expect, test } from 'vitest';
import { SILENT_LOG } from './support/silent-log.ts';
import { type Log } from '../../src/runtime/log.ts';
import { MemoryDisk } from '../platform/support/memory-disk.ts';
import { createTinyKernel } from './support/tiny-kernel.ts';
import { World, startProcess } from './support/tiny-process.ts';
import type { Process } from './support/tiny-process.ts';

const SETTINGS = { barrier_interval_ms: 200, checkpoint_interval_ms: 1000, flush_timeout_ms: 3000 } as const;
const states = ({ runner }: Process): string[] => runner.status().sinks.map(({ delivery }) => delivery);

function expectDelivered(world: World): void {
  const delivered = new Map([...world.tables].map(([name, { rows }]) => [name, new Map(rows)]));
  expect(delivered).toEqual(world.oracle());
}

describe('delivery to a destination', () => {
  test('waits, backfills, clears and is live; a row counts as delivered only once the sink has it', async () => {
    const world = new World();
    for (let i = 0; i < 300; i++) world.append('plays', 0, i, 1);
    let looking = (): void => {};
    const open = world.disk.open.bind(world.disk);
    world.disk.open = async (path, mode) => {
      const file = await open(path, mode);
      const sync = file.sync.bind(file);
      return { ...file, sync: () => (looking(), sync()) };
    };
    const process = startProcess(world, { settings: SETTINGS });
    const seen: string[] = [];
    let leastWhenDone = Infinity;
    // While the delivery log records keys, no status may say that all rows are handed to the sink.
    const look = (): void => {
      const status = process.runner.status();
      const { delivery, stats } = status.sinks[0]!;
      if (seen.at(-1) !== delivery) seen.push(delivery);
      const had = stats.upserts + stats.queued + stats.in_flight;
      if (status.backfill === undefined && status.caught_up) leastWhenDone = Math.min(leastWhenDone, had);
    };
    looking = look;
    await process.runner.start();
    for (let i = 0; i < 180; i++) {
      await world.clock.advance(50);
      look();
    }
    expect(seen).toEqual(['waiting', 'backfilling', 'clearing', 'live']);
    expect([leastWhenDone >= 300, leastWhenDone < Infinity]).toEqual([true, true]);
    expectDelivered(world);
    process.kill();
  });

  test.each([
    ['damaged', 'the delivery log is damaged: some keys handed to sinks since the checkpoint are unknown'],
    ['gone', 'the delivery log is missing: the keys handed to sinks since the checkpoint are unknown'],
  ])('if the delivery log is %s, every sink gets all rows again with higher versions', async (how, told) => {
    const world = new World();
    for (let i = 0; i < 40; i++) world.append('plays', 0, i, 1);
    const first = startProcess(world, { settings: { ...SETTINGS, checkpoint_interval_ms: 60_000 } });
    await first.runner.start();
    await world.clock.advance(5000);
    for (let i = 0; i < 3; i++) {
      world.append('plays', 0, i, 1);
      await world.clock.advance(400);
    }
    const { epoch } = first.runner.status();
    first.kill();
    const segments = world.disk.paths().filter((name) => name.includes('/handed-'));
    const bytes = await world.disk.readFile(segments.at(-1)!);
    bytes[40]! ^= 1;
    for (const path of segments) await world.disk.remove(path);
    if (how === 'damaged') {
      const file = await world.disk.open(segments.at(-1)!, 'create');
      await file.append(bytes);
      await file.sync();
    }

    const table = world.tables.get('totals_sink')!;
    table.rows.set('1', [1n, 99n, 99n]); // as if written by a barrier that the log no longer holds
    const said: string[] = [];
    const log: Log = { ...SILENT_LOG, error: (_, message) => said.push(message) };
    const written = table.writes.length;
    const second = startProcess(world, { settings: SETTINGS, log });
    await second.runner.start();
    await world.clock.advance(10_000);
    expect(said).toContain(told);
    expectDelivered(world);
    expect(table.writes.slice(written).every((write) => write.epoch > epoch)).toBe(true);
    expect(states(second)).toEqual(['live', 'live']);
    second.kill();
  });

  test('deletes items of a lost state once all rows are written, and never the item of an existing row', async () => {
    const world = new World();
    for (let i = 0; i < 40; i++) world.append('plays', 0, i, 1);
    const first = startProcess(world, { settings: SETTINGS });
    await first.runner.start();
    await world.clock.advance(5000);
    const table = world.tables.get('totals_sink')!;
    const { epoch } = first.runner.status();
    expect(table.rows.size).toBe(40);
    first.kill();

    world.disk = new MemoryDisk();
    const kept = world.logs.get('plays')!.partitions[0]!.splice(0, 10); // the records that the source no longer retains
    world.logs.get('plays')!.released.clear();
    const written = table.writes.length;
    const second = startProcess(world, { settings: SETTINGS });
    await second.runner.start();
    await world.clock.advance(10_000);
    expect(kept).toHaveLength(10);
    expectDelivered(world);
    const later = table.writes.slice(written);
    const deletions = later.flatMap(({ row }, i) => (row === undefined ? [i] : []));
    expect(deletions).toHaveLength(10);
    expect(Math.min(...deletions)).toBeGreaterThanOrEqual(30); // every deletion comes after all puts
    expect(later.every((write) => write.epoch > epoch)).toBe(true); // versions increase, also without the old state
    expect(states(second)).toEqual(['live', 'live']);
    const text = await second.metrics.registry.metrics();
    expect(text).toMatch(/freshet_sink_gone_items_deleted_total\{sink="totals_sink"\} 10/);
    second.kill();
  });

  test('clears after a crash between the last written row and the deletions', async () => {
    const world = new World();
    for (let i = 0; i < 40; i++) world.append('plays', 0, i, 1);
    const first = startProcess(world, { settings: SETTINGS });
    await first.runner.start();
    await world.clock.advance(5000);
    first.kill();
    world.logs.get('plays')!.partitions[0]!.splice(0, 10);
    world.logs.get('plays')!.released.clear();
    const createKernel = (now_us: number) => createTinyKernel(now_us, 'tiny-2');
    const second = startProcess(world, { settings: SETTINGS, createKernel });
    for (const sink of second.sinks) sink.clear = () => new Promise(() => {});
    await second.runner.start();
    await world.clock.advance(5000);
    expect(states(second)).toEqual(['clearing', 'clearing']);
    second.kill();
    const before = world.tables.get('totals_sink')!.writes.length;
    const third = startProcess(world, { settings: SETTINGS, createKernel });
    await third.runner.start();
    await world.clock.advance(5000);
    expect(third.runner.status().recovery!.kind).toBe('restored');
    expectDelivered(world);
    expect(world.tables.get('totals_sink')!.writes.length - before).toBe(10); // no row is written again
    third.kill();
  });

  test('clearing a destination is retried and delays nothing else', async () => {
    const world = new World();
    world.append('plays', 0, 1, 1);
    const process = startProcess(world, { settings: SETTINGS });
    const [sink] = process.sinks;
    const clear = sink!.clear.bind(sink);
    let attempts = 0;
    sink!.clear = (request) => (attempts++ < 2 ? Promise.reject(new Error('no Scan')) : clear(request));
    await process.runner.start();
    await world.clock.advance(10_000);
    expect(states(process)).toEqual(['clearing', 'live']);
    world.append('plays', 0, 2, 1);
    await world.clock.advance(1000);
    expectDelivered(world);
    await world.clock.advance(80_000);
    expect([attempts, states(process)]).toEqual([3, ['live', 'live']]);
    process.kill();
  });

  test('a destination that could not be cleared does not delay a stop', async () => {
    const world = new World();
    world.append('plays', 0, 1, 1);
    const { runner, sinks } = startProcess(world, { settings: SETTINGS });
    let attempts = 0;
    sinks[0]!.clear = () => Promise.reject(new Error(`no Scan: ${++attempts}`));
    await runner.start();
    await world.clock.advance(5000);
    const stopped = runner.stop();
    await world.clock.advance(5000);
    await stopped;
    expect([attempts, runner.status().state, world.clock.waiting]).toEqual([1, 'stopped', 0]);
  });

  test('a destination that is replaced while it is cleared is cleared again', async () => {
    const world = new World();
    world.append('plays', 0, 1, 1);
    const process = startProcess(world, { settings: SETTINGS });
    const [sink] = process.sinks;
    const since: number[] = [];
    sink!.clear = async (request) => {
      since.push(request.since_epoch);
      // The answer arrives after the new table has every row.
      if (since.length === 1) await new Promise<void>((resolve) => world.clock.setTimer(20_000, resolve));
      return { found: 1, deleted: 0, kept: 0, isComplete: true };
    };
    await process.runner.start();
    await world.clock.advance(5000);
    const table = world.tables.get('totals_sink')!;
    table.rows.clear();
    table.id++;
    await world.clock.advance(10_000);
    expect([since.length, states(process)]).toEqual([1, ['clearing', 'live']]);
    await world.clock.advance(10_000);
    expect([since.length, states(process)]).toEqual([2, ['live', 'live']]);
    expect(since[1]).toBeGreaterThan(since[0]!);
    process.kill();
  });

  test('a destination that is replaced while the pipeline runs gets every row again', async () => {
    const world = new World();
    for (let i = 0; i < 40; i++) world.append('plays', 0, i, 1);
    const process = startProcess(world, { settings: SETTINGS });
    await process.runner.start();
    await world.clock.advance(3000);
    const table = world.tables.get('totals_sink')!;
    table.rows.clear();
    table.id++;
    await world.clock.advance(3000);
    expectDelivered(world);
    expect(states(process)).toEqual(['live', 'live']);
    const other = world.tables.get('recent_sink')!.writes.length;
    process.kill();
    table.rows.clear();
    table.id++;
    const next = startProcess(world, { settings: SETTINGS });
    await next.runner.start();
    await world.clock.advance(3000);
    expectDelivered(world);
    expect(world.tables.get('recent_sink')!.writes).toHaveLength(other);
    next.kill();
  });

  test('a sink that was removed from the SQL is reported at the next start, and its items are kept', async () => {
    const world = new World();
    world.append('plays', 0, 1, 1);
    const first = startProcess(world, { settings: SETTINGS });
    await first.runner.start();
    await world.clock.advance(5000);
    first.kill();
    const lines: (readonly [object, string])[] = [];
    const log: Log = { ...SILENT_LOG, warn: (fields, message) => lines.push([fields, message]) };
    const second = startProcess(world, { settings: SETTINGS, log, without: 'totals_sink' });
    await second.runner.start();
    await world.clock.advance(2000);
    expect(lines).toContainEqual([
      { sink: 'totals_sink', destination: 'table#1', hint: expect.stringContaining('to delete them') },
      'a sink is no longer in the SQL; the items that it wrote are kept',
    ]);
    expect(states(second)).toEqual(['live']);
    expectDelivered(world);
    second.kill();
  });
});
