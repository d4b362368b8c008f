import type { PlanColumn } from '../../../src/plan/nodes.ts';
import type { Datum } from '../../../src/values/datum.ts';
import { numericFormat } from '../../../src/values/numeric.ts';
import { formatDatum } from '../../../src/values/text.ts';
import type { SqlType } from '../../../src/values/types.ts';

/** Significant digits. In RisingWave the last ones of a sum of doubles or quotients depend on the order of its rows. */
const DIGITS = { real: 6, double: 12, numeric: 20 } as const;

/**
 * Returns a row as text that is the same for equal rows: numbers by value, JSON with its members in the order of their
 * names. Of a NUMERIC the first 20 digits count, of a double 12.
 */
export function comparableRow(columns: readonly PlanColumn[], row: readonly Datum[]): string {
  return JSON.stringify(
    Object.fromEntries(columns.map(({ name, type }, i) => [name, comparable(type, row[i]!)])),
  );
}

function comparable(type: SqlType, value: Datum): unknown {
  if (value === null) return null;
  switch (type.kind) {
    case 'numeric':
      return numericFormat(rounded(value as bigint));
    case 'real':
    case 'double':
      return Number((value as number).toPrecision(DIGITS[type.kind]));
    case 'jsonb':
      return inOrder(JSON.parse(value as string));
    case 'array':
      return (value as readonly Datum[]).map((element) => comparable(type.element, element));
    default:
      return formatDatum(type, value);
  }
}

/** Rounds a number of 28 decimals to {@link DIGITS}. */
function rounded(scaled: bigint): bigint {
  const size = scaled < 0n ? -scaled : scaled;
  const dropped = `${size}`.length - DIGITS.numeric;
  if (dropped <= 0) return scaled;
  const unit = 10n ** BigInt(dropped);
  const nearest = ((size + unit / 2n) / unit) * unit;
  return scaled < 0n ? -nearest : nearest;
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, inOrder(member)]));
}
