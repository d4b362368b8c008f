import { describe, expect, test } from 'vitest';
import type { Log } from '../../src/runtime/log.ts';
import { seeded } from '../storage/support/random.ts';
import { MemoryTable } from './support/memory-table.ts';
import { createTinyKernel } from './support/tiny-kernel.ts';
import { World, startProcess } from './support/tiny-process.ts';

const SETTINGS = { barrier_interval_ms: 200, checkpoint_interval_ms: 1000, flush_timeout_ms: 3000 } as const;

function expectDelivered(world: World): void {
  const delivered = new Map([...world.tables].map(([name, { rows }]) => [name, new Map(rows)]));
  expect(delivered).toEqual(world.oracle());
}

function collectingLog(): {
  log: Log;
  lines: { level: string; message: string; fields: Record<string, unknown> }[];
} {
  const lines: { level: string; message: string; fields: Record<string, unknown> }[] = [];
  const at = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    lines.push({ level, message, fields });
  };
  return { log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines };
}

describe('running', () => {
  test('a clean stop under overload ends within 10 s, and the next start delivers the remaining rows', async () => {
    const world = new World();
    const { flush_timeout_ms: _, ...settings } = SETTINGS;
    const first = startProcess(world, { settings });
    await first.runner.start();
    for (const sink of first.sinks) sink.stuck = true;
    for (const reader of first.readers) reader.checkpointed = () => new Promise(() => {});
    for (let i = 0; i < 500; i++) world.append('plays', i % 2, i, 1);
    await world.clock.advance(2000);
    let isDone = false;
    void first.runner.stop().then(() => (isDone = true));
    await world.clock.advance(10_000);
    expect([isDone, first.runner.status().state]).toEqual([true, 'stopped']);
    first.kill();
    const second = startProcess(world, { settings });
    await second.runner.start();
    await world.clock.advance(60_000);
    expectDelivered(world);
    second.kill();
  });

  test('rows reach the tables at the next barrier, and views over the clock change without events', async () => {
    const world = new World();
    const { runner } = startProcess(world, { settings: SETTINGS });
    await runner.start();
    world.append('plays', 0, 1, 5);
    world.append('likes', 0, 1, 2);
    world.append('plays', 1, 2, 1);
    await world.clock.advance(1000);
    expect(world.tables.get('totals_sink')!.rows.get('1')).toEqual([1n, 2n, 7n]);
    expect(world.tables.get('recent_sink')!.rows.get('2')).toEqual([2n, 1n]);
    await world.clock.advance(11_000);
    expect(world.tables.get('recent_sink')!.rows.size).toBe(0);
    expectDelivered(world);
    expect(runner.status()).toMatchObject({ state: 'running', caught_up: true, recovery: { kind: 'fresh' } });
  });

  test('the pipeline never goes back in time, even if the clock is set back or events are late', async () => {
    const world = new World();
    const { runner } = startProcess(world, { settings: SETTINGS });
    await runner.start();
    world.append('plays', 0, 1, 1, world.clock.now_us() + 3_600_000_000);
    world.append('plays', 0, 2, 1, 0);
    await world.clock.advance(1000);
    const before = runner.status();
    expect(before.now_us).toBeLessThanOrEqual(world.clock.now_us());
    world.clock.jump(-60_000);
    world.append('plays', 0, 3, 1);
    await world.clock.advance(1000);
    const after = runner.status();
    expect(after.state).toBe('running');
    expect(after.now_us).toBe(before.now_us); // the pipeline's clock waits for the machine's clock
    expect(after.epoch).toBeGreaterThan(before.epoch);
    expect(world.tables.get('totals_sink')!.rows.get('3')).toEqual([3n, 1n, 1n]);
  });

  test('after the clock was set back an hour, checkpoints continue and the log names the delay', async () => {
    const world = new World();
    const { log, lines } = collectingLog();
    const { runner } = startProcess(world, { settings: SETTINGS, log });
    await runner.start();
    await world.clock.advance(3000);
    world.clock.jump(-3_600_000);
    const before = runner.status().checkpoint?.id ?? 0;
    world.append('plays', 0, 3, 1);
    await world.clock.advance(5000);
    expect(runner.status().checkpoint!.id).toBeGreaterThan(before);
    const said = lines.filter((l) => l.message.startsWith("the machine's clock was set back"));
    expect(said).toHaveLength(1);
    expect(said[0]!.fields['behind_ms']).toBeGreaterThan(3_500_000);
  });

  test('a source that repeatedly fails soon after it opens is retried at growing intervals', async () => {
    const world = new World();
    const { log, lines } = collectingLog();
    const { runner, readers } = startProcess(world, { settings: SETTINGS, log });
    let polls = 0;
    readers[0]!.poll = async () => {
      await new Promise<void>((resolve) => world.clock.setTimer(100, resolve));
      if (polls++ % 3 === 2) throw new Error('the broker is gone');
      return undefined;
    };
    await runner.start();
    await world.clock.advance(120_000);
    const failures = lines.filter((l) => l.message === 'source failed');
    expect(failures.length).toBeGreaterThan(5);
    expect(failures.length).toBeLessThan(12);
    expect(failures.at(-1)!.fields['retry_ms']).toBe(30_000);
  });

  test('a source that does not acknowledge a checkpoint delays neither the next checkpoint nor the stop', async () => {
    const world = new World();
    const { runner, readers } = startProcess(world, { settings: SETTINGS });
    readers[0]!.checkpointed = () => new Promise(() => {});
    readers[1]!.checkpointed = () => Promise.reject(new Error('the coordinator is gone'));
    await runner.start();
    for (let i = 0; i < 20; i++) {
      world.append('plays', 0, 1, 1);
      await world.clock.advance(1000);
    }
    expect(runner.status().checkpoint!.id).toBeGreaterThan(2);
    expect(runner.status().checkpoint_error).toBeUndefined();
    const stopped = runner.stop();
    await world.clock.advance(12_000);
    await stopped;
    expect(runner.status().state).toBe('stopped');
  });

  test('a failed source is reopened at its position, while the other source keeps reading', async () => {
    const world = new World();
    const process = startProcess(world, { settings: SETTINGS });
    await process.runner.start();
    world.append('plays', 0, 1, 1);
    await world.clock.advance(1000);
    const plays = process.readers[0]!;
    const poll = plays.poll.bind(plays);
    plays.poll = () => Promise.reject(new Error('the broker is gone'));
    await world.clock.advance(1000);
    world.append('likes', 0, 9, 1);
    world.append('plays', 0, 1, 1);
    await world.clock.advance(600);
    expect(world.tables.get('totals_sink')!.rows.get('9')).toEqual([9n, 1n, 1n]);
    expect(process.runner.status().sources[0]).toMatchObject({
      state: 'retrying',
      error: 'the broker is gone',
    });
    plays.poll = poll;
    await world.clock.advance(60_000);
    expect(process.runner.status().sources[0]).toMatchObject({ state: 'running', error: undefined });
    expectDelivered(world);
    const text = await process.metrics.registry.metrics();
    expect(text).toMatch(/freshet_source_errors_total\{source="plays"\} [1-9]/);
  });

  test('records that cannot be decoded become dead letters with positions, and later records are read', async () => {
    const world = new World();
    const { log, lines } = collectingLog();
    const { runner, metrics } = startProcess(world, { settings: SETTINGS, log });
    await runner.start();
    world.append('plays', 1, 1, 1);
    for (let i = 0; i < 50; i++) world.logs.get('plays')!.append(1, `garbage ${i}`);
    world.append('plays', 1, 1, 1);
    await world.clock.advance(1000);
    expect(world.tables.get('totals_sink')!.rows.get('1')).toEqual([1n, 2n, 2n]);
    const letters = Buffer.from(world.disk.raw('/state/dead-letters/source-plays.ndjson'))
      .toString()
      .trim()
      .split('\n');
    expect(letters).toHaveLength(50);
    expect(JSON.parse(letters[3]!)).toMatchObject({
      source: 'plays',
      reason: 'malformed',
      partition: '1',
      offset: '4',
      payload: 'garbage 3',
    });
    expect(lines.filter((l) => l.message.includes('dead letter'))).toHaveLength(1); // for fifty of a kind
    expect(await metrics.registry.metrics()).toContain(
      'freshet_dead_letters_total{origin="source",name="plays",reason="malformed"} 50',
    );
  });

  test('sources pause while a sink is far behind, and continue when it has caught up', async () => {
    const world = new World();
    const process = startProcess(world, {
      settings: { ...SETTINGS, sink_queue_limit: 10, batch_records: 4 },
    });
    for (const sink of process.sinks) sink.stuck = true;
    await process.runner.start();
    for (let i = 0; i < 100; i++) world.append('plays', 0, i, 1);
    await world.clock.advance(5000);
    const status = process.runner.status();
    expect(status.held_back_by).toBe('totals_sink');
    const rows = status.sources[0]!.rows;
    expect(rows).toBeLessThan(100);
    await world.clock.advance(5000);
    expect(process.runner.status().sources[0]!.rows).toBe(rows);
    for (const sink of process.sinks) sink.unstick();
    await world.clock.advance(20_000);
    expect(process.runner.status()).toMatchObject({ held_back_by: undefined, caught_up: true });
    expect(process.runner.status().sources[0]!.rows).toBe(100);
  });

  test('an error of the kernel fails the pipeline, which reports it and closes', async () => {
    const world = new World();
    const createKernel = (now_us: number) => {
      const kernel = createTinyKernel(now_us);
      return {
        ...kernel,
        push: () => {
          throw new Error('out of memory');
        },
      };
    };
    const { runner, sinks } = startProcess(world, { settings: SETTINGS, createKernel });
    await runner.start();
    world.append('plays', 0, 1, 1);
    await world.clock.advance(1000);
    await expect(runner.finished).rejects.toThrow('out of memory');
    expect(runner.status()).toMatchObject({ state: 'failed', error: 'out of memory' });
    expect(sinks[0]!.dead).toBe(true);
    await runner.stop();
  });

  test('metrics have the names and labels that dashboards use', async () => {
    const world = new World();
    const { runner, metrics } = startProcess(world, { settings: SETTINGS });
    await runner.start();
    for (let i = 0; i < 5; i++) world.append('plays', 0, i, 1);
    await world.clock.advance(3000);
    const text = await metrics.registry.metrics();
    for (const line of [
      'freshet_source_rows_total{source="plays"} 5',
      'freshet_source_records_total{source="plays"} 5',
      'freshet_source_lag_records{source="plays",partition="0"} 0',
      'freshet_source_up{source="likes"} 1',
      'freshet_view_rows{view="totals"} 5',
      'freshet_view_state_bytes{view="totals"} 120',
      'freshet_view_changes_total{view="recent"} 5',
      'freshet_sink_upserts_total{sink="totals_sink"} 5',
      'freshet_sink_queued{sink="totals_sink"} 0',
      'freshet_sink_failing_seconds{sink="totals_sink"} 0',
      'freshet_sink_oldest_pending_seconds{sink="totals_sink"} 0',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toMatch(/freshet_barrier_duration_seconds_count 1\d/);
    expect(text).toMatch(/freshet_checkpoint_bytes [1-9]\d+/);
    expect(text).toMatch(/freshet_checkpoint_duration_seconds_count [1-9]/);
  });
});

describe('stopping and starting again', () => {
  test('a stop drains the sinks and writes a checkpoint: the next start reads and delivers nothing again', async () => {
    const world = new World();
    const first = startProcess(world, { settings: { ...SETTINGS, checkpoint_interval_ms: 1e9 } });
    await first.runner.start();
    world.append('plays', 0, 1, 1);
    await world.clock.advance(500);
    const stopped = first.runner.stop();
    await world.clock.advance(5000);
    await stopped;
    expect(first.runner.status().state).toBe('stopped');
    await expect(first.runner.finished).resolves.toBeUndefined();
    const writes = world.tables.get('totals_sink')!.writes.length;

    const second = startProcess(world, { settings: SETTINGS });
    await second.runner.start();
    await world.clock.advance(2000);
    expect(second.runner.status()).toMatchObject({
      recovery: { kind: 'restored', redelivered: 0 },
      caught_up: true,
    });
    expect(second.runner.status().sources[0]!.rows).toBe(0);
    expect(world.tables.get('totals_sink')!.writes).toHaveLength(writes);
    world.append('plays', 0, 1, 1);
    await world.clock.advance(1000);
    expect(world.tables.get('totals_sink')!.rows.get('1')).toEqual([1n, 2n, 2n]);
  });

  test('changes that a sink did not accept before the timeout are delivered after the next start', async () => {
    const world = new World();
    const first = startProcess(world, { settings: SETTINGS });
    for (const sink of first.sinks) sink.stuck = true;
    await first.runner.start();
    world.append('plays', 0, 1, 4);
    await world.clock.advance(500);
    const stopped = first.runner.stop();
    await world.clock.advance(10_000);
    await stopped;
    expect(world.tables.get('totals_sink')!.rows.size).toBe(0);
    const second = startProcess(world, { settings: SETTINGS });
    await second.runner.start();
    expect(second.runner.status().recovery).toMatchObject({ kind: 'restored', redelivered: 2 });
    await world.clock.advance(2000);
    expect(world.tables.get('totals_sink')!.rows.get('1')).toEqual([1n, 1n, 4n]);
    expectDelivered(world);
  });

  test('a stop during the start waits for the start and ends cleanly; stopping twice stops once', async () => {
    const world = new World();
    const { runner } = startProcess(world, { settings: SETTINGS });
    const started = runner.start();
    const stopped = Promise.all([runner.stop(), runner.stop()]);
    await world.clock.advance(5000);
    await started;
    await stopped;
    expect(runner.status().state).toBe('stopped');
  });

  test('an error during the start fails the start, and nothing is written', async () => {
    const world = new World();
    const { runner } = startProcess(world, { settings: SETTINGS });
    const started = runner.start();
    runner.fail(new Error('the folder was taken over'));
    await expect(started).rejects.toThrow('the folder was taken over');
    await world.clock.advance(5000);
    expect(runner.status()).toMatchObject({ state: 'failed', error: 'the folder was taken over' });
    expect(await world.disk.list('/state/delivery')).toEqual([]);
  });

  test('an error during the stop prevents the last checkpoint', async () => {
    const world = new World();
    const { runner, sinks } = startProcess(world, { settings: SETTINGS });
    await runner.start();
    await world.clock.advance(2000);
    for (const sink of sinks) sink.stuck = true;
    world.append('plays', 0, 1, 1);
    await world.clock.advance(300);
    const stopped = runner.stop();
    await world.clock.advance(300);
    const { checkpoint } = runner.status();
    expect(checkpoint).toBeDefined();
    runner.fail(new Error('the folder was taken over'));
    await world.clock.advance(10_000);
    await stopped;
    expect(runner.status()).toMatchObject({
      state: 'failed',
      error: 'the folder was taken over',
      checkpoint,
    });
  });

  test('a checkpoint holds the start positions soon after the sources open, also of one that opens late', async () => {
    const world = new World();
    const { runner, readers } = startProcess(world, {
      settings: { ...SETTINGS, checkpoint_interval_ms: 3_600_000 },
    });
    const plays = readers[0]!;
    const open = plays.open.bind(plays);
    plays.open = () => Promise.reject(new Error('the broker is not there yet'));
    await runner.start();
    await world.clock.advance(400);
    const first = runner.status().checkpoint;
    expect(first).toBeDefined();
    plays.open = open;
    await world.clock.advance(5000);
    const second = runner.status().checkpoint;
    expect(second!.id).toBeGreaterThan(first!.id);
    expect(runner.status().sources.map(({ positions }) => positions)).toEqual([
      { 0: '0', 1: '0' },
      { 0: '0' },
    ]);
    await world.clock.advance(60_000);
    expect(runner.status().checkpoint).toEqual(second); // no record has arrived since
  });

  test('after a checkpoint of another plan the views are rebuilt from history, and the status says why', async () => {
    const world = new World();
    const first = startProcess(world, { settings: SETTINGS });
    await first.runner.start();
    for (let i = 0; i < 10; i++) world.append('plays', i % 2, i % 3, 1);
    await world.clock.advance(3000);
    first.kill();
    const { log, lines } = collectingLog();
    world.logs.get('plays')!.released.clear();
    world.logs.get('likes')!.released.clear();
    const second = startProcess(world, {
      settings: SETTINGS,
      log,
      createKernel: (now_us) => createTinyKernel(now_us, 'format 3\nview "totals" 2'),
    });
    await second.runner.start();
    await world.clock.advance(3000);
    expect(second.runner.status().recovery).toMatchObject({ kind: 'rebuilt' });
    expect(second.runner.status().recovery!.reason).toBe('view totals has changed');
    expect(lines.some((l) => l.level === 'warn' && l.message.includes('recomputing all views'))).toBe(true);
    expect(second.runner.status().sources[0]!.rows).toBe(10);
    expectDelivered(world);
    second.kill();
    const third = startProcess(world, {
      settings: SETTINGS,
      createKernel: (now_us) => createTinyKernel(now_us, 'format 3\nview "totals" 2'),
    });
    await third.runner.start();
    expect(third.runner.status().recovery).toMatchObject({ kind: 'restored' });
    third.kill();
  });

  test('a sink with a new destination gets every row of its view once', async () => {
    const world = new World();
    const first = startProcess(world, { settings: SETTINGS });
    await first.runner.start();
    for (let i = 0; i < 40; i++) world.append('plays', i % 2, i, 1);
    await world.clock.advance(3000);
    first.kill();
    const table = new MemoryTable('elsewhere');
    world.tables.set('totals_sink', table);
    const other = world.tables.get('recent_sink')!.writes.length;
    const { log, lines } = collectingLog();
    const second = startProcess(world, { settings: SETTINGS, log });
    await second.runner.start();
    await world.clock.advance(3000);
    expectDelivered(world);
    expect(table.rows.size).toBe(40);
    expect(world.tables.get('recent_sink')!.writes).toHaveLength(other);
    expect(lines.find((l) => l.message.includes('new destination'))!.fields).toEqual({
      sinks: ['totals_sink'],
    });
    second.kill();
    const third = startProcess(world, { settings: SETTINGS });
    await third.runner.start();
    await world.clock.advance(3000);
    expect(table.writes).toHaveLength(40);
    third.kill();
  });

  test('an interrupted rebuild continues as a rebuild: rows that the views still lack are not deleted', async () => {
    const world = new World();
    const first = startProcess(world, { settings: SETTINGS });
    for (const sink of first.sinks) sink.stuck = true; // the keys will await redelivery
    await first.runner.start();
    for (let i = 0; i < 40; i++) world.append('plays', 0, i, 1);
    await world.clock.advance(3000);
    for (const sink of first.sinks) sink.unstick();
    await world.clock.advance(400); // written, but in no checkpoint yet
    expect(world.tables.get('totals_sink')!.rows.size).toBe(40);
    first.kill();

    const createKernel = (now_us: number) => createTinyKernel(now_us, 'format 3\nview "totals" 2');
    world.logs.get('plays')!.released.clear();
    world.logs.get('likes')!.released.clear();
    const settings = { ...SETTINGS, batch_records: 4, settle_timeout_ms: 500 };
    const rows = world.logs.get('plays')!.partitions[0]!.splice(8); // the source returns these later
    for (let life = 0; life < 2; life++) {
      const process = startProcess(world, { settings, createKernel });
      const plays = process.readers[0]!;
      const lag = plays.lag.bind(plays);
      plays.lag = () => lag().map((each) => ({ ...each, records: each.records + rows.length }));
      await process.runner.start();
      await world.clock.advance(3000);
      expect(process.runner.status().recovery!.kind).toBe(life === 0 ? 'rebuilt' : 'restored');
      process.kill();
      expect(world.tables.get('totals_sink')!.rows.size, `life ${life}`).toBe(40);
    }
    world.logs.get('plays')!.partitions[0]!.push(...rows);
    const last = startProcess(world, { settings, createKernel });
    await last.runner.start();
    await world.clock.advance(5000);
    expectDelivered(world);
    last.kill();
  });

  test('a first start delivers each row once, after the views have read all sources', async () => {
    const world = new World();
    for (let i = 0; i < 600; i++) world.append('plays', i % 2, i % 30, 1);
    const process = startProcess(world, { settings: { ...SETTINGS, batch_records: 4 } });
    await process.runner.start();
    world.append('plays', 0, 99, 7); // a record after the start is not part of the backlog
    await world.clock.advance(8000);
    expectDelivered(world);
    const { writes } = world.tables.get('totals_sink')!;
    expect(writes.map(({ key }) => key).toSorted()).toEqual(
      [...new Set(writes.map(({ key }) => key))].toSorted(),
    );
    expect(process.runner.status()).toMatchObject({ caught_up: true, backfill: undefined });
    process.kill();
  });

  test('a backfill hands rows over in portions that the sink can write, and changes overtake it', async () => {
    const world = new World();
    for (let i = 0; i < 1000; i++) world.append('plays', 0, i, 1);
    const process = startProcess(world, { settings: SETTINGS });
    await process.runner.start();
    await world.clock.advance(100);
    const { stats } = process.runner.status().sinks[0]!;
    expect(stats.queued + stats.in_flight).toBeLessThanOrEqual(100);
    expect(process.runner.status().backfill).toMatchObject({ phase: 'running' });
    world.append('plays', 0, 999, 1);
    await world.clock.advance(900);
    const table = world.tables.get('totals_sink')!;
    expect(table.rows.get('999')).toEqual([999n, 2n, 2n]);
    expect(table.rows.size).toBeLessThan(1000);
    await world.clock.advance(20_000);
    expectDelivered(world);
    process.kill();
  });

  test.each([300, 1e9])(
    'after a crash during a backfill, delivered rows that no longer exist are deleted (checkpoint interval %d ms)',
    async (checkpoint_interval_ms) => {
      const world = new World();
      const at_us = world.clock.now_us() - 8_000_000; // the events leave the window of `recent` in two seconds
      for (let i = 0; i < 1000; i++) world.append('plays', 0, i, 1, at_us);
      const settings = { ...SETTINGS, checkpoint_interval_ms };
      const first = startProcess(world, { settings });
      await first.runner.start();
      await world.clock.advance(900);
      const delivered = world.tables.get('recent_sink')!.rows.size;
      expect(delivered).toBeGreaterThan(0);
      expect(delivered).toBeLessThan(1000);
      expect(first.runner.status().checkpoint).toBeDefined();
      first.kill();
      world.clock.jump(5000);
      const second = startProcess(world, { settings });
      await second.runner.start();
      await world.clock.advance(20_000);
      expectDelivered(world);
      second.kill();
    },
  );

  test('a source that cannot be read delays a backfill only until settle_timeout_ms', async () => {
    const world = new World();
    world.append('plays', 0, 1, 5);
    const process = startProcess(world, { settings: { ...SETTINGS, settle_timeout_ms: 10_000 } });
    process.readers[1]!.open = () => Promise.reject(new Error('the broker is gone'));
    await process.runner.start();
    await world.clock.advance(9000);
    expect(world.tables.get('totals_sink')!.rows.size).toBe(0);
    await world.clock.advance(8000);
    expect(world.tables.get('totals_sink')!.rows.get('1')).toEqual([1n, 1n, 5n]);
    expect(process.runner.status().caught_up).toBe(false);
    process.kill();
  });

  test('a sink that cannot be opened fails the start, and the other sinks are closed', async () => {
    const world = new World();
    const { runner, sinks } = startProcess(world, { settings: SETTINGS });
    sinks[1]!.open = () => Promise.reject(new Error('the table has another key'));
    await expect(runner.start()).rejects.toThrow('the table has another key');
    expect(runner.status()).toMatchObject({ state: 'failed', error: 'the table has another key' });
    expect(sinks[0]!.dead).toBe(true);
    await runner.stop();
  });

  test('a disk error during the start fails the start, and the sinks are closed', async () => {
    const world = new World();
    const { runner, sinks } = startProcess(world, { settings: SETTINGS });
    world.disk.open = () => Promise.reject(new Error('EROFS: read-only file system'));
    await expect(runner.start()).rejects.toThrow('EROFS');
    expect(runner.status()).toMatchObject({ state: 'failed', error: 'EROFS: read-only file system' });
    expect(sinks.map(({ dead }) => dead)).toEqual([true, true]);
    await runner.stop();
  });
});

describe('a disk that is full for a while', () => {
  test('pauses the pipeline, which loses nothing and continues by itself', async () => {
    const world = new World();
    const { runner } = startProcess(world, { settings: SETTINGS, random: seeded(3) });
    await runner.start();
    world.append('plays', 0, 1, 1);
    await world.clock.advance(2000);
    world.disk.room = 3; // the next record of the delivery log will be torn
    world.append('plays', 0, 1, 1);
    world.append('plays', 0, 2, 1);
    await world.clock.advance(5000);
    expect(runner.status().error).toMatch(/delivery log cannot be written: ENOSPC/);
    expect(world.tables.get('totals_sink')!.rows.get('1')).toEqual([1n, 1n, 1n]);
    world.disk.room = Infinity;
    await world.clock.advance(10_000);
    expect(runner.status()).toMatchObject({
      state: 'running',
      error: undefined,
      checkpoint_error: undefined,
    });
    expectDelivered(world);
  });

  test('after a stop meanwhile, changes that were not handed out are computed again at the next start', async () => {
    const world = new World();
    const first = startProcess(world, { settings: SETTINGS });
    await first.runner.start();
    world.append('plays', 0, 1, 1);
    await world.clock.advance(2500);
    world.disk.room = 0;
    world.append('plays', 0, 1, 1);
    await world.clock.advance(1000);
    const stopped = first.runner.stop();
    await world.clock.advance(20_000);
    await stopped;
    world.disk.room = Infinity;
    const second = startProcess(world, { settings: SETTINGS });
    await second.runner.start();
    await world.clock.advance(5000);
    expect(world.tables.get('totals_sink')!.rows.get('1')).toEqual([1n, 2n, 2n]);
    expectDelivered(world);
  });
});
