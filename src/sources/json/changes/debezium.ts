import { tooLarge } from '../../record-fault.ts';
import type { RecordFault } from '../../record-fault.ts';
import type { RecordBatch } from '../../source.ts';
import { readMembers } from '../members.ts';
import { JsonReader, OBJECT, STRING } from '../reader.ts';
import type { ConnectSchema } from '../writers/connect-schema.ts';
import type { ChangeReader, Changes } from './changes.ts';
import {
  ChangeArrays,
  DELETE_KEY,
  DELETE_ROW,
  NOTHING,
  REFUSED,
  ROW,
  TOMBSTONE,
  TRUNCATE,
} from './changes.ts';

/**
 * FORMAT DEBEZIUM: an envelope with `op`, `before` and `after`, alone or as the `payload` beside a `schema`. The ops c,
 * r and u set the row in `after`; d deletes the row in `before`, or that of the record's key; t deletes all rows. An
 * empty value, which Debezium sends after a delete, deletes the row of the record's key, if the key names one. Messages
 * about transactions (`status`) concern no row.
 */
export class DebeziumReader implements ChangeReader {
  readonly #reader: JsonReader;
  readonly #maxRecordBytes: number;
  readonly #arrays = new ChangeArrays();
  readonly #schema: ConnectSchema;
  #op: string | undefined;
  #isNotice = false;
  readonly #before = new Range();
  readonly #after = new Range();
  readonly #payload = new Range();
  readonly #schemaText = new Range();

  constructor(options: {
    readonly maxDepth: number;
    readonly maxRecordBytes: number;
    readonly schema: ConnectSchema;
  }) {
    this.#reader = new JsonReader(options.maxDepth + 2);
    this.#maxRecordBytes = options.maxRecordBytes;
    this.#schema = options.schema;
  }

  read(records: RecordBatch, from: number): Changes {
    const { bytes, count } = records;
    this.#schema.begin();
    this.#arrays.room(count);
    const { kinds, starts, ends, schemas } = this.#arrays;
    const faults = new Map<number, RecordFault>();
    for (let i = from; i < count; i++) {
      const start = records.starts[i]!;
      const end = records.ends[i]!;
      const fault = end === start ? undefined : this.#envelope(bytes, start, end);
      const kind = fault !== undefined ? REFUSED : end === start ? tombstone(records, i) : this.#kind();
      if (fault !== undefined) faults.set(i, fault);
      else if (kind === REFUSED) faults.set(i, this.#refusal());
      const range = kind === ROW ? this.#after : kind === DELETE_ROW ? this.#before : undefined;
      kinds[i] = kind;
      schemas[i] = this.#schema.id;
      starts[i] = range?.start ?? 0;
      ends[i] = range?.end ?? 0;
    }
    return { records: { ...records, starts, ends }, kinds, schemas, faults };
  }

  /** Finds the parts of one envelope. Returns why it cannot be read. */
  #envelope(bytes: Uint8Array, start: number, end: number): RecordFault | undefined {
    if (end - start > this.#maxRecordBytes) {
      return tooLarge(end - start, this.#maxRecordBytes);
    }
    const reader = this.#reader;
    reader.reset(bytes, start, end);
    reader.skipByteOrderMark();
    this.#op = undefined;
    this.#isNotice = false;
    for (const range of [this.#before, this.#after, this.#payload, this.#schemaText]) range.clear();
    let isRead = readMembers(reader, 0, this.#note) && reader.finish();
    if (isRead && this.#payload.isThere) {
      this.#schema.use(bytes, Math.max(0, this.#schemaText.start), Math.max(0, this.#schemaText.end));
      reader.reset(bytes, this.#payload.start, this.#payload.end);
      isRead = readMembers(reader, 1, this.#note);
    } else this.#schema.use(bytes);
    return isRead ? undefined : reader.faultFrom(start);
  }

  readonly #note = (name: string): void => {
    const reader = this.#reader;
    const isObject = reader.kind === OBJECT;
    if (name === 'op') this.#op = reader.kind === STRING ? reader.text() : undefined;
    else if (name === 'after' && isObject) this.#after.take(reader);
    else if (name === 'before' && isObject) this.#before.take(reader);
    else if (name === 'payload' && isObject) this.#payload.take(reader);
    else if (name === 'schema' && isObject) this.#schemaText.take(reader);
    else if (name === 'status' && reader.kind === STRING) this.#isNotice = true;
  };

  #kind(): number {
    switch (this.#op) {
      case 'c':
      case 'r':
      case 'u':
        return this.#after.isThere ? ROW : REFUSED;
      case 'd':
        return this.#before.isThere ? DELETE_ROW : DELETE_KEY;
      case 't':
        return TRUNCATE;
      case 'm': // a message of pg_logical_emit_message
        return NOTHING;
      case undefined:
        return this.#isNotice ? NOTHING : REFUSED;
      default:
        return REFUSED;
    }
  }

  #refusal(): RecordFault {
    const op = this.#op;
    const message =
      op === undefined
        ? 'the record is no Debezium envelope: it has no "op"'
        : 'cru'.includes(op)
          ? `the envelope has the op "${op}" and no row in "after"`
          : `the envelope has an unknown op, ${JSON.stringify(op.slice(0, 40))}`;
    return { reason: 'malformed', message };
  }
}

/** A range of bytes in the current record. */
class Range {
  start = -1;
  end = -1;
  get isThere(): boolean {
    return this.start >= 0;
  }
  clear(): void {
    this.start = this.end = -1;
  }
  take({ valueStart, valueEnd }: JsonReader): void {
    this.start = valueStart;
    this.end = valueEnd;
  }
}

/** After compaction a tombstone may be all that is left of a delete. */
function tombstone({ keys }: RecordBatch, record: number): number {
  const key = keys?.[record];
  return key === null || key === undefined ? NOTHING : TOMBSTONE;
}
