import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StringPool } from '../../src/engine/string-pool.ts';
import { createJsonDecoder } from '../../src/sources/json/decoder.ts';
import type { RecordBatch } from '../../src/sources/source.ts';
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

/** What strict UTF-8 and JSON.parse make of a record: an object, or undefined. */
function parsed(bytes: Uint8Array): object | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value = JSON.parse(text) as unknown;
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

describe('a scanner that has learned the shape', () => {
  it('refuses a record cut anywhere, though its other half lies right behind it', () => {
    const bytes = Buffer.from(`${GOOD}${GOOD}${' '.repeat(8)}`);
    const length = Buffer.byteLength(GOOD);
    for (let cut = 1; cut < length; cut++) {
      const records = {
        ...makeRecords([]),
        bytes,
        starts: Int32Array.of(0, length),
        ends: Int32Array.of(length, length + cut),
        count: 2,
        offsets: Float64Array.of(0, 1),
      };
      const { rows, problems } = decode(records);
      expect([rows.length, problems[0]?.reason, problems[0]?.record], `cut at ${cut}`).toEqual([
        1,
        'malformed',
        1,
      ]);
    }
  });

  it('reads the same whatever lies behind the last record', () => {
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
    ]) {
      cuts.forEach((text, cut) => {
        const records = makeRecords([GOOD, text], {}, '');
        records.bytes.set(Buffer.from(filler), records.ends[1]);
        expect(decode(records), `${filler} behind ${cut} bytes`).toEqual(expected[cut]);
      });
    }
  });

  it('takes no byte for another: each replaced by each, as JSON.parse and strict UTF-8 decide', () => {
    const short: readonly ColumnSpec[] = [
      { name: 'a', type: VARCHAR },
      { name: 'n', type: NUMERIC },
      { name: 'd', type: DATE },
      { name: 't', type: TIMESTAMP },
    ];
    const text = '{"a":"xyz 1ä","n":10.5,"d":"2026-03-15","t":"2026-03-15T20:15:30.5Z","z":"q"}';
    const good = Buffer.from(text);
    const payloads: Uint8Array[] = [good];
    for (let at = 0; at < good.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        const bytes = Buffer.from(good);
        bytes[at] = byte;
        payloads.push(bytes);
      }
    }
    const { rows, problems } = decode(makeRecords(payloads), short);
    const refused = new Set(problems.filter((problem) => problem.refused).map((problem) => problem.record));
    const nulled = new Set(problems.filter((p) => !p.refused).map((p) => `${p.record} ${p.column}`));
    const kept = rows.values();
    payloads.forEach((bytes, i) => {
      const object = parsed(bytes) as Record<string, unknown> | undefined;
      expect(refused.has(i), bytes.toString()).toBe(object === undefined);
      if (object === undefined) return;
      const row = kept.next().value!;
      // A changed key may now be that of another column: the last wins.
      const member = (name: string): unknown =>
        object[Object.keys(object).findLast((key) => key.toLowerCase() === name) ?? name];
      expect(row[0]).toBe(member('a') === undefined ? null : String(member('a')));
      for (const [c, name] of ['n', 'd', 't'].entries()) {
        const value = member(name);
        if (value === undefined) expect(row[c + 1]).toBeNull();
        else if (row[c + 1] === null) expect(nulled).toContain(`${i} ${name}`);
      }
      if (typeof member('n') === 'number')
        expect(row[1]).toBe(BigInt((member('n') as number) * 10) * 10n ** 27n);
    });
  });

  it('takes no NUL bytes for a date that it has not seen yet', () => {
    const nul = '\0'.repeat(10);
    const { rows, problems } = decode(makeRecords(['{"day":null}', `{"day":"${nul}"}`]));
    expect(rows).toHaveLength(1);
    expect(problems).toMatchObject([{ record: 1, reason: 'malformed', refused: true }]);
    const times = decode(makeRecords(['{"at":null}', `{"at":"${nul}T00:00:00"}`]));
    expect(times.problems).toMatchObject([{ record: 1, reason: 'malformed', refused: true }]);
  });
});

/** Pieces of JSON and of what looks like it, put together without any grammar. */
const piece = fc.constantFrom(
  ...['{', '}', '[', ']', ',', ':', '"', '\\', '"a"', '"text"', '"tex"', '"doc":', '"n":', '{"text":'],
  ...[
    '\\"',
    '\\u0061',
    '\\ud83d\\ude00',
    '\\ud83d',
    '\\ude00',
    '\\u00',
    '\\x',
    '"}"',
    '"{["',
    'ä',
    '😀',
    '\u2028',
  ],
  ...[
    '0',
    '-0',
    '00',
    '1',
    '-',
    '+',
    '.',
    'e',
    'E',
    '1e5',
    '1E+400',
    '-1.5e-7',
    '0.10',
    '9007199254740993',
    '1.',
  ],
  ...[
    'true',
    'false',
    'null',
    'nul',
    'NaN',
    ' ',
    '\n',
    '\r',
    '\t',
    '\0',
    '\u0001',
    '\u007f',
    '\ufeff',
    '\u00a0',
    '/**/',
  ],
);
const soup = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''));
/** Invalid UTF-8: lone continuation, overlong, a surrogate, beyond Unicode, cut short. */
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
  it('are taken and refused as JSON.parse does, and a whole document comes out equal', () => {
    const columns: readonly ColumnSpec[] = [{ name: 'doc', type: JSONB }];
    const tally = { taken: 0, refused: 0, documents: 0 };
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 6 }), (payloads) => {
        const nonEmpty = payloads.filter((bytes) => bytes.length > 0).flatMap((bytes) => [bytes, bytes]);
        const { rows, problems } = decode(makeRecords(nonEmpty, {}, ''), columns);
        const refused = new Set(problems.filter((problem) => problem.refused).map(({ record }) => record));
        const nulled = new Set(problems.filter((problem) => !problem.refused).map(({ record }) => record));
        const kept = rows.values();
        nonEmpty.forEach((bytes, i) => {
          const object = parsed(bytes);
          // Half a surrogate pair cannot be stored as UTF-8, and says so; JSON.parse lets it pass.
          const shown = bytes.toString();
          if (object !== undefined && hasLoneSurrogate(object, shown)) {
            expect(refused.has(i), shown).toBe(true);
            return;
          }
          expect(refused.has(i), shown).toBe(object === undefined);
          if (object === undefined) return void tally.refused++;
          tally.taken++;
          const [doc] = kept.next().value!;
          const names = Object.keys(object).filter((key) => key.toLowerCase() === 'doc');
          if (names.length > 1 || nulled.has(i)) return; // which one is last, JSON.parse does not tell
          const expected = (object as Record<string, unknown>)[names[0]!] ?? null;
          expect(doc === null ? null : JSON.parse(doc as string), shown).toEqual(
            withoutNegativeZero(expected),
          );
          tally.documents++;
        });
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(Math.min(tally.taken, tally.refused, tally.documents)).toBeGreaterThan(RUNS / 4);
  });
});

/** Anywhere in the value, or in a text that a repeated key has hidden from it. */
function hasLoneSurrogate(value: unknown, text: string): boolean {
  const unescaped = text.replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return /\p{Surrogate}/u.test(unescaped) && /\\u[dD][89a-fA-F]/.test(text) && value !== undefined;
}

function withoutNegativeZero(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, item: unknown) => (item === 0 ? 0 : item)) as unknown;
}
