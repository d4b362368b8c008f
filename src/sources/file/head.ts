/** The length and the hash of a file's first bytes; as the tail of a LineMark, of the bytes before a position. */
export interface Prefix {
  readonly bytes: number;
  readonly hash: string;
}

/** Number of bytes after the first lines that identify a file. The first lines may be the same in many files. */
export const HEAD_BYTES = 4096;
/** Maximum length of a head. Longer first lines do not identify a file. */
const MAX_HEAD_BYTES = 4 << 20;
const LINE_FEED = 10;

/**
 * Returns the length of the head of a text that begins with `bytes`. If the first lines do not end within `bytes`, it
 * returns how many bytes to read next.
 */
export function headSize(bytes: Uint8Array, startLines: number): number {
  let end = 0;
  for (let line = 0; line < startLines; line++) {
    end = bytes.indexOf(LINE_FEED, end) + 1;
    if (end === 0) return Math.min(MAX_HEAD_BYTES, 2 * Math.max(bytes.length, HEAD_BYTES));
  }
  return Math.min(MAX_HEAD_BYTES, end + HEAD_BYTES);
}

/** The beginning of a file's decompressed text, as the hashes of all its prefixes. */
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
  /** Returns a 64-bit hash of the first `bytes` bytes, in hexadecimal. */
  at(bytes: number): string {
    return this.#a[bytes]!.toString(16).padStart(8, '0') + this.#b[bytes]!.toString(16).padStart(8, '0');
  }
  /** True if the head has its maximum length, so that a file that grows does not change it. */
  get isFull(): boolean {
    return this.bytes === MAX_HEAD_BYTES;
  }
  /** Length in bytes of all its whole lines; undefined if it has none. */
  get wholeLines(): number | undefined {
    return this.#lineEnds.at(-1);
  }
  /** Length in bytes of the first `lines` lines; undefined if it does not hold all of them. */
  linesEnd(lines: number): number | undefined {
    return this.#lineEnds[lines - 1];
  }
}
