import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Batch } from '../../../src/engine/batch.ts';
import { StringPool } from '../../../src/engine/text/string-pool.ts';
import type { AttributeMap } from '../../../src/dynamodb/wire.ts';
import type { DynamoDbClient } from '../../../src/dynamodb/client.ts';
import { SYSTEM_CLOCK } from '../../../src/platform/clock.ts';
import { createDynamoDbSink } from '../../../src/sinks/dynamodb/sink.ts';
import type { KeyedSink } from '../../../src/sinks/sink.ts';
import type { Datum } from '../../../src/values/datum.ts';
import { BIGINT, DATE, INTEGER, VARCHAR } from '../../../src/values/types.ts';
import { chaotic, type ChaoticClient } from './chaotic-client.ts';
import { clientFor, columnsOf, seeded, sinkDef } from './sinks.ts';

const VIEWERS = 25;
const DOMAINS = ['watch', 'session', 'history', 'preferences'] as const;
/** Longer than any test, so that each deletion leaves a tombstone; a restart with 0 then removes them. */
const LATE_MS = 3_600_000;

type Layout = 'wide' | 'daily';

interface Version {
  readonly row: readonly Datum[] | undefined;
  readonly epoch: number;
}

/**
 * One domain's view, sink and process. `rows` is the independent model: what the last change of each key was. A restart
 * leaves the old process alone: its requests may still take effect.
 */
class DomainWriter {
  readonly tag: string;
  readonly rows = new Map<string, Version>();
  readonly clients: ChaoticClient[] = [];
  readonly sinks: KeyedSink[] = [];
  readonly #layout: Layout;
  readonly #open: () => ChaoticClient;
  readonly #random: () => number;
  readonly #pool = new StringPool();
  #epoch = 0;

  constructor(tag: string, layout: Layout, random: () => number, open: () => ChaoticClient) {
    this.tag = tag;
    this.#layout = layout;
    this.#random = random;
    this.#open = open;
  }

  get columns() {
    const { tag } = this;
    const key = this.#layout === 'wide' ? { viewer_id: BIGINT } : { viewer_id: BIGINT, day: DATE };
    return columnsOf({ ...key, [`${tag}_n`]: INTEGER, [`${tag}_text`]: VARCHAR });
  }

  /** Starts a process of the sink. Keys that the one before had not acknowledged are delivered again. */
  async start(lateWrites_ms: number): Promise<void> {
    const unacknowledged = this.sinks.at(-1)?.pending() ?? [];
    void this.sinks.at(-1)?.close();
    const client = this.#open();
    const { tag } = this;
    const key = this.#layout === 'wide' ? [0] : [0, 1];
    const sink = createDynamoDbSink(
      sinkDef(
        key,
        {
          table: `${this.#layout}_items`,
          'freshet.layout': this.#layout,
          'freshet.sort_key': `engagement#${tag}`,
          'freshet.expire_after_days': '36500',
          'dynamodb.batch_write_retry_backoff_ms': '3',
        },
        `${tag}_sink`,
      ),
      { columns: this.columns },
      {
        client,
        clock: SYSTEM_CLOCK,
        random: this.#random,
        onDeadLetter: ({ message }) => {
          throw new Error(message);
        },
        options: { lateWrites_ms },
      },
    );
    await sink.open();
    this.clients.push(client);
    this.sinks.push(sink);
    this.#epoch++;
    for (const each of unacknowledged) {
      const found = this.rows.get(each.join('/'));
      if (found !== undefined) this.rows.set(each.join('/'), { ...found, epoch: this.#epoch });
      sink.resend(each, found?.row, { now_us: 0, epoch: this.#epoch });
    }
  }

  get sink(): KeyedSink {
    return this.sinks.at(-1)!;
  }

  /** Changes about `changes` rows; a quarter of those that exist leave. */
  barrier(changes: number): void {
    const epoch = ++this.#epoch;
    const types = this.columns.map(({ type }) => type);
    const batch = new Batch(types, 16, this.#pool);
    const touched = new Set<string>();
    for (let i = 0; i < changes; i++) {
      const viewer = BigInt(Math.floor(this.#random() * VIEWERS));
      const key: Datum[] =
        this.#layout === 'wide' ? [viewer] : [viewer, 20_000 + Math.floor(this.#random() * 3)];
      const name = key.join('/');
      if (touched.has(name)) continue;
      touched.add(name);
      const before = this.rows.get(name)?.row;
      if (before !== undefined) batch.append(before, -1);
      if (before !== undefined && this.#random() < 0.25) {
        this.rows.set(name, { row: undefined, epoch });
        continue;
      }
      const text = this.#random() < 0.1 ? null : `${this.tag} ${Math.floor(this.#random() * 1e6)}`;
      const row = [...key, Math.floor(this.#random() * 1e6), text];
      this.rows.set(name, { row, epoch });
      batch.append(row, 1);
    }
    this.sink.accept(batch, { now_us: 0, epoch });
  }
}

/** Returns the items that the rows of all writers make, without write times and the versions of rows that left. */
function expectedItems(writers: readonly DomainWriter[]): ReadonlyMap<string, object> {
  const items = new Map<string, Record<string, unknown>>();
  for (const { tag, rows } of writers) {
    for (const [name, { row, epoch }] of rows) {
      if (row === undefined) continue;
      const [n, text] = row.slice(-2);
      const item = items.get(name) ?? { domains: [] };
      (item.domains as string[]).push(tag);
      item[`${tag}_n`] = { N: `${n as number}` };
      item[`${tag}_text`] = text === null ? { NULL: true } : { S: text };
      item[`_v:${tag}`] = { N: `${epoch}` };
      items.set(name, item);
    }
  }
  return items;
}

/** Reads the items of a table in the same form. */
async function storedItems(client: DynamoDbClient, layout: Layout): Promise<ReadonlyMap<string, object>> {
  const { Items } = await client.scan({ TableName: `${layout}_items` });
  return new Map(Items.map((item) => [nameOf(item, layout), shown(item)]));
}

function nameOf({ viewer_id: viewer, sk }: AttributeMap, layout: Layout): string {
  const id = (viewer as { N: string }).N;
  const sort = (sk as { S: string }).S;
  if (layout === 'wide') return sort === 'latest' ? id : `${id} ${sort}`;
  return `${id}/${Date.parse(`${sort.replace('daily#', '')}T00:00:00Z`) / 86_400_000}`;
}

function shown(item: AttributeMap): object {
  const tags = (item['_domains'] as { SS: string[] } | undefined)?.SS ?? [];
  const kept = Object.entries(item).filter(([name]) => {
    if (['viewer_id', 'sk', '_domains', 'expires_at'].includes(name) || name.startsWith('_w:')) return false;
    return !name.startsWith('_v:') || tags.includes(name.slice(3));
  });
  const order = DOMAINS.filter((tag) => tags.includes(tag));
  return { domains: order, ...Object.fromEntries(kept) };
}

function withoutTombstones(items: ReadonlyMap<string, object>): ReadonlyMap<string, object> {
  const left = [...items].map(([name, item]) => {
    const { _leaving: _, ...rest } = item as { _leaving?: unknown; domains: readonly string[] };
    return [name, rest] as const;
  });
  return new Map(left.filter(([, { domains }]) => domains.length > 0));
}

/** Tests the layouts whose items several sinks share, against the DynamoDB that `start` starts. */
export function sharedItemsSuite(
  name: string,
  start: () => Promise<{ readonly endpoint: string; close(): Promise<void> }>,
  { rounds, seeds }: { readonly rounds: number; readonly seeds: readonly number[] },
): void {
  describe(`items that several sinks share, in ${name}`, () => {
    let local: { readonly endpoint: string; close(): Promise<void> };
    beforeAll(async () => {
      local = await start();
    });
    afterAll(() => local.close());

    it('a row may have as many columns as an expression has room for', async () => {
      const client = clientFor(local.endpoint);
      const names = Array.from({ length: 420 }, (_, i) => `metric_${i}`);
      const columns = columnsOf({
        viewer_id: BIGINT,
        ...Object.fromEntries(names.map((each) => [each, INTEGER])),
      });
      const sink = createDynamoDbSink(
        sinkDef([0], { table: 'many_columns', 'freshet.layout': 'wide' }),
        { columns },
        {
          client,
          clock: SYSTEM_CLOCK,
          random: Math.random,
          onDeadLetter: (letter) => letters.push(letter.message),
        },
      );
      const letters: string[] = [];
      await sink.open();
      const row = [1n, ...names.map((_, i) => i)];
      const batch = new Batch(
        columns.map(({ type }) => type),
        1,
        new StringPool(),
      );
      batch.append(row, 1);
      sink.accept(batch, { now_us: 0, epoch: 1 });
      await sink.flush();
      expect(letters).toEqual([]);
      const { Items } = await client.scan({ TableName: 'many_columns' });
      expect(Items).toHaveLength(1);
      expect(Items[0]).toMatchObject(Object.fromEntries(names.map((each, i) => [each, { N: `${i}` }])));
      sink.resend([1n], undefined, { now_us: 0, epoch: 2 });
      await sink.flush();
      const left = await client.scan({ TableName: 'many_columns' });
      expect(left.Items.map((item) => Object.keys(item).toSorted())).toEqual([
        ['_leaving', '_v:watch_sink', 'sk', 'viewer_id'],
      ]);
      await sink.close();
      await client.close();
    });

    it.each(seeds.flatMap((seed) => (['wide', 'daily'] as const).map((layout) => ({ layout, seed }))))(
      'no attribute is lost and no older version wins, whatever happens to the writes ($layout, seed $seed)',
      async ({ layout, seed }) => {
        const random = seeded(seed);
        const plain: DynamoDbClient[] = [];
        const chaos = { throttled: 0.1, failed: 0.04, lost: 0.06, late: 0.06 };
        const writers = DOMAINS.map(
          (tag) =>
            new DomainWriter(tag, layout, random, () => {
              plain.push(clientFor(local.endpoint));
              return chaotic(plain.at(-1)!, random, { ...chaos });
            }),
        );
        for (const writer of writers) await writer.start(LATE_MS);
        for (let round = 0; round < rounds; round++) {
          for (const writer of writers) writer.barrier(12);
          await new Promise((resolve) => setTimeout(resolve, random() * 8));
          const restarted = random() < 0.15 ? writers[Math.floor(random() * writers.length)] : undefined;
          await restarted?.start(LATE_MS);
        }
        const sinks = writers.map(({ sink }) => sink);
        await Promise.all(sinks.map((sink) => sink.flush()));
        // Requests of earlier processes may still be on their way.
        await Promise.all(writers.flatMap((writer) => writer.sinks.map((sink) => sink.close())));
        const clients = writers.flatMap((writer) => writer.clients);
        await Promise.all(clients.map((client) => client.settled()));
        const stored = await storedItems(plain[0]!, layout);
        expect(withoutTombstones(stored)).toEqual(expectedItems(writers));
        // Tombstones of rows that left are there until no older put can come.
        for (const { chaos: each } of clients) Object.assign(each, { late: 0 });
        for (const writer of writers) await writer.start(0);
        for (const writer of writers) await writer.sink.flush();
        expect(await storedItems(plain[0]!, layout)).toEqual(expectedItems(writers));
        expect(writers.flatMap(({ sink }) => sink.pending())).toEqual([]);
        const count = (what: 'throttled' | 'failed' | 'lost' | 'late'): number =>
          clients.reduce((sum, { mishaps }) => sum + mishaps[what], 0);
        expect(Math.min(count('throttled'), count('failed'), count('lost'), count('late'))).toBeGreaterThan(
          10,
        );
        for (const writer of writers) for (const sink of writer.sinks) await sink.close();
        await plain[0]!.send('DeleteTable', JSON.stringify({ TableName: `${layout}_items` }));
        for (const client of plain) await client.close();
      },
    );
  });
}
