import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseCount, parsePositiveCount, parseRate, parseRatio, parseTimestamp } from '../args.ts';
import { defineCommand, parsed, text, type Values } from '../command.ts';
import { EXIT_DONE, EXIT_FAILED, usageError } from '../errors.ts';
import type { CliIo } from '../io.ts';
import { Progress } from '../progress.ts';
import type { SimulatedBatch } from '../../sources/simulator/simulator.ts';
import type { EventTarget } from '../targets/target.ts';

const SOURCES = ['view_events', 'content_interactions'];
const DAY_US = 86_400_000_000;
/** Events of the average viewer, unless --rate is given. */
const EVENTS_PER_VIEWER_AND_DAY = 4;
const LIVE_RATE = 20;
const BATCH_EVENTS = 20_000;

const FLAGS = {
  out: text('<folder>', 'write one <source>.ndjson file per source into a folder'),
  source: text('<name>', 'print the events of one source: view_events or content_interactions'),
  http: text('<url>', 'post the events to a running Freshet'),
  kafka: text('<brokers>', 'produce to Kafka topics named after the sources, created if missing'),
  days: parsed('<n>', 'number of days to simulate', parseRate),
  events: parsed('<n>', 'stop after <n> events', parsePositiveCount),
  start: parsed(
    '<time>',
    'time of the first event (default: --days before last midnight UTC; now if live)',
    parseTimestamp,
  ),
  rate: parsed(
    '<n>',
    'events per second, averaged over a week (default: 4 per viewer and day; 20 if live)',
    parseRate,
  ),
  viewers: parsed('<n>', 'number of viewers', parsePositiveCount, 1000),
  late: parsed('<ratio>', 'ratio of events that arrive up to three days late (default: 0.01)', parseRatio),
  duplicates: parsed('<ratio>', 'ratio of events that arrive twice (default: 0.005)', parseRatio),
  seed: parsed('<n>', 'random seed', parseCount, 1),
};
type SimulateFlags = Values<typeof FLAGS>;

export const simulateCommand = defineCommand({
  name: 'simulate',
  summary: 'generate events of simulated viewers, to files, HTTP or Kafka',
  description:
    'Simulates viewers whose tastes drift within a day, who return in the evening, binge, like and search; some ' +
    'events arrive late, some twice. Equal options, with --seed and --start, give equal bytes. With --days or ' +
    '--events it sends as fast as the target accepts, then exits. Without them it is live for --http and ' +
    '--kafka, sending in real time until it is stopped; files and stdout get one day.',
  examples: [
    [
      'simulate --days 28 --viewers 500 --out events',
      'four weeks of events, in events/view_events.ndjson and events/content_interactions.ndjson',
    ],
    [
      'simulate --events 1000 --start 2026-03-01 --source view_events',
      'a thousand views on stdout, the same on every run',
    ],
    ['simulate --http http://127.0.0.1:8080 --rate 100', 'live events for a running Freshet'],
    ['simulate --kafka localhost:9092 --days 1', 'a day of events, to Kafka topics named after the sources'],
  ],
  notes: 'Environment:\n  FRESHET_INGEST_TOKEN  bearer token to send with --http',
  flags: FLAGS,
  run: (io, _, flags) => runSimulate(io, flags),
});

async function runSimulate(io: CliIo, flags: SimulateFlags): Promise<number> {
  const given = [flags.out, flags.source, flags.http, flags.kafka].filter((target) => target !== undefined);
  if (given.length !== 1) {
    throw usageError('the events need exactly one target', 'use one of --out, --source, --http and --kafka');
  }
  if (flags.source !== undefined && !SOURCES.includes(flags.source)) {
    throw usageError(`the simulator has no source ${flags.source}`, `its sources are: ${SOURCES.join(', ')}`);
  }
  const isBounded = flags.days !== undefined || flags.events !== undefined;
  const isLive = !isBounded && (flags.http !== undefined || flags.kafka !== undefined);
  const [{ createSimulator }, { runLive }] = await Promise.all([
    import('../../sources/simulator/simulator.ts'),
    import('../../sources/simulator/live.ts'),
  ]);
  const now_us = (): number => Date.now() * 1000;
  const days = flags.days ?? (flags.events === undefined ? 1 : undefined);
  const start_us = flags.start ?? (isLive ? now_us() : midnight_us(now_us()) - Math.ceil(days ?? 1) * DAY_US);
  const simulator = createSimulator({
    seed: flags.seed,
    viewers: flags.viewers,
    start_us,
    events_per_second:
      flags.rate ?? (isLive ? LIVE_RATE : (flags.viewers * EVENTS_PER_VIEWER_AND_DAY) / 86_400),
    late_ratio: flags.late,
    duplicate_ratio: flags.duplicates,
  });
  const { signal } = io;
  const target = await openTarget(io, flags);
  const progress = new Progress(io);
  let sent = 0;
  let isWhole = true;
  const send = async (batch: SimulatedBatch): Promise<void> => {
    await target.send(batch);
    sent += batch.count;
    progress.show(`${sent.toLocaleString('en')} events`);
  };
  try {
    if (isLive) {
      await runLive(simulator, { write: send, signal, now_us });
    } else {
      const until_us = days === undefined ? Infinity : start_us + days * DAY_US;
      const limit = flags.events ?? Infinity;
      while (sent < limit && simulator.now_us < until_us && !signal.aborted) {
        for (const batch of simulator.next(until_us, Math.min(limit - sent, BATCH_EVENTS))) {
          if (flags.source !== undefined && batch.source !== flags.source) continue;
          await send(batch.count <= limit - sent ? batch : { ...batch, count: limit - sent });
        }
        await nextTurn(); // lets signals in: writes to a file or pipe do not yield
      }
      isWhole = !signal.aborted;
    }
  } finally {
    progress.clear();
    await target.close();
  }
  io.stderr.write(`${sent.toLocaleString('en')} events${isWhole ? '' : '; interrupted before the end'}\n`);
  return isWhole ? EXIT_DONE : EXIT_FAILED; // an interrupted run is incomplete
}

function midnight_us(at_us: number): number {
  return Math.floor(at_us / DAY_US) * DAY_US;
}

async function openTarget(io: CliIo, flags: SimulateFlags): Promise<EventTarget> {
  if (flags.out !== undefined)
    return (await import('../targets/folder.ts')).folderTarget(io, flags.out, SOURCES);
  if (flags.http !== undefined) return (await import('../targets/http.ts')).httpTarget(io, flags.http);
  if (flags.kafka !== undefined)
    return (await import('../targets/kafka.ts')).kafkaTarget(flags.kafka, SOURCES);
  return (await import('../targets/stdout.ts')).stdoutTarget(io);
}
