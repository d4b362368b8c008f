/**
 * What the generated loops over one batch hand to each other, by row of the batch. Short loops one after the
 * other are faster than one long one: state is spread over more memory than caches hold, and in a short loop the
 * processor waits for the misses of many rows at once.
 */
export class RowScratch {
  /** Words of a group key. */
  readonly #keyWords: number;
  /** The slot of the row's group; -1 if it is in none, or was put aside. */
  slots = new Int32Array(0);
  /** The hash of the row's key, and its words side by side. */
  hashes = new Int32Array(0);
  keys = new Int32Array(0);
  /** Where a probe of a distinct set starts; -1 if the row has no value for it. */
  homes = new Int32Array(0);
  /** The words of that value. */
  low = new Int32Array(0);
  high = new Int32Array(0);
  /** Takes the sum of what was read only to bring it into the cache. */
  touched = 0;

  constructor(keyWords: number) {
    this.#keyWords = keyWords;
  }

  reserve(rows: number): void {
    if (rows <= this.slots.length) return;
    const n = Math.max(256, rows * 2);
    this.slots = new Int32Array(n);
    this.hashes = new Int32Array(n);
    this.keys = new Int32Array(n * this.#keyWords);
    this.homes = new Int32Array(n);
    this.low = new Int32Array(n);
    this.high = new Int32Array(n);
  }

  get bytes(): number {
    return this.slots.byteLength * 5 + this.keys.byteLength;
  }
}
