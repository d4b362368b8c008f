import { describe, expect, test } from 'vitest';
import { LostPositionError } from '../../src/sources/lost-position.ts';
import type { MemoryLog } from './support/memory-log.ts';
import { World, startProcess, type Process } from './support/tiny-process.ts';

const SETTINGS = { barrier_interval_ms: 200, checkpoint_interval_ms: 1000, flush_timeout_ms: 3000 } as const;

async function start(world: World, onLost: 'fail' | 'resume' = 'fail'): Promise<Process> {
  const process = startProcess(world, { settings: SETTINGS, onLost });
  await process.runner.start();
  await world.clock.advance(2000);
  return process;
}

async function stop(world: World, process: Process): Promise<void> {
  void process.runner.stop();
  await world.clock.advance(10_000);
}

/** Returns a world whose topic has ten records, one of each viewer from 0 to 9. */
function worldWith(identity: string | undefined): { world: World; log: MemoryLog } {
  const world = new World();
  const log = world.logs.get('plays')!;
  log.identity = identity;
  append(world, 0, 10);
  return { world, log };
}

/** Deletes the topic and creates it again, empty. */
function recreate(log: MemoryLog): void {
  log.partitions = log.partitions.map(() => []);
  log.released.clear();
  if (log.identity !== undefined) log.identity = `${log.identity}'`;
}

function append(world: World, from: number, n: number): void {
  for (let i = 0; i < n; i++) world.append('plays', i % 2, from + i, 1);
}

/** Makes the next poll fail once, as while a topic is missing. */
function failOnce({ readers }: Process): void {
  const reader = readers[0]!;
  const poll = reader.poll.bind(reader);
  reader.poll = () => {
    reader.poll = poll;
    return Promise.reject(new Error('there is no such topic'));
  };
}

function viewersOf(world: World): number[] {
  return [...world.tables.get('totals_sink')!.rows.keys()].map(Number).sort((a, b) => a - b);
}

const metric = ({ metrics }: Process, name: string): Promise<string> =>
  metrics.registry.getSingleMetricAsString(name);

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe.each([
  ['whose topics have an identity', 'topic'],
  ['whose topics have no identity', undefined],
])('a topic of a broker %s', (_, identity) => {
  test('is reported as lost if it is recreated while it is read, also once it is longer than before', async () => {
    const { world, log } = worldWith(identity);
    let process = await start(world);
    recreate(log);
    append(world, 100, 4);
    failOnce(process);
    await world.clock.advance(5000);
    const lost = {
      name: 'plays',
      state: 'lost',
      error: expect.stringContaining('the log was made anew') as string,
    };
    expect(process.runner.status().sources[0]).toMatchObject(lost);
    append(world, 104, 30);
    world.append('likes', 0, 5, 1); // the other source keeps reading
    await world.clock.advance(600_000);
    expect(process.runner.status().sources[0]).toMatchObject({ ...lost, rows: 10 });
    expect(world.tables.get('totals_sink')!.rows.get('5')).toEqual([5n, 2n, 2n]);
    expect(await metric(process, 'freshet_source_lost_positions_total')).toContain(
      'freshet_source_lost_positions_total{source="plays"} 2',
    );
    process.kill();

    // After a restart without a decision the position is still lost.
    process = await start(world);
    expect(process.runner.status().sources[0]).toMatchObject(lost);
    expect(viewersOf(world)).toEqual(upTo(10));
    process.kill();

    process = await start(world, 'resume');
    await world.clock.advance(5000);
    expect(process.runner.status().sources[0]).toMatchObject({
      state: 'running',
      error: undefined,
      rows: 34,
    });
    expect(viewersOf(world)).toEqual([...upTo(10), ...upTo(34).map((i) => 100 + i)]);
    await stop(world, process);
    process.kill();

    // The decision applied to that loss alone. Later records are read whatever the option says.
    append(world, 200, 3);
    process = await start(world);
    expect(process.runner.status().sources[0]).toMatchObject({ state: 'running', rows: 3 });
    process.kill();
  });
});

test('a topic recreated while the pipeline was stopped is detected by its identity, even if it is longer', async () => {
  const { world, log } = worldWith('topic');
  let process = await start(world);
  await stop(world, process);
  process.kill();
  recreate(log);
  append(world, 100, 50);
  process = await start(world);
  expect(process.runner.status().sources[0]).toMatchObject({ state: 'lost', rows: 0 });
  expect(viewersOf(world)).toEqual(upTo(10));
  process.kill();
  process = await start(world, 'resume');
  expect(process.runner.status().sources[0]).toMatchObject({ state: 'running', rows: 50 });
  process.kill();
});

test('a local topic that was lost and then restored waits for the decision, and then misses no record', async () => {
  const { world, log } = worldWith('local');
  const kept = log.partitions.map((records) => [...records]);
  let process = await start(world);
  log.partitions = log.partitions.map((records) => records.slice(0, 2));
  failOnce(process);
  await world.clock.advance(5000);
  expect(process.runner.status().sources[0]!.state).toBe('lost');
  process.kill();
  log.partitions = kept;
  append(world, 10, 5);
  process = await start(world);
  expect(process.runner.status().sources[0]).toMatchObject({ state: 'lost', rows: 0 });
  process.kill();
  process = await start(world, 'resume');
  expect(process.runner.status().sources[0]).toMatchObject({ state: 'running', rows: 5 });
  expect(viewersOf(world)).toEqual(upTo(15));
  process.kill();
});

test('a resumed loss is counted once, also if a checkpoint happens while the source reopens', async () => {
  const { world, log } = worldWith('topic');
  const process = await start(world, 'resume');
  recreate(log);
  append(world, 100, 4);
  const reader = process.readers[0]!;
  const [poll, close] = [reader.poll.bind(reader), reader.close.bind(reader)];
  const lost = [0, 1].map((partition) => ({
    split: String(partition),
    offset: '5',
    resume: '0',
    missing: undefined,
  }));
  reader.poll = () => {
    reader.poll = poll;
    return Promise.reject(new LostPositionError('plays', 'the log was made anew', lost));
  };
  reader.close = async () => {
    reader.close = close;
    await new Promise<void>((resolve) => world.clock.setTimer(3000, resolve));
    await close();
  };
  await world.clock.advance(10_000);
  expect(process.runner.status().sources[0]).toMatchObject({ state: 'running', rows: 14 });
  expect(await metric(process, 'freshet_source_lost_positions_total')).toContain(
    'freshet_source_lost_positions_total{source="plays"} 2',
  );
  await stop(world, process);
  process.kill();
});

test('a truncated topic resumes at its end after the truncation, even if it has grown since', async () => {
  const { world, log } = worldWith('topic');
  let process = await start(world);
  log.partitions = log.partitions.map((records) => records.slice(0, 2));
  failOnce(process);
  await world.clock.advance(5000);
  expect(process.runner.status().sources[0]!.state).toBe('lost');
  process.kill();
  append(world, 100, 20);
  process = await start(world, 'resume');
  expect(process.runner.status().sources[0]).toMatchObject({ state: 'running', rows: 20 });
  expect(viewersOf(world)).toEqual([...upTo(10), ...upTo(20).map((i) => 100 + i)]);
  process.kill();
});

test('records removed by retention are counted once, including those removed until the decision', async () => {
  const { world, log } = worldWith('topic');
  let process = await start(world);
  await stop(world, process);
  process.kill();
  append(world, 10, 20);
  log.released.clear();
  log.removed.set(0, 7);
  process = await start(world);
  expect(process.runner.status().sources[0]).toMatchObject({ state: 'lost', rows: 0 });
  await world.clock.advance(5000);
  process.kill();
  log.removed.set(0, 9);
  process = await start(world, 'resume');
  expect(process.runner.status().sources[0]).toMatchObject({ state: 'running', rows: 16 });
  expect(await metric(process, 'freshet_source_lost_records_total')).toContain(
    'freshet_source_lost_records_total{source="plays"} 4',
  );
  process.kill();
});
