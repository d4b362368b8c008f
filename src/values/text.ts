import { formatArrayText } from './array-text.ts';
import type { Datum, Interval } from './datum.ts';
import { formatDate, formatTime, formatTimestamp, formatTimestamptz } from './datetime.ts';
import { formatDouble, formatReal, realAsShortestDouble } from './double.ts';
import { formatInterval } from './interval.ts';
import { quoteJson } from './json.ts';
import { numericFormat } from './numeric.ts';
import type { SqlType } from './types.ts';

/** Returns bytea as PostgreSQL prints it by default. */
function formatBytea(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}

/**
 * Returns the text of a datum that is not NULL as PostgreSQL's output functions write it. Booleans are `t` and `f`
 * here; a cast to VARCHAR writes `true` and `false` (cast.ts).
 */
export function formatDatum(type: SqlType, value: Datum): string {
  if (value === null) throw new Error('NULL has no text');
  switch (type.kind) {
    case 'boolean':
      return value === true ? 't' : 'f';
    case 'smallint':
    case 'integer':
    case 'bigint':
      return String(value as number | bigint);
    case 'numeric':
      return numericFormat(value as bigint);
    case 'real':
      return formatReal(value as number);
    case 'double':
      return formatDouble(value as number);
    case 'varchar':
    case 'jsonb':
      return value as string;
    case 'bytea':
      return formatBytea(value as Uint8Array);
    case 'date':
      return formatDate(value as number);
    case 'time':
      return formatTime(value as number);
    case 'timestamp':
      return formatTimestamp(value as number);
    case 'timestamptz':
      return formatTimestamptz(value as number);
    case 'interval':
      return formatInterval(value as Interval);
    case 'array': {
      const { element } = type;
      return formatArrayText(
        value as readonly Datum[],
        (e) => formatDatum(element, e),
        element.kind === 'array',
      );
    }
    case 'unknown':
      throw new Error('a datum cannot have type UNKNOWN');
  }
}

function jsonFloat(x: number): string {
  return Number.isFinite(x) ? String(x) : `"${formatDouble(x)}"`;
}

/**
 * Returns a datum as JSON text, for rows written as NDJSON. BIGINT and NUMERIC keep all their digits. Dates are
 * `YYYY-MM-DD`, timestamps `YYYY-MM-DDTHH:MM:SS[.ffffff]` (TIMESTAMPTZ with `Z`). jsonb is inlined. NaN and infinities,
 * intervals, times and bytea are strings with PostgreSQL's text.
 */
export function datumToJson(type: SqlType, value: Datum): string {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'boolean':
      return value === true ? 'true' : 'false';
    case 'smallint':
    case 'integer':
    case 'bigint':
      return String(value as number | bigint);
    case 'numeric':
      return numericFormat(value as bigint);
    case 'real':
      return jsonFloat(realAsShortestDouble(value as number));
    case 'double':
      return jsonFloat(value as number);
    case 'varchar':
      return quoteJson(value as string);
    case 'jsonb':
      return value as string;
    case 'date':
      return `"${formatDate(value as number)}"`;
    case 'timestamp':
      return `"${formatTimestamp(value as number, 'T')}"`;
    case 'timestamptz':
      return `"${formatTimestamp(value as number, 'T')}Z"`;
    case 'time':
    case 'interval':
    case 'bytea':
      return quoteJson(formatDatum(type, value));
    case 'array': {
      const { element } = type;
      return `[${(value as readonly Datum[]).map((e) => datumToJson(element, e)).join(',')}]`;
    }
    case 'unknown':
      throw new Error('a datum cannot have type UNKNOWN');
  }
}
