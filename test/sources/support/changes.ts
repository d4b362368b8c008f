import { Batch } from '../../../src/engine/batch.ts';
import { StringPool } from '../../../src/engine/text/string-pool.ts';
import type { SourceDef } from '../../../src/plan/pipeline.ts';
import type { DecodeProblem } from '../../../src/sources/decoder.ts';
import { createJsonDecoder } from '../../../src/sources/json/decoder.ts';
import type { Datum } from '../../../src/values/datum.ts';
import { type ColumnSpec, makeRecords, makeSource, options } from './source.ts';

/** A Kafka record: key and value as text, null for none. */
export type KeyedRecord = readonly [key: string | null, value: string | null];

export interface DecodedChanges {
  /** `+` or `-` and the row, or `truncate`, in the order of the records. */
  readonly changes: readonly (readonly ['+' | '-', ...Datum[]] | 'truncate')[];
  readonly problems: readonly (DecodeProblem & { readonly record: number })[];
}

/** Returns a table whose first `keys` columns are its primary key. */
export function changeTable(
  columns: readonly ColumnSpec[],
  more: Partial<SourceDef> & {
    readonly keys?: number;
    readonly encode_options?: Record<string, string>;
  } = {},
): SourceDef {
  const { keys = 1, encode_options = {}, ...rest } = more;
  return makeSource(
    columns.map((column, i) => ({ ...column, notNull: column.notNull ?? i < keys })),
    {
      kind: 'table',
      name: 'profiles',
      appendOnly: false,
      primaryKey: Array.from({ length: keys }, (_, i) => i),
      format: 'upsert',
      encodeOptions: options(encode_options),
      ...rest,
    },
  );
}

/** Decodes records through one reused batch, as the runtime does. `withKeys` false: the medium has no keys. */
export function decodeChanges(
  source: SourceDef,
  records: readonly KeyedRecord[],
  how: { readonly capacity?: number; readonly withKeys?: boolean; readonly generated?: boolean } = {},
): DecodedChanges {
  const pool = new StringPool();
  const wanted = source.columns.map(() => true);
  const decoder = createJsonDecoder(source, wanted, pool, { generated: how.generated });
  const batch = new Batch(
    source.columns.map(({ type }) => type),
    how.capacity ?? 64,
    pool,
    wanted,
  );
  const given = makeRecords(
    records.map(([, value]) => value ?? ''),
    how.withKeys === false ? {} : { keys: records.map(([key]) => (key === null ? null : Buffer.from(key))) },
  );
  const changes: DecodedChanges['changes'][number][] = [];
  const problems: (DecodeProblem & { readonly record: number })[] = [];
  for (let i = 0; i < given.count;) {
    batch.n = 0;
    const next = decoder.decode(given, i, batch, (problem, record) => problems.push({ ...problem, record }));
    if (next <= i) throw new Error('the decoder made no progress');
    for (let row = 0; row < batch.n; row++)
      changes.push([batch.weights[row] === 1 ? '+' : '-', ...batch.row(row)]);
    if (decoder.takeTruncate?.() === true) changes.push('truncate');
    i = next;
  }
  return { changes, problems };
}
