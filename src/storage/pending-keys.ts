import type { Datum } from '../values/datum.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { readDatums, writeDatums } from './datum-codec.ts';

/** Sink to the keys of rows it has accepted and not yet acknowledged. */
export type PendingKeys = ReadonlyMap<string, readonly (readonly Datum[])[]>;

/** A set of row keys in insertion order. */
export class KeySet {
  readonly #keys = new Map<string, readonly Datum[]>();
  readonly #scratch = new ByteWriter(64);

  get size(): number {
    return this.#keys.size;
  }
  add(key: readonly Datum[]): void {
    this.#keys.set(this.nameOf(key), key);
  }
  has(name: string): boolean {
    return this.#keys.has(name);
  }
  /** Returns a text that is the same for equal keys only. */
  nameOf(key: readonly Datum[]): string {
    this.#scratch.reset();
    writeDatums(this.#scratch, key);
    const bytes = this.#scratch.bytes();
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  }
  values(): IterableIterator<readonly Datum[]> {
    return this.#keys.values();
  }
  /** Iterates over pairs of a key's name ({@link nameOf}) and the key. */
  entries(): IterableIterator<[string, readonly Datum[]]> {
    return this.#keys.entries();
  }
}

export function encodeKeys(keys: readonly (readonly Datum[])[]): Uint8Array {
  const to = new ByteWriter(16 * keys.length + 16);
  to.u32(keys.length);
  for (const key of keys) writeDatums(to, key);
  return to.bytes();
}

export function decodeKeys(bytes: Uint8Array): (readonly Datum[])[] {
  const from = new ByteReader(bytes);
  const n = from.u32();
  const keys: Datum[][] = [];
  for (let i = 0; i < n; i++) keys.push(readDatums(from));
  return keys;
}
