import { readSettings } from '../../../connectors/settings.ts';
import type { SourceDef } from '../../../plan/pipeline.ts';
import type { SqlType } from '../../../values/types.ts';
import { countToTimestamp, type TimeUnit, textToDatum } from '../../text-value.ts';
import { JSON_ENCODING } from '../options.ts';
import { ARRAY, NUMBER, STRING } from '../reader.ts';
import { readArray, readDatum, type ReadValue, unexpected } from '../value.ts';
import type { ConnectSchema } from './connect-schema.ts';
import { inBase64 } from './base64.ts';
import { debeziumValue } from './debezium-values.ts';
import { risingWaveValue } from './risingwave-values.ts';
import { numbersAs, type WrittenValue } from './written-value.ts';

/** How a writer turns SQL values into JSON. */
export interface Writing {
  /** The program that writes; undefined for producers that write JSON in the usual forms. */
  readonly writer: 'risingwave' | 'flink' | 'debezium' | undefined;
  readonly format: SourceDef['format'];
  /** JSONB is a string with JSON in it, or JSON. */
  readonly jsonb: 'string' | 'dynamic';
  /** The unit of numbers in TIMESTAMPTZ columns; undefined where only text is read. */
  readonly timestamptz: TimeUnit | 'guessed' | undefined;
}

const UNITS = { guess_number_unit: 'guessed', micro: 'us', milli: 'ms' } as const;

/** Returns how the records of a source are written, from the options of its ENCODE JSON. */
export function writingOf({ format, encodeOptions }: SourceDef): Writing {
  const { writer: given, jsonb, timestamptzHandling: mode } = readSettings(JSON_ENCODING, encodeOptions);
  const writer = given ?? (format === 'debezium' ? 'debezium' : undefined);
  return {
    writer,
    format,
    jsonb: jsonb ?? (writer === 'risingwave' || writer === 'debezium' ? 'string' : 'dynamic'),
    timestamptz: mode === 'utc_string' || mode === 'utc_without_suffix' ? undefined : UNITS[mode],
  };
}

/**
 * Returns a reader of a column's values in the form of their writer; undefined if that is the usual form (`readDatum`).
 * `column` and `schema` serve writers that send a schema with their records.
 */
export function writtenValue(
  type: SqlType,
  writing: Writing,
  place: { readonly column: string; readonly schema: ConnectSchema } | undefined,
): WrittenValue | undefined {
  if (type.kind === 'array') {
    const element = writtenValue(type.element, writing, place)?.read;
    if (element === undefined) return undefined;
    const read: ReadValue = (reader) =>
      reader.kind === ARRAY ? readArray(reader, element) : readDatum(reader, type);
    return { read, scanned: 'none' };
  }
  return ofWriter(type, writing, place) ?? ofModes(type, writing);
}

function ofWriter(
  type: SqlType,
  writing: Writing,
  place: { readonly column: string; readonly schema: ConnectSchema } | undefined,
): WrittenValue | undefined {
  switch (writing.writer) {
    case 'risingwave':
      return risingWaveValue(type, writing.format);
    case 'debezium':
      return debeziumValue(type, place);
    case 'flink':
      return type.kind === 'bytea' ? inBase64(type) : undefined;
    case undefined:
      return undefined;
  }
}

function ofModes(type: SqlType, { jsonb, timestamptz }: Writing): WrittenValue | undefined {
  if (type.kind === 'jsonb' && jsonb === 'string') {
    const read: ReadValue = (reader) =>
      reader.kind === STRING ? textToDatum(reader.text(), type) : readDatum(reader, type);
    return { read, scanned: 'none' };
  }
  if (type.kind !== 'timestamptz' || timestamptz === 'guessed') return undefined;
  return numbersAs(type, (digits) =>
    timestamptz === undefined ? unexpected(NUMBER, type) : countToTimestamp(digits, timestamptz, type),
  );
}
