import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, Consumer } from 'kafkajs';
import { toNumbers, toPositions, type NumberedPositions } from '../numbered-positions.ts';
import { SourceError } from '../source.ts';
import type { Positions, RecordBatch, SourceLag, SourceReader } from '../source.ts';
import type { KafkaLog, KafkaSourceConfig } from './config.ts';
import { borrowCluster } from './cluster.ts';
import { explainKafkaError } from './errors.ts';
import { asRecordBatch, sliceBatch, toKafkaBatch } from './messages.ts';
import type { FetchedPartition, KafkaBatch } from './messages.ts';
import { lostInTopic, lostPositions, matchTopics, type TopicMatch } from './lost-positions.ts';
import { topicId } from './topic-id.ts';

/** Fetches from a broker may fail this many times in a row (leader election, short outage) before `poll` rejects. */
const MAX_FAILURES = 3;
const RETRY_MS = 200;
const FETCH_WAIT_MS = 500;
const MAX_PARTITION_BYTES = 1 << 20;
const MAX_FETCH_BYTES = 8 << 20;
/** How often to look for new partitions and to check that the topic is still the same. */
const METADATA_MAX_AGE_MS = 3_000;
const READ_COMMITTED = 1;

interface Partition {
  /** The offset of the next record to fetch. */
  fetchFrom: number;
  /** The end offset that the broker reported last. */
  end: number;
  /** The offset of the next record that `poll` returns. */
  position: number;
}

/**
 * Reads all partitions of a topic from the positions that the pipeline stores. It fetches partitions directly, without
 * joining a consumer group: no rebalance can take a partition away, and a restart does not wait for the session of a
 * dead process to expire. Only records of committed transactions are read.
 */
export class KafkaSourceReader implements SourceReader {
  readonly name: string;
  readonly ended = false;
  readonly #config: KafkaSourceConfig;
  readonly #log: KafkaLog;
  #consumer: Consumer | undefined;
  #cluster: Cluster | undefined;
  #partitions = new Map<number, Partition>();
  #ready: KafkaBatch[] = [];
  #readyRecords = 0;
  readonly #fetching = new Map<string, Promise<void>>();
  readonly #failures = new Map<string, number>();
  #fault: SourceError | undefined;
  #identity: string | undefined;
  #identityDue_ms = 0;
  #wake: () => void = () => {};
  #closing = new AbortController();

  constructor(config: KafkaSourceConfig, log: KafkaLog = () => {}) {
    this.name = config.source;
    this.#config = config;
    this.#log = log;
  }

  /** Returns the topic's id; undefined if the broker has never reported one. */
  memo(): string | undefined {
    return this.#identity;
  }

  async open(positions: Positions, memo?: string): Promise<void> {
    this.#closing = new AbortController();
    this.#fault = undefined;
    this.#consumer = borrowCluster(this.#config, METADATA_MAX_AGE_MS, (cluster) => (this.#cluster = cluster));
    try {
      await this.#consumer.connect();
      await this.#cluster!.addTargetTopic(this.#config.topic);
      const id = await topicId(this.#cluster!, this.#config.topic);
      this.#identity = id ?? memo; // the broker may not report topic ids; keep the id known from before
      this.#identityDue_ms = performance.now() + METADATA_MAX_AGE_MS;
      await this.#place(toNumbers(positions), matchTopics(memo, id));
    } catch (error) {
      await this.close();
      throw explainKafkaError(this.#config, error);
    }
  }

  positions(): Positions {
    return toPositions(this.#numbers());
  }

  #numbers(): NumberedPositions {
    return new Map([...this.#partitions].map(([partition, { position }]) => [partition, position]));
  }

  async poll(maxRecords: number, wait_ms: number): Promise<RecordBatch | undefined> {
    const deadline = performance.now() + wait_ms;
    for (;;) {
      if (this.#closing.signal.aborted || this.#cluster === undefined) return undefined;
      this.#fetchIdle(maxRecords);
      const batch = this.#take(maxRecords);
      if (batch !== undefined) return batch;
      if (this.#fault !== undefined) throw this.#fault;
      const rest = deadline - performance.now();
      if (rest <= 0) return undefined;
      await this.#waitFor(rest);
    }
  }

  lag(): readonly SourceLag[] {
    return [...this.#partitions].map(([partition, { position, end }]) => ({
      split: String(partition),
      records: Math.max(0, end - position),
    }));
  }

  /** Commits the positions for the consumer group, so that tools can show its lag. A failure is only logged. */
  async checkpointed(positions: Positions): Promise<void> {
    if (this.#cluster === undefined || positions.size === 0) return;
    const { topic, groupId } = this.#config;
    const partitions = [...positions].map(([split, offset]) => ({ partition: Number(split), offset }));
    try {
      const coordinator = await this.#cluster.findGroupCoordinator({ groupId });
      // Generation -1 and no member id mark the commit of a client that assigns its own partitions.
      const request = { groupId, groupGenerationId: -1, memberId: '', topics: [{ topic, partitions }] };
      await coordinator.offsetCommit(request);
    } catch (error) {
      this.#log(
        'warn',
        `${this.name}: could not commit offsets of group ${groupId}: ${(error as Error).message}`,
      );
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake();
    const consumer = this.#consumer;
    this.#consumer = undefined;
    this.#cluster = undefined;
    await consumer?.disconnect().catch(() => undefined);
    await Promise.all(this.#fetching.values());
    this.#ready = [];
    this.#readyRecords = 0;
    this.#partitions.clear();
    this.#failures.clear();
  }

  /** Sets the start position of each partition. Throws LostPositionError if the topic lacks a stored position. */
  async #place(positions: NumberedPositions, match: TopicMatch): Promise<void> {
    const { topic, start } = this.#config;
    const numbers = this.#cluster!.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
    const low = await this.#offsets(numbers, { fromBeginning: true });
    const high = await this.#offsets(numbers, { fromBeginning: false });
    const from =
      'timestamp_ms' in start
        ? await this.#offsets(numbers, { fromTimestamp: start.timestamp_ms })
        : start.mode === 'latest'
          ? high
          : low;
    // Stored positions name every partition that existed then. A partition without one was added later and is read
    // from its beginning.
    const isKnown = positions.size > 0;
    for (const partition of numbers) {
      const [first, end] = [low.get(partition)!, high.get(partition)!];
      const begin = isKnown ? first : from.get(partition)!;
      const position = positions.get(partition) ?? (begin < 0 ? end : begin); // -1: no record from that time on
      this.#partitions.set(partition, { fetchFrom: position, position, end });
    }
    const lost = lostPositions(positions, { low, high }, match);
    if (lost.length > 0) throw lostInTopic(this.#config, lost, match);
  }

  async #offsets(
    partitions: readonly number[],
    which: { readonly fromBeginning: boolean } | { readonly fromTimestamp: number },
  ): Promise<ReadonlyMap<number, number>> {
    const { topic } = this.#config;
    const request = { topic, partitions: partitions.map((partition) => ({ partition })) };
    const [found] = await this.#cluster!.fetchTopicsOffset([
      'fromTimestamp' in which
        ? { ...request, fromTimestamp: which.fromTimestamp }
        : { ...request, fromBeginning: which.fromBeginning },
    ]);
    return new Map((found?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]));
  }

  #take(maxRecords: number): RecordBatch | undefined {
    const first = this.#ready[0];
    if (first === undefined) return undefined;
    const n = Math.min(first.count, maxRecords);
    const batch = sliceBatch(first, 0, n);
    if (n === first.count) this.#ready.shift();
    else this.#ready[0] = sliceBatch(first, n, first.count);
    this.#readyRecords -= n;
    this.#partitions.get(batch.partition)!.position = batch.next;
    return asRecordBatch(batch);
  }

  /** Starts a fetch from each leader that has none in flight, unless enough records are ready. */
  #fetchIdle(maxRecords: number): void {
    if (this.#readyRecords >= 2 * maxRecords || this.#fault !== undefined) return;
    let leaders: Record<string, number[]>;
    try {
      leaders = this.#cluster!.findLeaderForPartitions(this.#config.topic, [...this.#partitions.keys()]);
    } catch (error) {
      this.#fault = explainKafkaError(this.#config, error);
      return;
    }
    for (const [node, partitions] of Object.entries(leaders)) {
      if (this.#fetching.has(node)) continue;
      const fetch = this.#fetch(node, partitions).finally(() => {
        this.#fetching.delete(node);
        this.#wake();
      });
      this.#fetching.set(node, fetch);
    }
  }

  async #fetch(nodeId: string, partitions: readonly number[]): Promise<void> {
    try {
      const cluster = this.#cluster!;
      await cluster.refreshMetadataIfNecessary();
      await this.#checkIdentity(cluster);
      this.#addNewPartitions();
      const broker = await cluster.findBroker({ nodeId });
      const { responses } = (await broker.fetch({
        maxWaitTime: FETCH_WAIT_MS,
        maxBytes: MAX_FETCH_BYTES,
        isolationLevel: READ_COMMITTED,
        topics: [
          {
            topic: this.#config.topic,
            partitions: partitions.map((partition) => ({
              partition,
              fetchOffset: String(this.#partitions.get(partition)!.fetchFrom),
              maxBytes: MAX_PARTITION_BYTES,
            })),
          },
        ],
      })) as { readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[] };
      this.#failures.delete(nodeId);
      if (this.#closing.signal.aborted) return;
      for (const response of responses) response.partitions.forEach((fetched) => this.#receive(fetched));
    } catch (error) {
      if (!this.#closing.signal.aborted) await this.#failed(nodeId, error);
    }
  }

  #receive(fetched: FetchedPartition): void {
    const state = this.#partitions.get(fetched.partition);
    if (state === undefined) return;
    state.end = Number(fetched.highWatermark);
    const batch = toKafkaBatch(fetched, state.fetchFrom);
    if (batch === undefined) return;
    state.fetchFrom = batch.next;
    this.#ready.push(batch);
    this.#readyRecords += batch.count;
  }

  /** Adds the partitions that the topic has gained since `open`, to be read from their beginning. */
  #addNewPartitions(): void {
    for (const { partitionId } of this.#cluster!.findTopicPartitionMetadata(this.#config.topic)) {
      if (!this.#partitions.has(partitionId))
        this.#partitions.set(partitionId, { fetchFrom: 0, position: 0, end: 0 });
    }
  }

  async #failed(nodeId: string, error: unknown): Promise<void> {
    const failures = (this.#failures.get(nodeId) ?? 0) + 1;
    this.#failures.set(nodeId, failures);
    this.#identityDue_ms = 0;
    const { name, type } = error as { name?: string; type?: string };
    const final =
      error instanceof SourceError ||
      type === 'OFFSET_OUT_OF_RANGE' ||
      name === 'KafkaJSNotImplemented' ||
      failures > MAX_FAILURES;
    if (final) {
      this.#fault = explainKafkaError(this.#config, error);
      return;
    }
    this.#log('warn', `${this.name}: fetch failed, trying again: ${(error as Error).message}`);
    const signal = this.#closing.signal;
    await sleep(RETRY_MS * 2 ** (failures - 1), undefined, { signal }).catch(() => undefined);
    // The partition may have a new leader.
    await this.#cluster?.refreshMetadata().catch(() => undefined);
  }

  async #waitFor(wait_ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait_ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => {};
  }

  /**
   * Throws LostPositionError if the topic was deleted and created again. Without this check, reading would go on at the
   * old position as soon as the new topic is that long.
   */
  async #checkIdentity(cluster: Cluster): Promise<void> {
    if (performance.now() < this.#identityDue_ms) return;
    const now = await topicId(cluster, this.#config.topic);
    this.#identityDue_ms = performance.now() + METADATA_MAX_AGE_MS;
    this.#identity ??= now;
    if (matchTopics(this.#identity, now) !== 'other') return;
    const lost = lostPositions(this.#numbers(), { low: new Map(), high: new Map() }, 'other');
    throw lostInTopic(this.#config, lost, 'other');
  }
}
