import { describe, expect, it } from 'vitest';
import { Batch } from '../../src/engine/batch.ts';
import { StringPool } from '../../src/engine/text/string-pool.ts';
import { createJsonDecoder } from '../../src/sources/json/decoder.ts';
import type { JsonDecoderOptions } from '../../src/sources/json/decoder-options.ts';
import { SourceError } from '../../src/sources/source.ts';
import { BIGINT, BYTEA, DOUBLE, INTEGER, JSONB, TIMESTAMPTZ, VARCHAR } from '../../src/values/types.ts';
import { type ColumnSpec, type Decoded, decodeAll, makeRecords, makeSource } from './support/source.ts';

function decode(
  columns: readonly ColumnSpec[],
  payloads: readonly (string | Uint8Array)[],
  options: JsonDecoderOptions & { wanted?: readonly boolean[]; primaryKey?: readonly number[] } = {},
): Decoded {
  const source = makeSource(columns, { primaryKey: options.primaryKey ?? [] });
  const wanted = options.wanted ?? columns.map(() => true);
  const pool = new StringPool();
  const decoder = createJsonDecoder(source, wanted, pool, options);
  return decodeAll(decoder, makeRecords(payloads), { source, pool, wanted });
}

const AB: readonly ColumnSpec[] = [
  { name: 'a', type: INTEGER },
  { name: 'b', type: VARCHAR },
];

describe('keys', () => {
  it('match columns regardless of ASCII case, an exact match first', () => {
    expect(decode(AB, ['{"A":1,"B":"x"}', '{"A":2,"B":"y"}']).rows).toEqual([
      [1, 'x'],
      [2, 'y'],
    ]);
    const both = [
      { name: 'a', type: INTEGER },
      { name: 'A', type: INTEGER },
    ];
    expect(decode(both, ['{"A":1,"a":2}']).rows).toEqual([[2, 1]]);
    expect(decode([{ name: 'Ä', type: INTEGER }], ['{"ä":1}']).rows).toEqual([[null]]);
  });

  it('may be escaped', () => {
    expect(decode(AB, ['{"\\u0061":1}', '{"\\u0061":2}']).rows).toEqual([
      [1, null],
      [2, null],
    ]);
  });

  it('without a column are ignored, and columns without a key are NULL', () => {
    const { rows, problems } = decode(AB, ['{"z":[{"a":9}],"b":"x"}', '{"z":"a\\"","b":"y"}', '{}']);
    expect(rows).toEqual([
      [null, 'x'],
      [null, 'y'],
      [null, null],
    ]);
    expect(problems).toEqual([]);
  });

  it('that repeat have the value of the last one', () => {
    expect(decode(AB, ['{"a":1,"a":2}', '{"a":4,"a":5}', '{"A":"x","A":3}', '{"A":"x","A":6}'])).toEqual({
      rows: [2, 5, 3, 6].map((a) => [a, null]),
      problems: [],
    });
  });

  it('that equal the name of the column win over those in another case, in any order', () => {
    const payloads = [
      '{"a":1,"A":null}',
      '{"A":null,"a":1}',
      '{"A":"x","a":1,"A":2}',
      '{"a":0,"A":2,"a":1}',
      '{"\\u0061":1,"A":7}',
    ];
    expect(decode(AB, [...payloads, ...payloads])).toEqual({
      rows: [...payloads, ...payloads].map(() => [1, null]),
      problems: [],
    });
    expect(decode(AB, ['{"a":null,"A":1}', '{"a":null,"A":2}']).rows).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  it('are read in any order, also if every record has another order', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const columns = names.map((name) => ({ name, type: INTEGER }));
    const payloads: string[] = [];
    for (let i = 0; i < 2000; i++) {
      const order = names
        .map((name, k) => ({ name, k, at: (Math.imul(i + 1, 0x9e3779b1 ^ (k * 0x85ebca6b)) >>> 8) % 1009 }))
        .sort((x, y) => x.at - y.at);
      payloads.push(`{${order.map(({ name, k }) => `"${name}": ${i * 10 + k}`).join(', ')}}`);
    }
    expect(new Set(payloads.map((text) => text.replace(/[0-9]/g, ''))).size).toBeGreaterThan(20);
    expect(decode(columns, payloads).rows).toEqual(
      payloads.map((_, i) => [0, 1, 2, 3, 4].map((k) => i * 10 + k)),
    );
  });
});

describe('records', () => {
  it('that are not a single JSON object are refused with the reason and the place', () => {
    const cases = [
      ['[{"a":1}]', 'expected an object, got "[" at byte 0'],
      ['12', 'expected an object, got "1" at byte 0'],
      ['   ', 'expected an object, got the end at byte 3'],
      ['{"a":1', 'expected "," or "}", got the end at byte 6'],
      ['{"a":1}}', 'expected the end, got "}" at byte 7'],
      ['{"a":1} x', 'expected the end, got "x" at byte 8'],
      ['{"a":01}', 'number with a leading zero at byte 5'],
      ['{"a":NaN}', 'expected a value, got "N" at byte 5'],
      ["{'a':1}", 'expected a key, got "\'" at byte 1'],
      ['{"a":1,}', 'expected a key, got "}" at byte 7'],
      ['{"b":"a\nb"}', 'control character in a string at byte 7'],
      ['{"b":"\\ud8zz"}', 'invalid escape in a string at byte 6'],
      ['{"b":"x', 'unterminated string at byte 7'],
      [Buffer.from('{"b":"\xff"}', 'latin1'), 'invalid UTF-8 at byte 6'],
      [Buffer.from('{"b":"\xed\xa0\x80"}', 'latin1'), 'invalid UTF-8 at byte 6'],
      [Buffer.from('{"b":"\xc0\xaf"}', 'latin1'), 'invalid UTF-8 at byte 6'],
    ] as const;
    const { rows, problems } = decode(AB, [
      '{"a":1,"b":"x"}',
      ...cases.map(([text]) => text),
      '{"a":2,"b":"y"}',
    ]);
    expect(rows).toEqual([
      [1, 'x'],
      [2, 'y'],
    ]);
    expect(problems).toEqual(
      cases.map(([, message], i) => ({ record: i + 1, reason: 'malformed', message, refused: true })),
    );
  });

  it('are accepted with half a surrogate pair in a field or key that no column reads', () => {
    const odd = ['{"a":1,"z":"caf\\ud83d"}', '{"a":1,"z":{"caf\\udc00":["\\ud83d\\ud83d"]}}'];
    expect(decode(AB, [...odd, ...odd], { wanted: [true, false] })).toEqual({
      rows: [1, 1, 1, 1].map((a) => [a, null]),
      problems: [],
    });
    expect(decode(AB, ['{"a":1,"b":"caf\\ud83d"}'], { wanted: [true, false] }).problems).toEqual([]);
  });

  it('have NULL and a warning for text with half a surrogate pair, which has no UTF-8 form', () => {
    const payloads = [
      '{"a":1,"b":"caf\\ud83d"}',
      '{"a":2,"b":"\\udc00\\ud83d"}',
      '{"a":3,"b":"\\ud83d\\ude00"}',
    ];
    const message = 'column "b": expected VARCHAR, got text with half a surrogate pair';
    const problem = { reason: 'wrong_type', column: 'b', message, refused: false };
    expect(decode(AB, payloads)).toEqual({
      rows: [
        [1, null],
        [2, null],
        [3, '\u{1f600}'],
      ],
      problems: [
        { ...problem, record: 0 },
        { ...problem, record: 1 },
      ],
    });
  });

  it('may start with a byte order mark', () => {
    expect(decode(AB, ['\ufeff{"a":1}', '\ufeff{"a":2}', '\ufeff', '{\ufeff"a":3}'])).toMatchObject({
      rows: [
        [1, null],
        [2, null],
      ],
      problems: [
        { record: 2, reason: 'malformed' },
        { record: 3, reason: 'malformed' },
      ],
    });
  });

  it('that are empty count as an object without keys, as in RisingWave', () => {
    expect(decode(AB, ['', '{"a":1,"b":"x"}', ''])).toEqual({
      rows: [
        [null, null],
        [1, 'x'],
        [null, null],
      ],
      problems: [],
    });
  });

  it('may be nested up to the limit, also in fields that no column reads', () => {
    const nest = (n: number): string => `{"a":1,"b":"x","z":${'['.repeat(n)}${']'.repeat(n)}}`;
    const { rows, problems } = decode(
      AB,
      [nest(0).replace('"z":', '"z":1'), nest(63), nest(64), nest(100_000)],
      { maxDepth: 64 },
    );
    expect(rows).toEqual([
      [1, 'x'],
      [1, 'x'],
    ]);
    expect(problems).toMatchObject([
      { record: 2, reason: 'too_deep', refused: true },
      { record: 3, reason: 'too_deep' },
    ]);
  });

  it('longer than the limit are refused by the scanner and the exact path', () => {
    const text = (n: number): string => `{"a":1,"b":"${'x'.repeat(n)}"}`;
    const limit = text(10).length;
    const { rows, problems } = decode(AB, [text(10), text(11), text(9)], { maxRecordBytes: limit });
    expect(rows.map((row) => row[1])).toEqual(['x'.repeat(10), 'x'.repeat(9)]);
    expect(problems).toMatchObject([{ record: 1, reason: 'too_large', refused: true }]);
  });

  it('continue in the next batch when one is full, and a reused batch shows no earlier values', () => {
    const source = makeSource(AB);
    const pool = new StringPool();
    const decoder = createJsonDecoder(source, [true, true], pool);
    const records = makeRecords([
      '{"a":1,"b":"x"}',
      '{"a":2,"b":"y"}',
      '{"a":null}',
      '{"b":null}',
      'x',
      '{"a":5,"b":"z"}',
    ]);
    const batch = new Batch([INTEGER, VARCHAR], 2, pool);
    const seen: unknown[] = [];
    const returned: number[] = [];
    for (let i = 0; i < records.count;) {
      batch.n = 0;
      i = decoder.decode(records, i, batch, () => {});
      returned.push(i);
      for (let row = 0; row < batch.n; row++)
        seen.push(batch.row(row), batch.column(1).v[row] === 0 || batch.row(row)[1]);
    }
    expect(returned).toEqual([2, 4, 6]);
    expect(seen).toEqual([
      [1, 'x'],
      true,
      [2, 'y'],
      'y',
      [null, null],
      true,
      [null, null],
      true,
      [5, 'z'],
      'z',
    ]);
  });
});

describe('NOT NULL and key columns', () => {
  const columns: readonly ColumnSpec[] = [
    { name: 'id', type: BIGINT },
    { name: 'name', type: VARCHAR, notNull: true },
    { name: 'x', type: INTEGER },
  ];
  const good = '{"id":1,"name":"n","x":1}';
  const payloads = [
    good,
    '{"name":"n","x":1}',
    '{"id":null,"name":"n","x":1}',
    '{"id":"one","name":"n","x":"bad"}',
    '{"id":1,"name":null,"x":1}',
    '{"id":1,"name":[],"x":1}',
    '{"id":1,"name":7,"x":1}',
    '{"id":1,"name":"\\n","x":1}',
    good,
  ];

  it('refuse a record without a value for them', () => {
    const { rows, problems } = decode(columns, payloads, { primaryKey: [0] });
    expect(rows).toEqual([
      [1n, 'n', 1],
      [1n, '7', 1],
      [1n, '\n', 1],
      [1n, 'n', 1],
    ]);
    expect(problems.map((p) => [p.record, p.reason, p.column, p.refused])).toEqual([
      [1, 'not_null', 'id', true],
      [2, 'not_null', 'id', true],
      [3, 'not_null', 'id', true],
      [4, 'not_null', 'name', true],
      [5, 'not_null', 'name', true],
    ]);
  });

  it('refuse such a record also if no plan reads the columns', () => {
    const all = decode(columns, payloads, { primaryKey: [0] });
    const pruned = decode(columns, payloads, { primaryKey: [0], wanted: [false, false, true] });
    expect(pruned.problems).toEqual(all.problems);
    expect(pruned.rows).toEqual(all.rows.map((row) => [null, null, row[2]]));
  });
});

describe('columns that do not come from the payload', () => {
  const columns: readonly ColumnSpec[] = [
    { name: 'a', type: INTEGER },
    { name: 'p', type: VARCHAR, include: 'partition' },
    { name: 'o', type: BIGINT, include: 'offset' },
    { name: 't', type: TIMESTAMPTZ, include: 'timestamp' },
    { name: 'k', type: BYTEA, include: 'key' },
    { name: 'body', type: JSONB, include: 'payload' },
    { name: 'f', type: VARCHAR, include: 'file' },
  ];

  it('are filled from the record by the scanner and the exact path', () => {
    const source = makeSource(columns);
    const pool = new StringPool();
    const records = makeRecords(['{"a":1}', '{"a":2}', '{"p":"x"}', 'broken', '{"a":3}'], {
      split: '7',
      offsetOf: (record) => ['10', '11', '12', '13', '9007199254740000'][record]!,
      timestamps_us: Float64Array.of(1, 2, 3, 4, 5),
      keys: [null, Uint8Array.of(1), Uint8Array.of(2), null, Uint8Array.of(3)],
      file: 'events.ndjson',
    });
    const decoder = createJsonDecoder(
      source,
      columns.map(() => true),
      pool,
    );
    const { rows } = decodeAll(decoder, records, { source, pool, capacity: 2 });
    expect(rows).toEqual([
      [1, '7', 10n, 1, null, '{"a": 1}', 'events.ndjson'],
      [2, '7', 11n, 2, Uint8Array.of(1), '{"a": 2}', 'events.ndjson'],
      [null, '7', 12n, 3, Uint8Array.of(2), '{"p": "x"}', 'events.ndjson'],
      [3, '7', 9007199254740000n, 5, Uint8Array.of(3), '{"a": 3}', 'events.ndjson'],
    ]);
  });

  it.each([true, false])('that are a key must have a value (read by a plan: %s)', (isRead) => {
    const keyed: readonly ColumnSpec[] = [
      { name: 'a', type: INTEGER },
      { name: 'k', type: INTEGER, include: 'key' },
    ];
    const keys = ['1', null, 'x', '4', '', '6'].map((key) => (key === null ? null : Buffer.from(key)));
    const payloads = keys.map((_, i) => (i === 3 ? 'broken' : `{"a":${i}}`));
    for (const generated of [true, false]) {
      const pool = new StringPool();
      const source = makeSource(keyed, { primaryKey: [1] });
      const wanted = [true, isRead];
      const decoder = createJsonDecoder(source, wanted, pool, { generated });
      const records = makeRecords(payloads, { keys });
      const { rows, problems } = decodeAll(decoder, records, { source, pool, wanted, capacity: 2 });
      expect(rows).toEqual([
        [0, isRead ? 1 : null],
        [5, isRead ? 6 : null],
      ]);
      expect(problems.map((p) => [p.record, p.reason, p.refused, p.message])).toEqual([
        [1, 'not_null', true, 'column "k" must not be NULL: the record has no key'],
        [2, 'not_null', true, 'column "k" must not be NULL: expected INTEGER, got "x"'],
        [3, 'malformed', true, 'expected an object, got "b" at byte 0'],
        [4, 'not_null', true, 'column "k" must not be NULL: expected INTEGER, got ""'],
      ]);
    }
  });

  it('are an error of the source if their type cannot hold the value', () => {
    const pool = new StringPool();
    const bad = makeSource([{ name: 'o', type: DOUBLE, include: 'offset' }]);
    expect(() => createJsonDecoder(bad, [true], pool)).toThrow(SourceError);
    const header = makeSource([{ name: 'h', type: VARCHAR, include: 'header' }]);
    expect(() => createJsonDecoder(header, [true], pool)).toThrow('INCLUDE header is not supported');
    expect(() => createJsonDecoder(header, [false], pool)).not.toThrow();
  });

  it('stay NULL when they are generated, even if the payload has their key', () => {
    const generated: ColumnSpec = {
      name: 'g',
      type: INTEGER,
      generated: { kind: 'const', value: 1, type: INTEGER, nullable: false },
    };
    expect(decode([...AB, generated], ['{"a":1,"b":"x","g":5}', '{"a":2,"b":"y","g":5}']).rows).toEqual([
      [1, 'x', null],
      [2, 'y', null],
    ]);
  });
});

it('the decoder works where the platform forbids generated code', () => {
  const original = globalThis.Function;
  globalThis.Function = function forbidden() {
    throw new EvalError('Code generation from strings disallowed for this context');
  } as unknown as FunctionConstructor;
  try {
    expect(decode(AB, ['{"a":1,"b":"x"}', '{"a":2,"b":"y"}']).rows).toEqual([
      [1, 'x'],
      [2, 'y'],
    ]);
  } finally {
    globalThis.Function = original;
  }
});
