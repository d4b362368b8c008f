import { isAscii, isUtf8 } from 'node:buffer';
import type { StateReader, StateWriter } from '../contract.ts';
import { growInt32 } from '../state/grow.ts';
import { Packer, Unpacker } from '../state/packer.ts';
import { chunkOf, offsetOf, spaceOf, TextArena, TextPoolFullError } from './text-arena.ts';
import { hashBytes } from './text-hash.ts';

/** Stands for "no text". */
const NO_ID = -1;
/** The length of an id that stands for no text. */
const FREE = -1;
/**
 * Words per table entry: hash, id + 1, address and length of the bytes. They are adjacent, so that a hit touches one
 * cache line. Fresh memory consists of empty entries.
 */
const STRIDE = 4;
const EMPTY = 0;
/** About the cost of a text besides its bytes: its table entry at half load, and two words by id. */
const TEXT_BYTES = STRIDE * 8 + 8;
const LEAST_CAPACITY = 1 << 12;
const MAX_IDS = 2 ** 29;

/**
 * Texts by id and ids by text: an open-addressing table over an arena of bytes. The hash only finds the bucket; texts
 * are compared byte by byte. Freed ids are given again.
 */
export class TextTable {
  #mask: number;
  #table: Int32Array;
  /** By id: the address of its bytes; for a free id, the next free one or NO_ID. */
  #addresses: Int32Array;
  /** By id: the length in bytes, or FREE. */
  #lengths: Int32Array;
  #arena: TextArena;
  /** One more than the largest id ever given. */
  #end = 0;
  #firstFree = NO_ID;
  /** Number of texts. */
  size = 0;
  /** Bytes of all texts, with TEXT_BYTES for each. */
  textBytes = 0;

  /** `chunkBytes` is the size of the arena's chunks, for tests. */
  constructor(capacity: number, chunkBytes?: number) {
    this.#mask = capacity - 1;
    this.#table = new Int32Array(capacity * STRIDE);
    this.#addresses = new Int32Array(capacity >> 1);
    this.#lengths = new Int32Array(capacity >> 1);
    this.#arena = new TextArena(chunkBytes);
  }

  /** All ids are less than this. */
  get end(): number {
    return this.#end;
  }
  /** Bytes allocated. */
  get bytes(): number {
    return this.#arena.bytes + this.#table.byteLength + this.#addresses.byteLength * 2;
  }

  has(id: number): boolean {
    return id >= 0 && id < this.#end && this.#lengths[id] !== FREE;
  }

  /** Returns the bytes of an id that stands for a text. */
  bytesOf(id: number): Buffer {
    const address = this.#addresses[id]!;
    const chunk = this.#arena.chunks[chunkOf(address)]!;
    return Buffer.from(chunk.buffer, chunk.byteOffset + offsetOf(address), this.#lengths[id]);
  }

  /**
   * Returns the id of `src[start, end)`, added if missing; NO_ID if it is not UTF-8. `hash` is {@link hashBytes} of it.
   */
  intern(src: Uint8Array, start: number, end: number, hash: number): number {
    const id = this.find(src, start, end, hash);
    return id !== NO_ID ? id : this.#insert(src, start, end, hash);
  }

  /** Returns the id of `src[start, end)`, or NO_ID. */
  find(src: Uint8Array, start: number, end: number, hash: number): number {
    const length = end - start;
    const mask = this.#mask;
    const table = this.#table;
    let i = mix(hash) & mask;
    for (;;) {
      const entry = i * STRIDE;
      const named = table[entry + 1]!;
      if (named === EMPTY) return NO_ID;
      if (table[entry] === hash && table[entry + 3] === length) {
        const address = table[entry + 2]!;
        const chunk = this.#arena.chunks[chunkOf(address)]!;
        const offset = offsetOf(address);
        let k = 0;
        while (k < length && chunk[offset + k] === src[start + k]) k++;
        if (k === length) return named - 1;
      }
      i = (i + 1) & mask;
    }
  }

  #insert(src: Uint8Array, start: number, end: number, hash: number): number {
    let ascii = true;
    for (let i = start; i < end; i++) if (src[i]! > 127) ascii = false;
    if (!ascii && !isUtf8(src.subarray(start, end))) return NO_ID;
    const address = this.#arena.add(src, start, end);
    const id = this.#newId();
    this.#addresses[id] = address;
    this.#lengths[id] = end - start;
    this.size++;
    this.textBytes += end - start + TEXT_BYTES;
    this.#place(hash, id, address, end - start);
    if (this.size * 2 > this.#mask) this.#resize((this.#mask + 1) * 2);
    return id;
  }

  #newId(): number {
    const free = this.#firstFree;
    if (free !== NO_ID) {
      this.#firstFree = this.#addresses[free]!;
      return free;
    }
    if (this.#end === MAX_IDS) throw new TextPoolFullError(`${MAX_IDS} texts`);
    const id = this.#end++;
    if (id >= this.#addresses.length) this.#resizeIds(Math.max(16, id * 2));
    return id;
  }

  #resizeIds(capacity: number): void {
    this.#addresses = growInt32(this.#addresses.subarray(0, capacity), capacity);
    this.#lengths = growInt32(this.#lengths.subarray(0, capacity), capacity);
  }

  #place(hash: number, id: number, address: number, length: number): void {
    const mask = this.#mask;
    const table = this.#table;
    let i = mix(hash) & mask;
    while (table[i * STRIDE + 1] !== EMPTY) i = (i + 1) & mask;
    const entry = i * STRIDE;
    table[entry] = hash;
    table[entry + 1] = id + 1;
    table[entry + 2] = address;
    table[entry + 3] = length;
  }

  /**
   * Walks the old table in order: entries have nearly the same order in the new one, so memory access is sequential.
   */
  #resize(capacity: number): void {
    const old = this.#table;
    this.#mask = capacity - 1;
    this.#table = new Int32Array(capacity * STRIDE);
    for (let at = 0; at < old.length; at += STRIDE) {
      if (old[at + 1] !== EMPTY) this.#place(old[at]!, old[at + 1]! - 1, old[at + 2]!, old[at + 3]!);
    }
  }

  /**
   * Removes the entries of freed ids and updates addresses of moved texts, in place. One walk that starts at an empty
   * entry suffices: a kept entry moves to the first empty place from its home, which is at or before its old place.
   */
  #tidy(isHeld: (id: number) => boolean, moved: Uint8Array): void {
    const { length } = this.#table;
    const table = this.#table;
    let start = 0;
    while (table[start + 1] !== EMPTY) start += STRIDE;
    for (let walked = STRIDE; walked < length; walked += STRIDE) {
      const at = (start + walked) % length;
      const named = table[at + 1]!;
      if (named === EMPTY) continue;
      table[at + 1] = EMPTY;
      const id = named - 1;
      if (!isHeld(id)) continue;
      const address = table[at + 2]!;
      const isMoved = moved[chunkOf(address)] === 1;
      this.#place(table[at]!, id, isMoved ? this.#addresses[id]! : address, table[at + 3]!);
    }
  }

  /** Frees the ids that are not held, with the memory of their texts; returns how many. */
  keepOnly(isHeld: (id: number) => boolean): number {
    const before = this.size;
    this.#firstFree = NO_ID;
    let end = 0;
    for (let id = this.#end - 1; id >= 0; id--) {
      const isThere = this.#lengths[id] !== FREE;
      if (isThere && isHeld(id)) {
        end ||= id + 1;
        continue;
      }
      if (isThere) {
        this.size--;
        this.textBytes -= this.#lengths[id]! + TEXT_BYTES;
        this.#lengths[id] = FREE;
      }
      // Ids behind the last held one leave the free list: `#end` drops below them.
      if (end !== 0) {
        this.#addresses[id] = this.#firstFree;
        this.#firstFree = id;
      }
    }
    this.#end = end;
    if (this.size === before) return 0;
    if (end * 8 < this.#addresses.length) this.#resizeIds(Math.max(16, end * 2));
    const moved = this.#moveTogether();
    this.#tidy(isHeld, moved);
    let capacity = this.#mask + 1;
    while (capacity > LEAST_CAPACITY && this.size * 5 < capacity) capacity /= 2;
    if (capacity <= this.#mask) this.#resize(capacity);
    return before - this.size;
  }

  /** Moves texts out of chunks with much waste and frees these chunks; returns them as `beginMoving` does. */
  #moveTogether(): Uint8Array {
    const used = new Float64Array(this.#arena.chunks.length);
    for (let id = 0; id < this.#end; id++) {
      const length = this.#lengths[id]!;
      if (length !== FREE) used[chunkOf(this.#addresses[id]!)]! += spaceOf(length);
    }
    const moving = this.#arena.beginMoving(used);
    for (let id = 0; id < this.#end; id++) {
      const length = this.#lengths[id]!;
      const address = this.#addresses[id]!;
      if (length === FREE || moving[chunkOf(address)] !== 1) continue;
      const from = offsetOf(address);
      this.#addresses[id] = this.#arena.add(this.#arena.chunks[chunkOf(address)]!, from, from + length);
    }
    this.#arena.endMoving(moving);
    return moving;
  }

  /** Saves block `texts`, and one block per chunk of bytes. */
  save(to: StateWriter): void {
    const head = new Packer();
    const chunks = new Map(this.#arena.written());
    head.array(Int32Array.from(chunks.keys()));
    head.array(this.#addresses, this.#end);
    head.array(this.#lengths, this.#end);
    to.block('texts', head.finish());
    for (const [i, bytes] of chunks) to.block(`texts/${i}`, bytes);
  }

  /** Restores what `save` wrote. Throws if a text lies outside its block, is not UTF-8, or occurs twice. */
  static restored(from: StateReader): TextTable {
    const head = new Unpacker(from.block('texts'));
    const chunks = new Map([...head.i32()].map((i) => [i, from.block(`texts/${i}`)]));
    const [addresses, lengths] = [head.i32(), head.i32()];
    let capacity = LEAST_CAPACITY;
    while (lengths.length * 2 > capacity - 1) capacity *= 2;
    const table = new TextTable(capacity);
    table.#arena = TextArena.of(chunks);
    table.#addresses = addresses;
    table.#lengths = lengths;
    table.#end = lengths.length;
    const isPlain = table.#arena.chunks.map((chunk) => chunk !== undefined && isAscii(chunk));
    for (let id = table.#end - 1; id >= 0; id--) table.#restore(id, isPlain);
    return table;
  }

  /** `isPlain` tells, by chunk number, whether a chunk holds only ASCII. */
  #restore(id: number, isPlain: readonly boolean[]): void {
    const length = this.#lengths[id]!;
    const address = this.#addresses[id]!;
    if (length === FREE) {
      this.#addresses[id] = this.#firstFree;
      this.#firstFree = id;
      return;
    }
    const chunk = this.#arena.chunks[chunkOf(address)];
    const start = offsetOf(address);
    const end = start + length;
    if (chunk === undefined || length < 0 || end > chunk.length)
      throw new Error(`text ${id} lies outside the snapshot`);
    if (!isPlain[chunkOf(address)] && !isUtf8(chunk.subarray(start, end)))
      throw new Error(`text ${id} is not UTF-8`);
    const hash = hashBytes(chunk, start, end);
    const other = this.find(chunk, start, end, hash);
    if (other !== NO_ID) throw new Error(`texts ${id} and ${other} are the same`);
    this.#place(hash, id, address, length);
    this.size++;
    this.textBytes += length + TEXT_BYTES;
  }
}

function mix(hash: number): number {
  return hash ^ (hash >>> 15);
}
