import type { Batch } from '../../src/engine/batch.ts';
import type { PlanColumn } from '../../src/plan/nodes.ts';
import type { Datum, Interval } from '../../src/values/datum.ts';
import type { SqlType } from '../../src/values/types.ts';

// Writers of upsert topics, from the sources of the programs that they imitate; they share no code with our decoders.
// RisingWave: src/connector/src/sink/encoder/json.rs and formatter/upsert.rs. Flink: RowDataToJsonConverters and
// upsert-kafka. Debezium: the PostgreSQL connector with Kafka Connect's JSON converter and schemas.

export type WriterName = 'risingwave' | 'flink' | 'debezium';
export interface TopicRecord {
  readonly key: string;
  /** Null for a tombstone. */
  readonly value: string | null;
}

export interface TopicWriter {
  /** Records of a row that was inserted, or that replaced `before`. */
  set(row: readonly Datum[], before?: readonly Datum[]): readonly TopicRecord[];
  /** Records of a row that was deleted. */
  delete(row: readonly Datum[]): readonly TopicRecord[];
}

/** Returns the records of a view's changes between two barriers. */
export function recordsOf(changes: Batch, writer: TopicWriter): TopicRecord[] {
  const records: TopicRecord[] = [];
  for (let i = 0; i < changes.n; i++) {
    const isReplaced =
      i + 1 < changes.n && changes.slots[i + 1] === changes.slots[i] && changes.weights[i + 1] === 1;
    if (changes.weights[i] === 1) records.push(...writer.set(changes.row(i)));
    else if (isReplaced) records.push(...writer.set(changes.row(++i), changes.row(i - 1)));
    else records.push(...writer.delete(changes.row(i)));
  }
  return records;
}

export function topicWriter(
  name: WriterName,
  columns: readonly PlanColumn[],
  primaryKey: readonly number[],
): TopicWriter {
  const encode = { risingwave, flink, debezium }[name];
  const object = (row: readonly Datum[], positions: Iterable<number>): string =>
    `{${[...positions]
      .map((i) => `${JSON.stringify(columns[i]!.name)}:${encode(columns[i]!.type, row[i]!)}`)
      .join(',')}}`;
  const whole = (row: readonly Datum[] | undefined): string =>
    row === undefined ? 'null' : object(row, columns.keys());
  if (name !== 'debezium') {
    return {
      set: (row) => [{ key: object(row, primaryKey), value: whole(row) }],
      delete: (row) => [{ key: object(row, primaryKey), value: null }],
    };
  }
  const schema = envelopeSchema(columns);
  const key = (row: readonly Datum[]): string =>
    `{"schema":${keySchema(primaryKey.map((i) => columns[i]!))},"payload":${object(row, primaryKey)}}`;
  const envelope = (op: string, before: readonly Datum[] | undefined, after: readonly Datum[] | undefined) =>
    `{"schema":${schema},"payload":{"before":${whole(before)},"after":${whole(after)},` +
    `"source":{"table":"t"},"op":"${op}","ts_ms":1,"transaction":null}}`;
  return {
    set: (row, before) => [{ key: key(row), value: envelope(before === undefined ? 'c' : 'u', before, row) }],
    delete: (row) => [
      { key: key(row), value: envelope('d', row, undefined) },
      { key: key(row), value: null },
    ],
  };
}

type Encode = (type: SqlType, value: Datum) => string;

/** With the casts to VARCHAR that keep TIMESTAMP, TIME and INTERVAL whole. */
const risingwave: Encode = (type, value) => {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'array':
      return `[${(value as readonly Datum[]).map((each) => risingwave(type.element, each)).join(',')}]`;
    case 'numeric':
      return quoted(decimalText(value as bigint));
    case 'real':
    case 'double':
      return String(value); // serde_json writes an f32 as the f64 that it is
    case 'date':
      return String((value as number) + 719_163);
    case 'timestamp':
      return quoted(dateTime(value as number, ' '));
    case 'timestamptz':
      return quoted(`${dateTime(value as number, 'T')}Z`);
    case 'time':
      return quoted(timeText(value as number));
    case 'interval':
      return quoted(intervalText(value as Interval));
    case 'jsonb':
      return quoted(value as string);
    case 'bytea':
      return quoted(Buffer.from(value as Uint8Array).toString('base64'));
    default:
      return plain(value);
  }
};

const flink: Encode = (type, value) => {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'array':
      return `[${(value as readonly Datum[]).map((each) => flink(type.element, each)).join(',')}]`;
    case 'numeric': {
      const text = decimalText(value as bigint); // BigDecimal's own notation: small numbers have an exponent
      return /^-?0\.000000/.test(text)
        ? `${text.replace('.', '')}E-${text.split('.')[1]!.length}`.replace(/^(-?)0+/, '$1')
        : text;
    }
    case 'real':
      return floatText(value as number);
    case 'double':
      return String(value);
    case 'date':
      return quoted(dateText(value as number));
    case 'timestamp':
      return quoted(dateTime(value as number, ' '));
    case 'timestamptz':
      return quoted(`${dateTime(value as number, ' ')}Z`);
    case 'time':
      return quoted(timeText(value as number));
    case 'interval':
      return quoted(intervalText(value as Interval));
    case 'jsonb':
      return value as string;
    case 'bytea':
      return quoted(Buffer.from(value as Uint8Array).toString('base64'));
    default:
      return plain(value);
  }
};

/** With `decimal.handling.mode=precise`, `time.precision.mode=adaptive` and `interval.handling.mode=string`. */
const debezium: Encode = (type, value) => {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'array':
      return `[${(value as readonly Datum[]).map((each) => debezium(type.element, each)).join(',')}]`;
    case 'numeric': {
      const text = decimalText(value as bigint);
      const scale = text.split('.')[1]?.length ?? 0;
      return `{"scale":${scale},"value":"${twosComplement(BigInt(text.replace('.', '')))}"}`;
    }
    case 'real':
      return floatText(value as number);
    case 'double':
      return String(value);
    case 'date':
    case 'time':
    case 'timestamp':
      return String(value);
    case 'timestamptz':
      return quoted(`${dateTime(value as number, 'T')}Z`);
    case 'interval': {
      const { months, days, us } = value as Interval;
      return quoted(
        `P0Y${months}M${days}DT0H0M${us < 0 ? '-' : ''}${Math.floor(Math.abs(us) / 1e6)}.${String(Math.abs(us) % 1e6).padStart(6, '0')}S`,
      );
    }
    case 'jsonb':
      return quoted(value as string);
    case 'bytea':
      return quoted(Buffer.from(value as Uint8Array).toString('base64'));
    default:
      return plain(value);
  }
};

const LOGICAL: Readonly<Record<string, readonly [type: string, name?: string]>> = {
  numeric: ['struct', 'io.debezium.data.VariableScaleDecimal'],
  date: ['int32', 'io.debezium.time.Date'],
  time: ['int64', 'io.debezium.time.MicroTime'],
  timestamp: ['int64', 'io.debezium.time.MicroTimestamp'],
  timestamptz: ['string', 'io.debezium.time.ZonedTimestamp'],
  interval: ['string', 'io.debezium.time.Interval'],
  jsonb: ['string', 'io.debezium.data.Json'],
};

function fields(columns: readonly PlanColumn[]): readonly object[] {
  return columns.map(({ name, type }) => {
    const [physical = 'string', logical] = LOGICAL[type.kind] ?? [];
    return {
      type: physical,
      optional: true,
      ...(logical === undefined ? {} : { name: logical, version: 1 }),
      field: name,
    };
  });
}

function envelopeSchema(columns: readonly PlanColumn[]): string {
  const row = (field: string): object => ({
    type: 'struct',
    fields: fields(columns),
    optional: true,
    name: 'p.t.Value',
    field,
  });
  return JSON.stringify({
    type: 'struct',
    fields: [row('before'), row('after'), { type: 'string', optional: false, field: 'op' }],
    optional: false,
    name: 'p.t.Envelope',
  });
}

function keySchema(columns: readonly PlanColumn[]): string {
  return JSON.stringify({ type: 'struct', fields: fields(columns), optional: false, name: 'p.t.Key' });
}

const quoted = (text: string): string => JSON.stringify(text);
const plain = (value: Datum): string => (typeof value === 'string' ? quoted(value) : String(value));

/** The text of a number that is stored as a count of 10^-28. */
function decimalText(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(29, '0');
  const fraction = digits.slice(-28).replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -28)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The shortest decimal that stands for a float of 32 bits. */
function floatText(value: number): string {
  for (let digits = 1; digits < 10; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(value);
}

function twosComplement(value: bigint): string {
  let bytes = 1;
  while (BigInt.asIntN(bytes * 8, value) !== value) bytes++;
  const hex = BigInt.asUintN(bytes * 8, value)
    .toString(16)
    .padStart(bytes * 2, '0');
  return Buffer.from(hex, 'hex').toString('base64');
}

const DAY_US = 86_400_000_000;
const dateText = (days: number): string => new Date(days * 86_400_000).toISOString().slice(0, 10);

function timeText(us: number): string {
  const second = Math.floor(us / 1e6);
  const parts = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60];
  return `${parts.map((part) => String(part).padStart(2, '0')).join(':')}.${String(us % 1e6).padStart(6, '0')}`;
}

function dateTime(us: number, separator: string): string {
  const day = Math.floor(us / DAY_US);
  return `${dateText(day)}${separator}${timeText(us - day * DAY_US)}`;
}

function intervalText({ months, days, us }: Interval): string {
  return `${months} mons ${days} days ${us < 0 ? '-' : ''}${timeText(Math.abs(us))}`;
}
