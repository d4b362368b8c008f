import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { createEngine } from '../../../src/engine/engine.ts';
import { behindTopics } from '../../../src/pipeline/behind-topics.ts';
import type { Options, Pipeline } from '../../../src/plan/pipeline.ts';
import { itemLines } from '../../../src/runtime/item-lines.ts';
import { createJsonDecoder } from '../../../src/sources/json/decoder.ts';
import { KAFKA_SOURCE } from '../../../src/sources/kafka/connector.ts';
import type { TestPipeline } from '../../../src/testing/index.ts';

const POLL_MS = 500;
const PARTITIONS = 3;

/** The upsert topics of a pipeline's sinks, named with a prefix, and what `freshet sink` makes of them. */
export class TopicItems {
  readonly #here: TestPipeline;
  readonly #derived: Pipeline;
  readonly #kafka: Kafka;
  readonly #topics: readonly string[];

  constructor(
    here: TestPipeline,
    { brokers, prefix }: { readonly brokers: string; readonly prefix: string },
  ) {
    this.#here = here;
    this.#kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
    this.#topics = here.pipeline.sinks.map(({ name }) => prefix + name);
    this.#derived = behindTopics(here.pipeline, here.pipeline.sinks, {
      connection: options({ 'properties.bootstrap.server': brokers }),
      format: 'upsert',
      encodeOptions: options({ 'freshet.writer': 'risingwave' }),
      keyEncode: undefined,
      topicOf: (sink) => prefix + sink,
    });
  }

  async create(): Promise<void> {
    const topics = this.#topics.map((topic) => ({ topic, numPartitions: PARTITIONS }));
    await this.#admin((admin) => admin.createTopics({ topics, waitForLeaders: true }));
  }

  async delete(): Promise<void> {
    await this.#admin((admin) => admin.deleteTopics({ topics: [...this.#topics] }));
  }

  /**
   * Compares the items of each sink until they are equal. Returns the items that only one side has if they still differ
   * after `within_ms`. `settle` resolves when the writer of the topics has seen all rows.
   */
  async differences(settle: () => Promise<void>, within_ms = 60_000): Promise<readonly string[]> {
    const until_ms = performance.now() + within_ms;
    for (;;) {
      await settle();
      this.#here.advanceTo(new Date());
      const [ours, theirs] = [itemsOf(this.#here.pipeline, this.#here.engine), await this.#read()];
      const found = [
        ...ours.filter((item) => !theirs.includes(item)).map((item) => `only here: ${item}`),
        ...theirs.filter((item) => !ours.includes(item)).map((item) => `only from the topic: ${item}`),
      ];
      if (found.length === 0 || performance.now() > until_ms) return found;
      await sleep(POLL_MS);
    }
  }

  /** Reads the topics from their beginning to their end. Returns the items of their rows. */
  async #read(): Promise<readonly string[]> {
    const engine = createEngine(this.#derived, { now_us: 0 });
    for (const source of this.#derived.sources) {
      const reader = await KAFKA_SOURCE.reader(source, { baseDir: '.', report: () => undefined });
      const decoder = createJsonDecoder(source, engine.wanted(source.name), engine.pool);
      const batch = engine.newBatch(source.name, 1024);
      await reader.open(new Map());
      try {
        for (;;) {
          const records = await reader.poll(1024, 1500);
          if (records === undefined) break;
          for (let i = 0; i < records.count;) {
            batch.n = 0;
            i = decoder.decode(records, i, batch, ({ message }) => {
              throw new Error(`${source.name}: ${message}`);
            });
            if (batch.n > 0) engine.push(source.name, batch);
          }
        }
      } finally {
        await reader.close();
      }
    }
    engine.barrier(0);
    return itemsOf(this.#derived, engine);
  }

  async #admin(use: (admin: ReturnType<Kafka['admin']>) => Promise<unknown>): Promise<void> {
    const admin = this.#kafka.admin();
    await admin.connect();
    try {
      await use(admin);
    } finally {
      await admin.disconnect();
    }
  }
}

/** Returns the items of all sinks, each with its sink and with sorted names. */
function itemsOf(pipeline: Pipeline, engine: Parameters<typeof itemLines>[1]): readonly string[] {
  return pipeline.sinks.flatMap(({ name }) =>
    itemLines(pipeline, engine, name).map((line) => `${name} ${JSON.stringify(sorted(JSON.parse(line)))}`),
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}

function options(values: Readonly<Record<string, string>>): Options {
  const span = { file: 'test.sql', start: 0, end: 0 };
  return new Map(Object.entries(values).map(([key, value]) => [key, { value, span, keySpan: span }]));
}
