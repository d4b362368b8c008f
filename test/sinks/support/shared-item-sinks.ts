import { Batch } from '../../../src/engine/batch.ts';
import { StringPool } from '../../../src/engine/text/string-pool.ts';
import { startLocalDynamoDb } from '../../../src/embedded-dynamodb/start.ts';
import { SYSTEM_CLOCK, type Clock } from '../../../src/platform/clock.ts';
import type { AttributeMap } from '../../../src/dynamodb/wire.ts';
import type { DynamoDbClient } from '../../../src/dynamodb/client.ts';
import { DynamoDbError } from '../../../src/dynamodb/errors.ts';
import { createDynamoDbSink } from '../../../src/sinks/dynamodb/sink.ts';
import type { SinkClient } from '../../../src/sinks/dynamodb/sink-client.ts';
import type { KeyedSink, SinkDeadLetter, SinkError } from '../../../src/sinks/sink.ts';
import type { Datum } from '../../../src/values/datum.ts';
import type { SqlType } from '../../../src/values/types.ts';
import { clientFor, columnsOf, seeded, sinkDef } from './sinks.ts';

export const TABLE = 'viewer_profiles';

/** Handles of what a test opened, which it closes at its end. */
export type Closing = (() => Promise<void>)[];

/** Starts an embedded DynamoDB and returns a client of it. */
export async function embedded(closing: Closing): Promise<DynamoDbClient> {
  const local = await startLocalDynamoDb();
  const client = clientFor(local.endpoint);
  closing.push(
    () => local.close(),
    () => client.close(),
  );
  return client;
}

/** Timers of at least this long wait for the test to move the clock. */
const LONG_MS = 60_000;

/** A clock that a test moves forward. Short timers follow the real time. */
export class MovableClock implements Clock {
  #offset_ms: number;
  readonly #timers = new Set<{ readonly due_ms: number; readonly fn: () => void }>();

  constructor(offset_ms = 0) {
    this.#offset_ms = offset_ms;
  }

  now_us(): number {
    return SYSTEM_CLOCK.now_us() + this.#offset_ms * 1000;
  }
  setTimer(delay_ms: number, fn: () => void): () => void {
    if (delay_ms < LONG_MS) return SYSTEM_CLOCK.setTimer(delay_ms, fn);
    const timer = { due_ms: this.now_us() / 1000 + delay_ms, fn };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
  yield(): Promise<void> {
    return SYSTEM_CLOCK.yield();
  }

  advance(ms: number): void {
    this.#offset_ms += ms;
    for (const timer of [...this.#timers].filter(({ due_ms }) => due_ms <= this.now_us() / 1000)) {
      this.#timers.delete(timer);
      timer.fn();
    }
  }
}

export interface OpenedSink {
  readonly sink: KeyedSink;
  readonly letters: readonly SinkDeadLetter[];
  readonly problems: readonly SinkError[];
  /** Hands changes to the sink, at +1 unless a weight is given, and waits until they are acknowledged. */
  write(
    epoch: number,
    ...changes: readonly (readonly [row: readonly Datum[], weight: 1 | -1])[]
  ): Promise<void>;
}

/** Opens a sink of a shared item. Its key is the first column, in layout `daily` the first two. */
export async function openSink(
  closing: Closing,
  client: SinkClient,
  options: {
    readonly layout: 'wide' | 'daily';
    readonly domain: string;
    readonly columns: Readonly<Record<string, SqlType>>;
    readonly clock?: Clock;
    readonly lateWrites_ms?: number;
    readonly more?: Readonly<Record<string, string>>;
  },
): Promise<OpenedSink> {
  const { layout, domain, clock = SYSTEM_CLOCK, lateWrites_ms = 0, more = {} } = options;
  const columns = columnsOf(options.columns);
  const letters: SinkDeadLetter[] = [];
  const problems: SinkError[] = [];
  const sink = createDynamoDbSink(
    sinkDef(
      layout === 'daily' ? [0, 1] : [0],
      {
        'freshet.layout': layout,
        'freshet.sort_key': `engagement#${domain}`,
        'dynamodb.batch_write_retry_backoff_ms': '2',
        ...more,
      },
      `${domain}_sink`,
    ),
    { columns },
    {
      client,
      clock,
      random: seeded(5),
      onDeadLetter: (letter) => letters.push(letter),
      onProblem: (problem) => problems.push(problem),
      options: { lateWrites_ms },
    },
  );
  closing.push(() => sink.close());
  await sink.open();
  const pool = new StringPool();
  return {
    sink,
    letters,
    problems,
    write: (epoch, ...changes) => {
      const batch = new Batch(
        columns.map(({ type }) => type),
        16,
        pool,
      );
      for (const [row, weight] of changes) batch.append(row, weight);
      sink.accept(batch, { now_us: 0, epoch });
      return sink.flush();
    },
  };
}

/** Passes calls on, except those that a test intercepts. */
export function intercepted(
  client: SinkClient,
  calls: Partial<Pick<SinkClient, 'updateItem' | 'deleteItem'>>,
): SinkClient {
  return {
    endpoint: client.endpoint,
    region: client.region,
    describeTable: (table) => client.describeTable(table),
    createTable: (table, key) => client.createTable(table, key),
    timeToLive: (table) => client.timeToLive(table),
    enableTimeToLive: (table, attribute) => client.enableTimeToLive(table, attribute),
    scan: (input) => client.scan(input),
    batchWriteItem: (body) => client.batchWriteItem(body),
    updateItem: calls.updateItem ?? ((body) => client.updateItem(body)),
    deleteItem: calls.deleteItem ?? ((input) => client.deleteItem(input)),
  };
}

/** A client that leaves the next update without an answer. `carryOut` lets it take effect. */
export function delaying(client: SinkClient): SinkClient & { delayNext(): void; carryOut(): Promise<void> } {
  let isDelaying = false;
  let held: (() => Promise<unknown>) | undefined;
  const calls = intercepted(client, {
    updateItem: async (body) => {
      if (!isDelaying) return client.updateItem(body);
      isDelaying = false;
      held = () => client.updateItem(body);
      throw new DynamoDbError('UND_ERR_HEADERS_TIMEOUT', 'no answer', { status: 0 });
    },
  });
  return {
    ...calls,
    delayNext: () => {
      isDelaying = true;
    },
    carryOut: async () => {
      await held!().catch((error: unknown) => {
        if (!(error instanceof DynamoDbError && error.code === 'ConditionalCheckFailedException'))
          throw error;
      });
    },
  };
}

/** Returns all items without write times, by partition key and sort key. */
export async function itemsIn(client: SinkClient): Promise<Readonly<Record<string, AttributeMap>>> {
  const { Items } = await client.scan({ TableName: TABLE });
  return Object.fromEntries(
    Items.map(({ viewer_id: viewer, sk, ...item }) => [
      `${(viewer as { N: string }).N}/${(sk as { S: string }).S}`,
      Object.fromEntries(Object.entries(item).filter(([name]) => !name.startsWith('_w:'))),
    ]),
  );
}
