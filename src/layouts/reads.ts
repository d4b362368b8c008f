import type { AttributeMap, AttributeValue } from '../dynamodb/wire.ts';
import type { LaidOutSink } from './lay-out.ts';
import type { LayoutSet } from './layout-set.ts';
import { readRequests, type ReadContext, type ReadRequest, type ReadWay } from './read-plan.ts';
import { StoreClient } from './store-client.ts';

/** What reading a profile takes on average: eventually consistent, as a reader of profiles reads. */
export interface ReadCost {
  readonly requests: number;
  readonly rru: number;
}

/** The cost of a profile by each way that can read it, and the way that takes the fewest units. */
export interface ProfileReads extends ReadCost {
  readonly way: ReadWay;
  readonly ways: Readonly<Partial<Record<ReadWay, ReadCost>>>;
}

/** Reads of one domain (averaged over the domains), of two (over all pairs), and of all. */
export interface LayoutReads {
  readonly one: ProfileReads;
  readonly two: ProfileReads;
  readonly all: ProfileReads;
}

/** Pairs of domains that are read; more would take time and change no average noticeably. */
const MAX_PAIRS = 15;

/** Reads the profiles of `viewers` out of the set's store, by every way. `today` is in days since 1970. */
export async function measureReads(
  set: LayoutSet,
  viewers: readonly AttributeValue[],
  today: number,
): Promise<LayoutReads> {
  const client = new StoreClient({ store: set.store, now_ms: () => today * 86_400_000 });
  const definitions = set.store.tableNames.map((name) => set.store.table(name).definition);
  const context: ReadContext = {
    today,
    sortKeyNames: new Map(
      definitions.flatMap(({ name, sortKey }) => (sortKey === undefined ? [] : [[name, sortKey.name]])),
    ),
  };
  const sinks = set.sinks.filter(({ domain }) => domain.isOfViewers);
  const over = (selections: readonly (readonly LaidOutSink[])[]): Promise<ProfileReads> =>
    averageOver(client, selections, viewers, context);
  const pairs = sinks.flatMap((a, i) => sinks.slice(i + 1).map((b) => [a, b]));
  const reads = {
    one: await over(sinks.map((sink) => [sink])),
    two: await over(pairs.length === 0 ? [sinks] : pairs.slice(0, MAX_PAIRS)),
    all: await over([sinks]),
  };
  await client.close();
  return reads;
}

async function averageOver(
  client: StoreClient,
  selections: readonly (readonly LaidOutSink[])[],
  viewers: readonly AttributeValue[],
  context: ReadContext,
): Promise<ProfileReads> {
  const totals = new Map<ReadWay, { requests: number; rru: number; profiles: number }>();
  for (const selection of selections) {
    for (const viewer of viewers) {
      for (const [way, requests] of readRequests(selection, viewer, context)) {
        const total = totals.get(way) ?? { requests: 0, rru: 0, profiles: 0 };
        const cost = await costOf(client, requests);
        total.requests += cost.requests;
        total.rru += cost.rru;
        total.profiles++;
        totals.set(way, total);
      }
    }
  }
  const profiles = selections.length * viewers.length;
  const ways: Partial<Record<ReadWay, ReadCost>> = {};
  for (const [operation, total] of totals) {
    const isParallel = operation === 'get_item' && total.requests > profiles;
    const way = isParallel ? 'parallel_get_item' : operation;
    // A way that reads only some of the selections is no way to read them all.
    if (total.profiles === profiles)
      ways[way] = { requests: total.requests / profiles, rru: total.rru / profiles };
  }
  const [best] = Object.entries(ways).toSorted(([, a], [, b]) => a.rru - b.rru || a.requests - b.requests);
  if (best === undefined) return { way: 'query', requests: 0, rru: 0, ways };
  return { way: best[0] as ReadWay, ...best[1], ways };
}

async function costOf(client: StoreClient, requests: readonly ReadRequest[]): Promise<ReadCost> {
  for (const { operation, body } of requests) {
    let from: AttributeMap | undefined;
    do {
      const given = from === undefined ? body : { ...body, ExclusiveStartKey: from };
      const answer = (await client.send(operation, JSON.stringify(given))) as {
        LastEvaluatedKey?: AttributeMap;
      };
      from = answer.LastEvaluatedKey;
    } while (from !== undefined);
  }
  let [sent, rru] = [0, 0];
  for (const use of client.takeUse().values()) {
    sent += use.requests;
    rru += use.units;
  }
  return { requests: sent, rru };
}
