import { describe, expect, it } from 'vitest';
import { numericParse } from '../../src/values/numeric.ts';
import { BIGINT, BYTEA, INTEGER, NUMERIC, TIMESTAMP, VARCHAR } from '../../src/values/types.ts';
import { changeTable, decodeChanges, type KeyedRecord } from './support/changes.ts';

const ID_NAME = [
  { name: 'id', type: BIGINT },
  { name: 'name', type: VARCHAR },
];
const TABLE = changeTable(ID_NAME);

describe('FORMAT UPSERT', () => {
  it('a value is the row of its key, and an empty value deletes it', () => {
    const records: KeyedRecord[] = [
      ['{"id":1}', '{"id":1,"name":"a"}'],
      ['{"id":2}', '{"id":2,"name":"b"}'],
      ['{"id":1}', null],
      ['{"id":1}', '{"id":1,"name":"c"}'],
      ['{"id":2}', ''],
      ['{"id":9}', null],
    ];
    for (const capacity of [1, 2, 64]) {
      expect(decodeChanges(TABLE, records, { capacity }), `capacity ${capacity}`).toEqual({
        changes: [
          ['+', 1n, 'a'],
          ['+', 2n, 'b'],
          ['-', 1n, null],
          ['+', 1n, 'c'],
          ['-', 2n, null],
          ['-', 9n, null],
        ],
        problems: [],
      });
    }
  });

  it('reads the primary key from the key, whether the value repeats it or not', () => {
    const { changes } = decodeChanges(TABLE, [
      ['{"id":1}', '{"name":"without"}'],
      ['{"id":2}', '{"id":"text","name":"other"}'],
      ['{"ID":3,"more":[1]}', '{"name":"case"}'],
    ]);
    expect(changes).toEqual([
      ['+', 1n, 'without'],
      ['+', 2n, 'other'],
      ['+', 3n, 'case'],
    ]);
  });

  it('takes a key that Kafka Connect wraps', () => {
    const key = '{"schema":{"type":"struct","fields":[{"type":"int64","field":"id"}]},"payload":{"id":7}}';
    expect(decodeChanges(TABLE, [[key, '{"name":"x"}']]).changes).toEqual([['+', 7n, 'x']]);
  });

  it('the schema of a key holds for that key alone', () => {
    const table = changeTable([{ name: 'at', type: TIMESTAMP }], {
      encode_options: { 'freshet.writer': 'debezium' },
    });
    const wrapped = (unit: string, at: number): string =>
      `{"schema":{"fields":[{"type":"int64","name":"io.debezium.time.${unit}Timestamp","field":"at"}]},` +
      `"payload":{"at":${at}}}`;
    const keys = [wrapped('', 60), '{"at":60}', wrapped('Micro', 60), wrapped('', 60), '{"at":60}'];
    const { changes } = decodeChanges(
      table,
      keys.map((key) => [key, null]),
    );
    // Without a schema the size tells that 60 are seconds.
    expect(changes.map(([, at]) => at)).toEqual([60_000, 60_000_000, 60, 60_000, 60_000_000]);
  });

  it('refuses a record whose key or value cannot be read, and keeps its neighbours', () => {
    const bad: readonly KeyedRecord[] = [
      [null, '{"name":"x"}'],
      ['{"id":', null],
      ['7', '{"name":"x"}'],
      ['{"name":"x"}', '{"name":"x"}'],
      ['{"id":null}', null],
      ['{"id":"seven"}', null],
      ['{"id":1}', '{"name":'],
      ['{"id":1}', '[]'],
      ['{"id":99999999999999999999}', null],
    ];
    const records = bad.flatMap((record, i): KeyedRecord[] => [
      record,
      [`{"id":${i}}`, '{"name":"ok"}'],
      [`{"id":${i}}`, null],
    ]);
    const { changes, problems } = decodeChanges(TABLE, records);
    expect(changes).toEqual(
      bad.flatMap((_, i) => [
        ['+', BigInt(i), 'ok'],
        ['-', BigInt(i), null],
      ]),
    );
    expect(problems.map(({ record, reason, refused, column }) => [record, reason, refused, column])).toEqual([
      [0, 'not_null', true, undefined],
      [3, 'malformed', true, undefined],
      [6, 'malformed', true, undefined],
      [9, 'not_null', true, 'id'],
      [12, 'not_null', true, 'id'],
      [15, 'wrong_type', true, 'id'],
      [18, 'malformed', true, undefined],
      [21, 'malformed', true, undefined],
      [24, 'out_of_range', true, 'id'],
    ]);
    expect(problems.map(({ message }) => message)).toEqual([
      'the record has no key, so it names no row',
      'the key cannot be read: expected a value, got the end at byte 6 (key "{\\"id\\":")',
      'the key cannot be read: expected an object, got "7" at byte 0 (key "7"); ' +
        'a key that is no JSON object needs KEY ENCODE TEXT',
      'the key has no value for "id": it is missing (key "{\\"name\\":\\"x\\"}")',
      'the key has no value for "id": it is null (key "{\\"id\\":null}")',
      'key column "id": expected BIGINT, got "seven" (key "{\\"id\\":\\"seven\\"}")',
      'expected a value, got the end at byte 8',
      'expected an object, got "[" at byte 0',
      'key column "id": "99999999999999999999" is out of range for BIGINT (key "{\\"id\\":99999999999999999999}")',
    ]);
  });

  it('KEY ENCODE TEXT reads the key as the text of its column', () => {
    const text = changeTable(
      [
        { name: 'name', type: VARCHAR },
        { name: 'n', type: INTEGER },
      ],
      { keyEncode: 'text' },
    );
    expect(
      decodeChanges(text, [
        ['{"a', '{"n":1}'],
        ['', '{"n":2}'],
        ['{"a', null],
      ]).changes,
    ).toEqual([
      ['+', '{"a', 1],
      ['+', '', 2],
      ['-', '{"a', null],
    ]);
    const number = changeTable(ID_NAME, { keyEncode: 'text' });
    const { changes, problems } = decodeChanges(number, [
      ['12', '{"name":"x"}'],
      ['x', null],
    ]);
    expect(changes).toEqual([['+', 12n, 'x']]);
    expect(problems.map(({ reason }) => reason)).toEqual(['wrong_type']);
  });

  it('with INCLUDE KEY the bytes of the key are the primary key, as in RisingWave', () => {
    const table = changeTable([
      { name: 'k', type: BYTEA, include: 'key' },
      { name: 'id', type: BIGINT },
    ]);
    const { changes, problems } = decodeChanges(table, [
      ['{"id":1}', '{"id":1}'],
      ['any bytes', null],
      [null, '{"id":2}'],
    ]);
    expect(changes).toEqual([
      ['+', Uint8Array.from(Buffer.from('{"id":1}')), 1n],
      ['-', Uint8Array.from(Buffer.from('any bytes')), null],
    ]);
    expect(problems).toMatchObject([{ record: 2, refused: true, column: 'k' }]);
  });

  it('where the medium has no keys, a record is {"key": ..., "value": ...}', () => {
    const { changes, problems } = decodeChanges(
      TABLE,
      [
        [null, '{"key":{"id":1},"value":{"name":"a"}}'],
        [null, '{"value":null,"key":{"id":1}}'],
        [null, '{"key":{"id":2}}'],
        [null, '{"name":"a"}'],
        [null, '{"key":{"id":3},"value":"text"}'],
        [null, '{"key":{"id":4},"value":{"name":"b"}}'],
        [null, '{"key'],
      ],
      { withKeys: false },
    );
    expect(changes).toEqual([
      ['+', 1n, 'a'],
      ['-', 1n, null],
      ['-', 2n, null],
      ['+', 4n, 'b'],
    ]);
    expect(problems.map(({ record, reason }) => [record, reason])).toEqual([
      [3, 'not_null'],
      [4, 'malformed'],
      [6, 'malformed'],
    ]);
  });

  it('takes values that Kafka Connect wraps, with the schema of each', () => {
    const table = changeTable(
      [
        { name: 'id', type: BIGINT },
        { name: 'price', type: NUMERIC },
      ],
      { encode_options: { 'freshet.writer': 'debezium' } },
    );
    const wrapped = (scale: number, payload: string): string =>
      `{"schema":{"type":"struct","fields":[{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal",` +
      `"parameters":{"scale":"${scale}"},"field":"price"}]},"payload":${payload}}`;
    const { changes, problems } = decodeChanges(table, [
      ['{"id":1}', wrapped(2, '{"id":1,"price":"ehI="}')], // 0x7a12 = 31250
      ['{"id":2}', wrapped(3, '{"id":2,"price":"ehI="}')],
      ['{"id":3}', '{"id":3,"price":"312.5"}'],
      ['{"id":1}', wrapped(2, 'null')],
      ['{"id":4}', '{"schema":{},"payload":'],
    ]);
    expect(changes).toEqual([
      ['+', 1n, numericParse('312.5')],
      ['+', 2n, numericParse('31.25')],
      ['+', 3n, numericParse('312.5')],
      ['-', 1n, null],
    ]);
    expect(problems).toMatchObject([{ record: 4, reason: 'malformed', refused: true }]);
  });

  it('a table with a column named schema takes values as they are', () => {
    const table = changeTable([
      { name: 'id', type: BIGINT },
      { name: 'schema', type: VARCHAR },
    ]);
    expect(decodeChanges(table, [['{"id":1}', '{"schema":"a","payload":{"schema":"b"}}']]).changes).toEqual([
      ['+', 1n, 'a'],
    ]);
  });

  it('a key that is a string stands for its text', () => {
    const columns = [
      { name: 'name', type: VARCHAR },
      { name: 'n', type: INTEGER },
    ];
    const record = '{"key":"a\\"\\u00e9","value":{"n":1}}';
    const how = { withKeys: false };
    expect(decodeChanges(changeTable(columns, { keyEncode: 'text' }), [[null, record]], how).changes).toEqual(
      [['+', 'a"é', 1]],
    );
    const text = '{"key":"{\\"id\\":5}","value":{"name":"x"}}';
    expect(decodeChanges(TABLE, [[null, text]], how).changes).toEqual([['+', 5n, 'x']]);
  });

  it('gives the same rows with generated scanners and without', () => {
    const records = Array.from({ length: 200 }, (_, i): KeyedRecord => [
      `{"id":${i % 7}}`,
      i % 5 === 0 ? null : `{"id":${i % 7},"name":"${'x'.repeat(i % 11)}"}`,
    ]);
    const fast = decodeChanges(TABLE, records);
    expect(fast).toEqual(decodeChanges(TABLE, records, { generated: false }));
    expect(fast.changes).toHaveLength(200);
  });
});
