import { cpus } from 'node:os';
import type { Bench, BenchOutcome, BenchRun } from '../src/cli/bench-contract.ts';
import { createEngine } from '../src/engine/engine.ts';
import { bindPipeline } from '../src/pipeline/bind.ts';
import { loadParser } from '../src/sql/parser.ts';
import type { Datum } from '../src/values/datum.ts';
import { numericParse } from '../src/values/numeric.ts';

/** A type of column to sum, and a generator of its values. */
interface Kind {
  readonly name: string;
  readonly type: string;
  value(random: () => number): Datum;
}

const KINDS: readonly Kind[] = [
  { name: 'INT', type: 'INT', value: (r) => Math.floor(r() * 7200) },
  { name: 'NUMERIC', type: 'NUMERIC', value: (r) => numericParse((r() * 120).toFixed(2)) },
  { name: 'REAL', type: 'REAL', value: (r) => Math.fround(r() * 120) },
  { name: 'DOUBLE', type: 'DOUBLE PRECISION', value: (r) => r() * 120 },
  { name: 'DOUBLE, 1 % wide', type: 'DOUBLE PRECISION', value: (r) => r() * (r() < 0.01 ? 1e-20 : 120) },
  { name: 'DOUBLE, all wide', type: 'DOUBLE PRECISION', value: (r) => (r() + 1) * 1e-20 },
];

const BATCH_ROWS = 2048;
const BATCHES = 8;

/**
 * Cost of SUM per row and type of column. Timed: pushing rows that are already in batches, and a barrier after every
 * `barrier_rows` rows. A COUNT without a column shows what the groups alone cost.
 */
export const bench: Bench = {
  summary: 'cost of SUM by type of column: exact sums of integers, numerics, reals and doubles',
  settings: {
    rows: '4000000: number of rows pushed in each round',
    groups: '20000: number of groups',
    barrier_rows: '50000: number of rows between two barriers',
    rounds: '5: number of rounds per type, in turn; medians are reported',
  },
  run,
};

async function run({ settings, progress }: BenchRun): Promise<BenchOutcome> {
  await loadParser();
  const number = (name: string, fallback: number): number => Number(settings.get(name) ?? fallback);
  const size = {
    rows: number('rows', 4_000_000),
    groups: number('groups', 20_000),
    barrierRows: number('barrier_rows', 50_000),
  };
  const rounds = number('rounds', 5);
  const ways = [
    { name: 'COUNT(*) alone', kind: undefined },
    ...KINDS.map((kind) => ({ name: kind.name, kind })),
  ];
  const seconds = new Map<string, number[]>(ways.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    for (const { name, kind } of ways) seconds.get(name)!.push(oneRound(kind, size));
  }
  const table = ways.map(({ name }) => {
    const sorted = seconds.get(name)!.toSorted((a, b) => a - b);
    const ns = (s: number): number => (s / size.rows) * 1e9;
    return {
      name,
      ns_per_row: ns(sorted[Math.floor(sorted.length / 2)]!),
      ns_per_row_min: ns(sorted[0]!),
      ns_per_row_max: ns(sorted.at(-1)!),
    };
  });
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, node ${process.version}`;
  const text = [
    `${machine}; ${size.rows} rows into ${size.groups} groups, a barrier every ${size.barrierRows} rows`,
    '',
    ...table.map(
      (r) =>
        `${r.name.padEnd(18)} ${r.ns_per_row.toFixed(1).padStart(7)} ns/row` +
        `  (${r.ns_per_row_min.toFixed(1)} to ${r.ns_per_row_max.toFixed(1)})`,
    ),
  ];
  return { result: { bench: 'sums', machine, ...size, rounds, table }, text, valid: true };
}

/** Runs one round. Returns its seconds. Without `kind`, groups are counted and no column is summed. */
function oneRound(
  kind: Kind | undefined,
  size: { readonly rows: number; readonly groups: number; readonly barrierRows: number },
): number {
  const column = kind === undefined ? '' : `, x ${kind.type}`;
  const sql = `CREATE SOURCE t (k INT${column})
      WITH (connector = 'kafka', topic = 't', properties.bootstrap.server = '') FORMAT PLAIN ENCODE JSON;
    CREATE MATERIALIZED VIEW v AS SELECT k, ${kind === undefined ? 'COUNT(*)' : 'SUM(x)'} AS s FROM t GROUP BY k;`;
  const { pipeline } = bindPipeline('sums', [{ name: 'sums.sql', text: sql }], {});
  const engine = createEngine(pipeline!, { now_us: 0, observe: ['v'] });
  const random = seeded();
  const batches = Array.from({ length: BATCHES }, () => {
    const batch = engine.newBatch('t', BATCH_ROWS);
    for (let i = 0; i < BATCH_ROWS; i++) {
      const k = Math.floor(random() * size.groups);
      batch.append(kind === undefined ? [k] : [k, kind.value(random)]);
    }
    return batch;
  });
  const start = performance.now();
  let sinceBarrier = 0;
  for (let rows = 0, b = 0; rows < size.rows; rows += BATCH_ROWS, b++) {
    engine.push('t', batches[b % BATCHES]!);
    sinceBarrier += BATCH_ROWS;
    if (sinceBarrier < size.barrierRows) continue;
    engine.barrier(0);
    sinceBarrier = 0;
  }
  return (performance.now() - start) / 1000;
}

/** Returns a generator of pseudo-random numbers in [0, 1), the same sequence for every call. */
function seeded(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
