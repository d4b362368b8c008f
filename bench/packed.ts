import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench, BenchOutcome, BenchRun } from '../src/cli/bench-contract.ts';
import { createEngine } from '../src/engine/engine.ts';
import { checkPipeline } from '../src/pipeline/check.ts';
import { bindPipeline } from '../src/pipeline/bind.ts';
import { readFolder } from '../src/pipeline/load.ts';
import { namesUnder, partOf } from '../src/plan/part-of.ts';
import type { Pipeline } from '../src/plan/pipeline.ts';
import { createJsonDecoder } from '../src/sources/json/decoder.ts';
import { DAY_US, dayOf } from '../src/values/civil.ts';
import { makeViewEvents, recordsOf, type ViewEvents } from './support/view-events.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SINK = 'viewer_watch_sink';
const BATCH_ROWS = 2048;
const LAYOUTS = ['domain', 'packed'] as const;

interface Round {
  readonly cpu_seconds: number;
  readonly rows: number;
  readonly rows_at_midnight: number;
  readonly state_bytes: number;
}

/**
 * The watch domain of pipelines/viewer-engagement on one thread, from JSON bytes to the rows that its sink would write,
 * in layouts domain and packed in turn. Each midnight has a barrier of its own, which tells the rows that only the date
 * changed.
 */
export const bench: Bench = {
  summary: 'the watch domain as finished windows and as day buckets: CPU, rows to write, rows at midnight',
  settings: {
    events: '500000: number of view events',
    viewers: '50000: number of viewers',
    zipf: '0.8: skew of the events over viewers (Zipf exponent)',
    days: '35: event time that they span, so how many midnights pass',
    barriers_per_day: '96: barriers between two midnights',
    rounds: '3: number of rounds of each layout, in turn; medians are reported',
  },
  run,
};

async function run({ settings, progress }: BenchRun): Promise<BenchOutcome> {
  const number = (name: string, fallback: number): number => Number(settings.get(name) ?? fallback);
  const days = number('days', 35);
  const count = number('events', 500_000);
  progress(`making ${count} events`);
  const events = makeViewEvents({
    events: count,
    viewers: number('viewers', 50_000),
    titles: 20_000,
    zipf: number('zipf', 0.8),
    days,
    seed: 42,
  });
  const eventsPerBarrier = Math.max(1, Math.round(count / (days * number('barriers_per_day', 96))));
  const pipelines = await Promise.all(LAYOUTS.map(watchDomain));
  const runs = LAYOUTS.map((): Round[] => []);
  for (let round = 0; round < number('rounds', 3); round++) {
    pipelines.forEach((pipeline, i) => {
      progress(`round ${round + 1}: ${LAYOUTS[i]}`);
      runs[i]!.push(replay(pipeline, events, eventsPerBarrier));
    });
  }
  const layouts = LAYOUTS.map((layout, i) => {
    const sorted = runs[i]!.toSorted((a, b) => a.cpu_seconds - b.cpu_seconds);
    const median = sorted[Math.floor(sorted.length / 2)]!;
    return { layout, events_per_cpu_s: Math.round(count / median.cpu_seconds), ...median };
  });
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, node ${process.version}`;
  const [domain, packed] = layouts as [(typeof layouts)[number], (typeof layouts)[number]];
  return {
    result: { bench: 'packed', machine, events: count, days, events_per_barrier: eventsPerBarrier, layouts },
    text: [
      `${machine}; ${count} events over ${days} days, a barrier every ${eventsPerBarrier} events`,
      '',
      ...layouts.map(
        (l) =>
          `${l.layout.padEnd(8)} ${String(l.events_per_cpu_s).padStart(8)} events/CPU-s  ${l.rows} rows to write, ` +
          `${l.rows_at_midnight} more at midnights  ${(l.state_bytes / 1e6).toFixed(1)} MB of state`,
      ),
      `packed: x${(packed.events_per_cpu_s / domain.events_per_cpu_s).toFixed(2)} events/CPU-s`,
    ],
    valid: packed.rows_at_midnight === 0 && domain.rows_at_midnight > 0,
  };
}

/** Returns the part of the shipped pipeline that the watch sink needs, in one layout. */
async function watchDomain(layout: (typeof LAYOUTS)[number]): Promise<Pipeline> {
  const { name, files } = await readFolder(join(ROOT, 'pipelines/viewer-engagement'));
  const changed = files.map((file) => {
    const at = file.text.indexOf("primary_key = 'viewer_id,sk'", file.text.indexOf(`CREATE SINK ${SINK}`));
    if (file.name !== '90_sinks.sql') return file;
    return { ...file, text: `${file.text.slice(0, at)}freshet.layout = '${layout}', ${file.text.slice(at)}` };
  });
  const { pipeline } = checkPipeline(bindPipeline(name, changed, {}));
  if (pipeline === undefined) throw new Error('pipelines/viewer-engagement does not pass `freshet check`');
  return partOf(pipeline, namesUnder(pipeline, SINK));
}

function replay(pipeline: Pipeline, events: ViewEvents, eventsPerBarrier: number): Round {
  const source = pipeline.sources.find(({ name }) => name === 'view_events')!;
  const engine = createEngine(pipeline, { now_us: events.watched_at_us[0]! });
  const decoder = createJsonDecoder(source, engine.wanted(source.name), engine.pool);
  const batch = engine.newBatch(source.name, BATCH_ROWS);
  let [rows, rows_at_midnight, day] = [0, 0, dayOf(events.watched_at_us[0]!)];
  const barrier = (now_us: number): number => {
    let changed = 0;
    for (const { changes } of engine.barrier(now_us))
      for (let i = 0; i < changes.n; i++) if (changes.weights[i] === 1) changed++;
    return changed;
  };
  const start = process.cpuUsage();
  for (let first = 0; first < events.count; first += eventsPerBarrier) {
    const end = Math.min(events.count, first + eventsPerBarrier);
    const now_us = events.watched_at_us[end - 1]!;
    while (dayOf(now_us) > day) rows_at_midnight += barrier(++day * DAY_US);
    const records = recordsOf(events, first, end);
    for (let from = 0; from < records.count;) {
      batch.n = 0;
      from = decoder.decode(records, from, batch, () => {});
      engine.push(source.name, batch);
    }
    rows += barrier(now_us);
  }
  const { user, system } = process.cpuUsage(start);
  const state_bytes = [...engine.stateBytes().values()].reduce((sum, bytes) => sum + bytes, 0);
  return { cpu_seconds: (user + system) / 1e6, rows, rows_at_midnight, state_bytes };
}
