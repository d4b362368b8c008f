import { datumKey } from '../../values/compare.ts';
import { sameDatum } from '../../values/identity.ts';
import type { SqlType } from '../../values/types.ts';
import type { Batch } from '../batch.ts';
import { Column } from '../column.ts';
import type { StringPool } from '../text/string-pool.ts';
import type { TextMarks } from '../text/text-marks.ts';
import { growInt32 } from './grow.ts';
import { EMPTY, HashTable } from './hash-table.ts';
import type { Packer, Unpacker } from './packer.ts';

/**
 * Maps keys to dense slots, for operators whose loops are not generated (joins, top-n, keyed views). NULLs are equal to
 * each other. Two keys have one slot if their values are equal, or, with `ofRows`, identical (`sameDatum`); the hash
 * only finds the bucket.
 */
export class KeyIndex {
  readonly columns: readonly Column[];
  readonly #table = new HashTable(256);
  #hashes = new Int32Array(256);
  #count = 0;
  #free: number[] = [];

  readonly #ofRows: boolean;

  constructor(types: readonly SqlType[], pool: StringPool, ofRows = false) {
    this.#ofRows = ofRows;
    this.columns = types.map((type) => new Column(type, 256, pool));
  }

  /** One more than the largest slot ever given out. */
  get count(): number {
    return this.#count;
  }
  /** Number of keys. */
  get live(): number {
    return this.#table.count;
  }

  /** Returns the slot of the key in columns `positions` of row `i`, or -1. */
  find(batch: Batch, positions: readonly number[], i: number): number {
    const hash = hashRow(batch, positions, i);
    const { entries, mask } = this.#table;
    for (let p = hash & mask; ; p = (p + 1) & mask) {
      const entry = entries[2 * p + 1]!;
      if (entry === EMPTY) return -1;
      const slot = entry - 1;
      if (entries[2 * p] === hash && this.#equals(slot, batch, positions, i)) return slot;
    }
  }

  /** Returns the slot of the key, which is added if it is missing. */
  insert(batch: Batch, positions: readonly number[], i: number): number {
    const known = this.find(batch, positions, i);
    if (known >= 0) return known;
    this.#table.reserve(1);
    const hash = hashRow(batch, positions, i);
    const slot = this.#free.pop() ?? this.#count++;
    this.#table.enter(hash, slot);
    this.#table.count++;
    if (slot >= this.#hashes.length) this.#hashes = growInt32(this.#hashes, this.#hashes.length * 2);
    this.#hashes[slot] = hash;
    this.columns.forEach((column, k) => {
      column.ensure(slot + 1);
      column.copy(slot, batch.column(positions[k]!), i);
    });
    return slot;
  }

  remove(slot: number): void {
    this.#table.remove(this.#hashes[slot]!, slot);
    for (const column of this.columns) column.setNull(slot);
    this.#free.push(slot);
  }

  #equals(slot: number, batch: Batch, positions: readonly number[], i: number): boolean {
    for (let k = 0; k < positions.length; k++) {
      const [mine, other] = [this.columns[k]!, batch.column(positions[k]!)];
      if (!sameAt(mine, slot, other, i) && (this.#ofRows || !equalRefs(mine, slot, other, i))) return false;
    }
    return true;
  }

  get bytes(): number {
    return this.#table.bytes + this.#hashes.byteLength + this.columns.reduce((n, c) => n + c.bytes, 0);
  }

  markTexts(marks: TextMarks): void {
    marks.columns(this.columns, this.#count);
  }

  save(to: Packer): void {
    to.numbers(this.#count, this.#table.mask, this.#table.count);
    to.array(this.#table.entries);
    to.array(this.#hashes, this.#count);
    to.array(Int32Array.from(this.#free));
    for (const column of this.columns) to.column(column, this.#count);
  }
  restore(from: Unpacker): void {
    const [count, mask, live] = from.numbers() as [number, number, number];
    this.#count = count;
    this.#table.entries = from.i32();
    this.#table.mask = mask;
    this.#table.count = live;
    const hashes = from.i32();
    this.#hashes = new Int32Array(Math.max(256, hashes.length));
    this.#hashes.set(hashes);
    this.#free = [...from.i32()];
    for (const column of this.columns) from.column(column);
  }
}

/** Returns whether two columns of one type hold equal values that may not be identical (jsonb, intervals, arrays). */
function equalRefs(a: Column, i: number, b: Column, j: number): boolean {
  if (a.layout !== 'ref' || a.nulls[i] === 1 || b.nulls[j] === 1) return false;
  return datumKey(a.type, a.refs[i]!) === datumKey(b.type, b.refs[j]!);
}

/** Returns whether two columns of one type and pool hold identical values. NULLs are identical. */
export function sameAt(a: Column, i: number, b: Column, j: number): boolean {
  if (a.nulls[i] !== b.nulls[j]) return false;
  if (a.nulls[i] === 1) return true;
  switch (a.layout) {
    case 'i64':
      return a.w[2 * i] === b.w[2 * j] && a.w[2 * i + 1] === b.w[2 * j + 1];
    case 'f64':
      return Object.is(a.v[i], b.v[j]);
    case 'dec':
      if (Number.isNaN(a.v[i] as number)) return Number.isNaN(b.v[j] as number) && a.big[i] === b.big[j];
      return a.v[i] === b.v[j] && a.f1[i] === b.f1[j] && a.f2[i] === b.f2[j];
    case 'ref':
      return sameDatum(a.type, a.refs[i]!, b.refs[j]!);
    default:
      return a.v[i] === b.v[j];
  }
}

const DOUBLE = new Float64Array(1);
const WORDS = new Int32Array(DOUBLE.buffer);

function hashRow(batch: Batch, positions: readonly number[], i: number): number {
  let h = 0x811c9dc5 | 0;
  for (const position of positions) h = hashValue(h, batch.column(position), i);
  return h;
}

function hashValue(h: number, column: Column, i: number): number {
  if (column.nulls[i] === 1) return step(h, 0x5bd1e995);
  switch (column.layout) {
    case 'i64':
      return step(step(h, column.w[2 * i]!), column.w[2 * i + 1]!);
    case 'f64': {
      const x = column.v[i] as number;
      // All NaNs are one key, whatever their bits.
      if (Number.isNaN(x)) return step(h, 0x7ff80000);
      DOUBLE[0] = x;
      return step(step(h, WORDS[0]!), WORDS[1]!);
    }
    case 'dec': {
      if (Number.isNaN(column.v[i] as number)) return hashText(h, String(column.big[i]));
      const f1 = column.f1[i]!;
      const f2 = column.f2[i]!;
      return step(step(step(h, (column.v[i] as number) | 0), (f1 / 1e7) | 0), ((f1 % 1e7) | 0) ^ (f2 / 1e7));
    }
    case 'ref':
      return hashText(h, datumKey(column.type, column.refs[i]!));
    default:
      return step(h, column.v[i] as number);
  }
}

function step(h: number, word: number): number {
  const x = Math.imul(h ^ word, 0x9e3779b1);
  return x ^ (x >>> 15);
}

function hashText(h: number, text: string): number {
  let x = h;
  for (let k = 0; k < text.length; k++) x = step(x, text.charCodeAt(k));
  return x;
}
