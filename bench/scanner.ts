import type { Bench } from '../src/cli/bench-contract.ts';
import { Batch } from '../src/engine/batch.ts';
import { StringPool } from '../src/engine/text/string-pool.ts';
import type { SourceDef } from '../src/plan/pipeline.ts';
import { createJsonDecoder } from '../src/sources/json/decoder.ts';
import type { RecordBatch } from '../src/sources/source.ts';
import { BIGINT, INTEGER, NUMERIC, type SqlType, TIMESTAMP, VARCHAR } from '../src/values/types.ts';

/** Throughput of the JSON decoder alone; see {@link benchScanner}. */
export const bench: Bench = {
  summary: 'throughput of the JSON decoder on one thread, without the unused column event_id',
  settings: {
    records: '500000: number of view events',
    rounds: '6: number of rounds, each with a new decoder',
  },
  run: async ({ settings }) => {
    const rates = benchScanner(
      Number(settings.get('records') ?? 500_000),
      Number(settings.get('rounds') ?? 6),
    );
    const median_per_s = rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)]!;
    const text = [`decoded ${median_per_s} records/s, median of ${rates.length} rounds: ${rates.join(', ')}`];
    return { result: { bench: 'scanner', median_per_s, rates_per_s: rates }, text, valid: true };
  },
};

/**
 * Returns the records per second of each round: one thread decodes 220-byte view events into columns, with event_id
 * pruned as in the published pipeline. Timed: `decode` alone. Not timed: generating the bytes.
 */
export function benchScanner(records = 500_000, rounds = 6): readonly number[] {
  const input = makeRecords(records);
  const wanted = [false, true, true, true, true, true, true];
  const source = viewEvents();
  const pool = new StringPool();
  const batch = new Batch(
    source.columns.map((c) => c.type),
    8192,
    pool,
    wanted,
  );
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const decoder = createJsonDecoder(source, wanted, pool);
    const started = process.hrtime.bigint();
    let rows = 0;
    for (let i = 0; i < input.count;) {
      batch.n = 0;
      i = decoder.decode(input, i, batch, (problem) => {
        throw new Error(problem.message);
      });
      rows += batch.n;
    }
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    if (rows !== records) throw new Error(`decoded ${rows} of ${records} records`);
    rates.push(Math.round(records / seconds));
  }
  return rates;
}

function viewEvents(): SourceDef {
  const span = { file: 'bench.sql', start: 0, end: 0 };
  const columns: readonly (readonly [string, SqlType])[] = [
    ['event_id', VARCHAR],
    ['viewer_id', BIGINT],
    ['content_id', VARCHAR],
    ['genre', VARCHAR],
    ['watch_duration_sec', INTEGER],
    ['completion_pct', NUMERIC],
    ['watched_at', TIMESTAMP],
  ];
  return {
    kind: 'source',
    name: 'view_events',
    columns: columns.map(([name, type]) => ({ name, type, notNull: false, span })),
    primaryKey: [],
    appendOnly: true,
    onConflict: 'overwrite',
    options: new Map(),
    format: 'plain',
    encode: 'json',
    encodeOptions: new Map(),
    span,
  };
}

const GENRES = [
  'drama',
  'comedy',
  'documentary',
  'thriller',
  'scifi',
  'kids',
  'sport',
  'news',
  'reality',
  'horror',
];

function makeRecords(count: number): RecordBatch {
  let state = 42;
  const random = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const hex = (n: number): string => Array.from({ length: n }, () => random(16).toString(16)).join('');
  const starts = new Int32Array(count);
  const ends = new Int32Array(count);
  const lines: string[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const line = JSON.stringify({
      event_id: `evt_${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
      viewer_id: 8_000_000 + random(100_000),
      content_id: `title_${String(random(20_000)).padStart(16, '0')}`,
      genre: GENRES[random(10)],
      watch_duration_sec: 30 + random(5400),
      completion_pct: random(10_000) / 10_000,
      watched_at: new Date(1_770_000_000_000 + i * 6000).toISOString(),
    });
    starts[i] = at;
    ends[i] = at += line.length;
    at++;
    lines.push(line);
  }
  const bytes = Buffer.from(`${lines.join('\n')}\n        `);
  return {
    split: '0',
    bytes,
    starts,
    ends,
    count,
    offsetOf: String,
    nextOffset: String(count),
    advance: count,
  };
}
