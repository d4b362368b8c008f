import { cpus } from 'node:os';
import type { Bench, BenchOutcome, BenchRun } from '../src/cli/bench-contract.ts';
import { createEngine } from '../src/engine/engine.ts';
import { bindPipeline } from '../src/pipeline/bind.ts';
import { loadParser } from '../src/sql/parser.ts';

const ZONES = ['Europe/Berlin', 'US/Pacific', 'Asia/Tokyo', 'Australia/Lord_Howe', 'UTC'] as const;
const MINUTE_US = 60_000_000;
const DAY_US = 1440 * MINUTE_US;
/** 2026-03-31 06:00 UTC: the last day of a month, two days after the clocks changed in Europe. */
const START_US = Date.UTC(2026, 2, 31, 6) * 1000;
const BATCH_ROWS = 2048;

/** Window conditions over a time `ts`, a time zone `z` and a number of days `n`. */
const WAYS: readonly (readonly [name: string, condition: string])[] = [
  ['7 days of UTC', 'ts::date > CURRENT_DATE - 7'],
  ["7 days of a row's zone", '(ts AT TIME ZONE z)::date > (now() AT TIME ZONE z)::date - 7'],
  ["n days of a row's zone", '(ts AT TIME ZONE z)::date > (now() AT TIME ZONE z)::date - n'],
  ['one month', "ts > now() - INTERVAL '1 month'"],
  ['n times a day', "ts > now() - n * INTERVAL '1 day'"],
  ['age under 7 days', "age(now(), ts) < INTERVAL '7 days'"],
  ['whole days under 7', "DATE_PART('day', now() - ts) < 7"],
  ['hours under n * 24', 'EXTRACT(EPOCH FROM now() - ts) / 3600 < n * 24'],
];

/** Cost of time windows: inserts all rows, then moves the clock minute by minute with a barrier after each. */
export const bench: Bench = {
  summary: 'cost of windows over the clock: inserting rows, then a day that passes minute by minute',
  settings: {
    rows: '200000: number of rows, spread over 40 days',
    minutes: '1440: number of minutes by which the clock moves',
  },
  run,
};

async function run({ settings, progress }: BenchRun): Promise<BenchOutcome> {
  await loadParser();
  const rows = Number(settings.get('rows') ?? 200_000);
  const minutes = Number(settings.get('minutes') ?? 1440);
  const table = WAYS.map(([name, condition]) => {
    progress(name);
    return { name, ...oneWay(condition, rows, minutes) };
  });
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, node ${process.version}`;
  const text = [
    `${machine}; ${rows} rows, ${minutes} minutes`,
    '',
    ...table.map(
      (r) =>
        `${r.name.padEnd(28)} enter ${r.enter_us.toFixed(2).padStart(7)} us/row` +
        `  minute ${r.minute_ms.toFixed(3).padStart(9)} ms (longest ${r.longest_ms.toFixed(1)})`,
    ),
  ];
  return { result: { bench: 'clock', machine, rows, minutes, table }, text, valid: true };
}

interface Cost {
  readonly enter_us: number;
  readonly minute_ms: number;
  readonly longest_ms: number;
}

function oneWay(condition: string, rows: number, minutes: number): Cost {
  const sql = `CREATE SOURCE t (k INT, ts TIMESTAMPTZ, z VARCHAR, n INT)
      WITH (connector = 'kafka', topic = 't', properties.bootstrap.server = '') FORMAT PLAIN ENCODE JSON;
    CREATE MATERIALIZED VIEW v AS SELECT k, COUNT(*) FILTER (WHERE ${condition}) AS c FROM t GROUP BY k;`;
  const { pipeline, diagnostics } = bindPipeline('clock', [{ name: 'clock.sql', text: sql }], {});
  if (pipeline === undefined) throw new Error(diagnostics.map((d) => d.message).join('; '));
  const engine = createEngine(pipeline, { now_us: START_US, observe: ['v'] });
  let enter_ms = 0;
  for (let done = 0; done < rows; done += BATCH_ROWS) {
    const batch = engine.newBatch('t', BATCH_ROWS);
    for (let i = done; i < Math.min(rows, done + BATCH_ROWS); i++) {
      const ts = START_US - Math.floor(((i * 7919) % rows) * ((40 * DAY_US) / rows));
      batch.append([i % 20_000, ts, ZONES[i % ZONES.length]!, 1 + (i % 28)]);
    }
    const start = performance.now();
    engine.push('t', batch);
    enter_ms += performance.now() - start;
  }
  engine.barrier(START_US);
  let [total, longest] = [0, 0];
  for (let m = 1; m <= minutes; m++) {
    const start = performance.now();
    engine.barrier(START_US + m * MINUTE_US);
    const took = performance.now() - start;
    total += took;
    longest = Math.max(longest, took);
  }
  return { enter_us: (enter_ms * 1000) / rows, minute_ms: total / minutes, longest_ms: longest };
}
