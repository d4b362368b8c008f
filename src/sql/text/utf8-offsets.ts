/** Converts offsets that PostgreSQL's parser reports into UTF-16 offsets, as JavaScript counts. */
export class Utf8Offsets {
  readonly #text: string;
  /** UTF-16 offset by byte offset; undefined for plain ASCII, where the two are equal. */
  readonly #fromByte: Int32Array | undefined;

  constructor(text: string) {
    this.#text = text;
    // oxlint-disable-next-line no-control-regex
    if (/^[\u0000-\u007f]*$/.test(text)) return;
    const map = new Int32Array(text.length * 3 + 1);
    let byte = 0;
    let unit = 0;
    for (const c of text) {
      const code = c.codePointAt(0)!;
      const bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      map.fill(unit, byte, byte + bytes);
      byte += bytes;
      unit += c.length;
    }
    map[byte] = unit;
    this.#fromByte = map.subarray(0, byte + 1);
  }

  /** Converts a UTF-8 byte offset: AST locations and scanner positions are such. */
  fromByte(byte: number): number {
    if (this.#fromByte === undefined) return Math.min(byte, this.#text.length);
    return this.#fromByte[Math.min(byte, this.#fromByte.length - 1)]!;
  }

  /** Converts an offset in characters (code points): cursor positions of errors are such. */
  fromCharacter(character: number): number {
    if (this.#fromByte === undefined) return Math.min(character, this.#text.length);
    let unit = 0;
    let n = 0;
    for (const c of this.#text) {
      if (n++ === character) break;
      unit += c.length;
    }
    return unit;
  }
}
