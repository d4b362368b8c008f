import { FreshetError } from '../../values/freshet-error.ts';

/** Texts start at multiples of this many bytes, the unit of an address. */
const UNIT_BYTES = 4;
const UNIT_BITS = 18;
const UNIT_MASK = (1 << UNIT_BITS) - 1;
/** Bytes of a chunk: 2^18 units. */
export const CHUNK_BYTES = UNIT_BYTES << UNIT_BITS;
/** 16 GiB of chunks: an address is 32 bits. */
const MAX_CHUNKS = 1 << (32 - UNIT_BITS);
const NONE = -1;

/** Returns the number of an address's chunk. */
export function chunkOf(address: number): number {
  return address >>> UNIT_BITS;
}
/** Returns the byte of the chunk at which an address's text starts. */
export function offsetOf(address: number): number {
  return (address & UNIT_MASK) * UNIT_BYTES;
}

/** Returns the bytes that a text of `length` bytes occupies. */
export function spaceOf(length: number): number {
  return (length + UNIT_BYTES - 1) & -UNIT_BYTES;
}

/**
 * The bytes of texts, in chunks. An address is 32 bits (of either sign): the chunk's number in the upper 14, the place
 * in it, in units of four bytes, in the lower 18. Written bytes never change, so a chunk may be read while texts are
 * added. A text longer than a quarter of a chunk has a chunk of its own, as long as the text.
 */
export class TextArena {
  /** By number; undefined if freed. */
  readonly chunks: (Uint8Array | undefined)[] = [];
  readonly #chunkBytes: number;
  readonly #freeChunks: number[] = [];
  #open = NONE;
  /** Bytes used of the open chunk. */
  #top = 0;
  #bytes = 0;

  /** `chunkBytes` makes chunks smaller, for tests. */
  constructor(chunkBytes = CHUNK_BYTES) {
    this.#chunkBytes = chunkBytes;
  }

  /** Bytes allocated. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Copies `src[start, end)` and returns its address. Throws TextPoolFullError if no address is left. */
  add(src: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length > this.#chunkBytes >> 2) {
      const chunk = this.#newChunk(length);
      this.chunks[chunk]!.set(src.subarray(start, end));
      return chunk << UNIT_BITS;
    }
    // A full chunk has no address left, not even for an empty text.
    if (this.#open === NONE || this.#top + Math.max(length, 1) > this.#chunkBytes) {
      // The first chunk starts small and grows, since most pools hold little.
      this.#open = this.#newChunk(this.chunks.length === 0 ? this.#chunkBytes >> 5 : this.#chunkBytes);
      this.#top = 0;
    }
    let chunk = this.chunks[this.#open]!;
    if (this.#top + length > chunk.length) chunk = this.#grow(this.#top + length);
    const at = this.#top;
    if (length < 128) for (let i = 0; i < length; i++) chunk[at + i] = src[start + i]!;
    else chunk.set(src.subarray(start, end), at);
    this.#top = at + spaceOf(length);
    return (this.#open << UNIT_BITS) | (at / UNIT_BYTES);
  }

  #newChunk(bytes: number): number {
    const chunk = this.#freeChunks.pop() ?? this.chunks.length;
    if (chunk >= MAX_CHUNKS) throw new TextPoolFullError('16 GiB of text');
    this.chunks[chunk] = new Uint8Array(bytes);
    this.#bytes += bytes;
    return chunk;
  }

  #grow(least: number): Uint8Array {
    const old = this.chunks[this.#open]!;
    const grown = new Uint8Array(Math.min(this.#chunkBytes, Math.max(old.length * 2, least)));
    grown.set(old.subarray(0, this.#top));
    this.chunks[this.#open] = grown;
    this.#bytes += grown.length - old.length;
    return grown;
  }

  /**
   * Returns an array that is 1, by chunk number, for each chunk worth emptying: more than a quarter of it is waste.
   * `used` holds, by chunk number, the bytes of the texts that remain. Texts are added to other chunks from now on, so
   * that the caller can move texts out of these.
   */
  beginMoving(used: Float64Array): Uint8Array {
    const moving = new Uint8Array(this.chunks.length);
    this.chunks.forEach((chunk, i) => {
      const written = i === this.#open ? this.#top : (chunk?.length ?? 0);
      if (used[i]! < written * 0.75) moving[i] = 1;
    });
    if (this.#open !== NONE && moving[this.#open] === 1) this.#open = NONE;
    return moving;
  }

  /** Frees the chunks that {@link beginMoving} selected, after the caller has moved their texts. */
  endMoving(moved: Uint8Array): void {
    moved.forEach((isMoved, i) => {
      if (isMoved === 0) return;
      this.#bytes -= this.chunks[i]!.length;
      this.chunks[i] = undefined;
      this.#freeChunks.push(i);
    });
  }

  /** Yields each chunk's number and its written bytes. */
  *written(): Iterable<[number, Uint8Array]> {
    for (const [i, chunk] of this.chunks.entries()) {
      if (chunk !== undefined) yield [i, i === this.#open ? chunk.subarray(0, this.#top) : chunk];
    }
  }

  /** Returns a new arena with the chunks that {@link written} yielded. It keeps the arrays. */
  static of(written: ReadonlyMap<number, Uint8Array>, chunkBytes = CHUNK_BYTES): TextArena {
    const arena = new TextArena(chunkBytes);
    let last = -1;
    for (const i of written.keys()) last = Math.max(last, i);
    for (let i = 0; i <= last; i++) {
      const chunk = written.get(i);
      arena.chunks.push(chunk);
      if (chunk === undefined) arena.#freeChunks.push(i);
      else arena.#bytes += chunk.length;
    }
    // The chunk with the most room is filled further. Otherwise each restart would leave a partly filled one behind.
    let most = 0;
    for (const [i, { length }] of written) {
      const top = spaceOf(length);
      const room = chunkBytes - top;
      if (room <= most) continue;
      most = room;
      arena.#open = i;
      arena.#top = top;
    }
    return arena;
  }
}

/** Thrown if the pool has no address or id left for another text. */
export class TextPoolFullError extends FreshetError {
  constructor(what: string) {
    super(
      'text_pool_full',
      `the engine's text pool is full: it holds ${what}. A text is freed when no view's state refers to it any more`,
      { hint: 'limit the views to a window of time, or use numbers instead of texts as keys' },
    );
  }
}
