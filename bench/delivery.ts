import { cpus } from 'node:os';
import type { Bench, BenchOutcome, BenchRun } from '../src/cli/bench-contract.ts';
import { Batch } from '../src/engine/batch.ts';
import { StringPool } from '../src/engine/text/string-pool.ts';
import type { Options } from '../src/plan/pipeline.ts';
import type { PlanColumn } from '../src/plan/nodes.ts';
import { SYSTEM_CLOCK } from '../src/platform/clock.ts';
import type { SinkClient } from '../src/sinks/dynamodb/sink-client.ts';
import { createDynamoDbSink } from '../src/sinks/dynamodb/sink.ts';
import type { KeyedSink } from '../src/sinks/sink.ts';
import type { Datum } from '../src/values/datum.ts';
import { BIGINT, DATE, INTEGER, NUMERIC, VARCHAR } from '../src/values/types.ts';
import { stopwatch } from './support/stopwatch.ts';

const LAYOUTS = ['domain', 'wide', 'metric', 'daily'] as const;
type Layout = (typeof LAYOUTS)[number];

const METRICS = 18;
const E26 = 10n ** 26n;
/** Far ahead, so that no day has expired. */
const DAY = 40_000;

/**
 * Cost of delivery in each layout, from the changes of a view to acknowledged writes, without network: a client in this
 * process acknowledges everything. Each barrier updates all rows, and three of their 18 metrics.
 */
export const bench: Bench = {
  summary: 'cost of delivery in each layout: changed rows to acknowledged writes, without network',
  settings: {
    viewers: '20000: number of rows',
    rounds: '5: number of rounds of each layout, in turn; medians are reported',
  },
  run,
};

async function run({ settings, progress }: BenchRun): Promise<BenchOutcome> {
  const viewers = Number(settings.get('viewers') ?? 20_000);
  const rounds = Number(settings.get('rounds') ?? 5);
  const measured = LAYOUTS.map((layout) => ({ layout, of: [] as Round[] }));
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    for (const { layout, of } of measured) of.push(await deliver(layout, viewers));
  }
  const figures = measured.map(({ layout, of }) => {
    const { requests, bytes, valid } = of.at(-1)!;
    return {
      layout,
      rows_per_cpu_s: Math.round(median(of.map(({ rows_per_cpu_s }) => rows_per_cpu_s))),
      requests_per_1000_rows: Math.round((requests / viewers) * 1000),
      bytes_per_row: Math.round(bytes / viewers),
      valid,
    };
  });
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}, node ${process.version}`;
  return {
    result: { bench: 'delivery', machine, viewers, rounds, layouts: figures },
    text: figures.map(
      (each) =>
        `${each.layout}: ${each.rows_per_cpu_s} updated rows per CPU second; ` +
        `${each.requests_per_1000_rows} requests per 1,000 rows, ${each.bytes_per_row} bytes a row`,
    ),
    valid: figures.every(({ valid }) => valid),
  };
}

interface Round {
  readonly rows_per_cpu_s: number;
  readonly requests: number;
  readonly bytes: number;
  readonly valid: boolean;
}

async function deliver(layout: Layout, viewers: number): Promise<Round> {
  const key = layout === 'daily' ? [0, 1] : [0];
  const columns: readonly PlanColumn[] = [
    { name: 'viewer_id', type: BIGINT, nullable: false },
    ...(layout === 'daily' ? [{ name: 'day', type: DATE, nullable: false }] : []),
    ...Array.from({ length: METRICS }, (_, m) => ({
      name: `watch_minutes_${m}`,
      type: typeOf(m),
      nullable: true,
    })),
  ];
  const { client, use } = acknowledging();
  const sink = sinkOf(layout, key, columns, client);
  await sink.open();
  const pool = new StringPool();
  const batch = (weight: boolean, version: number): Batch => {
    const rows = new Batch(
      columns.map(({ type }) => type),
      viewers,
      pool,
    );
    for (let id = 0; id < viewers; id++) {
      if (weight) rows.append(rowOf(layout, id, version - 1), -1);
      rows.append(rowOf(layout, id, version), 1);
    }
    return rows;
  };
  sink.accept(batch(false, 0), { now_us: 0, epoch: 1 });
  await sink.flush();
  const updates = batch(true, 1);
  const before = { ...use };
  const elapsed = stopwatch();
  sink.accept(updates, { now_us: 0, epoch: 2 });
  await sink.flush();
  const { cpu_seconds } = elapsed();
  const { upserts, dead_letters } = sink.stats();
  await sink.close();
  return {
    rows_per_cpu_s: viewers / cpu_seconds,
    requests: use.requests - before.requests,
    bytes: use.bytes - before.bytes,
    valid: upserts === 2 * viewers && dead_letters === 0,
  };
}

function typeOf(metric: number) {
  return [NUMERIC, INTEGER, BIGINT, VARCHAR][metric % 4]!;
}

/** Returns the row of a viewer. Of its metrics only the first three depend on the version. */
function rowOf(layout: Layout, id: number, version: number): Datum[] {
  const metrics = Array.from({ length: METRICS }, (_, m): Datum => {
    const n = id * 7 + m + (m < 3 ? version : 0);
    return [BigInt(n) * E26, n % 977, BigInt(n), `genre ${n % 50}`][m % 4]!;
  });
  return [BigInt(8_000_000 + id), ...(layout === 'daily' ? [DAY] : []), ...metrics];
}

function sinkOf(
  layout: Layout,
  primaryKey: readonly number[],
  columns: readonly PlanColumn[],
  client: SinkClient,
): KeyedSink {
  const span = { file: '', start: 0, end: 0 };
  const options: Options = new Map(
    Object.entries({
      connector: 'dynamodb',
      table: 'profiles',
      primary_key: primaryKey.map((c) => columns[c]!.name).join(','),
      'freshet.sort_key': 'profile#watch',
      'freshet.layout': layout,
    }).map(([name, value]) => [name, { value, span, keySpan: span }]),
  );
  const def = {
    kind: 'sink',
    name: 'watch',
    from: 'watch',
    connector: 'dynamodb',
    options,
    primaryKey,
    span,
  } as const;
  return createDynamoDbSink(
    def,
    { columns },
    {
      client,
      clock: SYSTEM_CLOCK,
      random: Math.random,
      onDeadLetter: ({ message }) => {
        throw new Error(message);
      },
    },
  );
}

/** Returns a client of a table in which every write succeeds, and the writes that it got. */
function acknowledging(): { readonly client: SinkClient; readonly use: { requests: number; bytes: number } } {
  const use = { requests: 0, bytes: 0 };
  const take = (body: string | Uint8Array): void => {
    use.requests++;
    use.bytes += body.length;
  };
  const key = [
    { AttributeName: 'viewer_id', KeyType: 'HASH', AttributeType: 'N' },
    { AttributeName: 'sk', KeyType: 'RANGE', AttributeType: 'S' },
  ] as const;
  const client: SinkClient = {
    endpoint: 'http://127.0.0.1',
    region: 'us-east-1',
    describeTable: (table) =>
      Promise.resolve({ TableName: table, TableStatus: 'ACTIVE', KeySchema: key, AttributeDefinitions: key }),
    createTable: () => Promise.resolve(),
    timeToLive: () => Promise.resolve('expires_at'),
    enableTimeToLive: () => Promise.resolve(),
    batchWriteItem: (body) => Promise.resolve((take(body), {})),
    updateItem: (body) => Promise.resolve((take(body), undefined)),
    scan: () => Promise.resolve({ Items: [] }),
    deleteItem: () => Promise.resolve(true),
  };
  return { client, use };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
