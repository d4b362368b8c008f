import type { Options, SinkDef } from '../../../src/plan/pipeline.ts';
import type { PlanColumn } from '../../../src/plan/nodes.ts';
import { DynamoDbClient } from '../../../src/dynamodb/client.ts';
import { staticCredentials } from '../../../src/dynamodb/credentials.ts';
import type { SqlType } from '../../../src/values/types.ts';

const SPAN = { file: 'sinks.sql', start: 0, end: 0 };

export function optionsOf(values: Readonly<Record<string, string>>): Options {
  return new Map(Object.entries(values).map(([name, value]) => [name, { value, span: SPAN, keySpan: SPAN }]));
}

export function sinkDef(
  primaryKey: readonly number[],
  options: Readonly<Record<string, string>> = {},
  name = 'watch_sink',
): SinkDef {
  const all = { connector: 'dynamodb', table: 'viewer_profiles', primary_key: 'viewer_id', ...options };
  return {
    kind: 'sink',
    name,
    from: 'watch',
    connector: 'dynamodb',
    options: optionsOf(all),
    primaryKey,
    span: SPAN,
  };
}

export function columnsOf(types: Readonly<Record<string, SqlType>>): readonly PlanColumn[] {
  return Object.entries(types).map(([name, type]) => ({ name, type, nullable: true }));
}

export function clientFor(endpoint: string, timeout_ms = 60_000): DynamoDbClient {
  return new DynamoDbClient({
    endpoint,
    region: 'us-east-1',
    credentials: staticCredentials({ accessKeyId: 'test', secretAccessKey: 'test' }),
    timeout_ms,
  });
}

/** Returns a seeded generator of numbers in [0, 1) (mulberry32). */
export function seeded(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Shorter than the time limit of a test, whose message does not name the failed condition. */
const GIVE_UP_AFTER_MS = 240_000;

/** Resolves once `condition` holds; rejects after {@link GIVE_UP_AFTER_MS}. */
export async function eventually(condition: () => boolean): Promise<void> {
  const until_ms = performance.now() + GIVE_UP_AFTER_MS;
  while (!condition()) {
    if (performance.now() > until_ms) throw new Error(`did not come: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
