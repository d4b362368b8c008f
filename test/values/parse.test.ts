import { describe, expect, it } from 'vitest';
import { parseDatum } from '../../src/values/parse.ts';
import { SqlValueError } from '../../src/values/sql-error.ts';
import * as T from '../../src/values/types.ts';

const SCALARS = [
  T.BOOLEAN,
  T.SMALLINT,
  T.INTEGER,
  T.BIGINT,
  T.NUMERIC,
  T.REAL,
  T.DOUBLE,
  T.DATE,
  T.TIME,
  T.TIMESTAMP,
  T.TIMESTAMPTZ,
  T.INTERVAL,
  T.JSONB,
  T.arrayOf(T.INTEGER),
];

const LONG = 200_000;
/** A pattern that backtracks takes hours over these texts, so the test would run into its time limit. */
const HOSTILE = [
  `${' '.repeat(LONG)}x`,
  `1${' '.repeat(LONG)}x`,
  `${'1'.repeat(LONG)}x`,
  `${'0'.repeat(LONG)}x`,
  `2026-01-01${' '.repeat(LONG)}\nx`,
  `2026-01-01 x${' '.repeat(LONG)}\ny`,
  `10:00${' '.repeat(LONG)}x${' '.repeat(LONG)}\ny`,
  `1 day${' '.repeat(LONG)}-x`,
  `{${'{'.repeat(LONG)}`,
  '['.repeat(LONG),
];

describe.each(SCALARS.map((type) => ({ name: T.typeName(type), type })))(
  'hostile text as $name',
  ({ type }) => {
    it.each(HOSTILE.map((text, i) => ({ i, text })))(
      'text $i is refused quickly, with a short message',
      ({ text }) => {
        let thrown: unknown;
        try {
          parseDatum(text, type);
        } catch (error) {
          thrown = error;
        }
        expect(thrown).toBeInstanceOf(SqlValueError);
        expect((thrown as SqlValueError).message.length).toBeLessThan(250);
      },
    );
  },
);
