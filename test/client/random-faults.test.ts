import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ProfileReadError } from '../../src/client/read-error.ts';
import type { AnyDomain } from '../../src/client/profile-reads.ts';
import { DynamoDbError } from '../../src/dynamodb/errors.ts';
import { SYSTEM_CLOCK } from '../../src/platform/clock.ts';
import { Random } from '../oracle/support/random.ts';
import { exception, type Fate } from './support/faulty-proxy.ts';
import { domain, openProfileTable, written, type ProfileTable } from './support/profile-table.ts';

// Whatever happens to its requests, a read gives what the items hold, or it rejects: it never gives an item as absent
// that exists, an item of another viewer, or an object that another read has changed.

const NAMES = ['p#a', 'p#b', 'p#c', 'p#d', 'x', 'y'] as const;
const DOMAINS = Object.fromEntries(NAMES.map((name) => [name, domain('domain', name, { n: 'BIGINT' })]));
const VIEWERS = 60;

/** The number that a viewer's item holds; undefined if there is no item. */
function numberOf(viewer: number, name: string): number | undefined {
  const n = viewer * 10 + NAMES.indexOf(name as (typeof NAMES)[number]) + 1;
  return n % 4 === 0 ? undefined : n;
}

let table: ProfileTable;
beforeAll(async () => {
  table = await openProfileTable();
  const items = Array.from({ length: VIEWERS }, (_, viewer) =>
    NAMES.flatMap((name) => {
      const n = numberOf(viewer, name);
      const list = { L: [{ N: '1' }] };
      return n === undefined ? [] : [written(viewer, name, { n: { N: `${n}` }, list })];
    }),
  );
  await table.put(items.flat());
});
afterAll(() => table.close());

function shown(result: AnyDomain): unknown {
  if (result.status === 'absent') return undefined;
  const { n, list } = (result as unknown as { metrics: { n: number; list: number[] } }).metrics;
  const seen = [n, ...list];
  list.push(99); // must not show in any other result
  return seen;
}

function expected(viewer: number, name: string): unknown {
  const n = numberOf(viewer, name);
  return n === undefined ? undefined : [n, 1];
}

it.each([1, 2, 3, 4])('reads under random faults are right or reject (seed %s)', async (seed) => {
  const random = new Random(seed);
  const fates: readonly Fate[] = [
    'pass',
    'pass',
    'pass',
    'drop',
    { delay_ms: 15 },
    { unprocessed: 1 + random.int(40) },
    exception('ProvisionedThroughputExceededException'),
    exception('InternalServerError', 500),
    { status: 200, body: '{"Item":' },
  ];
  table.proxy.fate = ({ operation }) => {
    const fate = random.pick(fates);
    const isBatchOnly = typeof fate === 'object' && 'unprocessed' in fate && operation !== 'BatchGetItem';
    return isBatchOnly ? 'pass' : fate;
  };
  const options = {
    attempts: 3,
    deadline_ms: 30_000,
    hedge: { after: 5, maxShare: 1 },
    ...(seed % 2 === 0 ? { cache: { ms: 20, maxItems: 50 } } : {}),
  };
  const reads = table.open(table.schema(DOMAINS), options, SYSTEM_CLOCK);
  const some = (): string[] => NAMES.filter(() => random.int(2) === 0);
  let right = 0;
  const wrong: unknown[] = [];
  const compare = (found: unknown, wanted: unknown): void => {
    if (isDeepStrictEqual(found, wanted)) right++;
    else wrong.push({ found, wanted });
  };
  const once = async (): Promise<void> => {
    const viewer = random.int(VIEWERS);
    const names = some();
    const viewers = Array.from({ length: random.int(50) }, () => random.int(VIEWERS));
    try {
      if (random.int(3) === 0) {
        const all = await reads.getBatch(viewers, names);
        const found = all.map((each) => names.map((name) => shown(each[name]!)));
        compare(
          found,
          viewers.map((each) => names.map((name) => expected(each, name))),
        );
      } else {
        const many = await reads.getMany(viewer, names);
        compare(
          names.map((name) => shown(many[name]!)),
          names.map((name) => expected(viewer, name)),
        );
      }
    } catch (error) {
      if (!(error instanceof DynamoDbError || error instanceof ProfileReadError)) throw error;
    }
  };
  for (let round = 0; round < 12; round++) await Promise.all(Array.from({ length: 12 }, once));
  expect(wrong).toEqual([]);
  expect(right).toBeGreaterThan(20);
  // What the faults did is chance, and the other counters depend on the machine's speed.
  const { retries, unprocessed_keys } = reads.counters();
  expect(Math.min(retries, unprocessed_keys)).toBeGreaterThan(0);
});
