import { describe, expect, it } from 'vitest';
import * as T from '../../../src/values/types.ts';
import { arg, compareCalls } from '../support/compare.ts';
import type { Arg, Call } from '../support/compare.ts';
import type { Postgres } from '../support/postgres.ts';

const TEXTS = [
  '',
  'a',
  'abc',
  'Hello, World',
  '  padded  ',
  'naïve café',
  '日本語テキスト',
  'a😀b😀',
  'x,y,,z',
  'a%b_c\\d',
];

/** Returns a call of `name` for every combination of the options; strings are VARCHAR, numbers INTEGER. */
function calls(name: string, ...options: (readonly (string | number | null)[])[]): Call[] {
  let rows: Arg[][] = [[]];
  for (const values of options) {
    rows = rows.flatMap((row) =>
      values.map((v) => [...row, typeof v === 'number' ? arg(T.INTEGER, String(v)) : arg(T.VARCHAR, v)]),
    );
  }
  return rows.map((args) => ({ name, args }));
}

export function textSuite(postgres: () => Postgres): void {
  const differences = (...list: Call[][]): Promise<string[]> => compareCalls(postgres(), list.flat());

  describe('text functions, compared with PostgreSQL', () => {
    it('measure, change case and trim', () =>
      expect(
        differences(
          ...[
            'length',
            'char_length',
            'octet_length',
            'bit_length',
            'lower',
            'upper',
            'initcap',
            'reverse',
            'ascii',
            'md5',
          ].map((name) => calls(name, [...TEXTS, null])),
          ...['btrim', 'ltrim', 'rtrim'].flatMap((name) => [
            calls(name, TEXTS),
            calls(name, TEXTS, ['', 'a ', 'é😀b']),
          ]),
        ),
      ).resolves.toEqual([]));

    it('take parts', () =>
      expect(
        differences(
          ...['substring', 'substr'].flatMap((name) => [
            calls(name, TEXTS, [-2, 0, 1, 2, 5, 100]),
            calls(name, TEXTS, [-2, 0, 1, 3], [-1, 0, 1, 4, 100]),
          ]),
          ...['left', 'right'].map((name) => calls(name, TEXTS, [-100, -2, -1, 0, 1, 3, 100])),
          calls('split_part', TEXTS, [',', '', 'o', '😀'], [-2, -1, 0, 1, 2, 9]),
          calls('strpos', TEXTS, ['', 'b', '😀', 'o, W', 'zz']),
          calls('starts_with', TEXTS, ['', 'a', 'Hello']),
          calls('overlay', TEXTS, ['XY'], [1, 3, 20], [0, 2]),
          calls('overlay', TEXTS, ['XY'], [0, 1, 3]),
        ),
      ).resolves.toEqual([]));

    it('build text', () =>
      expect(
        differences(
          ...['lpad', 'rpad'].flatMap((name) => [
            calls(name, TEXTS, [-1, 0, 2, 9]),
            calls(name, TEXTS, [4, 9], ['', 'xy', '日']),
          ]),
          calls('repeat', TEXTS, [-1, 0, 1, 3]),
          calls('replace', TEXTS, ['', 'a', 'l', '😀'], ['', '-', 'aa']),
          calls('translate', TEXTS, ['', 'abo', 'é😀'], ['', 'xy']),
          calls('chr', [65, 233, 128512, 0, -1, 55296, 1114112]),
          calls('to_hex', [0, 255, -1]),
          [{ name: 'to_hex', args: [arg(T.BIGINT, '-1')] }],
          calls('||', TEXTS, ['', '!', null]),
        ),
      ).resolves.toEqual([]));

    it('concatenate values of any type', () =>
      expect(
        differences(
          [
            arg(T.VARCHAR, 'x'),
            arg(T.INTEGER, '7'),
            arg(T.SMALLINT, '-7'),
            arg(T.BIGINT, '9007199254740993'),
            arg(T.REAL, '0.1'),
            arg(T.TIME, '01:02:03'),
            arg(T.TIMESTAMPTZ, '2026-03-15 01:02:03+00'),
            arg(T.BOOLEAN, 't'),
            arg(T.NUMERIC, '1.25'),
            arg(T.DATE, '2026-03-15'),
            arg(T.TIMESTAMP, '2026-03-15 01:02:03'),
            arg(T.INTERVAL, '1 day'),
            arg(T.JSONB, '{"a": 1}'),
            arg(T.VARCHAR, null),
            arg(T.UNKNOWN, 'lit'),
            arg(T.arrayOf(T.INTEGER), '{1,2}'),
            arg(T.DOUBLE, '1e20'),
          ].flatMap((a): Call[] => [
            { name: 'concat', args: [arg(T.VARCHAR, '<'), a, arg(T.BOOLEAN, 'f')] },
            { name: 'concat_ws', args: [arg(T.UNKNOWN, '-'), a, arg(T.INTEGER, null), a] },
            ...(a.type.kind === 'array'
              ? []
              : [
                  { name: '||', args: [arg(T.VARCHAR, '<'), a] },
                  { name: '||', args: [a, arg(T.VARCHAR, '>')] },
                  { name: '||', args: [arg(T.UNKNOWN, a.type === T.JSONB ? '[1]' : 'u#'), a] },
                  { name: '||', args: [a, arg(T.UNKNOWN, a.type === T.JSONB ? '[1]' : '#')] },
                  { name: '||', args: [a, arg(T.UNKNOWN, null)] },
                ]),
          ]),
          [{ name: 'concat_ws', args: [arg(T.VARCHAR, null), arg(T.INTEGER, '1')] }],
        ),
      ).resolves.toEqual([]));

    it('match LIKE patterns', () =>
      expect(
        differences(
          calls('~~', TEXTS, [
            '',
            '%',
            '_',
            'a%',
            '%b',
            '%o%',
            '_b_',
            'a\\%b\\_c%',
            '%l_o%',
            '%😀',
            'a_b_',
            '%%',
            'Hello%World',
            '%,%,%',
            'x\\',
            'a\\',
            'abc\\',
            '%\\',
          ]),
          calls('~~*', TEXTS, ['HELLO%', '%CAFÉ', 'A_C']),
          calls('!~~', TEXTS, ['a%']),
          calls('!~~*', TEXTS, ['A%']),
          ['a#%b', 'a##b', '#', 'x\\y'].map((pattern): Call => ({
            name: 'like_escape',
            args: [arg(T.VARCHAR, pattern), arg(T.VARCHAR, '#')],
          })),
        ),
      ).resolves.toEqual([]));

    it('match regular expressions', () => {
      const patterns = [
        '',
        'b',
        '^a',
        'o$',
        '[a-z]+',
        '[[:upper:]]',
        '(l+)o',
        '\\d+|,',
        '\\s',
        'a.b',
        '.+',
        '[^a]',
        '(x)|(y)',
        '\\yW',
        '\\mW',
        'd\\M',
        'l{2}',
        '(',
        '[',
        'a**',
        '\\w+',
        '[[:space:],]+',
        'é',
        '(?:H|W)[eo]',
        '[]x]',
        '[\\s,]',
        '\\B',
        '[\\B]',
      ];
      return expect(
        differences(
          calls('~', TEXTS, patterns),
          calls('~*', TEXTS, ['HELLO', 'É', '[A-C]+']),
          calls('!~', TEXTS, ['b']),
          calls('!~*', TEXTS, ['B']),
          calls('regexp_like', TEXTS, ['B'], ['i', 'c', '', 'z']),
          calls(
            'regexp_match',
            TEXTS,
            patterns.filter((p) => p !== ''),
          ),
          calls(
            'regexp_replace',
            TEXTS,
            patterns.filter((p) => p !== ''),
            ['<\\1\\&>', '\\\\', ''],
          ),
          calls(
            'regexp_replace',
            TEXTS,
            ['[a-z]', '(l)(o)?', ',', ''],
            ['<\\2\\1>', '-', '[\\0]'],
            ['g', 'gi', 'i'],
          ),
          calls('regexp_count', TEXTS, ['[a-z]', ',', '😀']),
          calls('regexp_split_to_array', TEXTS, [',', ',\\s*', 'l+', '']),
          calls('substring', TEXTS, ['l+o', '(e)l', 'zz']),
        ),
      ).resolves.toEqual([]);
    });

    it('end lines at line feeds only, if the flags ask for lines', () =>
      expect(
        differences(
          calls(
            'regexp_replace',
            ['a\nb', 'a\r\nb\n', '\n\n', 'a\u2028b', ''],
            [
              '.',
              '^.',
              '.$',
              '^',
              '$',
              '^$',
              '[^a]',
              '[^[:alpha:]]',
              '[^]a]',
              '\\W',
              '\\D',
              '\\S',
              '\\A.',
              '.\\Z',
            ],
            ['<\\&>'],
            ['g', 'gn', 'gm', 'gp', 'gw', 'gs'],
          ),
          calls('regexp_match', ['k=1\nv=2\r\n'], ['^v=(.*)$', 'k.*v'], ['n', 'p', 'w', 's', '']),
        ),
      ).resolves.toEqual([]));

    it('match word boundaries in brackets, and refuse a class without an end', () =>
      expect(
        differences(
          calls(
            '~',
            ['a b', 'ab'],
            ['[[:<:]]b', 'a[[:>:]]', '[[:<:]]b[[:>:]]', '[[:alpha]', '[[:x', '[a[:<:]]', '[:a]'],
          ),
        ),
      ).resolves.toEqual([]));

    it('read all hexadecimal digits after an escape', () =>
      expect(
        differences(
          calls(
            '~',
            ['A', 'é', '😀', 'A1'],
            ['^\\x41$', '^\\x0041$', '^[\\x041]$', '\\xe9', '\\x1F600', '^\\x0041+1', '\\x', '[\\x41-\\x43]'],
          ),
        ),
      ).resolves.toEqual([]));

    it('refuse a quantifier without an operand, and an incomplete one', () =>
      expect(
        differences(
          calls(
            '~',
            ['x{1', 'xx'],
            [
              'x{1',
              'x{1,2',
              'x{',
              'x{a}',
              'x{,1}',
              '{1}',
              '({1})',
              'x|{1}',
              'x{1}{2}',
              'x{1}?',
              'x\\{1',
              'x[{]1',
            ],
          ),
        ),
      ).resolves.toEqual([]));
  });
}
