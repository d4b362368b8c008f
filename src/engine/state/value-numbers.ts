import { datumKey } from '../../values/compare.ts';
import type { Datum } from '../../values/datum.ts';
import type { SqlType } from '../../values/types.ts';
import { Column } from '../column.ts';
import type { StringPool } from '../string-pool.ts';
import type { Packer, Unpacker } from './packer.ts';

/**
 * Numbers for values that are not one or two words of their own (numerics, json, arrays), so that keys and
 * distinct values are words whatever their type. Equal values get one number. A number stays given.
 */
export class ValueNumbers {
  /** The values, by number. */
  readonly values: Column;
  readonly #numbers = new Map<string, number>();
  readonly #type: SqlType;

  constructor(type: SqlType, pool: StringPool) {
    this.#type = type;
    this.values = new Column(type, 16, pool);
  }

  numberOf(value: Datum): number {
    const key = datumKey(this.#type, value);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const n = this.#numbers.size;
    this.#numbers.set(key, n);
    this.values.ensure(n + 1);
    this.values.set(n, value);
    return n;
  }

  get bytes(): number {
    return this.values.bytes + this.#numbers.size * 64;
  }

  save(to: Packer): void {
    to.numbers(this.#numbers.size);
    to.column(this.values, this.#numbers.size);
  }

  restore(from: Unpacker): void {
    const n = from.numbers()[0]!;
    from.column(this.values);
    this.#numbers.clear();
    for (let i = 0; i < n; i++) this.#numbers.set(datumKey(this.#type, this.values.get(i)), i);
  }
}
