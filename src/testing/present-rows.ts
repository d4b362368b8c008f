import type { Batch } from '../engine/batch.ts';
import type { SourceDef } from '../plan/pipeline.ts';
import { onlyAppends } from '../plan/pipeline.ts';
import { rowKey } from '../values/compare.ts';
import type { Datum } from '../values/datum.ts';
import { formatDatum } from '../values/text.ts';

/**
 * Which rows of a table are there, so that no row is taken away that is not: the engine relies on that. Rows are told
 * apart by the columns that some view reads, of a table with a primary key by the key.
 */
export class PresentRows {
  readonly #source: SourceDef;
  /** How often each row (or key) is there. */
  readonly #counts = new Map<string, number>();
  /** Positions of what tells rows apart; undefined: nothing of this table can be taken away, or not be told. */
  readonly #identity: readonly number[] | undefined;

  constructor(source: SourceDef) {
    this.#source = source;
    const { primaryKey, columns } = source;
    const isGiven = (c: number): boolean => columns[c]!.generated === undefined;
    const identity = primaryKey.length > 0 ? primaryKey : [...columns.keys()].filter(isGiven);
    this.#identity = onlyAppends(source) || !identity.every(isGiven) ? undefined : identity;
  }

  /** Takes in a batch whose rows have one weight. Throws RangeError, and changes nothing, if a row is not there. */
  apply(batch: Batch): void {
    const identity = this.#identity;
    if (identity === undefined) return;
    const types = identity.map((c) => this.#source.columns[c]!.type);
    const after = new Map<string, number>();
    for (let i = 0; i < batch.n; i++) {
      const row = batch.row(i);
      const values = identity.map((c) => row[c]!);
      const key = rowKey(types, values);
      const count = after.get(key) ?? this.#counts.get(key) ?? 0;
      if (batch.weights[i]! > 0) after.set(key, this.#source.primaryKey.length > 0 ? 1 : count + 1);
      else if (count > 0) after.set(key, count - 1);
      else throw new RangeError(`${this.#source.name} has no row with ${this.#shown(identity, values)}`);
    }
    for (const [key, count] of after) {
      if (count === 0) this.#counts.delete(key);
      else this.#counts.set(key, count);
    }
  }

  #shown(identity: readonly number[], values: readonly Datum[]): string {
    return identity
      .map((c, k) => {
        const { name, type } = this.#source.columns[c]!;
        const value = values[k]!;
        return `${name} = ${value === null ? 'NULL' : formatDatum(type, value)}`;
      })
      .join(', ');
  }
}
