import type { SqlType } from '../../../values/types.ts';
import type { Misfit } from '../../misfit.ts';
import { misfit } from '../../text-value.ts';
import { type JsonReader, STRING } from '../reader.ts';
import { readDatum } from '../value.ts';
import type { WrittenValue } from './written-value.ts';

/** Returns the bytes that base64 text stands for; undefined if it is not base64 in full quadruples. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  return Uint8Array.from(Buffer.from(text, 'base64'));
}

/** Returns a reader of BYTEA that is written as base64. */
export function inBase64(type: SqlType): WrittenValue {
  return { read: (reader) => base64Bytes(reader, type), scanned: 'none' };
}

/** Reads a BYTEA value that is written as base64. */
export function base64Bytes(reader: JsonReader, type: SqlType): Uint8Array | Misfit | null {
  if (reader.kind !== STRING) return readDatum(reader, type) as Misfit | null;
  const text = reader.text();
  return fromBase64(text) ?? misfit(type, text);
}
