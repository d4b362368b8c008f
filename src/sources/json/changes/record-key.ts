import type { Batch } from '../../../engine/batch.ts';
import type { Datum } from '../../../values/datum.ts';
import type { DecodeProblem, OnProblem } from '../../decoder.ts';
import { type Field, fieldFinder } from '../../fields.ts';
import { Misfit, quote } from '../../misfit.ts';
import type { RecordBatch } from '../../source.ts';
import { textToDatum } from '../../text-value.ts';
import { readMembers } from '../members.ts';
import { JsonReader, OBJECT, utf8Text } from '../reader.ts';
import type { RowFiller } from '../row-decoder.ts';
import { readDatum } from '../value.ts';
import type { ConnectSchema } from '../writers/connect-schema.ts';
import { type Writing, writtenValue } from '../writers/written-values.ts';

/** Keys are small: a key nested deeper is refused. */
const MAX_DEPTH = 16;

type Refusal = Omit<DecodeProblem, 'refused'>;

/**
 * Fills the primary key's columns from the keys of records: a JSON object of these columns, which Kafka Connect may
 * wrap as `{"schema": ..., "payload": ...}`, or with KEY ENCODE TEXT the text of the only column. Other members of the
 * object are ignored. A record whose key lacks a column, or has one that does not fit, is refused.
 */
export class KeyFiller implements RowFiller {
  readonly mayRefuse = true;
  readonly #fields: readonly Field[];
  readonly #reads: readonly ((reader: JsonReader) => Datum | Misfit)[];
  readonly #isText: boolean;
  readonly #schema: ConnectSchema;
  readonly #find: (name: string) => number;
  readonly #reader = new JsonReader(MAX_DEPTH);
  /** What the key holds for each field; undefined if it is missing. */
  readonly #found: (Datum | Misfit | undefined)[];
  // Where `payload` and `schema` lie in a key that may be wrapped; -1 if there is none.
  #payloadStart = -1;
  #payloadEnd = -1;
  #schemaStart = -1;
  #schemaEnd = -1;

  constructor(
    fields: readonly Field[],
    options: { readonly writing: Writing; readonly encode: 'json' | 'text'; readonly schema: ConnectSchema },
  ) {
    this.#fields = fields;
    this.#isText = options.encode === 'text';
    this.#schema = options.schema;
    this.#reads = fields.map(({ type, name }) => {
      const written = writtenValue(type, options.writing, { column: name, schema: options.schema });
      return written?.read ?? ((reader) => readDatum(reader, type));
    });
    this.#find = fieldFinder(fields);
    this.#found = fields.map(() => undefined);
  }

  fill(records: RecordBatch, record: number, batch: Batch, row: number, onProblem: OnProblem): boolean {
    const key = records.keys?.[record];
    const refusal = key === null || key === undefined ? NO_KEY : this.#read(key);
    if (refusal !== undefined) {
      onProblem({ ...refusal, refused: true }, record);
      return false;
    }
    for (let k = 0; k < this.#fields.length; k++) {
      const field = this.#fields[k]!;
      if (field.mode === 'write') batch.column(field.column).set(row, this.#found[k] as Datum);
    }
    return true;
  }

  #read(key: Uint8Array): Refusal | undefined {
    this.#found.fill(undefined);
    if (this.#isText) this.#found[0] = textToDatum(utf8Text(key, 0, key.length), this.#fields[0]!.type);
    else {
      const refusal = this.#readObject(key);
      if (refusal !== undefined) return refusal;
    }
    for (let k = 0; k < this.#fields.length; k++) {
      const found = this.#found[k];
      if (found !== undefined && found !== null && !(found instanceof Misfit)) continue;
      const column = this.#fields[k]!.name;
      const shown = quote(utf8Text(key, 0, key.length));
      if (found instanceof Misfit)
        return {
          reason: found.reason,
          column,
          message: `key column "${column}": ${found.message} (key ${shown})`,
        };
      const why = found === null ? 'it is null' : 'it is missing';
      return {
        reason: 'not_null',
        column,
        message: `the key has no value for "${column}": ${why} (key ${shown})`,
      };
    }
    return undefined;
  }

  #readObject(key: Uint8Array): Refusal | undefined {
    const reader = this.#reader;
    reader.reset(key, 0, key.length);
    this.#payloadStart = this.#schemaStart = -1;
    this.#schema.begin();
    if (!readMembers(reader, 0, this.#note) || !reader.finish()) return unreadable(reader, key);
    if (this.#payloadStart < 0 || this.#find('payload') >= 0) return undefined;
    this.#schema.use(key, Math.max(0, this.#schemaStart), this.#schemaStart < 0 ? 0 : this.#schemaEnd);
    reader.reset(key, this.#payloadStart, this.#payloadEnd);
    return readMembers(reader, 1, this.#note) ? undefined : unreadable(reader, key);
  }

  readonly #note = (name: string): void => {
    const reader = this.#reader;
    const k = this.#find(name);
    if (k >= 0) {
      this.#found[k] = this.#reads[k]!(reader);
    } else if (reader.kind === OBJECT && name === 'payload') {
      this.#payloadStart = reader.valueStart;
      this.#payloadEnd = reader.valueEnd;
    } else if (reader.kind === OBJECT && name === 'schema') {
      this.#schemaStart = reader.valueStart;
      this.#schemaEnd = reader.valueEnd;
    }
  };
}

const NO_KEY: Refusal = { reason: 'not_null', message: 'the record has no key, so it names no row' };

function unreadable({ fault, bytes }: JsonReader, key: Uint8Array): Refusal {
  const { reason, message, at } = fault!;
  const first = bytes[0];
  const hint = first === 123 ? '' : '; a key that is no JSON object needs KEY ENCODE TEXT';
  const shown = quote(utf8Text(key, 0, key.length));
  return { reason, message: `the key cannot be read: ${message} at byte ${at} (key ${shown})${hint}` };
}
