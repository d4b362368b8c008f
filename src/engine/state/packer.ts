import type { Datum } from '../../values/datum.ts';
import type { Column } from '../column.ts';
import { decodeDatums, encodeDatums } from './datum-bytes.ts';
import type { RowStore } from './row-store.ts';

type AnyArray = Uint8Array | Int32Array | Float64Array | BigInt64Array;

/** Writes an operator's state as one block: arrays in sequence, each after its length and aligned to 8 bytes. */
export class Packer {
  #parts: Uint8Array[] = [];
  #size = 0;

  #push(bytes: Uint8Array): void {
    const head = new Float64Array([bytes.byteLength]);
    const padded = (bytes.byteLength + 7) & ~7;
    this.#parts.push(new Uint8Array(head.buffer), bytes);
    if (padded > bytes.byteLength) this.#parts.push(new Uint8Array(padded - bytes.byteLength));
    this.#size += 8 + padded;
  }
  array(a: AnyArray, n = a.length): void {
    this.#push(new Uint8Array(a.buffer, a.byteOffset, n * a.BYTES_PER_ELEMENT));
  }
  numbers(...values: number[]): void {
    this.array(Float64Array.from(values));
  }
  datums(values: readonly Datum[]): void {
    this.#push(encodeDatums(values));
  }
  /** The first `n` rows of a column. */
  column(c: Column, n: number): void {
    this.array(c.nulls, n);
    if (c.layout === 'ref') this.datums(Array.from({ length: n }, (_, i) => c.refs[i] ?? null));
    else this.array(c.v, n);
    if (c.layout === 'dec') {
      this.array(c.f1, n);
      this.array(c.f2, n);
      const big: Datum[] = [];
      for (let i = 0; i < n; i++) if (Number.isNaN(c.v[i])) big.push(BigInt(i), c.big[i]!);
      this.datums(big);
    }
  }
  rows(store: RowStore): void {
    this.numbers(store.count);
    this.array(Int32Array.from(store.freeSlots));
    for (const column of store.columns) this.column(column, store.count);
  }
  finish(): Uint8Array {
    const out = new Uint8Array(this.#size);
    let offset = 0;
    for (const part of this.#parts) {
      out.set(part, offset);
      offset += part.byteLength;
    }
    return out;
  }
}

/** Reads the block of a {@link Packer}: the same calls in the same order. */
export class Unpacker {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    // Typed arrays over the block need aligned memory.
    this.#bytes = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  }
  #next(): Uint8Array {
    const { buffer, byteOffset } = this.#bytes;
    const size = new Float64Array(buffer, byteOffset + this.#offset, 1)[0]!;
    const bytes = new Uint8Array(buffer, byteOffset + this.#offset + 8, size);
    this.#offset += 8 + ((size + 7) & ~7);
    return bytes;
  }
  u8(): Uint8Array<ArrayBuffer> {
    return this.#next().slice();
  }
  i32(): Int32Array<ArrayBuffer> {
    const b = this.#next();
    return new Int32Array(b.buffer, b.byteOffset, b.byteLength / 4).slice();
  }
  f64(): Float64Array<ArrayBuffer> {
    const b = this.#next();
    return new Float64Array(b.buffer, b.byteOffset, b.byteLength / 8).slice();
  }
  numbers(): number[] {
    return [...this.f64()];
  }
  datums(): Datum[] {
    return decodeDatums(this.#next());
  }
  column(c: Column): void {
    const nulls = this.u8();
    const n = nulls.length;
    c.ensure(n);
    c.nulls.set(nulls);
    if (c.layout === 'ref') c.refs = this.datums();
    else {
      const bytes = this.#next();
      new Uint8Array(c.v.buffer, c.v.byteOffset, bytes.byteLength).set(bytes);
    }
    if (c.layout === 'dec') {
      c.f1.set(this.f64());
      c.f2.set(this.f64());
      const big = this.datums();
      for (let i = 0; i < big.length; i += 2) c.big[Number(big[i] as bigint)] = big[i + 1] as bigint;
    }
  }
  rows(store: RowStore): void {
    const count = this.numbers()[0]!;
    store.restore(count, [...this.i32()]);
    for (const column of store.columns) this.column(column);
  }
}
