/** Stands in an empty entry instead of slot + 1: 0, as in fresh memory. */
export const EMPTY = 0;

/**
 * The open-addressing part of a key index. Entries are pairs (hash, slot + 1). The keys lie elsewhere by slot, and the
 * code that probes compares them. Linear probing, at most half full. Removal shifts entries back, so that no tombstones
 * slow down later probes.
 */
export class HashTable {
  entries: Int32Array;
  mask: number;
  count = 0;

  constructor(capacity = 1024) {
    this.entries = new Int32Array(capacity * 2);
    this.mask = capacity - 1;
  }

  /** Makes room for `n` more entries, so that `entries` is not replaced while a loop adds them. */
  reserve(n: number): void {
    let capacity = this.mask + 1;
    if ((this.count + n) * 2 <= capacity) return;
    while ((this.count + n) * 2 > capacity) capacity *= 2;
    const old = this.entries;
    this.entries = new Int32Array(capacity * 2);
    this.mask = capacity - 1;
    for (let p = 0; p < old.length; p += 2) {
      if (old[p + 1] !== EMPTY) this.enter(old[p]!, old[p + 1]! - 1);
    }
  }

  /** Enters a slot that is not in the table, which must have room. The caller increments `count`. */
  enter(hash: number, slot: number): void {
    const { entries, mask } = this;
    let p = hash & mask;
    while (entries[2 * p + 1] !== EMPTY) p = (p + 1) & mask;
    entries[2 * p] = hash;
    entries[2 * p + 1] = slot + 1;
  }

  /** Removes the entry of `slot` under `hash`. Throws if the table has none. */
  remove(hash: number, slot: number): void {
    const { entries, mask } = this;
    let p = hash & mask;
    while (entries[2 * p + 1] !== slot + 1) {
      if (entries[2 * p + 1] === EMPTY) throw new Error(`slot ${slot} is not in the table`);
      p = (p + 1) & mask;
    }
    this.count--;
    for (let hole = p; ;) {
      p = (p + 1) & mask;
      if (entries[2 * p + 1] === EMPTY) {
        entries[2 * hole] = EMPTY;
        entries[2 * hole + 1] = EMPTY;
        return;
      }
      const home = entries[2 * p]! & mask;
      // Move an entry back unless its home lies cyclically behind the hole.
      if (((p - home) & mask) >= ((p - hole) & mask)) {
        entries[2 * hole] = entries[2 * p]!;
        entries[2 * hole + 1] = entries[2 * p + 1]!;
        hole = p;
      }
    }
  }

  get bytes(): number {
    return this.entries.byteLength;
  }
}
