import { describe, expect, it } from 'vitest';
import * as T from '../../../src/values/types.ts';
import { arg, compareCalls } from '../support/compare.ts';
import type { Arg, Call } from '../support/compare.ts';
import type { Postgres } from '../support/postgres.ts';

const INTS = T.arrayOf(T.INTEGER);
const TEXTS = T.arrayOf(T.VARCHAR);
const ARRAYS: Arg[] = [arg(INTS, '{}'), arg(INTS, '{1,2,3}'), arg(INTS, '{2,NULL,2}'), arg(INTS, null)];
const ITEMS: Arg[] = [
  arg(T.INTEGER, '2'),
  arg(T.INTEGER, null),
  arg(T.SMALLINT, '2'),
  arg(T.BIGINT, '2'),
  arg(T.NUMERIC, '2.5'),
];

function pairs(name: string, left: readonly Arg[], right: readonly Arg[]): Call[] {
  return left.flatMap((a) => right.map((b): Call => ({ name, args: [a, b] })));
}

export function arraySuite(postgres: () => Postgres): void {
  const differences = (...list: Call[][]): Promise<string[]> => compareCalls(postgres(), list.flat());

  describe('array functions', () => {
    it('append, concatenate, remove and find as in PostgreSQL', () =>
      expect(
        differences(
          ...['array_append', 'array_remove', 'array_position', 'array_positions'].map((name) =>
            pairs(name, ARRAYS, ITEMS),
          ),
          pairs('array_prepend', ITEMS, ARRAYS),
          pairs('array_cat', ARRAYS, [...ARRAYS, arg(T.arrayOf(T.BIGINT), '{9}')]),
          pairs('||', ARRAYS, [...ARRAYS, ...ITEMS.slice(0, 3)]),
          pairs('||', ITEMS.slice(0, 3), ARRAYS),
          ARRAYS.flatMap((a) =>
            ITEMS.slice(0, 2).map((b): Call => ({
              name: 'array_replace',
              args: [a, b, arg(T.INTEGER, '9')],
            })),
          ),
          [{ name: 'array_append', args: [arg(TEXTS, '{a}'), arg(T.UNKNOWN, 'b')] }],
        ),
      ).resolves.toEqual([]));

    it('give lengths and dimensions as in PostgreSQL', () =>
      expect(
        differences(
          ...['array_length', 'array_upper', 'array_lower'].map((name) =>
            pairs(name, ARRAYS, [arg(T.INTEGER, '1'), arg(T.INTEGER, '2'), arg(T.INTEGER, '0')]),
          ),
          ARRAYS.map((a): Call => ({ name: 'cardinality', args: [a] })),
        ),
      ).resolves.toEqual([]));

    it('compare as sets as in PostgreSQL', () =>
      expect(
        differences(
          ...['@>', '<@', '&&'].map((name) =>
            pairs(name, ARRAYS, [...ARRAYS, arg(INTS, '{3,1,1}'), arg(INTS, '{7}')]),
          ),
        ),
      ).resolves.toEqual([]));

    it('convert to and from text as in PostgreSQL', () =>
      expect(
        differences(
          ARRAYS.flatMap((a): Call[] => [
            { name: 'array_to_string', args: [a, arg(T.UNKNOWN, ', ')] },
            { name: 'array_to_string', args: [a, arg(T.UNKNOWN, ', '), arg(T.UNKNOWN, '*')] },
          ]),
          [{ name: 'array_to_string', args: [arg(T.arrayOf(T.BOOLEAN), '{t,f}'), arg(T.UNKNOWN, '|')] }],
          ['a,b,,c', '', 'abc'].flatMap((text) =>
            [',', '', 'b', null].flatMap((delimiter): Call[] => [
              { name: 'string_to_array', args: [arg(T.VARCHAR, text), arg(T.VARCHAR, delimiter)] },
              {
                name: 'string_to_array',
                args: [arg(T.VARCHAR, text), arg(T.VARCHAR, delimiter), arg(T.VARCHAR, '')],
              },
            ]),
          ),
        ),
      ).resolves.toEqual([]));

    it('take and build from elements and slices as in PostgreSQL', () =>
      expect(
        differences(
          ['0', '1', '3', '4', '-1'].flatMap((i) =>
            ARRAYS.map((a): Call => ({
              name: 'array_access',
              args: [a, arg(T.INTEGER, i)],
              sql: ([x, n]) => `(${x!})[${n!}]`,
            })),
          ),
          [
            ['1', '2'],
            ['2', '9'],
            ['-1', '1'],
            ['3', '1'],
          ].map(([from, to]): Call => ({
            name: 'array_slice',
            args: [ARRAYS[1]!, arg(T.INTEGER, from!), arg(T.INTEGER, to!)],
            sql: ([x, a, b]) => `(${x!})[${a!}:${b!}]`,
          })),
          [
            {
              name: 'array',
              args: [arg(T.INTEGER, '1'), arg(T.NUMERIC, '2.5'), arg(T.UNKNOWN, '3')],
              sql: (x) => `ARRAY[${x.join(', ')}]`,
            },
            {
              name: 'array',
              args: [arg(T.UNKNOWN, 'a'), arg(T.UNKNOWN, 'b')],
              sql: (x) => `ARRAY[${x.join(', ')}]`,
            },
          ],
          ARRAYS.slice(0, 3).map((a): Call => ({ name: 'array_sort', args: [a] })),
          ['0', '1', '3', '4', '-1'].map((n): Call => ({
            name: 'trim_array',
            args: [arg(T.arrayOf(T.INTEGER), '{1,2,3}'), arg(T.INTEGER, n)],
          })),
        ),
      ).resolves.toEqual([]));
  });

  describe('functions of any types', () => {
    it('give the greatest and the least value as in PostgreSQL', () => {
      const rows: Arg[][] = [
        [arg(T.INTEGER, '1'), arg(T.NUMERIC, '2.5'), arg(T.BIGINT, '2')],
        [arg(T.INTEGER, null), arg(T.INTEGER, '3')],
        [arg(T.INTEGER, null), arg(T.INTEGER, null)],
        [arg(T.VARCHAR, 'B'), arg(T.VARCHAR, 'a'), arg(T.UNKNOWN, 'é')],
        [arg(T.DATE, '2026-03-15'), arg(T.TIMESTAMP, '2026-03-15 00:00:01')],
        [arg(T.DOUBLE, 'NaN'), arg(T.DOUBLE, '1'), arg(T.REAL, '-2')],
        [arg(T.INTERVAL, '1 mon'), arg(T.INTERVAL, '29 days 23:59:59')],
        [arg(T.BOOLEAN, 't'), arg(T.BOOLEAN, 'f')],
        [arg(T.UNKNOWN, 'x'), arg(T.UNKNOWN, 'y')],
        [arg(INTS, '{1,2}'), arg(INTS, '{1,1,9}')],
        [
          arg(T.JSONB, '[1]'),
          arg(T.JSONB, '{"a": 1}'),
          arg(T.JSONB, '"zz"'),
          arg(T.JSONB, '10'),
          arg(T.JSONB, '9'),
        ],
      ];
      return expect(
        differences(
          rows.flatMap((args): Call[] => [
            { name: 'greatest', args },
            { name: 'least', args },
          ]),
        ),
      ).resolves.toEqual([]);
    });

    it('count NULLs as in PostgreSQL', () =>
      expect(
        differences([
          { name: 'num_nulls', args: [arg(T.INTEGER, null), arg(T.VARCHAR, 'x'), arg(T.DATE, null)] },
          { name: 'num_nonnulls', args: [arg(T.INTEGER, null), arg(T.VARCHAR, 'x'), arg(T.DATE, null)] },
        ]),
      ).resolves.toEqual([]));
  });
}
