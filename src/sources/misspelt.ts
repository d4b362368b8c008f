import { nearest } from '../sql/did-you-mean.ts';
import type { OnProblem } from './decoder.ts';
import type { Field } from './fields.ts';

/** A field that no column takes, and the missing column that its name resembles. */
export interface Misspelt {
  readonly field: string;
  readonly column: string;
}

/** Names that are compared with the columns; later ones are not, so that random names cost nothing. */
const MAX_NAMES = 1000;
/** Fields that are told of one source. */
const MAX_TOLD = 100;
/** A shorter name resembles too many others, a longer one is no column's. */
const MIN_LENGTH = 4;
const MAX_LENGTH = 64;

/**
 * Fields that are probably meant for a column and reach none: `viewerid` for `viewer_id`. A name resembles a column
 * when only case and punctuation differ, or it is near enough to be misspelt; and only where the column has no field of
 * its own in the record. Other fields that no column takes are normal: nothing is said of them.
 */
export class MisspeltFields {
  readonly #fields: readonly Field[];
  readonly #plain: ReadonlyMap<string, number>;
  /** By name: the position of the field that it resembles, or -1. */
  readonly #resembled = new Map<string, number>();
  /** Of the call to decode that is under way: records with each, and the first of them. */
  readonly #found = new Map<string, Misspelt & { count: number; readonly record: number }>();
  readonly #told = new Set<string>();
  /** Of the record at hand. */
  readonly #unread: string[] = [];

  constructor(fields: readonly Field[]) {
    this.#fields = fields;
    this.#plain = new Map(fields.map(({ name }, k) => [plain(name), k]));
  }

  /** Begins a record. */
  reset(): void {
    this.#unread.length = 0;
  }

  /** The record has a field that no column takes. */
  unread(name: string): void {
    this.#unread.push(name);
  }

  /** Those of the record that are misspelt; undefined if there are none. */
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

  /** `count` records from `record` on have them. */
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

  /** Tells what was counted since the last call, once for each field. */
  tell(onProblem: OnProblem): void {
    if (this.#found.size === 0) return;
    for (const { record, ...each } of this.#found.values()) {
      const message = `no column takes the field "${each.field}": did you mean "${each.column}"?`;
      onProblem({ reason: 'misspelt', ...each, message, refused: false }, record);
    }
    this.#found.clear();
  }
}

/** Why a column that must not be NULL has no value. */
export function missing({ name }: Field, misspelt: readonly Misspelt[] | undefined): string {
  const meant = misspelt?.find(({ column }) => column === name);
  return `the key is missing${meant === undefined ? '' : `; is "${meant.field}" meant for it?`}`;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
