import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Bench, BenchOutcome, BenchRun } from '../src/cli/bench-contract.ts';
import { createEngine, type Engine } from '../src/engine/engine.ts';
import { behindTopics } from '../src/pipeline/behind-topics.ts';
import { bindFolder } from '../src/pipeline/load.ts';
import type { Options, SourceColumn, SourceDef } from '../src/plan/pipeline.ts';
import type { RecordDecoder } from '../src/sources/decoder.ts';
import { createJsonDecoder } from '../src/sources/json/decoder.ts';
import type { RecordBatch } from '../src/sources/source.ts';
import { PADDING } from '../src/sources/split.ts';
import { stopwatch } from './support/stopwatch.ts';

const FOLDER = fileURLToPath(new URL('../../pipelines/viewer-engagement', import.meta.url));
const BATCH_RECORDS = 8192;
const GENRES = ['drama', 'comedy', 'crime', 'science fiction', 'documentary'];

/**
 * Cost of `freshet sink` up to the changes of its views: records of upsert topics as RisingWave writes them, for each
 * view of the shipped pipeline that a sink reads. All rows are inserted and then updated; state is measured after that.
 */
export const bench: Bench = {
  summary: 'cost of upsert topics: records to changed rows, and the state of a row',
  settings: { viewers: '100000: number of rows per topic' },
  run,
};

async function run({ settings, progress }: BenchRun): Promise<BenchOutcome> {
  const viewers = Number(settings.get('viewers') ?? 100_000);
  const { pipeline } = await bindFolder(FOLDER, { env: {} });
  const sinks = pipeline!.sinks.filter(({ name }) => name !== 'catalogue_trending_sink');
  const writer: Options = new Map([['freshet.writer', option('risingwave')]]);
  const topics = {
    connection: new Map(),
    format: 'upsert',
    encodeOptions: writer,
    keyEncode: undefined,
  } as const;
  const figures = sinks.map((sink) => {
    progress(sink.name);
    const heap = heapBytes();
    const derived = behindTopics(pipeline!, [sink], { ...topics, topicOf: (name) => name });
    const engine = createEngine(derived, { now_us: 0 });
    const table = derived.sources[0]!;
    const decoder = createJsonDecoder(table, engine.wanted(table.name), engine.pool);
    const inserted = feed(engine, table, { decoder, viewers, version: 0 });
    const updated = feed(engine, table, { decoder, viewers, version: 1 });
    const state = [...engine.stateBytes().values()].reduce((sum, bytes) => sum + bytes, 0);
    return {
      sink: sink.name,
      columns: table.columns.length,
      bytes_per_record: Math.round(inserted.bytes / viewers),
      inserts_per_s: Math.round(viewers / inserted.seconds),
      updates_per_s: Math.round(viewers / updated.seconds),
      state_bytes_per_row: Math.round(state / viewers),
      heap_bytes_per_row: Math.round((heapBytes() - heap) / viewers),
      valid:
        engine.view(derived.views[0]!.name).rowCount === viewers &&
        inserted.changes === viewers &&
        updated.changes === 2 * viewers,
    };
  });
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}, node ${process.version}`;
  return {
    result: { bench: 'sink', machine, viewers, topics: figures },
    text: figures.map(
      (each) =>
        `${each.sink}: ${each.columns} columns, ${each.bytes_per_record} bytes a record; ` +
        `${each.inserts_per_s} inserts/s, ${each.updates_per_s} updates/s; ` +
        `a row takes ${each.state_bytes_per_row} bytes in columns and ${each.heap_bytes_per_row} on the heap`,
    ),
    valid: figures.every(({ valid }) => valid),
  };
}

/** Returns the size of the JavaScript heap after a collection: JSONB and arrays are there, the other types in columns. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

function option(value: string) {
  const span = { file: '', start: 0, end: 0 };
  return { value, span, keySpan: span };
}

/** Decodes and pushes a record per viewer, with a barrier after each batch. Making the records is not measured. */
function feed(
  engine: Engine,
  table: SourceDef,
  {
    decoder,
    viewers,
    version,
  }: { readonly decoder: RecordDecoder; readonly viewers: number; readonly version: number },
): { readonly seconds: number; readonly bytes: number; readonly changes: number } {
  const batch = engine.newBatch(table.name, BATCH_RECORDS);
  let [seconds, bytes, changes] = [0, 0, 0];
  for (let from = 0; from < viewers; from += BATCH_RECORDS) {
    const records = recordsOf(table, { from, to: Math.min(viewers, from + BATCH_RECORDS), version });
    bytes += records.ends[records.count - 1]!;
    const elapsed = stopwatch();
    for (let i = 0; i < records.count;) {
      batch.n = 0;
      i = decoder.decode(records, i, batch, ({ message }) => {
        throw new Error(message);
      });
      engine.push(table.name, batch);
    }
    for (const view of engine.barrier(0)) changes += view.changes.n;
    seconds += elapsed().seconds;
  }
  return { seconds, bytes, changes };
}

function recordsOf(
  { columns, primaryKey }: SourceDef,
  { from, to, version }: { readonly from: number; readonly to: number; readonly version: number },
): RecordBatch {
  const values: string[] = [];
  const keys: Uint8Array[] = [];
  for (let id = from; id < to; id++) {
    const member = (column: SourceColumn): string => `"${column.name}":${valueOf(column, id, version)}`;
    values.push(`{${columns.map(member).join(',')}}`);
    keys.push(Buffer.from(`{${primaryKey.map((i) => member(columns[i]!)).join(',')}}`));
  }
  const text = Buffer.from(values.join(''));
  const bytes = new Uint8Array(text.length + PADDING);
  bytes.set(text);
  const ends = Int32Array.from(values, ({ length }) => length); // all ASCII
  for (let i = 1; i < ends.length; i++) ends[i]! += ends[i - 1]!;
  const starts = Int32Array.from(ends, (_, i) => (i === 0 ? 0 : ends[i - 1]!));
  const count = values.length;
  return {
    split: '0',
    bytes,
    starts,
    ends,
    count,
    keys,
    offsetOf: String,
    nextOffset: String(to),
    advance: count,
  };
}

/** Returns a value as RisingWave writes it: a viewer's ids, and figures that differ between viewers and versions. */
function valueOf({ name, type }: SourceColumn, id: number, version: number): string {
  const n = (id * 31 + version * 7 + name.length) % 977;
  switch (type.kind) {
    case 'bigint':
      return name === 'viewer_id' ? String(8_000_000 + id) : String(n);
    case 'smallint':
    case 'integer':
      return String(n);
    case 'numeric':
      return `"${n}.${n % 100}"`;
    case 'jsonb':
      return JSON.stringify(
        JSON.stringify(Object.fromEntries(GENRES.map((genre, i) => [genre, (n + i) / 1000]))),
      );
    case 'array':
      return JSON.stringify(
        Array.from({ length: 5 + (n % 10) }, (_, i) => `title-${(id * 13 + i + version) % 5000}`),
      );
    case 'timestamp':
      return `"2026-03-15 12:${String(n % 60).padStart(2, '0')}:00.123456"`;
    default:
      return name === 'sk' ? '"engagement#watch"' : `"${GENRES[n % GENRES.length]}"`;
  }
}
