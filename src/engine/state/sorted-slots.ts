import type { CompareSlots } from './row-comparator.ts';

const BLOCK = 256;

/**
 * Slots sorted by a total order of their rows, in a list of small sorted blocks: a seek is two binary searches, an
 * insertion or removal moves at most one block.
 *
 * `seek` finds a place, and `insertHere` or `removeHere` then changes it without another search. Any change voids the
 * place.
 */
export class SortedSlots {
  #blocks: number[][] = [];
  #size = 0;
  /** Where the last `seek` ended. */
  #block = 0;
  #at = 0;

  get size(): number {
    return this.#size;
  }

  /** Returns a sequence of slots that are sorted already. */
  static of(slots: Iterable<number>): SortedSlots {
    const order = new SortedSlots();
    for (const slot of slots) {
      const last = order.#blocks.at(-1);
      if (last === undefined || last.length >= BLOCK >> 1) order.#blocks.push([slot]);
      else last.push(slot);
      order.#size++;
    }
    return order;
  }

  /**
   * Returns the first slot whose row equals that of `probe`, or -1; `probe` itself need not be in the sequence.
   * `insertHere` then inserts before this slot, or where it would be; `removeHere` removes it.
   */
  seek(probe: number, compare: CompareSlots): number {
    const blocks = this.#blocks;
    let low = 0;
    let high = blocks.length - 1;
    // Find the last block whose first row comes before the probe's: equal rows may begin in it.
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (compare(blocks[middle]![0]!, probe) < 0) low = middle;
      else high = middle - 1;
    }
    this.#block = low;
    this.#at = 0;
    let block = blocks[low];
    if (block === undefined) return -1;
    let at = lowerBound(block, probe, compare);
    if (at === block.length && low + 1 < blocks.length) {
      block = blocks[++this.#block]!;
      at = 0;
    }
    this.#at = at;
    const slot = block[at];
    return slot !== undefined && compare(slot, probe) === 0 ? slot : -1;
  }

  /** Inserts a slot where the last `seek` of its row ended. */
  insertHere(slot: number): void {
    this.#size++;
    const block = this.#blocks[this.#block];
    if (block === undefined) {
      this.#blocks.push([slot]);
      return;
    }
    block.splice(this.#at, 0, slot);
    if (block.length > BLOCK) this.#blocks.splice(this.#block + 1, 0, block.splice(BLOCK >> 1));
  }

  /** Removes the slot that the last `seek` found. */
  removeHere(): void {
    const block = this.#blocks[this.#block]!;
    block.splice(this.#at, 1);
    this.#size--;
    if (block.length > 0) return;
    this.#blocks.splice(this.#block, 1);
    this.#block = 0;
    this.#at = 0;
  }

  /** Removes and returns the last slot. The sequence must not be empty. */
  pop(): number {
    const block = this.#blocks.at(-1)!;
    const slot = block.pop()!;
    this.#size--;
    if (block.length === 0) this.#blocks.pop();
    return slot;
  }

  first(): number | undefined {
    return this.#blocks[0]?.[0];
  }
  last(): number | undefined {
    return this.#blocks.at(-1)?.at(-1);
  }

  /** Returns the slots at positions [from, to). */
  range(from: number, to: number): number[] {
    const out: number[] = [];
    let position = 0;
    for (const block of this.#blocks) {
      if (position >= to) break;
      if (position + block.length > from) {
        for (let i = Math.max(0, from - position); i < block.length && position + i < to; i++)
          out.push(block[i]!);
      }
      position += block.length;
    }
    return out;
  }

  *[Symbol.iterator](): Iterator<number> {
    for (const block of this.#blocks) yield* block;
  }
}

function lowerBound(block: readonly number[], slot: number, compare: CompareSlots): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(block[middle]!, slot) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
