import { describe, expect, it } from 'vitest';
import { numericParse } from '../../src/values/numeric.ts';
import { arrayOf, BIGINT, DATE, NUMERIC, TIME, TIMESTAMP, VARCHAR } from '../../src/values/types.ts';
import { changeTable, decodeChanges, type KeyedRecord } from './support/changes.ts';

const TABLE = changeTable(
  [
    { name: 'id', type: BIGINT },
    { name: 'name', type: VARCHAR },
  ],
  { format: 'debezium' },
);
const KEY = '{"id":1}';

describe('FORMAT DEBEZIUM', () => {
  it('c, r and u set the row in `after`; d and a tombstone delete', () => {
    const records: KeyedRecord[] = [
      [KEY, '{"before":null,"after":{"id":1,"name":"c"},"op":"c","ts_ms":1,"source":{"op":"x"}}'],
      [KEY, '{"payload":{"before":null,"after":{"id":2,"name":"r"},"op":"r"}}'],
      [
        KEY,
        '{"schema":{"fields":[]},"payload":{"op":"u","before":{"id":1,"name":"c"},"after":{"id":1,"name":"u"}}}',
      ],
      [KEY, '{"op":"d","before":{"id":1,"name":"u"},"after":null}'],
      [KEY, null],
      ['{"schema":{},"payload":{"id":2}}', '{"op":"d","before":null,"after":null}'],
    ];
    for (const capacity of [1, 2, 64]) {
      expect(decodeChanges(TABLE, records, { capacity }), `capacity ${capacity}`).toEqual({
        changes: [
          ['+', 1n, 'c'],
          ['+', 2n, 'r'],
          ['+', 1n, 'u'],
          ['-', 1n, null],
          ['-', 1n, null],
          ['-', 2n, null],
        ],
        problems: [],
      });
    }
  });

  it('t empties the table, after the records before it', () => {
    const t = '{"op":"t","before":null,"after":null}';
    const row = (name: string): KeyedRecord => [KEY, `{"op":"c","after":{"id":1,"name":"${name}"}}`];
    for (const capacity of [1, 64]) {
      const { changes } = decodeChanges(TABLE, [row('a'), [null, t], [null, t], row('b')], { capacity });
      expect(changes).toEqual([['+', 1n, 'a'], 'truncate', 'truncate', ['+', 1n, 'b']]);
    }
  });

  it('needs no keys, as over HTTP and from files', () => {
    const { changes, problems } = decodeChanges(
      TABLE,
      [
        [null, '{"op":"c","after":{"id":1,"name":"a"}}'],
        [null, '{"op":"d","before":{"id":1}}'],
        [null, ''],
      ],
      { withKeys: false },
    );
    expect(changes).toEqual([
      ['+', 1n, 'a'],
      ['-', 1n, null],
    ]);
    expect(problems).toEqual([]);
  });

  it('passes over messages about transactions, and tombstones whose key names no row', () => {
    const { changes, problems } = decodeChanges(TABLE, [
      ['{"id":"571"}', '{"status":"BEGIN","id":"571","event_count":null}'],
      ['{"other":1}', null],
      [KEY, '{"op":"m","message":{}}'],
      [KEY, '{"op":"c","after":{"id":1,"name":"a"}}'],
    ]);
    expect(changes).toEqual([['+', 1n, 'a']]);
    expect(problems).toEqual([]);
  });

  it('refuses what is no envelope, and keeps its neighbours', () => {
    const bad = [
      '{"id":1,"name":"plain"}',
      '{"op":"x","after":{"id":1}}',
      '{"op":"u","before":{"id":1}}',
      '{"op":"c","after":{"name":"no key"}}',
      '{"op":"d","before":{"name":"no key"}}',
      '{"op":"c","after":',
      '[1]',
    ];
    const good: KeyedRecord = [KEY, '{"op":"c","after":{"id":1,"name":"ok"}}'];
    const { changes, problems } = decodeChanges(
      TABLE,
      bad.flatMap((value): KeyedRecord[] => [[KEY, value], good]),
    );
    expect(changes).toEqual(bad.map(() => ['+', 1n, 'ok']));
    expect(problems.map(({ record, message }) => [record, message])).toEqual([
      [0, 'the record is no Debezium envelope: it has no "op"'],
      [2, 'the envelope has an unknown op, "x"'],
      [4, 'the envelope has the op "u" and no row in "after"'],
      [6, 'column "id" must not be NULL: the key is missing'],
      [8, 'column "id" must not be NULL: the key is missing'],
      [10, 'expected a value, got the end at byte 18'],
      [12, 'expected an object, got "[" at byte 0'],
    ]);
    expect(problems.every(({ refused }) => refused)).toBe(true);
  });

  it('the schema of each record gives units and scales, also when it changes from record to record', () => {
    const table = changeTable(
      [
        { name: 'id', type: BIGINT },
        { name: 'price', type: NUMERIC },
        { name: 'at', type: TIMESTAMP },
        { name: 'of_day', type: TIME },
        { name: 'day', type: DATE },
        { name: 'times', type: arrayOf(TIMESTAMP) },
      ],
      { format: 'debezium' },
    );
    const schema = (scale: number, unit: string): string =>
      JSON.stringify({
        type: 'struct',
        fields: [
          { type: 'struct', field: 'before', fields: [] },
          {
            type: 'struct',
            field: 'after',
            fields: [
              {
                type: 'bytes',
                name: 'org.apache.kafka.connect.data.Decimal',
                parameters: { scale: String(scale) },
                field: 'price',
              },
              { type: 'int64', name: `io.debezium.time.${unit}Timestamp`, field: 'at' },
              { type: 'int64', name: `io.debezium.time.${unit}Time`, field: 'of_day' },
              { type: 'int32', name: 'io.debezium.time.Date', field: 'day' },
              {
                type: 'array',
                items: { type: 'int64', name: `io.debezium.time.${unit}Timestamp` },
                field: 'times',
              },
            ],
          },
        ],
      });
    const record = (parts: string, row: string): KeyedRecord => [
      KEY,
      `{"schema":${parts},"payload":{"op":"c","after":{"id":1,${row}}}}`,
    ];
    const { changes, problems } = decodeChanges(table, [
      // 0x7a12 = 31250; 1970-01-01 00:01 as microseconds is too small for a guess of its unit
      record(schema(2, 'Micro'), '"price":"ehI=","at":60000000,"of_day":1,"day":20527,"times":[60000000]'),
      record(schema(3, ''), '"price":"ehI=","at":60000,"of_day":1,"day":0,"times":[60000,null]'),
      record(schema(3, ''), '"price":"hR4=","at":-1,"of_day":0,"day":0'), // 0x851e = -31458
      record(
        schema(0, 'Nano'),
        '"price":"AQ==","at":60000000000,"of_day":1000,"day":0,"times":[60000000000]',
      ),
      record('{}', '"price":"312.5","at":60,"of_day":1,"day":0'),
    ]);
    expect(problems).toEqual([]);
    expect(changes).toEqual([
      ['+', 1n, numericParse('312.5'), 60_000_000, 1, 20_527, [60_000_000]],
      ['+', 1n, numericParse('31.25'), 60_000_000, 1000, 0, [60_000_000, null]],
      ['+', 1n, numericParse('-31.458'), -1000, 0, 0, null],
      ['+', 1n, numericParse('1'), 60_000_000, 1, 0, [60_000_000]],
      ['+', 1n, numericParse('312.5'), 60_000_000, 1, 0, null],
    ]);
  });
});
