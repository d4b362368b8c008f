import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StringPool } from '../../src/engine/text/string-pool.ts';
import { createJsonDecoder } from '../../src/sources/json/decoder.ts';
import type { RecordBatch } from '../../src/sources/source.ts';
import type { Datum } from '../../src/values/datum.ts';
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  INTEGER,
  JSONB,
  NUMERIC,
  TIMESTAMP,
  VARCHAR,
} from '../../src/values/types.ts';
import { type ColumnSpec, type Decoded, decodeAll, makeRecords, makeSource } from './support/source.ts';

const SEED = Number(process.env['FRESHET_SEED'] ?? 20260315);
const RUNS = Number(process.env['FRESHET_RUNS'] ?? 500);

const COLUMNS: readonly ColumnSpec[] = [
  { name: 'id', type: BIGINT },
  { name: 'text', type: VARCHAR },
  { name: 'tex', type: VARCHAR },
  { name: 'textt', type: VARCHAR },
  { name: 'n', type: INTEGER },
  { name: 'amount', type: NUMERIC },
  { name: 'ratio', type: DOUBLE },
  { name: 'at', type: TIMESTAMP },
  { name: 'day', type: DATE },
  { name: 'flag', type: BOOLEAN },
  { name: 'doc', type: JSONB },
];
const GOOD =
  '{"id":-8821043,"text":"drama","tex":"ä","textt":"a b c d","n":12,"amount":-1.25,"ratio":0.5,' +
  '"at":"2026-03-15T20:15:30.25+02:00","day":"2026-03-15","flag":false,"doc":{"a":["}",{"b":null}]},"more":"]"}';

function decode(records: RecordBatch, columns = COLUMNS): Decoded {
  const source = makeSource(columns);
  const pool = new StringPool();
  const wanted = columns.map(() => true);
  return decodeAll(createJsonDecoder(source, wanted, pool), records, { source, pool });
}

interface Outcome {
  /** Undefined if the record was refused. */
  readonly row: readonly Datum[] | undefined;
  /** Columns that became NULL with a warning. */
  readonly nulled: readonly string[];
}

/** Returns the outcome of each record. */
function outcomesOf(payloads: readonly unknown[], { rows, problems }: Decoded): readonly Outcome[] {
  const refused = new Set(problems.filter((problem) => problem.refused).map(({ record }) => record));
  const nulled = new Map<number, string[]>();
  for (const { record, column = '', reason } of problems) {
    if (reason !== 'misspelt') nulled.set(record, [...(nulled.get(record) ?? []), column]);
  }
  const kept = rows.values();
  return payloads.map((_, i) => ({
    row: refused.has(i) ? undefined : kept.next().value!,
    nulled: nulled.get(i) ?? [],
  }));
}

/** Returns the object that JSON.parse reads from a record in strict UTF-8, or undefined. */
function parsed(bytes: Uint8Array): object | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const value = JSON.parse(text) as unknown;
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

describe('a scanner that has learned the layout of the records', () => {
  it('refuses a record that is cut anywhere, even if its other half follows in the buffer', () => {
    const bytes = Buffer.from(`${GOOD}${GOOD}${' '.repeat(8)}`);
    const length = Buffer.byteLength(GOOD);
    for (let cut = 1; cut < length; cut++) {
      const records = {
        ...makeRecords([]),
        bytes,
        starts: Int32Array.of(0, length),
        ends: Int32Array.of(length, length + cut),
        count: 2,
        offsetOf: String,
      };
      const { rows, problems } = decode(records);
      expect([rows.length, problems[0]?.reason, problems[0]?.record], `cut at ${cut}`).toEqual([
        1,
        'malformed',
        1,
      ]);
    }
  });

  it('reads the same whatever bytes follow the last record', () => {
    const cuts = Array.from({ length: GOOD.length + 1 }, (_, cut) => GOOD.slice(0, cut));
    const expected = cuts.map((text) => decode(makeRecords([GOOD, text])));
    for (const filler of [
      '00000000',
      '""""""""',
      '}}}}}}}}',
      '\\\\\\\\\\\\\\\\',
      'eeeeeeee',
      '........',
      '+0000000',
      '123456+0',
      '12345-00',
    ]) {
      cuts.forEach((text, cut) => {
        const records = makeRecords([GOOD, text], {}, '');
        records.bytes.set(Buffer.from(filler), records.ends[1]);
        expect(decode(records), `${filler} behind ${cut} bytes`).toEqual(expected[cut]);
      });
    }
  });

  it('agrees with JSON.parse and strict UTF-8 when any byte is replaced by any other', () => {
    const short: readonly ColumnSpec[] = [
      { name: 'a', type: VARCHAR },
      { name: 'n', type: NUMERIC },
      { name: 'd', type: DATE },
      { name: 't', type: TIMESTAMP },
    ];
    const text = '{"a":"xyz 1ä","n":10.5,"d":"2026-03-15","t":"2026-03-15T20:15:30.5Z","z":"q"}';
    const original = Buffer.from(text);
    const payloads: Uint8Array[] = [original];
    for (let at = 0; at < original.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        const bytes = Buffer.from(original);
        bytes[at] = byte;
        payloads.push(bytes);
      }
    }
    const outcomes = outcomesOf(payloads, decode(makeRecords(payloads), short));
    const bad = payloads.flatMap((bytes, i) => {
      const object = parsed(bytes) as Record<string, unknown> | undefined;
      const outcome = outcomes[i]!;
      if (object === undefined || outcome.row === undefined) {
        return (object === undefined) === (outcome.row === undefined) ? [] : [bytes.toString()];
      }
      // A changed key may match another column: the exact match wins, otherwise the last.
      const member = (name: string): unknown => {
        const key = name in object ? name : Object.keys(object).findLast((k) => k.toLowerCase() === name);
        return object[key ?? name];
      };
      const [a, n, d, t] = outcome.row;
      const amount = member('n');
      const good =
        a === (member('a') === undefined ? null : String(member('a'))) &&
        (typeof amount !== 'number' || n === BigInt(amount * 10) * 10n ** 27n) &&
        [n, d, t].every((value, k) => {
          const name = ['n', 'd', 't'][k]!;
          return (value === null) === (member(name) === undefined || outcome.nulled.includes(name));
        });
      return good ? [] : [bytes.toString()];
    });
    expect(bad).toEqual([]);
    expect(outcomes.filter(({ row }) => row === undefined).length).toBeGreaterThan(5000);
    expect(outcomes.filter(({ row }) => row !== undefined).length).toBeGreaterThan(3000);
  });

  it('does not read NUL bytes as a date that it has not seen yet', () => {
    const nul = '\0'.repeat(10);
    const { rows, problems } = decode(makeRecords(['{"day":null}', `{"day":"${nul}"}`]));
    expect(rows).toHaveLength(1);
    expect(problems).toMatchObject([{ record: 1, reason: 'malformed', refused: true }]);
    const times = decode(makeRecords(['{"at":null}', `{"at":"${nul}T00:00:00"}`]));
    expect(times.problems).toMatchObject([{ record: 1, reason: 'malformed', refused: true }]);
  });
});

/** Pieces of JSON and similar text, to be joined without a grammar. */
const PIECES = [
  '{ } [ ] , : " \\ "a" "text" "tex" "doc": "n": {"text": "}" "{["',
  '\\" \\u0061 \\ud83d\\ude00 \\ud83d \\ude00 \\u00 \\x \\u0000 ä 😀 /**/',
  '0 -0 00 1 - + . e E 1e5 1E+400 -1.5e-7 0.10 9007199254740993 1. true false null nul NaN',
].flatMap((line) => line.split(' '));
const piece = fc.constantFrom(
  ...PIECES,
  ' ',
  '\n',
  '\r',
  '\t',
  '\0',
  '\u0001',
  '\u007f',
  '\ufeff',
  '\u00a0',
  '\u2028',
);
const soup = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''));
/** Invalid UTF-8: a lone continuation byte, an overlong form, a surrogate, beyond Unicode, cut short. */
const badBytes = fc.constantFrom('\x80', '\xc0\xaf', '\xed\xa0\x80', '\xf4\x90\x80\x80', '\xe2\x82', '\xff');
const member = fc
  .tuple(
    fc.constantFrom('"doc"', '"text"', '"\\u0064oc"', '"DOC"', '"x"', '""', '"doc "'),
    fc.jsonValue({ maxDepth: 4 }),
  )
  .map(([key, value]) => `${key}:${JSON.stringify(value)}`);
const document = fc.array(member, { maxLength: 4 }).map((members) => `{${members.join(',')}}`);
const hostile: fc.Arbitrary<Uint8Array> = fc.oneof(
  soup.map((text) => Buffer.from(text)),
  soup.map((text) => Buffer.from(`{${text}}`)),
  soup.map((text) => Buffer.from(`{"doc":${text}}`)),
  document.map((text) => Buffer.from(text)),
  fc
    .tuple(document, fc.nat(60), piece)
    .map(([text, at, insert]) => Buffer.from(text.slice(0, at) + insert + text.slice(at))),
  fc.tuple(document, fc.nat(60), badBytes).map(([text, at, bad]) => {
    const bytes = Buffer.from(text);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(bad, 'latin1'), bytes.subarray(at)]);
  }),
);

describe('records of any bytes', () => {
  it('are accepted and refused as by JSON.parse, and a whole document is equal', () => {
    const columns: readonly ColumnSpec[] = [{ name: 'doc', type: JSONB }];
    const tally = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 6 }), (items) => {
        // every record twice, so that the scanner that the first one taught reads the second
        const payloads = items.filter((bytes) => bytes.length > 0).flatMap((bytes) => [bytes, bytes]);
        const outcomes = outcomesOf(payloads, decode(makeRecords(payloads, {}, ''), columns));
        const seen = outcomes.map(({ row, nulled }) => {
          if (row === undefined) return 'refused';
          return nulled.length > 0 ? 'not kept' : JSON.parse((row[0] as string | null) ?? 'null');
        }) as unknown[];
        const expected = payloads.map((bytes, i) => documentOf(bytes, seen[i]));
        expect(seen).toEqual(expected);
        tally.refused += seen.filter((value) => value === 'refused').length;
        tally.taken += seen.filter((value) => typeof value === 'object' && value !== null).length;
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(Math.min(tally.taken, tally.refused)).toBeGreaterThan(RUNS / 2);
  });
});

/** Returns the expected `doc` of the record by means of JSON.parse, or `seen` if JSON.parse cannot tell. */
function documentOf(bytes: Uint8Array, seen: unknown): unknown {
  const object = parsed(bytes);
  if (object === undefined) return 'refused';
  const names = Object.keys(object).filter((key) => key.toLowerCase() === 'doc');
  // JSON.parse loses the order of repeated keys. A number of a thousand digits becomes NULL, with a warning.
  if (names.length > 1 || (seen === 'not kept' && /[eE][+-]?\d|\\u0000/.test(bytes.toString()))) return seen;
  const value = names.length === 0 ? null : (object as Record<string, unknown>)[names[0]!];
  // Half a surrogate pair has no UTF-8 form: a document with one becomes NULL, with a warning.
  if (seen === 'not kept' && hasLoneSurrogate(value)) return seen;
  return withoutNegativeZero(value);
}

function withoutNegativeZero(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNegativeZero);
  if (value === null || typeof value !== 'object') return value === 0 ? 0 : value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutNegativeZero(item)]));
}

/** Returns true if any text or key in the value has half a surrogate pair. */
function hasLoneSurrogate(value: unknown): boolean {
  if (typeof value === 'string') return /\p{Surrogate}/u.test(value);
  if (value === null || typeof value !== 'object') return false;
  return Object.entries(value).some(([key, item]) => hasLoneSurrogate(key) || hasLoneSurrogate(item));
}
