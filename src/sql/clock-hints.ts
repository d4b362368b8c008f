/** The clause `name type AS expression`, as messages call it. */
export const A_GENERATED_COLUMN = 'a generated column';

/** Clock functions of PostgreSQL, RisingWave and other systems, without those that are supported. */
export const OTHER_CLOCKS: ReadonlySet<string> = new Set([
  'proctime',
  'clock_timestamp',
  'statement_timestamp',
  'transaction_timestamp',
  'timeofday',
  'getdate',
  'sysdate',
  'systimestamp',
  'current_datetime',
  'utc_timestamp',
]);
const OWN_CLOCKS = [
  'now',
  'current_timestamp',
  'current_date',
  'current_time',
  'localtimestamp',
  'localtime',
];

const IN_A_QUERY =
  "compare with now(): ts > now() - INTERVAL '1 hour'; as a value, let it step: date_trunc('minute', now())";
const OF_A_COLUMN =
  'columns of a source do not follow the clock. For the time of each record, write INCLUDE timestamp AS arrived_at ' +
  'after the columns of a Kafka source; for the current time, use now() in the views that read it';

/** Returns what to write instead of a clock that cannot stand in `clause`. */
export function clockHint(clause: string): string {
  return clause === A_GENERATED_COLUMN ? OF_A_COLUMN : IN_A_QUERY;
}

/** Returns what to write instead of DEFAULT. `first` is the first word of the default value. */
export function defaultHint(first: string | undefined): string {
  const isClock = first !== undefined && (OTHER_CLOCKS.has(first) || OWN_CLOCKS.includes(first));
  return isClock
    ? OF_A_COLUMN
    : 'use COALESCE where the column is read, or a generated column: name type AS expression';
}
