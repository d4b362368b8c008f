import { DynamoDbError } from '../../../src/dynamodb/errors.ts';
import type { SinkClient } from '../../../src/sinks/dynamodb/sink-client.ts';

/** Probabilities of what befalls a write, from 0 to 1. */
export interface Chaos {
  /** It is throttled, and has no effect. */
  throttled: number;
  /** It fails with status 500, and has no effect. */
  failed: number;
  /** It takes effect, and its answer is lost. */
  lost: number;
  /** Its answer does not come, and it takes effect later. Unconditional writes cannot stand this. */
  late: number;
}

/** A client whose writes fail in all the ways that a network and a busy table have. */
export interface ChaoticClient extends SinkClient {
  readonly chaos: Chaos;
  /** Number of writes that were refused, lost or late so far. */
  readonly mishaps: Readonly<Record<keyof Chaos, number>>;
  /** Resolves when every late write has taken effect. */
  settled(): Promise<void>;
}

const MAX_LATE_MS = 60;

/** Returns a client that sends writes through `client`; reads and calls on tables are undisturbed. */
export function chaotic(client: SinkClient, random: () => number, chaos: Chaos): ChaoticClient {
  const late = new Set<Promise<void>>();
  const mishaps = { throttled: 0, failed: 0, lost: 0, late: 0 };
  const disturbed = async <T>(write: () => Promise<T>): Promise<T> => {
    let r = random();
    const happens = (what: keyof Chaos): boolean => {
      const before = r;
      r -= chaos[what];
      if (before < 0 || r >= 0) return false;
      mishaps[what]++;
      return true;
    };
    if (happens('throttled'))
      throw new DynamoDbError('ProvisionedThroughputExceededException', 'slow down', { status: 400 });
    if (happens('failed')) throw new DynamoDbError('InternalServerError', 'try again', { status: 500 });
    if (happens('lost')) {
      await write().catch(() => {});
      throw new DynamoDbError('ECONNRESET', 'connection reset', { status: 0 });
    }
    if (happens('late')) {
      const after_ms = random() * MAX_LATE_MS;
      const effect = takeEffect(write, after_ms).finally(() => late.delete(effect));
      late.add(effect);
      throw new DynamoDbError('UND_ERR_HEADERS_TIMEOUT', 'no answer', { status: 0 });
    }
    return write();
  };
  return {
    endpoint: client.endpoint,
    region: client.region,
    chaos,
    mishaps,
    settled: async () => {
      while (late.size > 0) await Promise.all(late);
    },
    describeTable: (table) => client.describeTable(table),
    createTable: (table, key) => client.createTable(table, key),
    timeToLive: (table) => client.timeToLive(table),
    enableTimeToLive: (table, attribute) => client.enableTimeToLive(table, attribute),
    scan: (input) => client.scan(input),
    batchWriteItem: (body) => disturbed(() => client.batchWriteItem(body)),
    updateItem: (body) => disturbed(() => client.updateItem(body)),
    deleteItem: (input) => disturbed(() => client.deleteItem(input)),
  };
}

/** Carries a write out after a while, as nobody waits for its answer. */
async function takeEffect(write: () => Promise<unknown>, after_ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, after_ms));
  await write().catch(() => {});
}
