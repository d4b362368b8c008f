import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batch } from '../../src/engine/batch.ts';
import { StringPool } from '../../src/engine/text/string-pool.ts';
import { createJsonDecoder } from '../../src/sources/json/decoder.ts';
import { sourceFields } from '../../src/sources/fields.ts';
import { compileScanner } from '../../src/sources/json/scanner.ts';
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  INTEGER,
  JSONB,
  NUMERIC,
  SMALLINT,
  TIMESTAMP,
  VARCHAR,
} from '../../src/values/types.ts';
import { type ColumnSpec, decodeAll, makeRecords, makeSource } from './support/source.ts';

const SEED = Number(process.env['FRESHET_SEED'] ?? 20260315);
const RUNS = Number(process.env['FRESHET_RUNS'] ?? 250);

const COLUMNS: readonly ColumnSpec[] = [
  { name: 'id', type: BIGINT, notNull: true },
  { name: 'unread', type: VARCHAR },
  { name: 'text', type: VARCHAR },
  { name: 'n', type: INTEGER },
  { name: 'tiny', type: SMALLINT },
  { name: 'amount', type: NUMERIC },
  { name: 'ratio', type: DOUBLE },
  { name: 'at', type: TIMESTAMP },
  { name: 'day', type: DATE },
  { name: 'flag', type: BOOLEAN },
  { name: 'tag', type: VARCHAR, notNull: true },
  { name: 'doc', type: JSONB },
];
const WANTED = COLUMNS.map(({ name }) => name !== 'unread' && name !== 'tag');
const SOURCE = makeSource(COLUMNS);

const digits = (max: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9]{1,${max}}$`));
const two = (max: number): fc.Arbitrary<string> =>
  fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'));

/** JSON text of strings: plain, escaped, long, and with several bytes per character. */
const stringText = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 12 }).map((s) => JSON.stringify(s)) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }).map((s) => JSON.stringify(s)) },
  fc.string({ unit: 'grapheme', maxLength: 8 }).map((s) => JSON.stringify(s)),
  fc.constantFrom(
    '"\\u0041\\uD83D\\uDE00"',
    '"\\/"',
    '"\\ud800"',
    '"\\x"',
    '"\\u12"',
    '"a\tb"',
    '"drama"',
    '"drama "',
  ),
  fc
    .tuple(fc.nat(9), fc.nat(31), fc.nat(9))
    .map(([a, c, z]) => `"${'a'.repeat(a)}${String.fromCharCode(c)}${'z'.repeat(z)}"`),
);
const numberText = fc.oneof(
  fc.integer().map(String),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map((n) => JSON.stringify(n)),
  fc.tuple(fc.constantFrom('', '-', '+'), digits(21)).map((parts) => parts.join('')),
  fc.tuple(fc.constantFrom('', '-'), digits(17), fc.constant('.'), digits(30)).map((parts) => parts.join('')),
  fc
    .tuple(digits(3), fc.constantFrom('e', 'E'), fc.constantFrom('', '-', '+'), digits(3))
    .map((parts) => parts.join('')),
  fc.constantFrom(
    '32767',
    '32768',
    '-32768',
    '-32769',
    '2147483647',
    '2147483648',
    '-2147483648',
    '-2147483649',
  ),
  fc.constantFrom(
    '0.00000000000001',
    '-0.00000000000001',
    '-0.0000000000000000000000000001',
    '-1.00000000000002',
  ),
  fc.constantFrom(
    '0',
    '-0',
    '-0.0',
    '1.',
    '.5',
    '-',
    '00',
    '01',
    '-01',
    '1e',
    '9007199254740993',
    '9223372036854775808',
    '-9223372036854775808',
  ),
);
/** Numbers of time units since 1970, around the magnitudes at which the unit changes. */
const epochText = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.constantFrom(11, 14, 16, 17, 19),
    fc.integer({ min: -2, max: 2 }),
    fc.nat(9),
  )
  .map(
    ([sign, power, near, digit]) =>
      `${sign}${10n ** BigInt(power) * (near === 0 ? BigInt(digit) : 1n) + BigInt(near)}`,
  );
/** A valid time, of which at most one part is replaced by any text. */
const timeText = fc
  .tuple(
    fc.tuple(
      fc.constantFrom('2026', '1969', '2255'),
      fc.constantFrom('-02-', '-12-'),
      fc.integer({ min: 10, max: 28 }).map(String),
      fc.constantFrom('T', ' '),
      two(23),
      fc.constant(':'),
      two(59),
      fc.constant(':'),
      two(59),
      fc.constantFrom('', '.5', '.123', '.123456'),
      fc.constantFrom('', 'Z'),
    ),
    fc.tuple(
      fc.oneof(digits(4), fc.constantFrom('0000', '2256', '9999', '1600')),
      fc.constantFrom('-02/', '-00-', '-13-', ':12-', '-1-', '-02-0', '0002'),
      two(40),
      fc.constantFrom('t', '', '_', '  '),
      fc.constantFrom('24', '25', '2x', '0:', '7', '/9'),
      fc.constantFrom(';', '.', ''),
      fc.constantFrom('60', '6', ':9', 'x1'),
      fc.constantFrom(';', '1', ''),
      fc.constantFrom('60', '61', '5', '/0', '9:'),
      fc.constantFrom('.1234567', '.123456789', '.', ',5', '.12x'),
      fc.constantFrom(
        '+02:00',
        '-05:30',
        '+15:59',
        '-16:00',
        '+1:00',
        '-00:00',
        '+02:60',
        '+2:000',
        '-0530',
        'z',
        'x',
        'ZZ',
      ),
    ),
    fc.nat(16),
  )
  .map(([good, bad, which]) => `"${good.map((part, i) => (i === which ? bad[i] : part)).join('')}"`);
const anyValue = fc.oneof(
  stringText,
  numberText,
  timeText,
  fc.constantFrom(
    'true',
    'false',
    'null',
    'nul',
    'True',
    '[]',
    '{}',
    '[1,[2]]',
    '{"a":{"b":[null]}}',
    '[',
    '{"a"}',
    '[1,]',
  ),
);

/** Values that producers usually send and that the scanner reads itself. */
const usual: Readonly<Record<string, fc.Arbitrary<string>>> = {
  id: fc.oneof(
    fc.maxSafeInteger().map(String),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  ),
  unread: fc.string({ maxLength: 12 }).map((s) => JSON.stringify(s)),
  text: fc.constantFrom('"drama"', '"comedy"', '"Ärger"', '"documentary film"', '""'),
  n: fc.integer().map(String),
  tiny: fc.integer({ min: -32768, max: 32767 }).map(String),
  amount: fc
    .tuple(
      fc.integer().map(String),
      fc.oneof(
        fc.constant(''),
        digits(18).map((f) => `.${f}`),
      ),
    )
    .map((p) => p.join('')),
  ratio: fc
    .tuple(
      fc.integer().map(String),
      fc.oneof(
        fc.constant(''),
        digits(4).map((f) => `.${f}`),
      ),
    )
    .map((p) => p.join('')),
  at: fc
    .tuple(two(23), two(59), fc.constantFrom('', '.5', '.123456'))
    .map(([h, m, f]) => `"2026-03-1${h[1]}T${h}:${m}:30${f}"`),
  day: fc.integer({ min: 10, max: 28 }).map((d) => `"2026-02-${d}"`),
  flag: fc.constantFrom('true', 'false'),
  tag: fc.string({ maxLength: 12 }).map((s) => JSON.stringify(s)),
  doc: fc.constantFrom('{"a":{"b":[null]}}', '1', '[]'),
};
const odd: Readonly<Record<string, fc.Arbitrary<string>>> = {
  id: fc.oneof(
    numberText,
    numberText.map((text) => `"${text}"`),
  ),
  n: numberText,
  tiny: numberText,
  amount: fc.oneof(
    numberText,
    numberText.map((text) => `"${text}"`),
  ),
  ratio: numberText,
  at: fc.oneof({ weight: 3, arbitrary: timeText }, epochText),
  day: fc.oneof(
    timeText,
    timeText.map((text) => `${text.slice(0, 11)}"`),
  ),
  text: stringText,
  unread: stringText,
  tag: stringText,
};
const names = COLUMNS.map((column) => column.name);

/** Values of which all but at most two are usual. */
const values = fc
  .record({
    usual: fc.record(Object.fromEntries(names.map((name) => [name, usual[name]!]))),
    odd: fc.record(
      Object.fromEntries(
        names.map((name) => [
          name,
          fc.oneof({ weight: name === 'at' ? 20 : 4, arbitrary: odd[name] ?? anyValue }, anyValue),
        ]),
      ),
    ),
    which: fc.oneof(fc.subarray(names, { maxLength: 2 }), fc.constant<string[]>(['at'])),
  })
  .map((v) =>
    Object.fromEntries(names.map((name) => [name, (v.which.includes(name) ? v.odd : v.usual)[name]!])),
  );
const extraKeys = ['extra', 'ID', 'Text', 'id', 'a"b', ''] as const;
const space = fc.constantFrom('', '', '', ' ', '\n  ', '\t', '\r');

/** A record in one of a few layouts, so that scanners see many records of a known layout. */
const record = fc
  .record({
    order: fc.constantFrom('declared', 'reversed', 'rotated'),
    colon: fc.constantFrom(':', ': ', ' :'),
    comma: fc.constantFrom(',', ', '),
    tail: fc.constantFrom('', '', '\r', ' '),
    missing: fc.oneof(
      { weight: 3, arbitrary: fc.constant<string[]>([]) },
      fc.subarray(['n', 'at', 'text', 'id', 'tag']),
    ),
    extra: fc.oneof({ weight: 3, arbitrary: fc.constant<string[]>([]) }, fc.subarray([...extraKeys])),
    spice: fc.oneof({ weight: 4, arbitrary: fc.constant('') }, space),
    values,
    extraValue: anyValue,
  })
  .map(({ order, colon, comma, tail, missing, extra, spice, values: text, extraValue }) => {
    let keys = names.filter((name) => !missing.includes(name));
    if (order === 'reversed') keys = keys.reverse();
    if (order === 'rotated') keys = [...keys.slice(3), ...keys.slice(0, 3)];
    const members = [...keys, ...extra].map(
      (key) => `${JSON.stringify(key)}${colon}${spice}${text[key] ?? extraValue}`,
    );
    return `{${members.join(comma)}}${tail}`;
  });

interface Damage {
  readonly at: number;
  readonly byte: number;
  readonly how: 'none' | 'replace' | 'insert' | 'remove' | 'cut';
}
const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.nat(400),
  byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('{}[]:,"\\0123456789.eE+- \n'))),
  how: fc.constantFrom('none', 'none', 'none', 'none', 'replace', 'insert', 'remove', 'cut'),
});

function apply(text: string, { at, byte, how }: Damage): Uint8Array {
  const bytes = Buffer.from(text);
  const p = Math.min(at, bytes.length - 1);
  switch (how) {
    case 'none':
      return bytes;
    case 'replace':
      return Buffer.concat([bytes.subarray(0, p), Uint8Array.of(byte), bytes.subarray(p + 1)]);
    case 'insert':
      return Buffer.concat([bytes.subarray(0, p), Uint8Array.of(byte), bytes.subarray(p)]);
    case 'remove':
      return Buffer.concat([bytes.subarray(0, p), bytes.subarray(p + 1)]);
    case 'cut':
      return bytes.subarray(0, p);
  }
}

/** A well-formed record of the layouts above, from which the scanners learn first. */
const GOOD = `{${COLUMNS.map(({ name }) => `"${name}":${{ id: '7', tag: '"t"' }[name] ?? 'null'}`).join(',')}}`;

describe('records read by a scanner and by the exact path', () => {
  it('yield the same rows and the same problems for any bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(record, damage), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom('', '\n', 'x'),
        (items, capacity, gap) => {
          const pool = new StringPool();
          // every record twice, so that the scanner that the first one taught reads the second
          const payloads = items.flatMap(([text, d]) => [
            GOOD,
            apply(text, { ...d, how: 'none' }),
            apply(text, d),
            apply(text, d),
          ]);
          const records = makeRecords(payloads, {}, gap);
          const how = { source: SOURCE, pool, wanted: WANTED, capacity };
          const fast = decodeAll(createJsonDecoder(SOURCE, WANTED, pool), records, how);
          const exact = decodeAll(
            createJsonDecoder(SOURCE, WANTED, pool, { generated: false }),
            records,
            how,
          );
          expect(fast).toEqual(exact);
        },
      ),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it('agree on every record that a scanner accepts, and a scanner accepts the usual ones', () => {
    const fields = sourceFields(SOURCE, WANTED).payload;
    const encoder = new TextEncoder();
    const shape = {
      literals: [
        ...names.map((name, i) => encoder.encode(`${i === 0 ? '{' : ','}"${name}":`)),
        encoder.encode('}'),
      ],
      fields: names.map((_, i) => i),
    };
    const pool = new StringPool();
    const calls = { other: () => -1, skip: () => -1 }; // so that generated code has read every accepted record
    const scan = compileScanner(shape, { fields, scanned: [], pool, calls, maxRecordBytes: 1 << 20 });
    const types = COLUMNS.map((column) => column.type);
    const batch = new Batch(types, 2, pool, WANTED);
    const tally = { taken: 0, left: 0 };
    fc.assert(
      fc.property(values, damage, (text, d) => {
        const json = `{${names.map((name) => `"${name}":${name === 'doc' ? 'null' : text[name]}`).join(',')}}`;
        const records = makeRecords([apply(json, d)], {}, '');
        const { bytes, starts, ends } = records;
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        if (scan(bytes, view, starts, ends, 0, 1, 1, 2, batch.columns) === 0) {
          tally.left++;
          return;
        }
        tally.taken++;
        const exact = createJsonDecoder(SOURCE, WANTED, pool, { generated: false });
        const { rows, problems } = decodeAll(exact, records, { source: SOURCE, pool, wanted: WANTED });
        expect(problems).toEqual([]);
        expect([batch.row(1)]).toEqual(rows);
        // the scanner's hash must equal the pool's: otherwise one text would get two ids
        const text2 = rows[0]![2] as string | null;
        expect(batch.column(2).v[1]).toBe(text2 === null ? 0 : pool.intern(text2));
      }),
      { seed: SEED + 2, numRuns: 20 * RUNS },
    );
    expect(tally.taken).toBeGreaterThan(RUNS);
    expect(tally.left).toBeGreaterThan(2 * RUNS);
  });

  it('equal the result of JSON.parse where JSON.parse loses nothing', () => {
    const columns: readonly ColumnSpec[] = [
      { name: 'text', type: VARCHAR },
      { name: 'n', type: INTEGER },
      { name: 'ratio', type: DOUBLE },
      { name: 'flag', type: BOOLEAN },
    ];
    const source = makeSource(columns);
    const tally = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(fc.array(fc.tuple(record, damage), { minLength: 1, maxLength: 8 }), (items) => {
        const pool = new StringPool();
        const payloads = items.flatMap(([text, d]) => [apply(text, d), apply(text, d)]);
        const wanted = columns.map(() => true);
        const { rows, problems } = decodeAll(createJsonDecoder(source, wanted, pool), makeRecords(payloads), {
          source,
          pool,
        });
        const expected = payloads.map((bytes) => reference(bytes));
        const refused = problems.filter((problem) => problem.refused).map((problem) => problem.record);
        expect(refused).toEqual(expected.flatMap((row, i) => (row === undefined ? [i] : [])));
        expect(rows).toEqual(expected.filter((row) => row !== undefined));
        tally.refused += refused.length;
        tally.taken += rows.length;
      }),
      { seed: SEED + 1, numRuns: RUNS },
    );
    expect(Math.min(tally.taken, tally.refused)).toBeGreaterThan(50);
  });
});

/** Returns the row of a record by means of JSON.parse, or undefined if the record must be refused. */
function reference(bytes: Uint8Array): unknown[] | undefined {
  if (bytes.length === 0) return [null, null, null, null];
  let text: string;
  let object: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    object = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (object === null || typeof object !== 'object' || Array.isArray(object)) return undefined;
  // Of several keys for one column the exact one wins, otherwise the last. JSON.parse loses the order of repeated
  // keys, so the last value is found in the text.
  const row = ['text', 'n', 'ratio', 'flag'].map((name) => {
    const value = lastValue(text, name);
    if (value === undefined || value.text === 'null') return null;
    const parsed = JSON.parse(value.text) as unknown;
    switch (name) {
      case 'text':
        if (typeof parsed === 'string') return LONE_SURROGATE.test(parsed) ? null : parsed;
        return typeof parsed === 'object' ? null : value.text;
      case 'n': {
        const written = typeof parsed === 'string' ? parsed : value.text;
        if (!/^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$/.test(written)) return null;
        const n = wholeNumber(written.trim());
        return n !== undefined && n >= -(2n ** 31n) && n < 2n ** 31n ? Number(n) : null;
      }
      case 'ratio': {
        const written = typeof parsed === 'string' ? parsed : value.text;
        if (typeof parsed === 'object' || typeof parsed === 'boolean') return null;
        if (!/^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$/.test(written)) return null;
        const x = Number(written);
        return Number.isFinite(x) && (x !== 0 || !/[1-9]/.test(written.split(/[eE]/)[0]!)) ? x + 0 : null;
      }
      default:
        return typeof parsed === 'boolean' ? parsed : null;
    }
  });
  return row;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Returns the value of a decimal number computed from its digits, or undefined if it is not whole or far too large. */
function wholeNumber(text: string): bigint | undefined {
  const [mantissa, exponent] = text.toLowerCase().split('e') as [string, string | undefined];
  const [whole, fraction = ''] = mantissa.split('.') as [string, string | undefined];
  const unscaled = BigInt(`${whole.replace(/^[+-]/, '')}${fraction}`);
  const shift = Number(exponent ?? 0) - fraction.length;
  if (unscaled === 0n) return 0n;
  if (Math.abs(shift) > 400) return undefined;
  const power = 10n ** BigInt(Math.abs(shift));
  if (shift < 0 && unscaled % power !== 0n) return undefined;
  const size = shift < 0 ? unscaled / power : unscaled * power;
  return whole.startsWith('-') ? -size : size;
}

/** Returns the text of the last top-level member called `name`, otherwise of the last one in another case. */
function lastValue(text: string, name: string): { readonly text: string } | undefined {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/gs) ?? [];
  let found: { text: string; isExact: boolean } | undefined;
  let depth = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (depth === 1 && token.startsWith('"') && tokens[i + 1] === ':') {
      const key = JSON.parse(token) as string;
      const value: string[] = [];
      let inner = 0;
      for (i += 2; ; i++) {
        const part = tokens[i]!;
        if (inner === 0 && (part === ',' || part === '}')) break;
        if (part === '{' || part === '[') inner++;
        if (part === '}' || part === ']') inner--;
        value.push(part);
      }
      const isExact = key === name;
      if (isExact || (key.toLowerCase() === name && found?.isExact !== true)) {
        found = { text: value.join(''), isExact };
      }
      if (tokens[i] === '}') depth--;
    } else if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
  }
  return found;
}
