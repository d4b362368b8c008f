import type { Cluster } from 'kafkajs';

const METADATA = 3;
/** The first version of the Metadata request whose response has topic ids. Brokers support it since Kafka 2.8. */
const VERSION = 10;
const NO_ID = '0'.repeat(32);

/** Members of a kafkajs broker that its type declarations leave out. */
interface Broker {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number } | undefined>> | null;
  readonly connectionPool: { send(call: unknown): Promise<unknown> };
}

/**
 * Returns the id that the cluster gave a topic when it was created, as 32 hexadecimal digits. A topic that is deleted
 * and created again has a new id. Returns undefined if the broker reports none. kafkajs has only older versions of the
 * Metadata request, so this file encodes the request itself.
 */
export async function topicId(cluster: Cluster, topic: string): Promise<string | undefined> {
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, partitionsOf(cluster, topic)));
  if (nodeId === undefined) return undefined;
  const broker = (await cluster.findBroker({ nodeId })) as unknown as Broker;
  if ((broker.versions?.[METADATA]?.maxVersion ?? 0) < VERSION) return undefined;
  const bytes = encodeRequest(topic);
  const id = (await broker.connectionPool.send({
    request: {
      apiKey: METADATA,
      apiVersion: VERSION,
      apiName: 'Metadata',
      encode: () => Promise.resolve({ buf: bytes, buffer: bytes, size: () => bytes.length }),
    },
    response: {
      decode: (answer: Buffer) => Promise.resolve({ id: decodeAnswer(answer), clientSideThrottleTime: 0 }),
      parse: (answer: unknown) => Promise.resolve(answer),
    },
  })) as { readonly id: string | undefined };
  return id.id;
}

function partitionsOf(cluster: Cluster, topic: string): number[] {
  return cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
}

/**
 * Encodes the request in the "flexible" format of Kafka's protocol: a length is an unsigned varint of the length plus
 * one, and each structure ends with tagged fields.
 */
function encodeRequest(topic: string): Buffer {
  const name = Buffer.from(topic);
  return Buffer.concat([
    Buffer.of(0), // tagged fields of the header
    Buffer.of(2), // one topic
    Buffer.alloc(16), // no topic id: the name identifies the topic
    varint(name.length + 1),
    name,
    Buffer.of(0),
    Buffer.of(0, 0, 0), // do not create the topic, do not list operations allowed on the cluster or on topics
    Buffer.of(0),
  ]);
}

function varint(n: number): Buffer {
  const bytes: number[] = [];
  let rest = n;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

function decodeAnswer(bytes: Buffer): string | undefined {
  const from = new AnswerReader(bytes);
  from.tags();
  from.skip(4); // throttle time
  for (let brokers = from.varint() - 1; brokers > 0; brokers--) {
    from.skip(4);
    from.text();
    from.skip(4);
    from.text();
    from.tags();
  }
  from.text(); // cluster id
  from.skip(4); // controller
  if (from.varint() - 1 < 1) return undefined;
  const error = from.int16();
  from.text();
  const id = from.hex(16);
  return error !== 0 || id === NO_ID ? undefined : id;
}

class AnswerReader {
  readonly #bytes: Buffer;
  #at = 0;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  skip(bytes: number): void {
    this.#at += bytes;
  }
  int16(): number {
    this.#at += 2;
    return this.#bytes.readInt16BE(this.#at - 2);
  }
  varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.#at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  }
  /** Skips a nullable string. */
  text(): void {
    const length = this.varint() - 1;
    if (length > 0) this.#at += length;
  }
  tags(): void {
    for (let fields = this.varint(); fields > 0; fields--) {
      this.varint();
      this.#at += this.varint();
    }
  }
  hex(bytes: number): string {
    this.#at += bytes;
    return this.#bytes.toString('hex', this.#at - bytes, this.#at);
  }
}
