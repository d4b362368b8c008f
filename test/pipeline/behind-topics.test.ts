import { beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { behindTopics, type ViewTopics } from '../../src/pipeline/behind-topics.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { checkPipeline } from '../../src/pipeline/check.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { itemLines } from '../../src/runtime/item-lines.ts';
import { createJsonDecoder } from '../../src/sources/json/decoder.ts';
import { loadParser } from '../../src/sql/parser.ts';
import type { Datum } from '../../src/values/datum.ts';
import { Random } from '../oracle/support/random.ts';
import { makeRecords, options } from '../sources/support/source.ts';
import { randomDatum } from '../support/random-datum.ts';
import { recordsOf, type TopicRecord, topicWriter, type WriterName } from '../support/topic-writers.ts';

beforeAll(() => loadParser());

const EVERY_TYPE = `
CREATE TABLE raw (
  id BIGINT, part VARCHAR, yes BOOLEAN, small SMALLINT, n INT, big BIGINT, exact NUMERIC, single REAL,
  wide DOUBLE PRECISION, name VARCHAR,
  bytes BYTEA, day DATE, of_day TIME, at TIMESTAMP, instant TIMESTAMPTZ, length INTERVAL, doc JSONB,
  numbers INT[], texts VARCHAR[], exacts NUMERIC[], docs JSONB[], days DATE[], PRIMARY KEY (id, part)
);
CREATE MATERIALIZED VIEW profiles AS SELECT * FROM raw;
CREATE SINK profile_sink FROM profiles
  WITH (connector = 'dynamodb', table = 'profiles_a', region = 'us-east-1', primary_key = 'id,part');`;

function pipelineOf(text: string): Pipeline {
  const { pipeline, diagnostics } = checkPipeline(bindPipeline('test', [{ name: 'p.sql', text }], {}));
  if (pipeline === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return pipeline;
}

const topics = (writer: WriterName): ViewTopics => ({
  connection: options({ 'properties.bootstrap.server': 'localhost:9092' }),
  format: writer === 'debezium' ? 'debezium' : 'upsert',
  encodeOptions: options({ 'freshet.writer': writer }),
  keyEncode: undefined,
  topicOf: (sink) => `profiles.${sink}`,
});

describe('behindTopics', () => {
  it('puts a table in the place of each view that a sink reads', () => {
    const text = `${EVERY_TYPE}
      CREATE SINK again FROM profiles WITH (connector = 'dynamodb', table = 'profiles_b', region = 'us-east-1', primary_key = 'id,part');
      CREATE SINK files FROM raw WITH (connector = 'posix_fs', posix_fs.root = 'out', force_append_only = 'true');`;
    const pipeline = pipelineOf(text);
    const derived = behindTopics(
      pipeline,
      pipeline.sinks.filter(({ connector }) => connector === 'dynamodb'),
      topics('risingwave'),
    );
    expect(
      derived.sources.map(({ name, kind, format, primaryKey }) => [name, kind, format, primaryKey]),
    ).toEqual([
      ['profile_sink', 'table', 'upsert', [0, 1]],
      ['again', 'table', 'upsert', [0, 1]],
    ]);
    expect(derived.sources.map((source) => source.options.get('topic')?.value)).toEqual([
      'profiles.profile_sink',
      'profiles.again',
    ]);
    expect(derived.views.map(({ name, columns }) => [name, columns.length])).toEqual([
      ['profiles', 22],
      ['profiles__again', 22],
    ]);
    expect(derived.sinks.map(({ name, from }) => [name, from])).toEqual([
      ['profile_sink', 'profiles'],
      ['again', 'profiles__again'],
    ]);
    const bound = { ...bindPipeline('test', [], {}), pipeline: derived, runnable: derived, diagnostics: [] };
    expect(checkPipeline(bound).diagnostics).toEqual([]);
  });

  it('knows the columns that are the same in every row, from which layouts take the names of domains', () => {
    const pipeline = pipelineOf(`
      CREATE SOURCE plays (viewer BIGINT) WITH (connector = 'kafka', topic = 'p') FORMAT PLAIN ENCODE JSON;
      CREATE MATERIALIZED VIEW watch AS SELECT viewer, 'profile#watch' AS sk, count(*) AS n FROM plays GROUP BY viewer;
      CREATE SINK s FROM watch WITH (connector = 'dynamodb', table = 'profiles', region = 'us-east-1',
        primary_key = 'viewer,sk', freshet.layout = 'wide');`);
    const derived = behindTopics(pipeline, pipeline.sinks, topics('risingwave'));
    const bound = { ...bindPipeline('test', [], {}), pipeline: derived, runnable: derived, diagnostics: [] };
    expect(checkPipeline(bound).diagnostics).toEqual([]);
    const kernel = createEngine(derived, { now_us: 0 });
    const batch = kernel.newBatch('s', 1);
    batch.append([7n, 'profile#watch', 3n]);
    kernel.push('s', batch);
    kernel.barrier(0);
    expect(itemLines(derived, kernel, 's')).toEqual([
      '{"viewer":{"N":"7"},"sk":{"S":"latest"},"n":{"N":"3"},"_domains":{"SS":["watch"]}}',
    ]);
  });

  it.each(['risingwave', 'flink', 'debezium'] as const)(
    'from topics of %s come the items that the pipeline itself writes, for every type',
    (writer) => {
      const pipeline = pipelineOf(EVERY_TYPE);
      const derived = behindTopics(pipeline, pipeline.sinks, topics(writer));
      const random = new Random(20_260_315);
      const computing = createEngine(pipeline, { now_us: 0, observe: ['profiles'] });
      const writing = createEngine(derived, { now_us: 0 });
      const write = topicWriter(writer, pipeline.views[0]!.columns, [0, 1]);
      const log: TopicRecord[] = [];
      const columns = pipeline.sources[0]!.columns;
      const row = (): Datum[] => [
        BigInt(random.int(8)),
        random.pick(['a', '"b"', '🎬']),
        ...columns.slice(2).map(({ type }) => randomDatum(random, type)),
      ];
      for (let round = 0; round < 40; round++) {
        const batch = computing.newBatch('raw', 16);
        for (let i = 0; i < 8; i++) batch.append(row(), random.chance(75) ? 1 : -1);
        computing.push('raw', batch);
        const records = recordsOf(computing.barrier(0)[0]!.changes, write);
        // At least once: the writer repeats what it wrote last.
        log.push(...records);
        apply(writing, derived, [...records, ...(random.chance(20) ? log.slice(-10) : [])]);
        expect(itemLines(derived, writing, 'profile_sink')).toEqual(
          itemLines(pipeline, computing, 'profile_sink'),
        );
      }
      expect(itemLines(derived, writing, 'profile_sink').length).toBeGreaterThan(5);
    },
  );
});

function apply(engine: Engine, { sources }: Pipeline, records: readonly TopicRecord[]): void {
  const { name } = sources[0]!;
  const decoder = createJsonDecoder(sources[0]!, engine.wanted(name), engine.pool);
  const batch = engine.newBatch(name, 16);
  const given = makeRecords(
    records.map(({ value }) => value ?? ''),
    { keys: records.map(({ key }) => Buffer.from(key)) },
  );
  for (let i = 0; i < given.count;) {
    batch.n = 0;
    i = decoder.decode(given, i, batch, ({ message }, record) => {
      throw new Error(`${message}: ${records[record]!.value}`);
    });
    if (batch.n > 0) engine.push(name, batch);
  }
  engine.barrier(0);
}
