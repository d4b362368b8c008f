import { describe, expect, it } from 'vitest';
import { castDatum, castKind } from '../../../src/values/cast.ts';
import { canonicalNumber } from '../../../src/values/json-number.ts';
import { SqlValueError } from '../../../src/values/sql-error.ts';
import { formatDatum } from '../../../src/values/text.ts';
import * as T from '../../../src/values/types.ts';
import type { SqlType } from '../../../src/values/types.ts';
import { literal } from '../support/postgres.ts';
import type { Postgres } from '../support/postgres.ts';

/** Returns Freshet's result of `text::types[0]::types[1]...`, in the form of Postgres.ask. */
function ours(text: string, types: readonly SqlType[]): string {
  try {
    let value = castDatum(text, T.UNKNOWN, types[0]!);
    for (let i = 1; i < types.length; i++) value = castDatum(value, types[i - 1]!, types[i]!);
    const last = types.at(-1)!;
    return String(castDatum(value, last, T.VARCHAR));
  } catch (error) {
    if (error instanceof SqlValueError) return `!${error.code}`;
    throw error;
  }
}

/** PostgreSQL's SQLSTATEs that Freshet does not use, and Freshet's SQLSTATE for the same error. */
const SAME_STATE: Record<string, string> = { '!22009': '!22007', '!22015': '!22008', '!22P05': '!22P02' };

/** Returns PostgreSQL's result in Freshet's form: its SQLSTATEs, and NUMERIC without trailing zeros. */
function normalise(text: string | null, type: SqlType): string | null {
  if (text === null) return text;
  if (text.startsWith('!')) return SAME_STATE[text] ?? text;
  if (type.kind === 'numeric') return canonicalNumber(text);
  return text;
}

/** Returns a line for each cast whose result differs from PostgreSQL's. */
async function compareCasts(
  pg: Postgres,
  cases: readonly (readonly [string, readonly SqlType[]])[],
): Promise<string[]> {
  const theirs = await pg.ask(
    cases.map(([text, types]) => literal(text) + types.map((t) => `::${T.typeName(t)}`).join('')),
  );
  return cases.flatMap(([text, types], i) => {
    const expected = String(normalise(theirs[i]!, types.at(-1)!));
    const mine = ours(text, types);
    return mine === expected
      ? []
      : [`${text}::${types.map(T.typeName).join('::')} = ${expected}, not ${mine}`];
  });
}

/** Returns a cast of every text to every type. */
function each(types: readonly SqlType[], texts: readonly string[]): [string, readonly SqlType[]][] {
  return types.flatMap((type) => texts.map((text): [string, readonly SqlType[]] => [text, [type]]));
}

export function castSuite(postgres: () => Postgres): void {
  const differences = (cases: readonly (readonly [string, readonly SqlType[]])[]): Promise<string[]> =>
    compareCasts(postgres(), cases);

  describe('casts from text and back, compared with PostgreSQL', () => {
    it('read booleans', () =>
      expect(
        differences(
          each(
            [T.BOOLEAN],
            'true t TRUE tr yes y on 1 false f no n off of 0 o 2 maybe'.split(' ').concat(' true ', ''),
          ),
        ),
      ).resolves.toEqual([]));

    it('read integers and check their ranges', () =>
      expect(
        differences(
          each(
            [T.SMALLINT, T.INTEGER, T.BIGINT],
            [
              '0',
              '-0',
              '+7',
              ' 42 ',
              '32767',
              '32768',
              '-32768',
              '-32769',
              '2147483647',
              '2147483648',
              '-2147483648',
              '-2147483649',
              '9007199254740993',
              '9223372036854775807',
              '9223372036854775808',
              '-9223372036854775808',
              '-9223372036854775809',
              '00000000000000000000000012',
              `-${'0'.repeat(70)}9223372036854775808`,
              '123456789012345',
              '-123456789012345',
              '-999999999999999',
              '99999999999999999999999999999999',
              '',
              '-',
              '1.0',
              '1e3',
              '12a',
              'NaN',
            ],
          ),
        ),
      ).resolves.toEqual([]));

    it('read NUMERIC', () =>
      expect(
        differences(
          each(
            [T.NUMERIC],
            [
              '0',
              '-0.00',
              '1.50',
              '.5',
              '5.',
              '-.25',
              '1e3',
              '1.25e-3',
              '12345678901234567890.123456789',
              ' 7 ',
              '',
              '.',
              '1..2',
              '1e',
              'abc',
              '1,5',
              '+3.0',
              '1E+2',
            ],
          ),
        ),
      ).resolves.toEqual([]));

    it('read and print floats', () =>
      expect(
        differences(
          each(
            [T.DOUBLE, T.REAL],
            [
              '0',
              '-1.5',
              '0.1',
              '1e5',
              '1e6',
              '123456',
              '1234567',
              '1e14',
              '1e15',
              '123456789012345',
              '1234567890123456',
              '1e-4',
              '1e-5',
              '0.00012345',
              '3.141592653589793',
              '1.7976931348623157e308',
              '1e309',
              '1e39',
              '1e-46',
              '5e-324',
              '1e-400',
              'NaN',
              'Infinity',
              '-inf',
              'infin',
              '.5',
              '5.',
              '1e',
              '',
              ' 2 ',
              '16777217',
              '0.30000001192092896',
            ],
          ),
        ),
      ).resolves.toEqual([]));

    it('read dates', () =>
      expect(
        differences(
          each(
            [T.DATE],
            [
              '2026-03-15',
              '2024-02-29',
              '2023-02-29',
              '2026-13-01',
              '2026-00-10',
              '2026-1-5',
              '20260315',
              '2026/3/5',
              '0001-01-01',
              '9999-12-31',
              '2026-03-15 10:11:12',
              '2026-03-15T23:59:59.999Z',
              'epoch',
              'x',
              '',
              '2026-03',
              ' 2026-03-15 ',
            ],
          ),
        ),
      ).resolves.toEqual([]));

    it('read times', () =>
      expect(
        differences(
          each(
            [T.TIME],
            [
              '00:00',
              '23:59:59',
              '12:34:56.789',
              '12:34:56.7891234',
              '12:34:56.9999999',
              '24:00:00',
              '24:00:01',
              '25:00',
              '12:60',
              '3:04 PM',
              '12:00 am',
              '12:00 PM',
              '13:00 PM',
              '12',
              '',
              '2026-03-15 01:02:03',
              '10:00:60',
            ],
          ),
        ),
      ).resolves.toEqual([]));

    it('read timestamps without an offset', () =>
      expect(
        differences(
          each(
            [T.TIMESTAMP, T.TIMESTAMPTZ],
            [
              '2026-03-15 10:11:12',
              '2026-03-15T10:11:12.5',
              '2026-03-15 10:11',
              '2026-03-15',
              '2026-03-15 10:11:12.1234565',
              '2026-03-15 23:59:59.9999999',
              '2026-03-15 24:00:00',
              '2026-03-15 24:00:01',
              '1969-12-31 23:59:59.999999',
              '0001-01-01 00:00:00',
              '9999-12-31 23:59:59',
              '2026-03-15 25:00',
              '2026-03-15x',
              'yesterday-ish',
              '',
              '20260315 101112',
              '2026-03-15 1:02:03 PM',
              '2255-06-05 23:47:34.740991',
              'epoch',
              '20260315T101112',
              '20260315T101112.25',
              '20260315T1011',
              '2026-03-15T101112',
              '20260315T10',
              '20260315T1',
              '20260315T101',
              '9999-12-31T23:59:59.999',
              '0001-01-01 00:00:00.001',
              'Sun, 15 Mar 2026 12:00:00',
              'Sunday, 15 March 2026 12:00',
              '15 Mar 2026 12:00:00.5',
              '15-Mar-2026',
              'Mar 15 2026',
              'March 15, 2026 1:02 PM',
              'Mars 15, 2026',
            ],
          ),
        ),
      ).resolves.toEqual([]));

    it('read timestamps with an offset or a zone as instants', () =>
      expect(
        differences(
          each(
            [T.TIMESTAMPTZ],
            [
              '2026-03-15T10:11:12Z',
              '2026-03-15t10:11:12z',
              '2026-03-15T10:11:12+02:00',
              '2026-03-15 10:11:12-0330',
              '2026-03-15 10:11:12+5',
              '2026-03-15 10:11:12 Europe/Berlin',
              '2026-07-15 10:11:12 America/New_York',
              '2026-03-15 10:11:12 UTC',
              '2026-03-15 10:11:12+16:00',
              '2026-03-15 10:11:12 Nowhere/Land',
              '2026-03-08 02:30:00 America/New_York',
              '2026-11-01 01:30:00 America/New_York',
              '2026-03-29 02:30 Europe/Berlin',
              '2026-10-25 02:30 Europe/Berlin',
            ],
          ).filter(([text]) => !text.includes('Nowhere')),
        ),
      ).resolves.toEqual([]));

    it('apply the offset in the text of a TIMESTAMP, which PostgreSQL ignores', () => {
      expect(ours('2026-03-15T00:30:00+02:00', [T.TIMESTAMP])).toBe('2026-03-14 22:30:00');
      expect(ours('2026-03-15T00:30:00Z', [T.TIMESTAMP])).toBe('2026-03-15 00:30:00');
      expect(ours('2026-03-15T00:30:00 Nowhere/Land', [T.TIMESTAMP])).toBe('!22007');
    });

    it('keep the millisecond of timestamps whose microsecond a double cannot hold', () => {
      expect(ours('2300-01-01 00:00:00.000999', [T.TIMESTAMP])).toBe('2300-01-01 00:00:00');
      expect(ours('9999-12-31 23:59:59.999999', [T.TIMESTAMP])).toBe('9999-12-31 23:59:59.999');
      expect(ours('2300-01-01 00:00:00', [T.TIMESTAMP])).toBe('2300-01-01 00:00:00');
      expect(ours('10000-01-01', [T.TIMESTAMP])).toBe('!22008');
      expect(ours('infinity', [T.DATE])).toBe('!22008');
    });

    it('read and print intervals', () =>
      expect(
        differences(
          each(
            [T.INTERVAL],
            [
              '7 days',
              '1 day',
              '1 hour 30 minutes',
              '1 mon',
              '3 months',
              '01:30:00',
              '-01:30',
              '1 12:34:56',
              '1 year -2 days',
              '-1 year -2 mons +3 days -04:05:06',
              'P1Y2M3DT4H5M6.5S',
              'P1W',
              'PT36H',
              'P',
              'PT',
              '1.5 days',
              '1.5 months',
              '1.5 years',
              '0.5 weeks',
              '2h30m',
              '1 day ago',
              '1 day -02:00 ago',
              '@ 1 minute',
              '5',
              '1.5',
              '1-2',
              '-1-2',
              '1 century',
              '2 decades',
              '1 millennium',
              '100 us',
              '15 ms',
              '1000000000 us',
              '0',
              '0 days',
              '',
              'abc',
              '1 foo',
              '1 day 1',
              '10:70',
              '99 hours',
              '36:00:00',
              '1 year 1 mon 1 day 1:1:1.000001',
              '-0.1 seconds',
              '1 mon -1 day',
              '-1 mon +1 day',
              '0.1 months',
              '-1.7 months',
              '2.3 months',
              '-2.3 mons',
              'P1.3M',
              '1.7 weeks',
              '0.7 years',
              '-1.1 decades',
              '1:30.5',
              '-10:59.999999',
              '1:30.5 2 days',
              '1:2:3:4',
              // Space after a sign
              '- 1 day',
              '+ 1 day',
              '1 day -  2 hours + 3 min',
              '- 1 year -1 months -       1 days 4 hours 5 minutes 6 seconds',
              '2 days - 12:34:56',
              '- 1-2',
              '1 - 2',
              '1 day - 2 hours ago',
              '@ - 1 day',
              '- @ 1 day',
              '-.5 days',
              '- .5 days',
              '-',
              '1 day -',
              '- - 1 day',
              '--1 day',
              '- day',
              '1 day+1 hour',
              // Times without some of their digits
              '1 year 1 month 1 day 1:',
              '-1:',
              '- 1:30',
              '1::2',
              '1:2:',
              '1:2:.5',
              '1:.5',
              '1: 30',
              '1 :30',
              '1:2.5:3',
              '0.0000025 seconds',
              '1.5 us',
              '-2.0015 ms',
              '1 week 2 days',
            ],
          ),
        ),
      ).resolves.toEqual([]));

    it('read and print jsonb', () =>
      expect(
        differences(
          each(
            [T.JSONB],
            [
              '{}',
              '[]',
              'null',
              'true',
              '"x"',
              '1',
              '-0',
              '{"b":1,"a":2}',
              '{"aa":1,"b":2,"a":3}',
              '{"a":1,"a":2}',
              ' [ 1 , "two" , null , {"x" : []} ] ',
              '"\\u00e9\\n\\t\\"\\\\\\/\\b"',
              '"\\u0001\\u007f"',
              '"\\ud83d\\ude00"',
              '"\\ud800"',
              '"\\u0000"',
              '1e3',
              '1.25e-2',
              '12345678901234567890.123',
              '1E+2',
              '0.1',
              '01',
              '1.',
              '.5',
              '+1',
              '[1,]',
              '{"a"}',
              '{a:1}',
              "{'a':1}",
              '"a\nb"',
              '',
              ' ',
              '[1 2]',
              'nul',
              'truex',
              '{"a":1}}',
              '"\\x"',
              '"\\u12"',
              '{"é":1,"zz":2,"z":3}',
              '-1.5',
              '[[[[1]]]]',
              'NaN',
            ],
          ),
        ),
      ).resolves.toEqual([]));

    it('read and print arrays', () =>
      expect(
        differences([
          ...each(
            [T.arrayOf(T.VARCHAR)],
            [
              '{}',
              '{a,b}',
              '{"a b",c}',
              '{NULL,null,"NULL"}',
              '{"a\\"b","c\\\\d"}',
              '{ a , b }',
              '{a b}',
              '{a,}',
              '{',
              '{a}x',
              '',
              'a',
              '{"",x}',
              '{\\{}',
              '{"{","}",","}',
              '{a"b}',
              '{\\NULL,nul\\l}',
              '{"a\u00a0b",\u00a0c}',
            ],
          ),
          ...each(
            [T.arrayOf(T.INTEGER)],
            ['{1,2,3}', '{1,NULL}', '{1,x}', '{99999999999}', '{ 1 , 2 }', '{"1"}'],
          ),
          ...each([T.arrayOf(T.TIMESTAMP)], ['{2026-03-15 00:00:00,"2026-03-16 01:00"}']),
          ...each([T.arrayOf(T.BOOLEAN)], ['{t,false,1}']),
        ]),
      ).resolves.toEqual([]));

    it('read and print bytea', () =>
      expect(
        differences(
          each([T.BYTEA], ['', 'abc', '\\x00ff', '\\xABcd', '\\x1', '\\xzz', 'a\\\\b', 'a\\001', '\\', 'é']),
        ),
      ).resolves.toEqual([]));
  });

  describe('casts between types', () => {
    const NUMBERS = [T.SMALLINT, T.INTEGER, T.BIGINT, T.NUMERIC, T.REAL, T.DOUBLE];

    it('convert numbers with PostgreSQL’s rounding and ranges', () => {
      const values: [SqlType, string[]][] = [
        [T.SMALLINT, ['0', '-32768', '32767']],
        [T.INTEGER, ['0', '1', '32768', '-2147483648', '16777217']],
        [T.BIGINT, ['0', '2147483648', '-9223372036854775808', '9007199254740993']],
        [
          T.NUMERIC,
          [
            '0.5',
            '1.5',
            '2.5',
            '-0.5',
            '-2.5',
            '2.4999',
            '32767.5',
            '2147483647.4',
            '2147483647.5',
            '9223372036854775807.4',
            '9223372036854775807.5',
            '1e-20',
            '0.1',
            '16777217.3',
          ],
        ],
        [
          T.REAL,
          ['0.5', '1.5', '2.5', '-0.5', '0.1', '1e10', '3e38', '16777216', '1234567', '1234565', '-1234575'],
        ],
        [
          T.DOUBLE,
          [
            '0.5',
            '1.5',
            '2.5',
            '-2.5',
            '1000000000000005',
            '1000000000000015',
            '0.1',
            '1e10',
            '1e19',
            '1e300',
            '2147483647.5',
            'NaN',
            '1e-50',
            '0.3333333333333333',
            '123456789.123456789',
          ],
        ],
      ];
      const cases = values.flatMap(([from, texts]) =>
        texts.flatMap((text) => NUMBERS.map((to): [string, readonly SqlType[]] => [text, [from, to]])),
      );
      // Freshet's NUMERIC has no NaN and ends at 2^96.
      return expect(
        differences(
          cases.filter(
            ([text, types]) =>
              types[1] !== T.NUMERIC ||
              (text !== 'NaN' && text !== '1e300' && text !== '3e38' && text !== '1e-50'),
          ),
        ),
      ).resolves.toEqual([]);
    });

    it('convert dates and times as in PostgreSQL', () =>
      expect(
        differences([
          ['2026-03-15', [T.DATE, T.TIMESTAMP]],
          ['2026-03-15', [T.DATE, T.TIMESTAMPTZ]],
          ['2026-03-15 23:59:59.5', [T.TIMESTAMP, T.DATE]],
          ['1969-12-31 23:59:59.5', [T.TIMESTAMP, T.DATE]],
          ['2026-03-15 23:59:59.5', [T.TIMESTAMP, T.TIME]],
          ['1969-12-31 23:59:59.5', [T.TIMESTAMP, T.TIME]],
          ['2026-03-15 23:59:59.5+02', [T.TIMESTAMPTZ, T.DATE]],
          ['2026-03-15 23:59:59.5+02', [T.TIMESTAMPTZ, T.TIMESTAMP]],
          ['2026-03-15 01:59:59.5+02', [T.TIMESTAMPTZ, T.TIME]],
          ['2026-03-15 01:02:03', [T.TIMESTAMP, T.TIMESTAMPTZ]],
          ['01:02:03', [T.TIME, T.INTERVAL]],
          ['1 day 30:00:00', [T.INTERVAL, T.TIME]],
          ['-01:00:00', [T.INTERVAL, T.TIME]],
        ]),
      ).resolves.toEqual([]));

    it('convert booleans, jsonb, text and arrays as in PostgreSQL', () =>
      expect(
        differences([
          ['t', [T.BOOLEAN, T.INTEGER]],
          ['0', [T.INTEGER, T.BOOLEAN]],
          ['7', [T.INTEGER, T.BOOLEAN]],
          ['t', [T.BOOLEAN, T.VARCHAR]],
          ['true', [T.JSONB, T.BOOLEAN]],
          ['null', [T.JSONB, T.BOOLEAN]],
          ['null', [T.JSONB, T.INTEGER]],
          ['null', [T.JSONB, T.NUMERIC]],
          ['1.5', [T.JSONB, T.INTEGER]],
          ['2.5', [T.JSONB, T.INTEGER]],
          ['2.50', [T.JSONB, T.NUMERIC]],
          ['1e2', [T.JSONB, T.DOUBLE]],
          ['"1"', [T.JSONB, T.INTEGER]],
          ['[1]', [T.JSONB, T.INTEGER]],
          ['12', [T.VARCHAR, T.INTEGER]],
          ['1 day', [T.VARCHAR, T.INTERVAL]],
          ['{1,2}', [T.arrayOf(T.INTEGER), T.arrayOf(T.VARCHAR)]],
          ['{1.5,2.5}', [T.arrayOf(T.NUMERIC), T.arrayOf(T.INTEGER)]],
          ['{1,99999}', [T.arrayOf(T.INTEGER), T.arrayOf(T.SMALLINT)]],
          ['{a,2}', [T.arrayOf(T.VARCHAR), T.arrayOf(T.INTEGER)]],
        ]),
      ).resolves.toEqual([]));

    it('are implicit, by assignment, explicit or impossible as in pg_cast', async () => {
      const types = [
        T.BOOLEAN,
        T.SMALLINT,
        T.INTEGER,
        T.BIGINT,
        T.NUMERIC,
        T.REAL,
        T.DOUBLE,
        T.BYTEA,
        T.DATE,
        T.TIME,
        T.TIMESTAMP,
        T.TIMESTAMPTZ,
        T.INTERVAL,
        T.JSONB,
      ];
      const pairs = types.flatMap((from) =>
        types.filter((to) => to !== from).map((to) => [from, to] as const),
      );
      const contexts = await postgres().ask(
        pairs.map(
          ([from, to]) =>
            `SELECT castcontext FROM pg_cast WHERE castsource = '${T.typeName(from)}'::regtype AND casttarget = '${T.typeName(to)}'::regtype`,
        ),
      );
      const KINDS: Record<string, string> = { i: 'implicit', a: 'assignment', e: 'explicit' };
      const integerBytea = (from: SqlType, to: SqlType): boolean => from === T.BYTEA || to === T.BYTEA; // new in 18
      pairs.forEach(([from, to], i) => {
        if (integerBytea(from, to)) return;
        const context = contexts[i]!;
        expect(`${T.typeName(from)} to ${T.typeName(to)}: ${String(castKind(from, to))}`).toBe(
          `${T.typeName(from)} to ${T.typeName(to)}: ${context === null ? 'undefined' : KINDS[context]!}`,
        );
      });
    });

    it('keep NULL, and any value cast to its own type', () => {
      expect(castDatum(null, T.INTEGER, T.VARCHAR)).toBeNull();
      const list = [1, 2];
      expect(castDatum(list, T.arrayOf(T.INTEGER), T.arrayOf(T.INTEGER))).toBe(list);
      expect(formatDatum(T.BOOLEAN, true)).toBe('t');
    });
  });
}
