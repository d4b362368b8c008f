import type { IncludeField, SourceDef } from '../plan/pipeline.ts';
import type { SqlType } from '../values/types.ts';
import { SourceError } from './source.ts';

/**
 * What a decoder does with a column of the payload:
 *  - `write`: some plan reads it;
 *  - `check`: no view reads it, but a record without a value for it is refused (NOT NULL or primary key). Whether a
 *    record is a row must not depend on which columns a plan happens to use;
 *  - `skip`: neither.
 */
export type FieldMode = 'write' | 'check' | 'skip';

/** A column that is filled from the payload. */
export interface Field {
  /** Position among the source's columns. */
  readonly column: number;
  readonly name: string;
  readonly type: SqlType;
  readonly notNull: boolean;
  readonly mode: FieldMode;
}

/** A column that is filled from what the source knows about a record. */
export interface IncludedField {
  readonly column: number;
  readonly name: string;
  readonly type: SqlType;
  readonly notNull: boolean;
  readonly mode: Exclude<FieldMode, 'skip'>;
  readonly include: IncludeField;
}

export interface SourceFields {
  readonly payload: readonly Field[];
  /** INCLUDE columns that some plan reads, or that must not be NULL. */
  readonly included: readonly IncludedField[];
  /** Generated columns that some plan reads: the engine computes them, a decoder leaves them NULL. */
  readonly generated: readonly number[];
}

/** Sorts a source's columns by where their values come from. */
export function sourceFields(source: SourceDef, wanted: readonly boolean[]): SourceFields {
  const payload: Field[] = [];
  const included: IncludedField[] = [];
  const generated: number[] = [];
  source.columns.forEach((column, i) => {
    const read = wanted[i] === true;
    const notNull = column.notNull || source.primaryKey.includes(i);
    const mode = read ? 'write' : notNull ? 'check' : 'skip';
    if (column.generated !== undefined) {
      if (read) generated.push(i);
    } else if (column.include !== undefined) {
      if (mode === 'skip') return;
      if (column.include === 'header') {
        throw new SourceError(source.name, `column "${column.name}": INCLUDE header is not supported`, {
          hint: 'send the value in the payload, or remove the column',
        });
      }
      const { name, type, include } = column;
      included.push({ column: i, name, type, notNull, mode, include });
    } else {
      payload.push({ column: i, name: column.name, type: column.type, notNull, mode });
    }
  });
  return { payload, included, generated };
}

/**
 * Finds a payload column by the name in a record: the exact name first, then without regard to the case of ASCII
 * letters (the first such column). Returns a position in `fields`, or -1.
 */
export function fieldFinder(fields: readonly Field[]): (name: string) => number {
  const exact = new Map<string, number>();
  const folded = new Map<string, number>();
  fields.forEach((field, i) => {
    exact.set(field.name, i);
    const lower = foldAscii(field.name);
    if (!folded.has(lower)) folded.set(lower, i);
  });
  return (name) => exact.get(name) ?? folded.get(foldAscii(name)) ?? -1;
}

function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
