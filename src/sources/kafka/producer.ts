import { CompressionTypes, Kafka, type KafkaConfig, Partitioners, type Producer } from 'kafkajs';

/** Records to produce: the value of record i is `bytes[starts[i], ends[i])`. */
export interface ProduceRecords {
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly count: number;
  /** Returns a record's key. Records with the same key go to the same partition, in order. */
  readonly keyOf?: ((record: number) => string) | undefined;
}

/** Writes records to Kafka topics, for the simulator and for tests. */
export class KafkaProducer {
  readonly #kafka: Kafka;
  readonly #producer: Producer;

  constructor(config: KafkaConfig) {
    this.#kafka = new Kafka(config);
    this.#producer = this.#kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
  }

  connect(): Promise<void> {
    return this.#producer.connect();
  }

  /** Creates the topics that do not exist, each with the given number of partitions. */
  async ensureTopics(topics: readonly string[], partitions: number): Promise<void> {
    const admin = this.#kafka.admin();
    await admin.connect();
    try {
      const existing = new Set(await admin.listTopics());
      const missing = topics.filter((topic) => !existing.has(topic));
      if (missing.length > 0) {
        const wanted = missing.map((topic) => ({ topic, numPartitions: partitions }));
        await admin.createTopics({ topics: wanted, waitForLeaders: true });
      }
    } finally {
      await admin.disconnect();
    }
  }

  /** Resolves when all in-sync replicas have the records. `bytes` must not change until then. */
  async send(topic: string, records: ProduceRecords, compression: 'gzip' | 'none' = 'none'): Promise<void> {
    const { bytes, starts, ends, count, keyOf } = records;
    const messages = Array.from({ length: count }, (_, i) => ({
      key: keyOf === undefined ? null : keyOf(i),
      value: Buffer.from(bytes.buffer, bytes.byteOffset + starts[i]!, ends[i]! - starts[i]!),
    }));
    await this.#producer.send({
      topic,
      messages,
      acks: -1,
      compression: compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None,
    });
  }

  disconnect(): Promise<void> {
    return this.#producer.disconnect();
  }
}
