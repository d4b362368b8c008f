import { describe, expect, it } from 'vitest';
import { castDatum } from '../../src/values/cast.ts';
import { datumToJson } from '../../src/values/text.ts';
import * as T from '../../src/values/types.ts';
import type { SqlType } from '../../src/values/types.ts';

const CASES: readonly (readonly [SqlType, string, string])[] = [
  [T.BOOLEAN, 't', 'true'],
  [T.INTEGER, '-7', '-7'],
  [T.BIGINT, '9223372036854775807', '9223372036854775807'],
  [T.NUMERIC, '12345678901234567890.10', '12345678901234567890.1'],
  [T.REAL, '0.1', '0.1'],
  [T.DOUBLE, '0.1', '0.1'],
  [T.DOUBLE, 'NaN', '"NaN"'],
  [T.DOUBLE, '-Infinity', '"-Infinity"'],
  [T.VARCHAR, 'a "quoted"\n\u0001 é', '"a \\"quoted\\"\\n\\u0001 é"'],
  [T.DATE, '2026-03-15', '"2026-03-15"'],
  [T.TIME, '01:02:03.5', '"01:02:03.5"'],
  [T.TIMESTAMP, '2026-03-15 01:02:03', '"2026-03-15T01:02:03"'],
  [T.TIMESTAMP, '2026-03-15 01:02:03.000120', '"2026-03-15T01:02:03.00012"'],
  [T.TIMESTAMPTZ, '2026-03-15 01:02:03+02', '"2026-03-14T23:02:03Z"'],
  [T.INTERVAL, '1 day 01:00', '"1 day 01:00:00"'],
  [T.JSONB, '{"b":1,"a":[1.0]}', '{"a": [1.0], "b": 1}'],
  [T.BYTEA, 'ab', '"\\\\x6162"'],
  [T.arrayOf(T.INTEGER), '{1,NULL,3}', '[1,null,3]'],
  [T.arrayOf(T.arrayOf(T.VARCHAR)), '{{a},{"b,c"}}', '[["a"],["b,c"]]'],
];

describe('datumToJson', () => {
  it.each(CASES.map(([type, text, json]) => ({ name: T.typeName(type), type, text, json })))(
    '$name $text is $json',
    ({ type, text, json }) => {
      const written = datumToJson(type, castDatum(text, T.UNKNOWN, type));
      expect(written).toBe(json);
      expect(() => JSON.parse(written) as unknown).not.toThrow();
    },
  );

  it('writes NULL as null', () => {
    expect(datumToJson(T.BIGINT, null)).toBe('null');
  });
});
