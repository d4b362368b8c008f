import type { PlanColumn } from '../../../src/plan/nodes.ts';
import type { DynamoDbClient } from '../../../src/dynamodb/client.ts';
import type { AttributeMap, AttributeValue, WriteRequest } from '../../../src/dynamodb/wire.ts';
import type { Datum, Interval } from '../../../src/values/datum.ts';
import type { SqlType } from '../../../src/values/types.ts';

// What RisingWave's DynamoDB sink does, from its source (Apache-2.0): `map_data` and the batches of
// src/connector/src/sink/dynamodb.rs, and the texts of src/common/src/types (`ToText`). It shares no code with
// Freshet's sink.

const BATCH_ITEMS = 25;

/** Returns the attribute that RisingWave writes for a value. */
export function risingWaveAttribute(type: SqlType, value: Datum): AttributeValue {
  if (value === null) return { NULL: true };
  switch (type.kind) {
    case 'smallint':
    case 'integer':
    case 'bigint':
      return { N: String(value) };
    case 'numeric':
      return { N: decimalText(value as bigint) };
    case 'real':
      return { N: floatText(shortestSingle(value as number), [13, -7]) };
    case 'double':
      return { N: floatText(value as number) };
    case 'varchar':
      return { S: value as string };
    case 'jsonb':
      return { S: jsonText(value as string) };
    case 'date':
      return { S: dateText(value as number) };
    case 'time':
      return { S: timeText(value as number) };
    case 'timestamp':
      return { S: timestampText(value as number) };
    case 'timestamptz':
      return { S: `${timestampText(value as number)}+00:00` };
    case 'interval':
      return { S: intervalText(value as Interval) };
    case 'boolean':
      return { BOOL: value as boolean };
    case 'bytea':
      return { B: Buffer.from(value as Uint8Array).toString('base64') };
    case 'array':
      return { L: (value as readonly Datum[]).map((each) => risingWaveAttribute(type.element, each)) };
    case 'unknown':
      throw new Error('a value has no unknown type');
  }
}

/** Writes the rows of a view as RisingWave's sink does: whole items, without conditions and without bookkeeping. */
export class RisingWaveSink {
  readonly #client: DynamoDbClient;
  readonly #table: string;
  readonly #columns: readonly PlanColumn[];
  readonly #key: readonly string[];

  /** `key` names the columns of the table's key. */
  constructor(client: DynamoDbClient, table: string, columns: readonly PlanColumn[], key: readonly string[]) {
    this.#client = client;
    this.#table = table;
    this.#columns = columns;
    this.#key = key;
  }

  /** Inserts or updates: a PutRequest of all columns per row. */
  async put(rows: readonly (readonly Datum[])[]): Promise<void> {
    await this.#send(rows.map((row) => ({ PutRequest: { Item: this.item(row) } })));
  }

  /** Deletes the items of rows. */
  async delete(rows: readonly (readonly Datum[])[]): Promise<void> {
    await this.#send(
      rows.map((row) => {
        const entries = Object.entries(this.item(row)).filter(([name]) => this.#key.includes(name));
        return { DeleteRequest: { Key: Object.fromEntries(entries) } };
      }),
    );
  }

  item(row: readonly Datum[]): AttributeMap {
    return Object.fromEntries(
      this.#columns.map(({ name, type }, i) => [name, risingWaveAttribute(type, row[i]!)]),
    );
  }

  async #send(requests: readonly WriteRequest[]): Promise<void> {
    for (let i = 0; i < requests.length; i += BATCH_ITEMS) {
      const RequestItems = { [this.#table]: requests.slice(i, i + BATCH_ITEMS) };
      const { UnprocessedItems } = await this.#client.batchWriteItem(JSON.stringify({ RequestItems }));
      if (Object.keys(UnprocessedItems ?? {}).length > 0) throw new Error('unprocessed items');
    }
  }
}

/** rust_decimal's Display. The datum is the value times 10^28. */
function decimalText(scaled: bigint): string {
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(29, '0');
  const text = `${digits.slice(0, -28)}.${digits.slice(-28)}`.replace(/\.?0+$/, '');
  return scaled < 0n ? `-${text}` : text;
}

/**
 * ryu's shortest digits, without `.0`, and with a sign and two digits in the exponent. The exponent begins at 16 digits
 * before the point (13 for a REAL), and at 5 zeros after it (6).
 */
function floatText(x: number, [most, least] = [16, -6]): string {
  const [mantissa, exponent] = x.toExponential().split('e') as [string, string];
  if (Number(exponent) < most! && Number(exponent) > least!) return String(x);
  return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}

function shortestSingle(x: number): number {
  for (let digits = 1; digits < 10; digits++) {
    const text = x.toPrecision(digits);
    if (Math.fround(Number(text)) === x) return Number(text);
  }
  return x;
}

/** chrono's NaiveDate. */
function dateText(days: number): string {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

/** chrono's NaiveTime: no fraction, or one of three, six or nine digits. */
function timeText(us: number): string {
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0');
  const text = `${two(us / 3.6e9)}:${two((us / 6e7) % 60)}:${two((us / 1e6) % 60)}`;
  const micros = us % 1_000_000;
  if (micros === 0) return text;
  return micros % 1000 === 0
    ? `${text}.${String(micros / 1000).padStart(3, '0')}`
    : `${text}.${String(micros).padStart(6, '0')}`;
}

function timestampText(us: number): string {
  const days = Math.floor(us / 86_400_000_000);
  return `${dateText(days)} ${timeText(us - days * 86_400_000_000)}`;
}

/** Display of interval.rs. */
function intervalText({ months, days, us }: Interval): string {
  let text = '';
  let followingNegative = false;
  const write = (amount: number, unit: string): void => {
    if (amount === 0) return;
    if (text !== '') text += ' ';
    if (followingNegative && amount > 0) text += '+';
    text += `${amount} ${unit}`;
    if (amount !== 1) text += 's';
    followingNegative = amount < 0;
  };
  write(Math.trunc(months / 12), 'year');
  write(months % 12, 'mon');
  write(days, 'day');
  if (us !== 0 || (months === 0 && days === 0)) {
    const fraction = Math.abs(us % 1_000_000);
    const seconds = Math.abs(Math.trunc(us / 1_000_000));
    if (text !== '') text += ' ';
    if (followingNegative && us > 0) text += '+';
    else if (us < 0) text += '-';
    const two = (n: number): string => String(n).padStart(2, '0');
    text += `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
    if (fraction !== 0) text += `.${String(fraction).padStart(6, '0')}`.replace(/0+$/, '');
  }
  return text;
}

/** Marks the texts that stand for numbers while a document is parsed. */
const NUMBER = '\uE000number ';
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** jsonbb: numbers of 64 bits, whole ones or doubles. `ToTextFormatter` of jsonb.rs: members in the order of names. */
function jsonText(document: string): string {
  const marked = document.replaceAll(TOKENS, (token) => (token[0] === '"' ? token : `"${NUMBER}${token}"`));
  return memberText(JSON.parse(marked));
}

function memberText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(memberText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const names = Object.keys(value).toSorted();
    const members = names.map((name) => `${JSON.stringify(name)}: ${memberText(Reflect.get(value, name))}`);
    return `{${members.join(', ')}}`;
  }
  return typeof value === 'string' && value.startsWith(NUMBER)
    ? jsonNumberText(value.slice(NUMBER.length))
    : JSON.stringify(value);
}

function jsonNumberText(token: string): string {
  if (/^-?\d+$/.test(token) && BigInt(token) >= -(2n ** 63n) && BigInt(token) < 2n ** 64n) return token;
  const text = floatText(Number(token)).replace('e+', 'e').replace('e-0', 'e-');
  return /[.e]/.test(text) ? text : `${text}.0`;
}
