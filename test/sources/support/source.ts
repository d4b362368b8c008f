import { Batch } from '../../../src/engine/batch.ts';
import type { StringPool } from '../../../src/engine/text/string-pool.ts';
import type { Options, SourceColumn, SourceDef } from '../../../src/plan/pipeline.ts';
import type { DecodeProblem, RecordDecoder } from '../../../src/sources/decoder.ts';
import type { RecordBatch } from '../../../src/sources/source.ts';
import type { Datum } from '../../../src/values/datum.ts';
import type { SqlType } from '../../../src/values/types.ts';

export const SPAN = { file: 'test.sql', start: 0, end: 0 };

export function options(values: Readonly<Record<string, string>> = {}): Options {
  return new Map(Object.entries(values).map(([key, value]) => [key, { value, span: SPAN, keySpan: SPAN }]));
}

export interface ColumnSpec extends Partial<Omit<SourceColumn, 'name' | 'type'>> {
  readonly name: string;
  readonly type: SqlType;
}

export function makeSource(columns: readonly ColumnSpec[], more: Partial<SourceDef> = {}): SourceDef {
  return {
    kind: 'source',
    name: 'events',
    columns: columns.map((column) => ({ notNull: false, span: SPAN, ...column })),
    primaryKey: [],
    appendOnly: true,
    onConflict: 'overwrite',
    options: options(),
    format: 'plain',
    encode: 'json',
    encodeOptions: options(),
    span: SPAN,
    ...more,
  };
}

/** Returns the payloads in one buffer as a source delivers them, with `gap` after each. */
export function makeRecords(
  payloads: readonly (string | Uint8Array)[],
  more: Partial<RecordBatch> = {},
  gap = '\n',
): RecordBatch {
  const parts: Uint8Array[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const payload of payloads) {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    starts.push(at);
    at += bytes.length;
    ends.push(at);
    parts.push(bytes, Buffer.from(gap));
    at += gap.length;
  }
  return {
    split: '0',
    bytes: Buffer.concat([...parts, new Uint8Array(8)]),
    starts: Int32Array.from(starts),
    ends: Int32Array.from(ends),
    count: payloads.length,
    offsetOf: String,
    nextOffset: String(payloads.length),
    advance: payloads.length,
    ...more,
  };
}

export interface Decoded {
  readonly rows: Datum[][];
  /** The problems, each with the index of its record. */
  readonly problems: (DecodeProblem & { readonly record: number })[];
}

export interface DecodeAllOptions {
  readonly source: SourceDef;
  readonly pool: StringPool;
  readonly wanted?: readonly boolean[] | undefined;
  readonly capacity?: number | undefined;
}

/** Decodes all records through one reused batch of `capacity` rows, as the runtime does. */
export function decodeAll(decoder: RecordDecoder, records: RecordBatch, how: DecodeAllOptions): Decoded {
  const types = how.source.columns.map((column) => column.type);
  const batch = new Batch(types, how.capacity ?? 64, how.pool, how.wanted);
  const rows: Datum[][] = [];
  const problems: Decoded['problems'] = [];
  for (let i = 0; i < records.count;) {
    batch.n = 0;
    const next = decoder.decode(records, i, batch, (problem, record) =>
      problems.push({ ...problem, record }),
    );
    if (next <= i) throw new Error('the decoder made no progress');
    for (let row = 0; row < batch.n; row++) rows.push(batch.row(row));
    i = next;
  }
  return { rows, problems };
}

/** Returns the offsets of a batch whose offsets are numbers. */
export function offsetsOf(batch: RecordBatch): number[] {
  return Array.from({ length: batch.count }, (_, i) => Number(batch.offsetOf(i)));
}
