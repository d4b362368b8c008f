import type { IncludeField, SourceDef } from '../plan/pipeline.ts';
import type { SqlType } from '../values/types.ts';
import { SourceError } from './source.ts';

/**
 * What a decoder does with a column of the payload:
 *  - `write`: a plan reads the column, so its value is decoded into the batch;
 *  - `check`: no plan reads the column, but it is NOT NULL or part of the primary key, so a record without a value for
 *    it is refused. Which records are accepted must not depend on the columns that a plan reads;
 *  - `skip`: its value is ignored.
 */
export type FieldMode = 'write' | 'check' | 'skip';

/** A column whose value comes from the payload. */
export interface Field {
  /** Position among the source's columns. */
  readonly column: number;
  readonly name: string;
  readonly type: SqlType;
  readonly notNull: boolean;
  readonly mode: FieldMode;
}

/** An INCLUDE column: its value comes from what the source knows about the record, such as its offset or timestamp. */
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
  /** Positions of generated columns that some plan reads. Decoders leave them NULL; the engine computes them. */
  readonly generated: readonly number[];
}

/**
 * Groups a source's columns by the origin of their values. `wanted[i]` says whether a plan reads column i. Throws
 * SourceError for INCLUDE header, which is not supported.
 */
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
 * Returns a function from a name in a record to an index in `fields`, or -1. An exact match wins; otherwise the first
 * field matches that differs only in the case of ASCII letters.
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
