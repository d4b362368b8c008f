import { beforeAll, expect, test } from 'vitest';
import { createEngine } from '../../src/engine/engine.ts';
import type { Kernel } from '../../src/engine/contract.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { DeadLetters } from '../../src/runtime/dead-letters.ts';
import { SILENT_LOG } from './support/silent-log.ts';
import { RuntimeMetrics } from '../../src/runtime/metrics.ts';
import { ErrorReporter } from '../../src/runtime/error-reporter.ts';
import { PipelineRunner } from '../../src/runtime/runner.ts';
import { rowFormatter } from '../../src/plan/row-json.ts';
import { sortedRows } from '../../src/runtime/sorted-rows.ts';
import { createJsonDecoder } from '../../src/sources/json/decoder.ts';
import { LocalTopic } from '../../src/sources/log/topic.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { MemoryDisk } from '../platform/support/memory-disk.ts';
import { seeded } from '../storage/support/random.ts';
import { toBatch } from './support/memory-log.ts';
import { MemorySink, MemoryTable } from './support/memory-table.ts';
import { SimClock } from '../platform/support/sim-clock.ts';

// Runs the real engine, decoder and topics over a disk that loses everything not synced. After the last life the
// destination must equal the views of an engine that receives all records of the topics in one run, and the topics
// must hold every record that was acknowledged to a producer.

const SQL = `
CREATE TABLE plays (viewer BIGINT NOT NULL, title VARCHAR, seconds INT, at TIMESTAMP);
CREATE TABLE profiles (viewer BIGINT PRIMARY KEY, country VARCHAR);
CREATE MATERIALIZED VIEW days AS
  SELECT viewer, at::date AS day, SUM(seconds) AS seconds, COUNT(DISTINCT title) AS titles, MAX(at) AS last_at
  FROM plays GROUP BY viewer, at::date;
CREATE MATERIALIZED VIEW rolling AS
  SELECT viewer, SUM(seconds) FILTER (WHERE day > CURRENT_DATE - 2) AS seconds_2d, MAX(titles) AS most_titles
  FROM days GROUP BY viewer;
CREATE MATERIALIZED VIEW recent AS
  SELECT viewer, COUNT(*) AS plays, ARRAY_AGG(title ORDER BY at DESC, title) AS titles
  FROM plays WHERE at > now() AT TIME ZONE 'UTC' - INTERVAL '10 seconds' GROUP BY viewer;
CREATE MATERIALIZED VIEW placed AS
  SELECT r.viewer, r.seconds_2d, p.country FROM rolling r LEFT JOIN profiles p ON r.viewer = p.viewer;
`;
const SINKS = ['rolling', 'recent', 'placed'] as const;
const SETTINGS = {
  barrier_interval_ms: 200,
  checkpoint_interval_ms: 1000,
  batch_records: 5,
  flush_timeout_ms: 5000,
};

let pipeline: Pipeline;
beforeAll(async () => {
  await loadParser();
  const text = `${SQL}${SINKS.map(
    (view) => `CREATE SINK ${view}_sink FROM ${view} WITH (connector = 'dynamodb',
    table = 'profiles', primary_key = 'viewer', freshet.sort_key = 'engagement#${view}');`,
  ).join('\n')}`;
  const checked = bindPipeline('crash', [{ name: 'crash.sql', text }], {});
  const error = checked.diagnostics.find((d) => d.severity === 'error');
  if (error !== undefined) throw new Error(error.message);
  pipeline = checked.pipeline!;
});

class World {
  readonly clock = new SimClock(Date.UTC(2026, 2, 1, 23, 59, 30) * 1000);
  disk = new MemoryDisk();
  readonly tables = new Map(SINKS.map((view) => [`${view}_sink`, new MemoryTable()]));
  /** Records that were acknowledged to a producer. */
  readonly acknowledged = new Map<string, Set<string>>(['plays', 'profiles'].map((s) => [s, new Set()]));
  #serial = 0;
  readonly random: () => number;

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  record(source: string): string {
    const { random } = this;
    const viewer = Math.floor(random() * 4);
    const n = this.#serial++;
    if (source === 'profiles')
      return JSON.stringify({ n, viewer, country: random() < 0.1 ? null : `c${Math.floor(random() * 3)}` });
    if (random() < 0.05) return `{"n":${n},"viewer":null}`;
    const at = new Date(this.clock.now_us() / 1000 - Math.floor((random() * 5 - 1) * 3000))
      .toISOString()
      .slice(0, -1);
    return JSON.stringify({
      n,
      viewer,
      title: `t${Math.floor(random() * 5)}`,
      seconds: Math.floor(random() * 50),
      at,
    });
  }
}

interface Life {
  readonly runner: PipelineRunner;
  readonly topics: ReadonlyMap<string, LocalTopic>;
  kill(): void;
}

async function openTopics(world: World): Promise<Map<string, LocalTopic>> {
  const topics = new Map<string, LocalTopic>();
  for (const { name } of pipeline.sources) {
    const options = {
      name,
      disk: world.disk,
      lock: false,
      now_us: () => world.clock.now_us(),
      segmentBytes: 600,
    };
    topics.set(name, await LocalTopic.open(`/topics/${name}`, options));
  }
  return topics;
}

async function begin(world: World): Promise<Life> {
  const { clock, disk, random } = world;
  const topics = await openTopics(world);
  const metrics = new RuntimeMetrics();
  const deadLetters = new DeadLetters({ disk, directory: '/state/dead-letters' });
  const sinks = pipeline.sinks.map(
    ({ name, from }) => new MemorySink({ name, view: from, table: world.tables.get(name)!, clock, random }),
  );
  const runner = new PipelineRunner({
    pipeline,
    createKernel: (now_us) => {
      const engine = createEngine(pipeline, { now_us });
      // Sweeps at about every third barrier instead of once per 16 MiB of text.
      Object.defineProperty(engine.pool, 'wantsSweep', { get: () => world.random() < 0.3 });
      return engine;
    },
    sources: pipeline.sources.map((def) => ({
      def,
      reader: topics.get(def.name)!.reader(),
      onLostPosition: 'fail',
      createDecoder: (kernel) => createJsonDecoder(def, kernel.wanted(def.name), kernel.pool),
    })),
    sinks: pipeline.sinks.map((def, i) => ({ def, sink: sinks[i]! })),
    disk,
    directory: '/state',
    clock,
    log: SILENT_LOG,
    metrics,
    problems: new ErrorReporter({ clock, log: SILENT_LOG, metrics, deadLetters }),
    settings: SETTINGS,
  });
  const kill = (): void => {
    for (const sink of sinks) sink.dead = true;
    clock.crash();
  };
  return { runner, topics, kill };
}

function produce(world: World, topics: ReadonlyMap<string, LocalTopic>): void {
  const source = world.random() < 0.8 ? 'plays' : 'profiles';
  const texts = Array.from({ length: 1 + Math.floor(world.random() * 3) }, () => world.record(source));
  const batch = toBatch(
    0,
    0,
    texts.map((text) => new TextEncoder().encode(text)),
  );
  topics
    .get(source)!
    .append(batch)
    .then(
      () => texts.forEach((text) => world.acknowledged.get(source)!.add(text)),
      () => {}, // a refused append is not acknowledged
    );
}

/** Computes the views in one run from all records that the topics hold. */
async function fromScratch(
  topics: ReadonlyMap<string, LocalTopic>,
  now_us: number,
  world: World,
): Promise<Kernel> {
  const kernel = createEngine(pipeline, {
    now_us: world.clock.now_us() - 86_400_000_000 * 10,
    interpret: true,
  });
  for (const def of pipeline.sources) {
    const reader = topics.get(def.name)!.reader();
    const decoder = createJsonDecoder(def, kernel.wanted(def.name), kernel.pool);
    const batch = kernel.newBatch(def.name, 1000);
    await reader.open(new Map());
    const missing = new Set(world.acknowledged.get(def.name));
    while (reader.lag()[0]!.records > 0) {
      const records = (await reader.poll(100, 0))!;
      for (let i = 0; i < records.count; i++) {
        missing.delete(Buffer.from(records.bytes.subarray(records.starts[i], records.ends[i])).toString());
      }
      batch.n = 0;
      decoder.decode(records, 0, batch, () => {});
      if (batch.n > 0) kernel.push(def.name, batch);
    }
    await reader.close();
    expect([...missing], 'acknowledged records that are gone').toEqual([]);
  }
  kernel.barrier(now_us);
  return kernel;
}

async function livesAndDeaths(seed: number): Promise<number> {
  const world = new World(seed);
  const { random, clock } = world;
  const lives = 2 + Math.floor(random() * 3);
  for (let life = 0; life < lives; life++) {
    if (random() < 0.6) world.disk.cutAt = world.disk.operations + 1 + Math.floor(random() * 200);
    try {
      const { runner, topics, kill } = await begin(world);
      runner.start().catch(() => {});
      const steps = 1 + Math.floor(random() * 25);
      for (let step = 0; step < steps && world.disk.operations < world.disk.cutAt; step++) {
        for (let i = Math.floor(random() * 4); i > 0; i--) produce(world, topics);
        await clock.advance(random() * 400);
      }
      kill();
    } catch {
      clock.crash(); // the power failed while the topics were opened
    }
    world.disk = world.disk.afterPowerCut(random);
    clock.jump(random() < 0.3 ? 40_000 : random() * 1000);
  }
  const { runner, topics, kill } = await begin(world);
  const started = runner.start();
  // In steps, so that every barrier happens, the last one after the last record.
  for (let i = 0; i < 75; i++) await clock.advance(200);
  await started;
  const status = runner.status();
  expect(status).toMatchObject({ error: undefined, caught_up: true });
  expect(
    status.sources.map(({ error, caught_up }) => ({ error, caught_up })),
    `seed ${seed}`,
  ).toEqual(pipeline.sources.map(() => ({ error: undefined, caught_up: true })));
  const expected = await fromScratch(topics, status.now_us, world);
  let rows = 0;
  for (const { name, key } of pipeline.views) {
    const lines = (kernel: Kernel): string[] =>
      sortedRows(kernel.view(name), key).map(rowFormatter(kernel.view(name).columns));
    expect(lines(runner.kernel), `view ${name}, seed ${seed}`).toEqual(lines(expected));
    rows += expected.view(name).rowCount;
  }
  for (const { name, from } of pipeline.sinks) {
    const view = expected.view(from);
    const format = rowFormatter(view.columns);
    const stored = [...world.tables.get(name)!.rows.values()].map(format).sort();
    expect(stored, `${name}, seed ${seed}`).toEqual(sortedRows(view, [0]).map(format).sort());
  }
  kill();
  return rows;
}

/** A long run: FRESHET_CRASH_SEEDS=2000. */
const SEEDS = Number(process.env['FRESHET_CRASH_SEEDS'] ?? 16);

test(
  'after crashes at any point, the destination equals the views of all records in the topics',
  async () => {
    let rows = 0;
    for (let seed = 0; seed < SEEDS; seed++) rows += await livesAndDeaths(seed);
    expect(rows).toBeGreaterThan(SEEDS * 5);
  },
  300_000 + SEEDS * 2000,
);
