import type { Datum } from '../values/datum.ts';
import type { SqlType } from '../values/types.ts';
import { decFromDatum, decToDatum } from './dec28.ts';
import type { StringPool } from './text/string-pool.ts';

/**
 * How a column stores the values of a SQL type.
 *
 * | layout | types                              | arrays                                                            |
 * |--------|------------------------------------|-------------------------------------------------------------------|
 * | u8     | boolean                            | `v` Uint8Array, 0 or 1                                            |
 * | i32    | smallint, integer, date            | `v` Int32Array                                                    |
 * | str    | varchar                            | `v` Int32Array of StringPool ids                                  |
 * | i64    | bigint                             | `v` BigInt64Array; `w` the same buffer as Int32Array (lo, hi)      |
 * | f64    | real, double, time, timestamp(tz)  | `v` Float64Array; `w` the same buffer as Int32Array. -0 is never stored |
 * | dec    | numeric                            | `v`, `f1`, `f2` Float64Array: v + f1*1e-14 + f2*1e-28, 0 <= f < 1e14, v integer within 2^53; v is NaN where `big` holds the value times 10^28 |
 * | ref    | bytea, interval, jsonb, arrays     | `refs`, an array of datums                                         |
 *
 * Every value has one canonical representation, so equal values have equal words. `nulls[i]` is 1 for NULL, and then
 * the value arrays hold zeros.
 */
export type Layout = 'u8' | 'i32' | 'str' | 'i64' | 'f64' | 'dec' | 'ref';

export function layoutOf(type: SqlType): Layout {
  switch (type.kind) {
    case 'boolean':
      return 'u8';
    case 'smallint':
    case 'integer':
    case 'date':
      return 'i32';
    case 'varchar':
      return 'str';
    case 'bigint':
      return 'i64';
    case 'real':
    case 'double':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return 'f64';
    case 'numeric':
      return 'dec';
    case 'bytea':
    case 'interval':
    case 'jsonb':
    case 'array':
      return 'ref';
    case 'unknown':
      throw new Error('a column cannot have type UNKNOWN');
  }
}

export type Values = Uint8Array | Int32Array | BigInt64Array | Float64Array;

const EMPTY_F64 = new Float64Array(0);
const EMPTY_I32 = new Int32Array(0);
const EMPTY_U8 = new Uint8Array(0);

/** A growable column of one type. Growing replaces its arrays, so generated code reads them anew for each batch. */
export class Column {
  readonly type: SqlType;
  readonly layout: Layout;
  readonly pool: StringPool;
  capacity: number;
  nulls: Uint8Array;
  v: Values;
  w: Int32Array;
  f1: Float64Array;
  f2: Float64Array;
  /** By row, sparse: the numeric values that do not fit the limbs, times 10^28. */
  big: (bigint | undefined)[];
  refs: Datum[];

  constructor(type: SqlType, capacity: number, pool: StringPool) {
    this.type = type;
    this.layout = layoutOf(type);
    this.pool = pool;
    this.capacity = capacity;
    this.nulls = new Uint8Array(capacity);
    this.w = EMPTY_I32;
    this.f1 = EMPTY_F64;
    this.f2 = EMPTY_F64;
    this.big = [];
    this.refs = [];
    this.v = EMPTY_U8;
    this.#allocate(capacity);
  }

  #allocate(capacity: number): void {
    switch (this.layout) {
      case 'u8':
        this.v = new Uint8Array(capacity);
        break;
      case 'i32':
      case 'str':
        this.v = new Int32Array(capacity);
        break;
      case 'i64':
        this.v = new BigInt64Array(capacity);
        this.w = new Int32Array(this.v.buffer);
        break;
      case 'f64':
        this.v = new Float64Array(capacity);
        this.w = new Int32Array(this.v.buffer);
        break;
      case 'dec':
        this.v = new Float64Array(capacity);
        this.f1 = new Float64Array(capacity);
        this.f2 = new Float64Array(capacity);
        break;
      case 'ref':
        break;
    }
  }

  /** Makes room for `n` rows and keeps the present ones. Capacity at least doubles. */
  ensure(n: number): void {
    if (n <= this.capacity) return;
    const capacity = Math.max(n, this.capacity * 2, 16);
    const { nulls, v, f1, f2 } = this;
    this.#allocate(capacity);
    this.nulls = new Uint8Array(capacity);
    this.nulls.set(nulls);
    (this.v as Uint8Array).set(v as Uint8Array);
    this.f1.set(f1);
    this.f2.set(f2);
    this.capacity = capacity;
  }

  /** Bytes allocated. Values in `big` and `refs` are estimated at 64 bytes each. */
  get bytes(): number {
    const arrays = this.nulls.byteLength + this.v.byteLength + this.f1.byteLength + this.f2.byteLength;
    return arrays + (this.refs.length + Object.keys(this.big).length) * 64;
  }

  /** Returns the value at `i` as a datum. It may allocate: for the edges of the engine, slow paths and tests. */
  get(i: number): Datum {
    if (this.nulls[i] === 1) return null;
    switch (this.layout) {
      case 'u8':
        return this.v[i] === 1;
      case 'i32':
      case 'f64':
        return this.v[i] as number;
      case 'i64':
        return this.v[i] as bigint;
      case 'str':
        return this.pool.get(this.v[i] as number);
      case 'dec':
        return decToDatum(this.v[i] as number, this.f1[i]!, this.f2[i]!, this.big[i]);
      case 'ref':
        return this.refs[i]!;
    }
  }

  set(i: number, value: Datum): void {
    if (value === null) {
      this.setNull(i);
      return;
    }
    this.nulls[i] = 0;
    switch (this.layout) {
      case 'u8':
        this.v[i] = value === true ? 1 : 0;
        return;
      case 'i32':
        this.v[i] = value as number;
        return;
      case 'f64':
        this.v[i] = (value as number) + 0; // -0 becomes 0
        return;
      case 'i64':
        this.v[i] = value as bigint;
        return;
      case 'str':
        this.v[i] = this.pool.intern(value as string);
        return;
      case 'dec':
        decFromDatum(value as bigint, this, i);
        return;
      case 'ref':
        this.refs[i] = value;
        return;
    }
  }

  setNull(i: number): void {
    this.nulls[i] = 1;
    switch (this.layout) {
      case 'i64':
        this.w[2 * i] = 0;
        this.w[2 * i + 1] = 0;
        return;
      case 'dec':
        this.v[i] = 0;
        this.f1[i] = 0;
        this.f2[i] = 0;
        if (i < this.big.length) delete this.big[i];
        return;
      case 'ref':
        this.refs[i] = null;
        return;
      default:
        this.v[i] = 0;
    }
  }

  /** Copies the first `n` rows of `src`, a column of the same layout and pool, to rows `at`, `at + 1`, ... */
  append(at: number, src: Column, n: number): void {
    this.nulls.set(src.nulls.subarray(0, n), at);
    if (this.layout === 'ref') {
      for (let i = 0; i < n; i++) this.refs[at + i] = src.refs[i]!;
      return;
    }
    // Columns of one layout have arrays of one class.
    (this.v as Uint8Array).set((src.v as Uint8Array).subarray(0, n), at);
    if (this.layout !== 'dec') return;
    this.f1.set(src.f1.subarray(0, n), at);
    this.f2.set(src.f2.subarray(0, n), at);
    if (src.big.length === 0) return;
    for (let i = 0; i < n; i++) if (Number.isNaN(src.v[i])) this.big[at + i] = src.big[i];
  }

  /** Copies row `from` of `src`, a column of the same layout and pool, to row `i`. */
  copy(i: number, src: Column, from: number): void {
    this.nulls[i] = src.nulls[from]!;
    switch (this.layout) {
      case 'i64':
        this.w[2 * i] = src.w[2 * from]!;
        this.w[2 * i + 1] = src.w[2 * from + 1]!;
        return;
      case 'dec': {
        this.v[i] = src.v[from]!;
        this.f1[i] = src.f1[from]!;
        this.f2[i] = src.f2[from]!;
        const big = src.big[from];
        if (Number.isNaN(src.v[from] as number)) this.big[i] = big;
        return;
      }
      case 'ref':
        this.refs[i] = src.refs[from]!;
        return;
      default:
        this.v[i] = src.v[from]!;
    }
  }
}
