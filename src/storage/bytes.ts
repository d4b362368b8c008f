const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Writes little-endian values to a growing buffer, which {@link ByteWriter.reset} reuses. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  reset(): void {
    this.length = 0;
  }

  /** Returns the bytes written, as a view that is valid until the next write or `reset`. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  u8(value: number): void {
    const at = this.#take(1); // may replace the view
    this.#view.setUint8(at, value);
  }
  u32(value: number): void {
    const at = this.#take(4); // may replace the view
    this.#view.setUint32(at, value, true);
  }
  f64(value: number): void {
    const at = this.#take(8); // may replace the view
    this.#view.setFloat64(at, value, true);
  }
  raw(bytes: Uint8Array): void {
    const at = this.#take(bytes.length);
    this.#bytes.set(bytes, at);
  }
  /** Writes a u32 length and the bytes. */
  sized(bytes: Uint8Array): void {
    this.u32(bytes.length);
    this.raw(bytes);
  }
  /** Writes a u32 length in bytes and UTF-8. */
  text(value: string): void {
    const at = this.#take(4 + value.length * 3); // no UTF-16 unit needs more than 3 bytes
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(at + 4));
    this.#view.setUint32(at, written, true);
    this.length = at + 4 + written;
  }

  #take(n: number): number {
    const at = this.length;
    if (at + n > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, at + n));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.length = at + n;
    return at;
  }
}

/** Reads what {@link ByteWriter} wrote. Throws RangeError past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.at >= this.#bytes.length;
  }
  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }
  /** Returns a view of the next `n` bytes. */
  raw(n: number): Uint8Array {
    const at = this.#take(n);
    return this.#bytes.subarray(at, at + n);
  }
  sized(): Uint8Array {
    return this.raw(this.u32());
  }
  text(): string {
    return decoder.decode(this.sized());
  }

  #take(n: number): number {
    const at = this.at;
    if (at + n > this.#bytes.length) throw new RangeError('read past the end');
    this.at = at + n;
    return at;
  }
}
