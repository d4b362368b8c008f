import { readMembers } from '../members.ts';
import { JsonReader, NULL, OBJECT } from '../reader.ts';

const BEGINNING = new TextEncoder().encode('{"schema"');

/**
 * Recognizes values that Kafka Connect's JSON converter wraps as `{"schema": ..., "payload": ...}`, in this order and
 * without white space (`schemas.enable`). RisingWave does so too, with that option.
 */
export class WrappedValue {
  readonly #reader: JsonReader;
  /** The range of the payload; -1 if the payload is null, which deletes. */
  payloadStart = -1;
  payloadEnd = -1;
  /** The range of the schema; empty if it is null. */
  schemaStart = 0;
  schemaEnd = 0;
  #hasPayload = false;

  constructor(maxDepth: number) {
    this.#reader = new JsonReader(maxDepth + 2);
  }

  /** Notes the ranges of the value in `bytes[start, end)`. Returns false if it is not wrapped, or not well-formed. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < BEGINNING.length) return false;
    for (let i = 0; i < BEGINNING.length; i++) if (bytes[start + i] !== BEGINNING[i]) return false;
    this.payloadStart = this.payloadEnd = -1;
    this.schemaStart = this.schemaEnd = 0;
    this.#hasPayload = false;
    const reader = this.#reader;
    reader.reset(bytes, start, end);
    return readMembers(reader, 0, this.#note) && reader.finish() && this.#hasPayload;
  }

  readonly #note = (name: string): void => {
    const { kind, valueStart, valueEnd } = this.#reader;
    if (name === 'payload' && (kind === OBJECT || kind === NULL)) {
      this.#hasPayload = true;
      if (kind === NULL) return;
      this.payloadStart = valueStart;
      this.payloadEnd = valueEnd;
    } else if (name === 'schema' && kind === OBJECT) {
      this.schemaStart = valueStart;
      this.schemaEnd = valueEnd;
    }
  };
}
