import { describe, expect, it } from 'vitest';
import { makeInterval } from '../../src/values/interval.ts';
import { numericParse } from '../../src/values/numeric.ts';
import type { Datum } from '../../src/values/datum.ts';
import {
  arrayOf,
  BIGINT,
  BOOLEAN,
  BYTEA,
  DATE,
  DOUBLE,
  INTEGER,
  INTERVAL,
  JSONB,
  NUMERIC,
  REAL,
  type SqlType,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  typeName,
  VARCHAR,
} from '../../src/values/types.ts';
import { changeTable, decodeChanges } from './support/changes.ts';

type Case = readonly [type: SqlType, json: string, expected: Datum | 'misfit'];

/** Reads one value from the row of a record. */
function read(type: SqlType, json: string, encode_options: Record<string, string>): Datum | 'misfit' {
  const columns = [
    { name: 'id', type: INTEGER },
    { name: 'v', type },
  ];
  const table = changeTable(columns, { encode_options });
  const { changes, problems } = decodeChanges(table, [['{"id":1}', `{"v":${json}}`]]);
  if (problems.length > 0) return 'misfit';
  return (changes[0] as readonly ['+', Datum, Datum])[2];
}

const label = ([type, json]: Case): string => `${typeName(type)} ${json}`;
const readAll = (cases: readonly Case[], encode_options: Record<string, string>) =>
  cases.map((each) => [label(each), read(each[0], each[1], encode_options)]);
const expected = (cases: readonly Case[]) => cases.map((each) => [label(each), each[2]]);

const n = numericParse;

// Pairs that RisingWave's own tests of its encoder state: 719163, 1000000 for 00:16:40, P1Y1M2DT0H0M1S.
const RISINGWAVE: readonly Case[] = [
  [DATE, '719163', 0],
  [DATE, '719162', -1],
  [DATE, '739690', 20_527], // 2026-03-15
  [DATE, '1', -719_162], // 0001-01-01
  [DATE, '0', 'misfit'],
  [DATE, '719163.5', 'misfit'],
  [DATE, '"2026-03-15"', 20_527],
  [TIMESTAMP, '1000000', 1_000_000_000],
  [TIMESTAMP, '-1', -1000],
  [TIMESTAMP, '1773576000123', 1_773_576_000_123_000],
  [TIMESTAMP, '"2026-03-15 12:00:00.123456"', 1_773_576_000_123_456],
  [TIMESTAMPTZ, '"2018-01-26T18:30:09.453000Z"', 1_516_991_409_453_000],
  [TIME, '1000000', 1_000_000_000],
  [TIME, '"00:16:40.000001"', 1_000_000_001],
  [TIME, '86400001', 'misfit'],
  [NUMERIC, '"312.5"', n('312.5')],
  [NUMERIC, '"0.0000000000000000000000000001"', n('0.0000000000000000000000000001')],
  [NUMERIC, '"NaN"', 'misfit'],
  [JSONB, '"{\\"a\\": [1, true, \\"foo\\"]}"', '{"a": [1, true, "foo"]}'],
  [JSONB, '"\\"12\\""', '"12"'],
  [JSONB, '"null"', 'null'],
  [JSONB, '{"a":1}', '{"a": 1}'],
  [JSONB, '"no json"', 'misfit'],
  [JSONB, 'null', null],
  [BYTEA, '"ASNF"', Uint8Array.of(0x01, 0x23, 0x45)],
  [BYTEA, '""', Uint8Array.of()],
  [BYTEA, '"ASN"', 'misfit'],
  [INTERVAL, '"P1Y1M2DT0H0M1S"', makeInterval(13, 2, 1_000_000)],
  [INTERVAL, '"P0Y0M0DT26H0M0.000001S"', makeInterval(0, 0, 93_600_000_001)],
  [BIGINT, '"0x00000000000002ab"', 683n], // SERIAL, {:#018x}
  [BIGINT, '"0xffffffffffffffff"', -1n],
  [BIGINT, '9223372036854775807', 9_223_372_036_854_775_807n],
  [REAL, '0.10000000149011612', Math.fround(0.1)],
  [DOUBLE, 'null', null], // NaN and the infinities arrive like this
  [BOOLEAN, 'true', true],
  [VARCHAR, '"719163"', '719163'],
  [arrayOf(DATE), '[719163,null]', [0, null]],
  [arrayOf(TIMESTAMP), '[1000000]', [1_000_000_000]],
  [arrayOf(BYTEA), '["AA=="]', [Uint8Array.of(0)]],
  [arrayOf(DATE), '[0]', 'misfit'],
];

const FLINK: readonly Case[] = [
  [DATE, '"2026-03-15"', 20_527],
  [TIME, '"00:16:40.001"', 1_000_001_000],
  [TIMESTAMP, '"2026-03-15 12:00:00.123456"', 1_773_576_000_123_456],
  [TIMESTAMP, '"2026-03-15T12:00:00.123456"', 1_773_576_000_123_456],
  [TIMESTAMPTZ, '"2026-03-15 12:00:00.123456Z"', 1_773_576_000_123_456],
  [TIMESTAMPTZ, '"2026-03-15T12:00:00.123456Z"', 1_773_576_000_123_456],
  [NUMERIC, '312.50', n('312.5')],
  [NUMERIC, '3.125E+2', n('312.5')],
  [NUMERIC, '1E-10', n('0.0000000001')],
  [BYTEA, '"ASNF"', Uint8Array.of(0x01, 0x23, 0x45)],
  [JSONB, '{"a":[1]}', '{"a": [1]}'],
  [DOUBLE, '"NaN"', NaN],
];

const DEBEZIUM: readonly Case[] = [
  [DATE, '20527', 20_527],
  [TIME, '1000000001', 1_000_000_001],
  [TIMESTAMP, '1773576000123456', 1_773_576_000_123_456],
  [TIMESTAMP, '1773576000123', 1_773_576_000_123_000],
  [TIMESTAMPTZ, '"2026-03-15T12:00:00.123456Z"', 1_773_576_000_123_456],
  [NUMERIC, '"312.50"', n('312.5')],
  [NUMERIC, '312.5', n('312.5')],
  [NUMERIC, '{"scale":2,"value":"ehI="}', n('312.5')], // 0x7a12 = 31250
  [NUMERIC, '{"scale":-2,"value":"Aw=="}', n('300')],
  [NUMERIC, '{"scale":1,"value":"/w=="}', n('-0.1')],
  [NUMERIC, '"ehI="', 'misfit'],
  [BOOLEAN, '1', true],
  [BOOLEAN, '0', false],
  [BOOLEAN, '2', 'misfit'],
  [BYTEA, '"ASNF"', Uint8Array.of(0x01, 0x23, 0x45)],
  [JSONB, '"{\\"a\\": 1}"', '{"a": 1}'],
  [INTERVAL, '93600000001', makeInterval(0, 0, 93_600_000_001)],
  [INTERVAL, '"P1Y1M2DT0H0M1S"', makeInterval(13, 2, 1_000_000)],
  [VARCHAR, '"__debezium_unavailable_value"', 'misfit'],
  [JSONB, '"__debezium_unavailable_value"', 'misfit'],
  [BYTEA, '"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="', 'misfit'],
];

describe('values are read as their writer meant them', () => {
  it.each([
    ["RisingWave's Kafka sink", RISINGWAVE, { 'freshet.writer': 'risingwave' }],
    ["Flink's JSON format", FLINK, { 'freshet.writer': 'flink' }],
    ['Debezium without schemas', DEBEZIUM, { 'freshet.writer': 'debezium' }],
    [
      'RisingWave with jsonb.handling.mode = dynamic',
      [
        [JSONB, '"12"', '"12"'],
        [JSONB, '[1]', '[1]'],
      ] satisfies readonly Case[],
      { 'freshet.writer': 'risingwave', 'freshet.jsonb': 'dynamic' },
    ],
    [
      'timestamptz.handling.mode = micro',
      [[TIMESTAMPTZ, '60000000', 60_000_000]] satisfies readonly Case[],
      { 'timestamptz.handling.mode': 'micro' },
    ],
    [
      'timestamptz.handling.mode = milli',
      [[TIMESTAMPTZ, '60000', 60_000_000]] satisfies readonly Case[],
      { 'timestamptz.handling.mode': 'milli' },
    ],
    [
      'timestamptz.handling.mode = utc_string',
      [[TIMESTAMPTZ, '60000', 'misfit']] satisfies readonly Case[],
      { 'timestamptz.handling.mode': 'utc_string' },
    ],
    [
      'timestamptz.handling.mode = utc_without_suffix',
      [[TIMESTAMPTZ, '"2018-01-26 18:30:09.453000"', 1_516_991_409_453_000]] satisfies readonly Case[],
      { 'timestamptz.handling.mode': 'utc_without_suffix' },
    ],
    ['a guessed unit', [[TIMESTAMPTZ, '60', 60_000_000]] satisfies readonly Case[], {}],
  ] as const)('%s', (_, cases, encode_options) => {
    expect(readAll(cases, encode_options)).toEqual(expected(cases));
  });

  it('dates of RisingWave count from 1970 in FORMAT DEBEZIUM', () => {
    const table = changeTable(
      [
        { name: 'id', type: INTEGER },
        { name: 'v', type: DATE },
      ],
      {
        format: 'debezium',
        encode_options: { 'freshet.writer': 'risingwave' },
      },
    );
    const { changes } = decodeChanges(table, [
      ['{"id":1}', '{"payload":{"op":"c","after":{"id":1,"v":20527}}}'],
    ]);
    expect(changes).toEqual([['+', 1, 20_527]]);
  });
});
