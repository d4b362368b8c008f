/** A number of a file's first bytes, and their hash. */
export interface Prefix {
  readonly bytes: number;
  readonly hash: string;
}

/** How much of a file tells it from others, behind its first lines: those may be the same in many files. */
export const HEAD_BYTES = 4096;
/** First lines that are longer tell nothing. */
const MAX_HEAD_BYTES = 4 << 20;
const LINE_FEED = 10;

/** How many bytes the head of a text has that begins with `bytes`; more than these are to be read to tell more. */
export function headSize(bytes: Uint8Array, startLines: number): number {
  let end = 0;
  for (let line = 0; line < startLines; line++) {
    end = bytes.indexOf(LINE_FEED, end) + 1;
    if (end === 0) return Math.min(MAX_HEAD_BYTES, 2 * Math.max(bytes.length, HEAD_BYTES));
  }
  return Math.min(MAX_HEAD_BYTES, end + HEAD_BYTES);
}

/** The beginning of a file's (decompressed) text, as hashes of all its prefixes. */
export class Head {
  readonly #a: Uint32Array;
  readonly #b: Uint32Array;
  readonly #lineEnds: readonly number[];

  constructor(bytes: Uint8Array) {
    this.#a = new Uint32Array(bytes.length + 1);
    this.#b = new Uint32Array(bytes.length + 1);
    const lineEnds: number[] = [];
    let a = 0x811c9dc5;
    let b = 0x2f0b4c47;
    for (let i = 0; i < bytes.length; i++) {
      a = Math.imul(a ^ bytes[i]!, 0x01000193);
      b = Math.imul((b ^ bytes[i]!) + 0x9e3779b9, 0x85ebca6b);
      b ^= b >>> 13;
      this.#a[i + 1] = a;
      this.#b[i + 1] = b;
      if (bytes[i] === LINE_FEED) lineEnds.push(i + 1);
    }
    this.#lineEnds = lineEnds;
  }

  get bytes(): number {
    return this.#a.length - 1;
  }
  /** 64 bits of the first `bytes` bytes, as text. */
  at(bytes: number): string {
    return this.#a[bytes]!.toString(16).padStart(8, '0') + this.#b[bytes]!.toString(16).padStart(8, '0');
  }
  /** Nothing that follows in the file can make it longer. */
  get isFull(): boolean {
    return this.bytes === MAX_HEAD_BYTES;
  }
  /** The bytes of all its whole lines; undefined if it has none. */
  get wholeLines(): number | undefined {
    return this.#lineEnds.at(-1);
  }
  /** The bytes of the first `lines` lines; undefined if it does not hold their ends. */
  linesEnd(lines: number): number | undefined {
    return this.#lineEnds[lines - 1];
  }
}
