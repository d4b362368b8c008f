import type { Batch } from '../engine/batch.ts';
import type { SourceDef } from '../plan/pipeline.ts';
import { onlyAppends } from '../plan/pipeline.ts';
import { rowIdentity } from '../values/identity.ts';
import type { Datum } from '../values/datum.ts';
import { formatDatum } from '../values/text.ts';

/** A row of a table: all of its values as one text, and how often the row occurs. */
interface Present {
  readonly values: string;
  readonly count: number;
}

/** Returns whether the source's records delete rows by key, whether or not there is one. */
function deletesByKey({ format }: SourceDef): boolean {
  return format !== 'plain';
}

/**
 * Tracks the rows of a table, because the engine relies on every retracted row being present. Compares only columns
 * that some view reads. Records of FORMAT UPSERT and DEBEZIUM may delete rows that are not there.
 */
export class PresentRows {
  readonly #source: SourceDef;
  /** Rows by primary key; by the whole row for a table without one. */
  readonly #rows = new Map<string, Present>();
  /** Positions of the columns that a test provides; the others are generated. */
  readonly #given: readonly number[];
  /** Positions of the columns that identify a row; undefined if rows cannot be retracted or the key is generated. */
  readonly #identity: readonly number[] | undefined;

  constructor(source: SourceDef) {
    this.#source = source;
    const { primaryKey, columns } = source;
    this.#given = [...columns.keys()].filter((c) => columns[c]!.generated === undefined);
    const identity = primaryKey.length > 0 ? primaryKey : this.#given;
    const isKnown = identity.every((c) => this.#given.includes(c));
    this.#identity = onlyAppends(source) || !isKnown ? undefined : identity;
  }

  /** Applies a batch. Throws RangeError, and changes nothing, if it retracts a row that is not present. */
  apply(batch: Batch): void {
    if (this.#identity === undefined) return;
    const after = new Map<string, Present>();
    for (let i = 0; i < batch.n; i++) {
      const row = batch.row(i);
      const key = this.#text(this.#identity, row);
      if (deletesByKey(this.#source) && batch.weights[i]! < 0) {
        after.set(key, { values: '', count: 0 });
        continue;
      }
      const values = this.#text(this.#given, row);
      const present = after.get(key) ?? this.#rows.get(key) ?? { values, count: 0 };
      if (batch.weights[i]! > 0) after.set(key, this.#added(present, values));
      else if (present.count > 0 && present.values === values)
        after.set(key, { values, count: present.count - 1 });
      else throw new RangeError(`${this.#source.name} has no row with ${this.#shown(row)}`);
    }
    for (const [key, present] of after) {
      if (present.count === 0) this.#rows.delete(key);
      else this.#rows.set(key, present);
    }
  }

  /** Forgets all rows. */
  clear(): void {
    this.#rows.clear();
  }

  #added(present: Present, values: string): Present {
    if (this.#source.primaryKey.length === 0) return { values, count: present.count + 1 };
    const stays = present.count > 0 && this.#source.onConflict === 'ignore';
    return stays ? present : { values, count: 1 };
  }

  #text(columns: readonly number[], row: readonly Datum[]): string {
    const types = columns.map((c) => this.#source.columns[c]!.type);
    return rowIdentity(
      types,
      columns.map((c) => row[c]!),
    );
  }

  #shown(row: readonly Datum[]): string {
    return this.#given
      .map((c) => {
        const { name, type } = this.#source.columns[c]!;
        const value = row[c]!;
        return `${name} = ${value === null ? 'NULL' : formatDatum(type, value)}`;
      })
      .join(', ');
  }
}
