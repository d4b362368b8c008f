/** An interval. Months, days and microseconds are separate, as in PostgreSQL: a month has no fixed number of days. */
export interface Interval {
  readonly months: number;
  readonly days: number;
  readonly us: number;
}

/**
 * One SQL value outside a column. Its shape follows from its static SqlType (types.ts):
 *
 * | type                       | datum                                                                     |
 * |----------------------------|---------------------------------------------------------------------------|
 * | boolean                    | boolean                                                                   |
 * | smallint, integer          | number, an integer in range                                               |
 * | bigint                     | bigint                                                                    |
 * | numeric                    | bigint: the value times 10^28 (see numeric.ts; at most 96 bits of digits) |
 * | real, double               | number (real: rounded by Math.fround); -0 is stored as 0                  |
 * | varchar                    | string                                                                    |
 * | bytea                      | Uint8Array                                                                |
 * | date                       | number: days since 1970-01-01                                             |
 * | time                       | number: microseconds since midnight                                       |
 * | timestamp, timestamptz     | number: microseconds since 1970-01-01 00:00:00 (UTC), an exact integer     |
 * | interval                   | {@link Interval}                                                          |
 * | jsonb                      | string: canonical JSON text as PostgreSQL prints jsonb (see json.ts)      |
 * | array                      | readonly Datum[]                                                          |
 *
 * NULL is null for every type. Datums are used by the interpreter, at the edges of the engine and in tests; the hot
 * path keeps the same values in typed columns (engine/column.ts).
 */
export type Datum = null | boolean | number | bigint | string | Uint8Array | Interval | readonly Datum[];
