import { itemBytes } from '../dynamodb/item-size.ts';
import type { AttributeMap } from '../dynamodb/wire.ts';

/** A read is charged for every 4 KB that it begins, and for one if there is no item. */
const UNIT_BYTES = 4096;
/** What an item counts as before one has been read. */
export const ASSUMED_BYTES = 1024;
/** The first items of a kind are all measured, then one in 32. */
const ALL_UNTIL = 64;
const THEN_EVERY = 32;
/** Means follow the latest measurements, so that they forget. A range that is no longer read is measured rarely. */
const MEMORY = 256;
const MEMORY_OF_RARE = 8;

/** Mean size of what has been read, and of the units of 4 KB that it is charged. */
export interface MeasuredSize {
  readonly samples: number;
  readonly bytes: number;
  readonly units: number;
}

interface Mean {
  seen: number;
  samples: number;
  bytes: number;
  units: number;
}

/** The sizes that a client has seen: of items by sort key, and of key ranges of one viewer. */
export class MeasuredSizes {
  readonly #items = new Map<string, Mean>();
  readonly #ranges = new Map<string, Mean>();
  /** By range, the reads for which it was too expensive since it was measured. */
  readonly #avoided = new Map<string, number>();

  item(sortKey: string): MeasuredSize | undefined {
    return this.#items.get(sortKey);
  }

  range(range: string): MeasuredSize | undefined {
    return this.#ranges.get(range);
  }

  noteItem(sortKey: string, item: AttributeMap | undefined): void {
    const mean = meanOf(this.#items, sortKey);
    if (++mean.seen <= ALL_UNTIL || mean.seen % THEN_EVERY === 0)
      add(mean, item === undefined ? 0 : itemBytes(item));
  }

  /** Notes all items that a Query of the range returned. */
  noteRange(range: string, items: readonly AttributeMap[]): void {
    const mean = meanOf(this.#ranges, range);
    const isRare = this.#avoided.delete(range);
    if (++mean.seen > ALL_UNTIL && mean.seen % THEN_EVERY !== 0 && !isRare) return;
    const bytes = items.reduce((sum, item) => sum + itemBytes(item), 0);
    add(mean, bytes, isRare ? MEMORY_OF_RARE : MEMORY);
  }

  /**
   * Notes a read for which a range costs `ratio` times as much as other requests. Returns true if it should be read
   * nevertheless, to measure it again: after so many reads that this adds a hundredth to their cost.
   */
  noteAvoided(range: string, ratio: number): boolean {
    const reads = (this.#avoided.get(range) ?? 0) + 1;
    this.#avoided.set(range, reads);
    return reads > 100 * ratio;
  }
}

/** Returns the units of 4 KB that a read of so many bytes is charged. */
export function unitsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / UNIT_BYTES));
}

function meanOf(means: Map<string, Mean>, key: string): Mean {
  let mean = means.get(key);
  if (mean === undefined) {
    mean = { seen: 0, samples: 0, bytes: 0, units: 0 };
    means.set(key, mean);
  }
  return mean;
}

function add(mean: Mean, bytes: number, memory = MEMORY): void {
  const weight = 1 / Math.min(++mean.samples, memory);
  mean.bytes += (bytes - mean.bytes) * weight;
  mean.units += (unitsOf(bytes) - mean.units) * weight;
}
