import { tooLarge } from '../../record-fault.ts';
import type { RecordFault } from '../../record-fault.ts';
import type { RecordBatch } from '../../source.ts';
import { readMembers } from '../members.ts';
import { JsonReader, NULL, STRING } from '../reader.ts';
import type { ConnectSchema } from '../writers/connect-schema.ts';
import type { ChangeReader, Changes } from './changes.ts';
import { ChangeArrays, DELETE_KEY, REFUSED, ROW } from './changes.ts';
import { WrappedValue } from './wrapped-value.ts';

/** What a record must look like where the medium has no keys: in files, over HTTP and in tests. */
const SHAPE = 'write {"key": {...}, "value": {...}}, with null as the value to delete';

/**
 * FORMAT UPSERT: the value, which Kafka Connect may wrap, is the row of the key, and an empty value deletes it. Files
 * and local topics have no keys: their records are objects `{"key": ..., "value": ...}`, in which a missing or null
 * value deletes.
 */
export class UpsertReader implements ChangeReader {
  readonly #reader: JsonReader;
  readonly #maxRecordBytes: number;
  readonly #schema: ConnectSchema;
  readonly #wrapped: WrappedValue | undefined;
  readonly #arrays = new ChangeArrays();
  #key: Uint8Array | undefined;
  #valueStart = -1;
  #valueEnd = -1;

  /** `hasSchemaColumn`: the table has a column named `schema`, so a value that begins with it is a row. */
  constructor(options: {
    readonly maxDepth: number;
    readonly maxRecordBytes: number;
    readonly schema: ConnectSchema;
    readonly hasSchemaColumn: boolean;
  }) {
    this.#reader = new JsonReader(options.maxDepth + 1);
    this.#maxRecordBytes = options.maxRecordBytes;
    this.#schema = options.schema;
    this.#wrapped = options.hasSchemaColumn ? undefined : new WrappedValue(options.maxDepth);
  }

  read(records: RecordBatch, from: number): Changes {
    this.#arrays.room(records.count);
    return records.keys === undefined ? this.#pairs(records, from) : this.#values(records, from);
  }

  #values(records: RecordBatch, from: number): Changes {
    const { bytes, count } = records;
    const { kinds, starts, ends, schemas } = this.#arrays;
    const wrapped = this.#wrapped;
    this.#schema.begin();
    for (let i = from; i < count; i++) {
      let start = records.starts[i]!;
      let end = records.ends[i]!;
      if (wrapped?.read(bytes, start, end) === true) {
        this.#schema.use(bytes, wrapped.schemaStart, wrapped.schemaEnd);
        start = wrapped.payloadStart;
        end = wrapped.payloadEnd;
      } else this.#schema.use(bytes);
      kinds[i] = start === end ? DELETE_KEY : ROW;
      schemas[i] = this.#schema.id;
      starts[i] = Math.max(0, start);
      ends[i] = Math.max(0, end);
    }
    return { records: { ...records, starts, ends }, kinds, schemas, faults: new Map() };
  }

  #pairs(records: RecordBatch, from: number): Changes {
    const { bytes, count } = records;
    const { kinds, starts, ends, keys } = this.#arrays;
    const faults = new Map<number, RecordFault>();
    for (let i = from; i < count; i++) {
      const fault = this.#pair(bytes, records.starts[i]!, records.ends[i]!);
      if (fault !== undefined) {
        kinds[i] = REFUSED;
        faults.set(i, fault);
        continue;
      }
      keys[i] = this.#key ?? null;
      kinds[i] = this.#valueStart < 0 ? DELETE_KEY : ROW;
      starts[i] = Math.max(0, this.#valueStart);
      ends[i] = Math.max(0, this.#valueEnd);
    }
    return { records: { ...records, starts, ends, keys }, kinds, faults };
  }

  /** Finds the key and the value of one record. Returns why it cannot be read. */
  #pair(bytes: Uint8Array, start: number, end: number): RecordFault | undefined {
    if (end - start > this.#maxRecordBytes) {
      return tooLarge(end - start, this.#maxRecordBytes);
    }
    const reader = this.#reader;
    reader.reset(bytes, start, end);
    reader.skipByteOrderMark();
    this.#key = undefined;
    this.#valueStart = this.#valueEnd = -1;
    if (!readMembers(reader, 0, this.#note) || !reader.finish()) {
      return reader.faultFrom(start);
    }
    return this.#key === undefined
      ? { reason: 'not_null', message: `the record has no key: ${SHAPE}` }
      : undefined;
  }

  readonly #note = (name: string): void => {
    const { bytes, kind, valueStart, valueEnd } = this.#reader;
    if (kind === NULL) return;
    if (name === 'key') {
      this.#key = kind === STRING ? Buffer.from(this.#reader.text()) : bytes.subarray(valueStart, valueEnd);
    } else if (name === 'value') {
      const quotes = kind === STRING ? 1 : 0; // a string is no row: the decoder refuses it with its quotes
      this.#valueStart = valueStart - quotes;
      this.#valueEnd = valueEnd + quotes;
    }
  };
}
