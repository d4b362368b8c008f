import { DynamoDbError } from '../dynamodb/errors.ts';
import type { AttributeMap } from '../dynamodb/wire.ts';
import { canonicalNumber } from '../values/json-number.ts';
import type { Attempts } from './attempts.ts';
import type { CallScope } from './call-scope.ts';
import type { ClientCounters } from './counters.ts';
import type { Flights } from './flights.ts';
import type { ItemCache } from './item-cache.ts';
import type { Items } from './layouts/layout.ts';
import { MeasuredSizes } from './measured-sizes.ts';
import {
  familiesToQuery,
  rangeName,
  requestsOf,
  shapeOf,
  type PlannedRequest,
  type ReadShape,
} from './read-plan.ts';
import { decoded, type ClosedRange, type ItemKey, type KeyRange, type Requests } from './requests.ts';

/** DynamoDB's limit on the keys of a BatchGetItem. */
const MAX_BATCH = 100;
/** Requests of one batch read in flight at once. */
const MAX_PARALLEL = 8;
/** Answers with unprocessed keys after which a batch counts as throttled. */
const MAX_ROUNDS = 10;
const MAX_SHAPES = 1_000;

/** A call, and whether its reads are strongly consistent. */
export interface ReadCall {
  readonly scope: CallScope;
  readonly consistent: boolean;
}

export interface ItemReaderDeps {
  readonly requests: Requests;
  readonly flights: Flights;
  readonly attempts: Attempts;
  readonly cache: ItemCache | undefined;
  readonly counters: ClientCounters;
}

/**
 * Reads items of one table by the requests that are expected to cost least. Methods reject with DynamoDbError,
 * ProfileReadError `malformed_answer`, or the error with which the call was given up.
 */
export class ItemReader {
  readonly sizes = new MeasuredSizes();
  readonly #deps: ItemReaderDeps;
  readonly #shapes = new Map<string, ReadShape>();

  constructor(deps: ItemReaderDeps) {
    this.#deps = deps;
  }

  /** Reads one viewer's items, by sort key and in ranges; those that do not exist are missing from the result. */
  async items(
    viewer: string,
    sortKeys: readonly string[],
    ranges: readonly ClosedRange[],
    call: ReadCall,
  ): Promise<Items> {
    const items = new Map<string, AttributeMap>();
    const wanted = this.#deps.cache === undefined ? sortKeys : this.#fromCache(viewer, sortKeys, call, items);
    if (wanted.length === 1 && ranges.length === 0) {
      await this.#get(viewer, wanted[0]!, call, items);
    } else {
      const requests =
        wanted.length === 0 ? [] : requestsOf(this.shape(wanted), this.sizes, { ...call, isRead: true });
      await Promise.all([
        ...requests.map((request) => this.#send(viewer, request, call, items)),
        ...ranges.map((range) => this.#addRange(viewer, range, call, items)),
      ]);
    }
    return items;
  }

  /**
   * Reads items of several viewers: by BatchGetItem, 100 keys at a time, and each range of a viewer by a Query. Items
   * under one prefix are such a range where that saves much, as for the many small items of layout `metric`.
   */
  async batch(
    viewers: readonly string[],
    sortKeys: readonly string[],
    ranges: readonly ClosedRange[],
    call: ReadCall,
  ): Promise<ReadonlyMap<string, Items>> {
    const found = new Map(viewers.map((viewer) => [viewer, new Map<string, AttributeMap>()]));
    const wanted: ItemKey[] = [];
    const shape = this.shape(sortKeys);
    const queried = familiesToQuery(shape, this.sizes, call.consistent);
    const inQueries = new Set(queried.flatMap((family) => family.sortKeys));
    const unique = shape.sortKeys.filter((sortKey) => !inQueries.has(sortKey));
    for (const [viewer, items] of found) {
      const keys = this.#deps.cache === undefined ? unique : this.#fromCache(viewer, unique, call, items);
      for (const sortKey of keys) wanted.push({ viewer, sortKey });
    }
    const allRanges = [...ranges, ...queried.map(({ range }) => range)];
    const tasks: (() => Promise<void>)[] = [];
    for (let i = 0; i < wanted.length; i += MAX_BATCH) {
      const chunk = wanted.slice(i, i + MAX_BATCH);
      tasks.push(() => this.#batchGet(chunk, call, found));
    }
    for (const [viewer, items] of found)
      for (const range of allRanges) tasks.push(() => this.#addRange(viewer, range, call, items));
    const lane = async (): Promise<void> => {
      for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) await task();
    };
    await Promise.all(Array.from({ length: Math.min(MAX_PARALLEL, tasks.length) }, lane));
    return found;
  }

  /** Reads all items of a viewer whose sort keys are in a range, in the order of these. */
  async range(viewer: string, range: KeyRange, { scope, consistent }: ReadCall): Promise<AttributeMap[]> {
    const found: AttributeMap[] = [];
    let after: AttributeMap | undefined;
    do {
      const body = this.#deps.requests.query(viewer, range, consistent, after);
      const page = this.#deps.requests.pageOf(await this.#deps.flights.answer('Query', body, scope));
      found.push(...page.items);
      after = page.next;
    } while (after !== undefined);
    decoded(() => this.sizes.noteRange(rangeName(range), found));
    return found;
  }

  /** Returns the shape of a read of these keys; equal keys give the same object. */
  shape(sortKeys: readonly string[]): ReadShape {
    const name = sortKeys.join('\0');
    let shape = this.#shapes.get(name);
    if (shape === undefined) {
      shape = shapeOf(sortKeys);
      if (this.#shapes.size >= MAX_SHAPES) this.#shapes.clear();
      this.#shapes.set(name, shape);
    }
    return shape;
  }

  /** Adds what the cache has to `items`, and returns the other keys. */
  #fromCache(
    viewer: string,
    sortKeys: readonly string[],
    { consistent }: ReadCall,
    items: Map<string, AttributeMap>,
  ): readonly string[] {
    if (consistent) return sortKeys;
    return sortKeys.filter((sortKey) => {
      const known = this.#deps.cache?.get({ viewer, sortKey });
      if (known === undefined) return true;
      this.#deps.counters.cache_hits++;
      if (known.item !== undefined) items.set(sortKey, known.item);
      return false;
    });
  }

  async #send(
    viewer: string,
    request: PlannedRequest,
    call: ReadCall,
    items: Map<string, AttributeMap>,
  ): Promise<void> {
    const { operation, sortKeys } = request;
    if (operation === 'GetItem') {
      await this.#get(viewer, request.sortKeys[0], call, items);
    } else if (operation === 'BatchGetItem') {
      const keys = sortKeys.map((sortKey) => ({ viewer, sortKey }));
      await this.#batchGet(keys, call, new Map([[viewer, items]]));
    } else {
      const inRange = new Map(
        (await this.range(viewer, request.range, call)).map((item) => [
          this.#deps.requests.keyOf(item).sortKey,
          item,
        ]),
      );
      for (const sortKey of sortKeys) this.#note({ viewer, sortKey }, inRange.get(sortKey), items);
    }
  }

  async #addRange(
    viewer: string,
    range: ClosedRange,
    call: ReadCall,
    items: Map<string, AttributeMap>,
  ): Promise<void> {
    for (const item of await this.range(viewer, range, call))
      items.set(this.#deps.requests.keyOf(item).sortKey, item);
  }

  async #get(
    viewer: string,
    sortKey: string,
    { scope, consistent }: ReadCall,
    items: Map<string, AttributeMap>,
  ): Promise<void> {
    const { requests, flights } = this.#deps;
    const key = { viewer, sortKey };
    const answer = await flights.answer('GetItem', requests.getItem(key, consistent), scope);
    this.#note(key, requests.itemOf(answer), items);
  }

  async #batchGet(
    keys: readonly ItemKey[],
    { scope, consistent }: ReadCall,
    found: ReadonlyMap<string, Map<string, AttributeMap>>,
  ): Promise<void> {
    const { requests, flights, attempts, counters } = this.#deps;
    let wanted = keys;
    for (let round = 0; wanted.length > 0; round++) {
      if (round > 0) await attempts.pause(round - 1, scope.signal);
      const body = requests.batchGetItem(wanted, consistent);
      const { items, unprocessed } = requests.batchOf(await flights.answer('BatchGetItem', body, scope));
      for (const item of items) {
        const { viewer, sortKey } = requests.keyOf(item);
        const own = found.get(viewer) ?? found.get(canonicalViewer(viewer));
        if (own !== undefined) this.#note({ viewer, sortKey }, item, own);
      }
      wanted = unprocessed;
      counters.unprocessed_keys += wanted.length;
      if (wanted.length > 0 && round === MAX_ROUNDS) {
        const message = `${wanted.length} keys were still unprocessed after ${round} retries`;
        throw new DynamoDbError('ThrottlingException', message, { status: 200 });
      }
    }
    for (const key of keys) {
      const items = found.get(key.viewer);
      if (items !== undefined && !items.has(key.sortKey)) this.#note(key, undefined, items);
    }
  }

  #note(key: ItemKey, item: AttributeMap | undefined, items: Map<string, AttributeMap>): void {
    decoded(() => this.sizes.noteItem(key.sortKey, item));
    this.#deps.cache?.set(key, item);
    if (item !== undefined) items.set(key.sortKey, item);
  }
}

/** Returns a number as the client writes it; an emulator may answer with another text of the same number. */
function canonicalViewer(viewer: string): string {
  return /^-?[\d.]+(?:[eE][+-]?\d+)?$/.test(viewer) ? canonicalNumber(viewer) : viewer;
}
