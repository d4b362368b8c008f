/** A stored item: its JSON as text, and its size as DynamoDB counts it. */
export interface StoredItem {
  readonly key: string;
  readonly text: string;
  readonly bytes: number;
}

/** Sorts after every key; the characters of keys are 0 to 255. */
export const END = '\u0100';

/** A block is split in two when it has more items than this. */
const MAX_BLOCK = 512;

/**
 * Items ordered by key, in a sorted list of sorted blocks. A change moves items of one block only; a lookup takes two
 * binary searches.
 */
export class SortedItems {
  readonly #blocks: StoredItem[][] = [];
  #count = 0;
  #bytes = 0;

  get count(): number {
    return this.#count;
  }

  /** Sum of the items' sizes. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): StoredItem | undefined {
    const block = this.#blocks[this.#blockOf(key)];
    const item = block?.[lowerBound(block, key)];
    return item?.key === key ? item : undefined;
  }

  set(item: StoredItem): void {
    const b = this.#blockOf(item.key);
    const block = this.#blocks[b] ?? [];
    if (this.#blocks.length === 0) this.#blocks.push(block);
    const at = lowerBound(block, item.key);
    const before = block[at];
    this.#bytes += item.bytes;
    if (before?.key === item.key) {
      block[at] = item;
      this.#bytes -= before.bytes;
      return;
    }
    block.splice(at, 0, item);
    this.#count++;
    if (block.length > MAX_BLOCK) this.#blocks.splice(b + 1, 0, block.splice(MAX_BLOCK / 2));
  }

  delete(key: string): void {
    const b = this.#blockOf(key);
    const block = this.#blocks[b];
    if (block === undefined) return;
    const at = lowerBound(block, key);
    const before = block[at];
    if (before?.key !== key) return;
    block.splice(at, 1);
    if (block.length === 0) this.#blocks.splice(b, 1);
    this.#count--;
    this.#bytes -= before.bytes;
  }

  /** Iterates over items with `from <= key < to`, in order or in reverse. The items must not change meanwhile. */
  *range(from: string, to: string, forward = true): Generator<StoredItem> {
    if (forward) {
      for (let b = this.#blockOf(from); b < this.#blocks.length; b++) {
        const block = this.#blocks[b]!;
        for (let i = lowerBound(block, from); i < block.length; i++) {
          if (block[i]!.key >= to) return;
          yield block[i]!;
        }
      }
    } else {
      for (let b = this.#blockOf(to); b >= 0; b--) {
        const block = this.#blocks[b];
        if (block === undefined) return;
        for (let i = lowerBound(block, to) - 1; i >= 0; i--) {
          if (block[i]!.key < from) return;
          yield block[i]!;
        }
      }
    }
  }

  /** Returns the index of the last block that begins at or before the key; 0 if there is none. */
  #blockOf(key: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#blocks[middle]![0]!.key <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

/** Returns the first index in a block whose key is not less than `key`. */
function lowerBound(block: readonly StoredItem[], key: string): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (block[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
