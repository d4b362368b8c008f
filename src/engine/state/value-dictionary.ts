import { datumKey } from '../../values/compare.ts';
import { identityKey } from '../../values/identity.ts';
import type { Datum } from '../../values/datum.ts';
import type { SqlType } from '../../values/types.ts';
import { Column } from '../column.ts';
import type { StringPool } from '../text/string-pool.ts';
import type { Packer, Unpacker } from './packer.ts';

const SWEEP_AFTER = 1024;

/**
 * Ids for values that do not fit one or two words (numerics, json, arrays), so that keys and distinct values are words
 * whatever their type. Equal values share an id; with `ofRows` only identical values do (`identityKey`). An id stands
 * for its value while the state holds it; {@link sweep} frees the others.
 */
export class ValueDictionary {
  /** The values, by id. */
  readonly values: Column;
  readonly #ids = new Map<string, number>();
  readonly #type: SqlType;
  readonly #ofRows: boolean;
  /** One more than the largest id ever given. */
  #end = 0;
  #free: number[] = [];
  /** A sweep is worth its time from this number of ids on. */
  #sweepAt = SWEEP_AFTER;

  constructor(type: SqlType, pool: StringPool, ofRows = false) {
    this.#type = type;
    this.#ofRows = ofRows;
    this.values = new Column(type, 16, pool);
  }

  /** Returns the id of a value, which is added if it is missing. */
  idOf(value: Datum): number {
    const key = this.#keyOf(value);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const n = this.#free.pop() ?? this.#end++;
    this.#ids.set(key, n);
    this.values.ensure(n + 1);
    this.values.set(n, value);
    return n;
  }

  #keyOf(value: Datum): string {
    return this.#ofRows ? identityKey(this.#type, value) : datumKey(this.#type, value);
  }

  get wantsSweep(): boolean {
    return this.#ids.size >= this.#sweepAt;
  }

  /**
   * Frees the ids that `mark` leaves unmarked. `cost` is the number of words that `mark` reads: the next sweep waits
   * for a number of new ids in proportion to it.
   */
  sweep(cost: number, mark: (held: Uint8Array) => void): void {
    const held = new Uint8Array(this.#end);
    mark(held);
    for (const [key, n] of this.#ids) {
      if (held[n] === 1) continue;
      this.#ids.delete(key);
      this.values.setNull(n);
      this.#free.push(n);
    }
    this.#sweepAt = this.#ids.size + Math.max(SWEEP_AFTER, this.#ids.size, cost >> 4);
  }

  get bytes(): number {
    return this.values.bytes + this.#ids.size * 64;
  }

  save(to: Packer): void {
    to.numbers(this.#end);
    to.array(Int32Array.from(this.#free));
    to.column(this.values, this.#end);
  }

  restore(from: Unpacker): void {
    this.#end = from.numbers()[0]!;
    this.#free = [...from.i32()];
    from.column(this.values);
    this.#ids.clear();
    const free = new Set(this.#free);
    for (let n = 0; n < this.#end; n++) {
      if (!free.has(n)) this.#ids.set(this.#keyOf(this.values.get(n)), n);
    }
  }
}
