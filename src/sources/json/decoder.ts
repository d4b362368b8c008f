import type { StringPool } from '../../engine/text/string-pool.ts';
import type { SourceDef } from '../../plan/pipeline.ts';
import type { RecordDecoder } from '../decoder.ts';
import type { Field } from '../fields.ts';
import { sourceFields } from '../fields.ts';
import { withGeneratedChecked } from '../generated-check.ts';
import { IncludeFiller } from '../include.ts';
import { ChangeDecoder } from './changes/change-decoder.ts';
import { DebeziumReader } from './changes/debezium.ts';
import { KeyFiller } from './changes/record-key.ts';
import { UpsertReader } from './changes/upsert.ts';
import type { JsonDecoderOptions } from './decoder-options.ts';
import type { RowDecoderParts, RowFiller } from './row-decoder.ts';
import { RowDecoder } from './row-decoder.ts';
import { ConnectSchema } from './writers/connect-schema.ts';
import { writingOf, writtenValue } from './writers/written-values.ts';

const MAX_RECORD_BYTES = 1 << 20;
const MAX_DEPTH = 64;

/**
 * Returns a decoder of JSON objects (ENCODE JSON) into rows of `source`. Keys match column names without regard to
 * ASCII case; other keys are ignored, and a missing key is NULL. Of several keys for one column, an exact match wins
 * over a key in another case, and a later key over an earlier one. A leading byte order mark is skipped.
 *
 * In FORMAT PLAIN an empty payload is read as `{}`, as in RisingWave. In FORMAT UPSERT and DEBEZIUM records insert,
 * replace and delete rows of a table with a primary key.
 *
 * Throws SourceError for a source that it cannot decode; never for data.
 */
export function createJsonDecoder(
  source: SourceDef,
  wanted: readonly boolean[],
  pool: StringPool,
  options: JsonDecoderOptions = {},
): RecordDecoder {
  return withGeneratedChecked(source, wanted, (read) =>
    source.format === 'plain'
      ? plainDecoder(source, read, pool, options)
      : changeDecoder(source, read, pool, options),
  );
}

function plainDecoder(
  source: SourceDef,
  wanted: readonly boolean[],
  pool: StringPool,
  options: JsonDecoderOptions,
): RecordDecoder {
  const { payload, included, generated } = sourceFields(source, wanted);
  const filler = included.length === 0 ? undefined : new IncludeFiller(source.name, included);
  const reads = readsOf(source, payload, new ConnectSchema());
  return new RowDecoder({ fields: payload, reads, generated, filler, pool }, options);
}

/**
 * In FORMAT UPSERT the key of a record names its row: the primary key is read from there, also where the row repeats
 * it. With INCLUDE KEY the primary key is the key itself.
 */
function changeDecoder(
  source: SourceDef,
  wanted: readonly boolean[],
  pool: StringPool,
  options: JsonDecoderOptions,
): RecordDecoder {
  const { payload, included, generated } = sourceFields(source, wanted);
  const { primaryKey, format, keyEncode: encode = 'json', name } = source;
  const isUpsert = format === 'upsert';
  const schema = new ConnectSchema();
  const writing = writingOf(source);
  const keyFields = payload.filter(({ column }) => primaryKey.includes(column));
  const keys: RowFiller =
    keyFields.length > 0
      ? new KeyFiller(keyFields, { writing, encode, schema: new ConnectSchema() })
      : new IncludeFiller(
          name,
          included.filter(({ column }) => primaryKey.includes(column)),
        );
  const others = included.length === 0 ? undefined : new IncludeFiller(name, included);
  const reads = readsOf(source, payload, schema);
  const parts = (part: Pick<RowDecoderParts, 'fields' | 'filler'>, computed = generated): RowDecoder =>
    new RowDecoder({ ...part, reads, generated: computed, pool }, options);
  const isKey = ({ column }: Field): boolean => primaryKey.includes(column);
  const limits = {
    maxDepth: options.maxDepth ?? MAX_DEPTH,
    maxRecordBytes: options.maxRecordBytes ?? MAX_RECORD_BYTES,
  };
  return new ChangeDecoder({
    reader: isUpsert
      ? new UpsertReader({ ...limits, schema, hasSchemaColumn: hasColumn(payload, 'schema') })
      : new DebeziumReader({ ...limits, schema }),
    rows: isUpsert
      ? parts({ fields: payload.map((f) => (isKey(f) ? skipped(f) : f)), filler: both(keys, others) })
      : parts({ fields: payload, filler: others }),
    deletedRows: parts({ fields: payload.map((f) => (isKey(f) ? f : skipped(f))), filler: undefined }, []),
    keys,
    schema,
  });
}

function hasColumn(fields: readonly Field[], name: string): boolean {
  return fields.some((field) => field.name.toLowerCase() === name);
}

function readsOf(
  source: SourceDef,
  fields: readonly Field[],
  schema: ConnectSchema,
): RowDecoderParts['reads'] {
  const writing = writingOf(source);
  return fields.map(({ type, name: column }) => writtenValue(type, writing, { column, schema }));
}

function skipped(field: Field): Field {
  return { ...field, mode: 'skip' };
}

/** Returns a filler that fills from both. The key may be an INCLUDE column, which is then filled twice. */
function both(first: RowFiller, second: RowFiller | undefined): RowFiller {
  if (second === undefined || first instanceof IncludeFiller) return second ?? first;
  return {
    mayRefuse: true,
    fill: (...record) => first.fill(...record) && second.fill(...record),
  };
}
