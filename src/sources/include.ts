import { isUtf8 } from 'node:buffer';
import type { Batch } from '../engine/batch.ts';
import type { Datum } from '../values/datum.ts';
import { type SqlType, typeName } from '../values/types.ts';
import type { DecodeProblem } from './decoder.ts';
import type { IncludedField } from './fields.ts';
import { Misfit } from './misfit.ts';
import { type RecordBatch, SourceError } from './source.ts';
import { textToDatum } from './text-value.ts';

type Reader = (records: RecordBatch, i: number) => Datum | Misfit;

/** Fills INCLUDE columns of a row from what the source knows about the record. */
export class IncludeFiller {
  /** True if an INCLUDE column is NOT NULL: a record that lacks its value is refused. */
  readonly mayRefuse: boolean;
  readonly #fields: readonly { readonly field: IncludedField; readonly read: Reader }[];

  /** Throws SourceError when a column's type cannot hold what it includes. */
  constructor(source: string, fields: readonly IncludedField[]) {
    this.mayRefuse = fields.some((field) => field.notNull);
    this.#fields = fields.map((field) => ({ field, read: readerOf(source, field) }));
  }

  /** Fills `row` from `record`. Returns false if the record is refused, after passing the reason to `onProblem`. */
  fill(
    records: RecordBatch,
    record: number,
    batch: Batch,
    row: number,
    onProblem: (problem: DecodeProblem, record: number) => void,
  ): boolean {
    for (const { field, read } of this.#fields) {
      const found = read(records, record);
      const misfit = found instanceof Misfit ? found : undefined;
      const value = found instanceof Misfit ? null : found;
      const column = field.name;
      if (value === null && field.notNull) {
        const why = misfit?.message ?? `the record has no ${field.include}`;
        const message = `column "${column}" must not be NULL: ${why}`;
        onProblem({ reason: 'not_null', column, message, refused: true }, record);
        return false;
      }
      if (misfit !== undefined) {
        const message = `column "${column}": ${misfit.message}`;
        onProblem({ reason: misfit.reason, column, message, refused: false }, record);
      }
      if (field.mode === 'write') batch.column(field.column).set(row, value);
    }
    return true;
  }
}

function readerOf(source: string, field: IncludedField): Reader {
  const { type } = field;
  switch (field.include) {
    case 'partition':
      requireType(source, field, ['varchar', 'smallint', 'integer', 'bigint']);
      return (records) => textToDatum(records.split, type);
    case 'offset':
      requireType(source, field, ['varchar', 'bigint']);
      return (records, i) => textToDatum(records.offsetOf(i), type);
    case 'file':
      requireType(source, field, ['varchar']);
      return (records) => records.file ?? null;
    case 'timestamp':
      requireType(source, field, ['timestamptz', 'timestamp']);
      return (records, i) => records.timestamps_us?.[i] ?? null;
    case 'key':
      return (records, i) => {
        const key = records.keys?.[i];
        return key === null || key === undefined ? null : bytesToDatum(key, type);
      };
    case 'payload':
      requireType(source, field, ['jsonb', 'varchar', 'bytea']);
      return (records, i) => bytesToDatum(records.bytes.subarray(records.starts[i], records.ends[i]), type);
    case 'header':
      throw new SourceError(source, 'INCLUDE header is not supported');
  }
}

function bytesToDatum(bytes: Uint8Array, type: SqlType): Datum | Misfit {
  if (type.kind === 'bytea') return new Uint8Array(bytes); // a copy: `slice` of a Buffer would share its memory
  if (!isUtf8(bytes))
    return new Misfit('wrong_type', `expected ${typeName(type)}, got bytes that are not UTF-8`);
  return textToDatum(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'), type);
}

function requireType(source: string, field: IncludedField, kinds: readonly string[]): void {
  if (kinds.includes(field.type.kind)) return;
  throw new SourceError(
    source,
    `column "${field.name}": INCLUDE ${field.include} cannot be ${typeName(field.type)}`,
    {
      hint: `use one of ${kinds.map((kind) => kind.toUpperCase()).join(', ')}`,
    },
  );
}
