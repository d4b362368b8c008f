const BLOCK = 256;

/**
 * A sorted sequence of slots under a total order of the rows they stand for, as a list of small sorted blocks:
 * finding is two binary searches, inserting and removing move at most one block. No two slots in it compare
 * equal.
 */
export class SortedSlots {
  #blocks: number[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The order over slots that are sorted already. */
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

  /** The slot whose row equals that of `probe` (which need not be in the order). */
  find(probe: number, compare: (a: number, b: number) => number): number | undefined {
    const block = this.#blocks[this.#blockOf(probe, compare)];
    if (block === undefined) return undefined;
    const slot = block[lowerBound(block, probe, compare)];
    return slot !== undefined && compare(slot, probe) === 0 ? slot : undefined;
  }

  /** No slot in the order may equal it. */
  insert(slot: number, compare: (a: number, b: number) => number): void {
    this.#size++;
    if (this.#blocks.length === 0) {
      this.#blocks.push([slot]);
      return;
    }
    const at = this.#blockOf(slot, compare);
    const block = this.#blocks[at]!;
    block.splice(lowerBound(block, slot, compare), 0, slot);
    if (block.length > BLOCK) this.#blocks.splice(at + 1, 0, block.splice(BLOCK >> 1));
  }

  remove(slot: number, compare: (a: number, b: number) => number): void {
    const at = this.#blockOf(slot, compare);
    const block = this.#blocks[at];
    const i = block === undefined ? -1 : lowerBound(block, slot, compare);
    if (block === undefined || block[i] !== slot) throw new Error(`slot ${slot} is not in the order`);
    block.splice(i, 1);
    this.#size--;
    if (block.length === 0) this.#blocks.splice(at, 1);
  }

  first(): number | undefined {
    return this.#blocks[0]?.[0];
  }
  last(): number | undefined {
    return this.#blocks.at(-1)?.at(-1);
  }

  /** The slots at positions [from, to). */
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

  /** The block in which `slot` is or belongs: the last whose first element is not after it. */
  #blockOf(slot: number, compare: (a: number, b: number) => number): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (compare(this.#blocks[middle]![0]!, slot) <= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function lowerBound(
  block: readonly number[],
  slot: number,
  compare: (a: number, b: number) => number,
): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(block[middle]!, slot) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
