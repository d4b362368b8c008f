import { nowMs, type Clock } from '../platform/clock.ts';
import type { AttributeMap } from '../dynamodb/wire.ts';
import { DEFAULT_CACHE_ITEMS, type CacheOptions } from './options.ts';
import type { ItemKey } from './requests.ts';

interface Entry {
  readonly item: AttributeMap | undefined;
  readonly until_ms: number;
}

/**
 * Items as DynamoDB sent them, for a short time. Results are made from them anew for each call, so that no caller sees
 * what another one does to its result. It also keeps that an item does not exist.
 */
export class ItemCache {
  readonly #keep_ms: number;
  readonly #maxItems: number;
  readonly #clock: Pick<Clock, 'now_us'>;
  /** By viewer and sort key, the one that was used longest ago first. */
  readonly #entries = new Map<string, Entry>();

  constructor({ ms, maxItems = DEFAULT_CACHE_ITEMS }: CacheOptions, clock: Pick<Clock, 'now_us'>) {
    this.#keep_ms = ms;
    this.#maxItems = maxItems;
    this.#clock = clock;
  }

  /** Returns the entry of a key, whose `item` is undefined if there is no such item; undefined if it is not known. */
  get(key: ItemKey): { readonly item: AttributeMap | undefined } | undefined {
    const text = textOf(key);
    const entry = this.#entries.get(text);
    if (entry === undefined) return undefined;
    this.#entries.delete(text);
    if (entry.until_ms <= nowMs(this.#clock)) return undefined;
    this.#entries.set(text, entry);
    return entry;
  }

  set(key: ItemKey, item: AttributeMap | undefined): void {
    const text = textOf(key);
    this.#entries.delete(text);
    this.#entries.set(text, { item, until_ms: nowMs(this.#clock) + this.#keep_ms });
    if (this.#entries.size <= this.#maxItems) return;
    const [oldest] = this.#entries.keys();
    this.#entries.delete(oldest!);
  }
}

function textOf({ viewer, sortKey }: ItemKey): string {
  return `${viewer.length} ${viewer}${sortKey}`;
}
