import { nearest } from '../sql/did-you-mean.ts';
import type { OnProblem } from './decoder.ts';
import type { Field } from './fields.ts';

/** A field that matches no column, and the column without a value that its name resembles. */
export interface Misspelt {
  readonly field: string;
  readonly column: string;
}

/** Number of different names that are compared with the columns. Later ones are ignored, which bounds the work. */
const MAX_NAMES = 1000;
/** Number of misspelt fields that are reported per source. */
const MAX_TOLD = 100;
/** Shorter names are too close to too many others to compare by spelling; longer names are ignored. */
const MIN_LENGTH = 4;
const MAX_LENGTH = 64;

/**
 * Finds fields that are probably meant for a column and match none: `viewerid` for `viewer_id`. A name resembles a
 * column if it differs only in case and punctuation, or in a few letters. It is reported only if the record has no
 * other field for that column. Other fields that match no column are normal, and are ignored.
 */
export class MisspeltFields {
  readonly #fields: readonly Field[];
  readonly #plain: ReadonlyMap<string, number>;
  /** Name to the index of the field that it resembles, or -1. */
  readonly #resembled = new Map<string, number>();
  /** Misspelt fields since the last `tell`: the number of records that have each, and the first of these records. */
  readonly #found = new Map<string, Misspelt & { count: number; readonly record: number }>();
  readonly #told = new Set<string>();
  /** Names in the current record that match no column. */
  readonly #unread: string[] = [];

  constructor(fields: readonly Field[]) {
    this.#fields = fields;
    this.#plain = new Map(fields.map(({ name }, k) => [plain(name), k]));
  }

  /** Begins a record. */
  reset(): void {
    this.#unread.length = 0;
  }

  /** Notes a field of the record that matches no column. */
  unread(name: string): void {
    this.#unread.push(name);
  }

  /** Returns the misspelt fields of the record, or undefined. `isMissing(k)`: the record has no value for field k. */
  among(isMissing: (field: number) => boolean): readonly Misspelt[] | undefined {
    let found: Misspelt[] | undefined;
    for (const name of this.#unread) {
      const k = this.#resembles(name);
      if (k >= 0 && isMissing(k)) (found ??= []).push({ field: name, column: this.#fields[k]!.name });
    }
    return found;
  }

  #resembles(name: string): number {
    const known = this.#resembled.get(name);
    if (known !== undefined) return known;
    if (this.#resembled.size >= MAX_NAMES || name.length > MAX_LENGTH) return -1;
    let k = this.#plain.get(plain(name)) ?? -1;
    if (k < 0 && name.length >= MIN_LENGTH) {
      const found = nearest(
        name,
        this.#fields.map((field) => field.name),
      );
      k = this.#fields.findIndex((field) => field.name === found);
    }
    this.#resembled.set(name, k);
    return k;
  }

  /** Counts `misspelt` for `count` records, the first of which is `record`. */
  count(misspelt: readonly Misspelt[] | undefined, record: number, count: number): void {
    for (const each of misspelt ?? []) {
      const known = this.#found.get(each.field);
      if (known !== undefined) known.count += count;
      else if (this.#told.size < MAX_TOLD || this.#told.has(each.field)) {
        this.#told.add(each.field);
        this.#found.set(each.field, { ...each, record, count });
      }
    }
  }

  /** Reports each field that was counted since the last call, once. */
  tell(onProblem: OnProblem): void {
    if (this.#found.size === 0) return;
    for (const { record, ...each } of this.#found.values()) {
      const message = `no column takes the field "${each.field}": did you mean "${each.column}"?`;
      onProblem({ reason: 'misspelt', ...each, message, refused: false }, record);
    }
    this.#found.clear();
  }
}

/** Returns why a NOT NULL column has no value: its key is missing, or possibly misspelt. */
export function missing({ name }: Field, misspelt: readonly Misspelt[] | undefined): string {
  const meant = misspelt?.find(({ column }) => column === name);
  return `the key is missing${meant === undefined ? '' : `; is "${meant.field}" meant for it?`}`;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
