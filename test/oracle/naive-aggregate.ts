import type { AggregateCall } from '../../src/plan/nodes.ts';
import { compareDatum, rowKey } from '../../src/values/compare.ts';
import { encodeDayBuckets } from '../../src/values/day-buckets.ts';
import type { Datum } from '../../src/values/datum.ts';
import { formatJson, jsonObject, JsonNumber, type JsonValue, parseJson } from '../../src/values/json.ts';
import { fit96, fitRatio, MAX_NUMERIC, ONE } from '../../src/values/numeric.ts';
import { SqlValueError } from '../../src/values/sql-error.ts';
import { formatDatum } from '../../src/values/text.ts';
import { BIGINT, type SqlType } from '../../src/values/types.ts';
import { exactAverage, exactRealSum, exactSum } from './support/exact-sums.ts';
import { compareKeys, compareRows, type Row } from './row-order.ts';

/** A row of a group that passed the filter of the aggregate call. */
export interface Member {
  readonly args: Row;
  readonly order: Row;
}

/** Aggregates over all rows; all others skip rows whose first argument is NULL. */
const TAKES_NULLS: ReadonlySet<string> = new Set([
  'array_agg',
  'jsonb_agg',
  'first_value',
  'last_value',
  'day_buckets',
]);

/** Computes one aggregate from all rows of one group. */
export function naiveAggregate(call: AggregateCall, group: readonly Member[]): Datum {
  const types = call.args.map((a) => a.type);
  let members = group.filter(
    ({ args }) => TAKES_NULLS.has(call.name) || args.length === 0 || args[0] !== null,
  );
  if (call.distinct) members = [...new Map(members.map((m) => [rowKey(types, m.args), m])).values()];
  if (call.name === 'count') return BigInt(members.length);
  members.sort((a, b) => compareKeys(call.orderBy, a.order, b.order) || compareRows(types, a.args, b.args));
  if (members.length === 0) return null;
  const type = types[0]!;
  const values = members.map((m) => m.args[0]!);
  switch (call.name) {
    case 'sum':
      return sum(type, call.type, values);
    case 'avg':
      return average(type, values);
    case 'min':
      return values.reduce((a, b) => (compareDatum(type, b, a) < 0 ? b : a));
    case 'max':
      return values.reduce((a, b) => (compareDatum(type, b, a) > 0 ? b : a));
    case 'bool_and':
      return values.every((v) => v === true);
    case 'bool_or':
      return values.some((v) => v === true);
    case 'array_agg':
      return values;
    case 'first_value':
      return values[0]!;
    case 'last_value':
      return values.at(-1)!;
    case 'string_agg':
      return members
        .map(
          ({ args: [text, delimiter] }, i) =>
            (i === 0 ? '' : ((delimiter as string | null) ?? '')) + (text as string),
        )
        .join('');
    case 'jsonb_agg':
      return formatJson(values.map((v) => toJson(type, v)));
    case 'day_buckets':
      return dayBuckets(
        types.slice(1, -1),
        members.map((m) => m.args),
      );
    case 'jsonb_object_agg':
      return formatJson(
        jsonObject(members.map((m) => [String(m.args[0]), toJson(types[1]!, m.args[1]!)] as const)),
      );
  }
}

/** The sums of each value by day. */
function dayBuckets(types: readonly SqlType[], rows: readonly (readonly Datum[])[]): Datum {
  const limit = rows[0]!.at(-1) as number;
  const days = [...new Set(rows.map(([day]) => day as number | null))].filter((day) => day !== null);
  const latest = days.toSorted((a, b) => a - b).slice(-limit);
  const values = types.map((type, s) =>
    latest.map((day) => {
      const found = rows.filter((row) => row[0] === day && row[1 + s] !== null).map((row) => row[1 + s]!);
      const result = type.kind === 'numeric' ? type : BIGINT;
      return found.length === 0 ? null : (sum(type, result, found) as bigint);
    }),
  );
  const bytes: number[] = [];
  const kinds = types.map(({ kind }) => (kind === 'numeric' ? 'numeric' : 'bigint'));
  encodeDayBuckets(bytes, { days: latest, values }, kinds);
  return Uint8Array.from(bytes);
}

function scaled(type: SqlType, value: Datum): bigint {
  return type.kind === 'numeric' ? (value as bigint) : BigInt(value as number | bigint) * ONE;
}

function sum(type: SqlType, result: SqlType, values: readonly Datum[]): Datum {
  if (type.kind === 'real') return exactRealSum(values as readonly number[]);
  if (type.kind === 'double') return exactSum(values as readonly number[]);
  const total = values.reduce((a: bigint, b) => a + scaled(type, b), 0n);
  if (result.kind === 'bigint') return total / ONE;
  return total > MAX_NUMERIC || total < -MAX_NUMERIC ? null : fit96(total);
}

function average(type: SqlType, values: readonly Datum[]): Datum {
  if (type.kind === 'real' || type.kind === 'double') return exactAverage(values as readonly number[]);
  const total = values.reduce((a: bigint, b) => a + scaled(type, b), 0n);
  try {
    return fitRatio(total, BigInt(values.length));
  } catch (error) {
    if (error instanceof SqlValueError) return null;
    throw error;
  }
}

function toJson(type: SqlType, value: Datum): JsonValue {
  if (value === null) return null;
  switch (type.kind) {
    case 'boolean':
      return value as boolean;
    case 'varchar':
      return value as string;
    case 'jsonb':
      return parseJson(value as string);
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'numeric':
      return new JsonNumber(formatDatum(type, value));
    case 'real':
    case 'double': {
      const text = formatDatum(type, value);
      return Number.isFinite(value) ? parseJson(text) : text; // jsonb has no exponent
    }
    case 'timestamp':
      return formatDatum(type, value).replace(' ', 'T');
    case 'timestamptz':
      return `${formatDatum(type, value).replace(' ', 'T')}:00`; // PostgreSQL's +00 is not ISO 8601
    case 'array':
      return (value as readonly Datum[]).map((v) => toJson(type.element, v));
    default:
      return formatDatum(type, value);
  }
}
