import { isUtf8 } from 'node:buffer';

const NO_ID = -1;
/**
 * Words per table entry: hash, id, offset and length of the bytes; side by side, so that a hit is one cache
 * line.
 */
const STRIDE = 4;

/**
 * Text to dense int32 ids, shared by all columns of one engine: equal id means equal text, so the kernel
 * compares, groups and joins text as integers. The hash only finds the bucket; identity is a full byte
 * comparison.
 *
 * Ids are never reused while the pool lives. Bytes are UTF-8 in one arena; the JS string of an id is made on
 * first use.
 */
export class StringPool {
  #mask: number;
  #table: Int32Array;
  #offsets: Int32Array;
  #lengths: Int32Array;
  #hashes: Int32Array;
  #arena: Uint8Array;
  #top = 0;
  #count = 0;
  #strings: (string | undefined)[] = [];
  #encoder = new TextEncoder();

  constructor(capacity = 1 << 12) {
    this.#mask = capacity - 1;
    this.#table = new Int32Array(capacity * STRIDE).fill(NO_ID);
    this.#offsets = new Int32Array(capacity);
    this.#lengths = new Int32Array(capacity);
    this.#hashes = new Int32Array(capacity);
    this.#arena = new Uint8Array(capacity * 16);
  }

  get size(): number {
    return this.#count;
  }
  get bytesUsed(): number {
    return (
      this.#arena.byteLength +
      this.#table.byteLength +
      this.#offsets.byteLength * 3 +
      this.#strings.length * 8
    );
  }

  /**
   * The id of `src[start, end)`, which must be UTF-8; `hash` must be {@link hashBytes} of it (a scanner
   * computes it as it goes). Returns -1 if the bytes are not valid UTF-8.
   */
  internBytes(src: Uint8Array, start: number, end: number, hash: number): number {
    const id = this.#seek(src, start, end, hash);
    return id !== NO_ID ? id : this.#insert(src, start, end, hash);
  }

  #seek(src: Uint8Array, start: number, end: number, hash: number): number {
    const length = end - start;
    const mask = this.#mask;
    const table = this.#table;
    let i = mix(hash) & mask;
    for (;;) {
      const entry = i * STRIDE;
      const id = table[entry + 1]!;
      if (id === NO_ID) return NO_ID;
      if (table[entry] === hash && table[entry + 3] === length) {
        const arena = this.#arena;
        const offset = table[entry + 2]!;
        let k = 0;
        while (k < length && arena[offset + k] === src[start + k]) k++;
        if (k === length) return id;
      }
      i = (i + 1) & mask;
    }
  }

  intern(text: string): number {
    const bytes = this.#encoder.encode(text);
    const id = this.internBytes(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length));
    if (this.#strings[id] === undefined) this.#strings[id] = text;
    return id;
  }

  /** The id of a text that the pool has, or -1: for those who only ask. */
  find(text: string): number {
    const bytes = this.#encoder.encode(text);
    return this.#seek(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length));
  }

  /** The text of an id that this pool gave out. */
  get(id: number): string {
    let text = this.#strings[id];
    if (text === undefined) {
      if (id < 0 || id >= this.#count) throw new RangeError(`no string with id ${id}`);
      const offset = this.#offsets[id]!;
      text = Buffer.from(this.#arena.buffer, offset, this.#lengths[id]).toString('utf8');
      this.#strings[id] = text;
    }
    return text;
  }

  #insert(src: Uint8Array, start: number, end: number, hash: number): number {
    let ascii = true;
    for (let i = start; i < end; i++) if (src[i]! > 127) ascii = false;
    if (!ascii && !isUtf8(src.subarray(start, end))) return -1;
    const length = end - start;
    if (this.#top + length > this.#arena.length) {
      const grown = new Uint8Array(Math.max(this.#arena.length * 2, this.#top + length));
      grown.set(this.#arena);
      this.#arena = grown;
    }
    const id = this.#count++;
    if (id >= this.#offsets.length) {
      this.#offsets = growInt32(this.#offsets);
      this.#lengths = growInt32(this.#lengths);
      this.#hashes = growInt32(this.#hashes);
    }
    this.#arena.set(src.subarray(start, end), this.#top);
    this.#offsets[id] = this.#top;
    this.#lengths[id] = length;
    this.#hashes[id] = hash;
    this.#top += length;
    this.#strings.push(undefined);
    if (this.#count * 2 > this.#mask) this.#rehash((this.#mask + 1) * 2);
    else this.#place(id);
    return id;
  }

  #place(id: number): void {
    const mask = this.#mask;
    let i = mix(this.#hashes[id]!) & mask;
    while (this.#table[i * STRIDE + 1] !== NO_ID) i = (i + 1) & mask;
    this.#table[i * STRIDE] = this.#hashes[id]!;
    this.#table[i * STRIDE + 1] = id;
    this.#table[i * STRIDE + 2] = this.#offsets[id]!;
    this.#table[i * STRIDE + 3] = this.#lengths[id]!;
  }

  #rehash(capacity: number): void {
    this.#mask = capacity - 1;
    this.#table = new Int32Array(capacity * STRIDE).fill(NO_ID);
    for (let id = 0; id < this.#count; id++) this.#place(id);
  }

  /** For a snapshot: all text back to back, and the length of each in id order. */
  save(): { readonly arena: Uint8Array; readonly lengths: Int32Array } {
    return { arena: this.#arena.slice(0, this.#top), lengths: this.#lengths.slice(0, this.#count) };
  }
  /** Fills an empty pool with what `save` gave; ids are the same as then. */
  load(arena: Uint8Array, lengths: Int32Array): void {
    let offset = 0;
    for (const length of lengths) {
      this.internBytes(arena, offset, offset + length, hashBytes(arena, offset, offset + length));
      offset += length;
    }
  }
}

/**
 * The pool's hash: little-endian 32-bit words first, then the 0-3 bytes that are left. Generated scanners
 * compute the same while they look for the closing quote.
 */
export function hashBytes(src: Uint8Array, start: number, end: number): number {
  let h = 0x811c9dc5 | 0;
  let p = start;
  const words = start + ((end - start) & ~3);
  for (; p < words; p += 4) {
    const w = src[p]! | (src[p + 1]! << 8) | (src[p + 2]! << 16) | (src[p + 3]! << 24);
    h = Math.imul(h ^ w, 0x9e3779b1);
    h ^= h >>> 15;
  }
  for (; p < end; p++) h = Math.imul(h ^ src[p]!, 0x01000193);
  return h ^ (h >>> 13);
}

function mix(hash: number): number {
  return hash ^ (hash >>> 15);
}

function growInt32(a: Int32Array): Int32Array {
  const grown = new Int32Array(a.length * 2);
  grown.set(a);
  return grown;
}
