import { describe, expect, it } from 'vitest';
import { StringPool } from '../../src/engine/string-pool.ts';
import { createJsonDecoder } from '../../src/sources/json/decoder.ts';
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
  SMALLINT,
  type SqlType,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  VARCHAR,
} from '../../src/values/types.ts';
import { decodeAll, makeRecords, makeSource } from './support/source.ts';

const E28 = 10n ** 28n;
const T = Date.UTC(2026, 2, 15, 20, 15, 30) * 1000;

/** JSON text of a value, what a column of the type must hold, and why it became NULL, if it did. */
const CASES: readonly (readonly [SqlType, string, Datum, string?])[] = [
  [BIGINT, '8821043', 8821043n],
  [BIGINT, '-8821043', -8821043n],
  [BIGINT, '0', 0n],
  [BIGINT, '-0', 0n],
  [BIGINT, '4294967296', 4294967296n],
  [BIGINT, '-4294967296', -4294967296n],
  [BIGINT, '-4294967295', -4294967295n],
  [BIGINT, '999999999999999', 999999999999999n],
  [BIGINT, '9007199254740993', 9007199254740993n],
  [BIGINT, '1800000000000000000', 1800000000000000000n],
  [BIGINT, '9223372036854775807', 9223372036854775807n],
  [BIGINT, '-9223372036854775808', -9223372036854775808n],
  [BIGINT, '9223372036854775808', null, 'out_of_range'],
  [BIGINT, '-9223372036854775809', null, 'out_of_range'],
  [BIGINT, '99999999999999999999', null, 'out_of_range'],
  [BIGINT, '"42"', 42n],
  [BIGINT, '"-42"', -42n],
  [BIGINT, '"4x"', null, 'wrong_type'],
  [BIGINT, '""', null, 'wrong_type'],
  [BIGINT, '12.0', null, 'wrong_type'],
  [BIGINT, '1e3', null, 'wrong_type'],
  [BIGINT, 'true', null, 'wrong_type'],
  [BIGINT, '{"a":1}', null, 'wrong_type'],
  [BIGINT, 'null', null],
  [INTEGER, '2147483647', 2147483647],
  [INTEGER, '-2147483648', -2147483648],
  [INTEGER, '2147483648', null, 'out_of_range'],
  [INTEGER, '-0', 0],
  [SMALLINT, '32767', 32767],
  [SMALLINT, '-32768', -32768],
  [SMALLINT, '32768', null, 'out_of_range'],
  [BOOLEAN, 'true', true],
  [BOOLEAN, 'false', false],
  [BOOLEAN, '"true"', null, 'wrong_type'],
  [BOOLEAN, '1', null, 'wrong_type'],
  [VARCHAR, '"drama"', 'drama'],
  [VARCHAR, '""', ''],
  [VARCHAR, '"Ärger \\u00e4 \\ud83d\\ude00 \\n\\"\\/"', 'Ärger ä 😀 \n"/'],
  [VARCHAR, '1.50', '1.50'],
  [VARCHAR, '12345678901234567890', '12345678901234567890'],
  [VARCHAR, 'true', 'true'],
  [VARCHAR, '[1]', null, 'wrong_type'],
  [VARCHAR, '{}', null, 'wrong_type'],
  [NUMERIC, '0.8347', (8347n * E28) / 10000n],
  [NUMERIC, '-0.25', -E28 / 4n],
  [NUMERIC, '-3', -3n * E28],
  [NUMERIC, '-0.0', 0n],
  [NUMERIC, '0.89999999999999999999', 89999999999999999999n * 10n ** 8n],
  [NUMERIC, '-0.00000000000000000001', -(10n ** 8n)],
  [NUMERIC, '-1.000000000000010000000001', -(E28 + 10n ** 14n + 10n ** 4n)],
  [NUMERIC, '999999999999999.1234567890123', 9999999999999991234567890123n * 10n ** 15n],
  [NUMERIC, '12345678901234567890', 12345678901234567890n * E28],
  [NUMERIC, '1.5e3', 1500n * E28],
  [NUMERIC, '"0.10"', E28 / 10n],
  [NUMERIC, '1e400', null, 'out_of_range'],
  [NUMERIC, '"abc"', null, 'wrong_type'],
  [DOUBLE, '0.1', 0.1],
  [DOUBLE, '-0.0', 0],
  [DOUBLE, '123456789.123456', 123456789.123456],
  [DOUBLE, '5e-324', 5e-324],
  [DOUBLE, '1.7976931348623157e308', 1.7976931348623157e308],
  [DOUBLE, '1e400', null, 'out_of_range'],
  [DOUBLE, '"2.5"', 2.5],
  [REAL, '0.1', Math.fround(0.1)],
  [REAL, '1e39', null, 'out_of_range'],
  [DATE, '"2026-03-15"', 20527],
  [DATE, '"1969-12-31"', -1],
  [DATE, '"2024-02-29"', 19782],
  [DATE, '"2026-02-29"', null, 'out_of_range'],
  [DATE, '"today"', null, 'wrong_type'],
  [DATE, '20527', 20527],
  [DATE, '99999999', null, 'out_of_range'],
  [TIME, '"20:15:30.5"', 72930500000],
  [TIME, '72930500000', 72930500000],
  [TIME, '86400000001', null, 'out_of_range'],
  [TIMESTAMP, '"2026-03-15T20:15:30"', T],
  [TIMESTAMP, '"2026-03-15 20:15:30.123"', T + 123000],
  [TIMESTAMP, '"2026-03-15T20:15:30.123456"', T + 123456],
  [TIMESTAMP, '"2026-03-15T20:15:30Z"', T],
  [TIMESTAMP, '"2026-03-15T22:15:30.5+02:00"', T + 500000],
  [TIMESTAMP, '"2026-03-15"', Date.UTC(2026, 2, 15) * 1000],
  [TIMESTAMP, '"1969-12-31T23:59:59.999999Z"', -1],
  [TIMESTAMP, String(T / 1e6), T],
  [TIMESTAMP, String(T / 1e3 + 7), T + 7000],
  [TIMESTAMP, String(T + 7), T + 7],
  [TIMESTAMP, `${T + 7}999`, T + 7],
  [TIMESTAMP, '0', 0],
  [TIMESTAMP, '-1', -1000000],
  [TIMESTAMP, '12.5', null, 'wrong_type'],
  [TIMESTAMP, '"2026-03-15T24:15:30"', null, 'out_of_range'],
  [TIMESTAMP, '"2026-03-15T0::15:30"', null, 'wrong_type'],
  [TIMESTAMP, '"12026-03-15T20:15:30"', null, 'out_of_range'],
  [TIMESTAMP, '999999999999999999999999', null, 'out_of_range'],
  [TIMESTAMP, '"now"', null, 'wrong_type'],
  [TIMESTAMP, '"yesterday"', null, 'wrong_type'],
  [TIMESTAMP, 'true', null, 'wrong_type'],
  [TIMESTAMPTZ, '"2026-03-15T20:15:30Z"', T],
  [TIMESTAMPTZ, '"2026-03-15T20:15:30+00:00"', T],
  [TIMESTAMPTZ, '"2026-03-15T15:15:30-05:00"', T],
  [TIMESTAMPTZ, String(T / 1e3), T],
  [JSONB, '{"b": [1, 2.50], "a":"x"}', '{"a": "x", "b": [1, 2.5]}'],
  [JSONB, '"text"', '"text"'],
  [JSONB, 'null', null],
  [BYTEA, '"\\\\x00ff"', Uint8Array.of(0, 255)],
  [INTERVAL, '"1 day"', { months: 0, days: 1, us: 0 }],
  [INTERVAL, '5', null, 'wrong_type'],
  [arrayOf(INTEGER), '[1, null ,"3"]', [1, null, 3]],
  [arrayOf(INTEGER), '[]', []],
  [arrayOf(INTEGER), '[1,"x"]', null, 'wrong_type'],
  [arrayOf(VARCHAR), '["a","b\\n"]', ['a', 'b\n']],
  [arrayOf(arrayOf(BIGINT)), '[[1],[ ],[2,3]]', [[1n], [], [2n, 3n]]],
  [arrayOf(INTEGER), '"{1,2}"', null, 'wrong_type'],
];

describe('a JSON value becomes a column value', () => {
  const pool = new StringPool();
  for (const [type, json, expected, reason] of CASES) {
    const name = type.kind === 'array' ? 'array' : type.kind;
    it(`${json} as ${name} is ${reason ?? 'read'}`, () => {
      const source = makeSource([{ name: 'v', type }]);
      // The scanner learns its shape from the first record and reads the others.
      const payload = `{"v":${json}}`;
      const records = makeRecords(['{"v":null}', payload, payload]);
      const decoder = createJsonDecoder(source, [true], pool);
      const { rows, problems } = decodeAll(decoder, records, { source, pool });
      expect(rows).toEqual([[null], [expected], [expected]]);
      const expectedProblems =
        reason === undefined ? [] : [1, 2].map((record) => ({ record, reason, column: 'v', refused: false }));
      expect(problems).toMatchObject(expectedProblems);
      expect(problems).toHaveLength(expectedProblems.length);
    });
  }
});
