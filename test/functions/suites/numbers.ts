import { describe, expect, it } from 'vitest';
import * as T from '../../../src/values/types.ts';
import type { ScalarType } from '../../../src/values/types.ts';
import { arg, compareCalls } from '../support/compare.ts';
import type { Call } from '../support/compare.ts';
import type { Postgres } from '../support/postgres.ts';

const INTEGERS: [ScalarType, string[]][] = [
  [T.SMALLINT, ['0', '7', '-32768', '32767']],
  [T.INTEGER, ['0', '1', '-7', '46341', '-2147483648', '2147483647']],
  [T.BIGINT, ['0', '-1', '13', '4294967296', '-9223372036854775808', '9223372036854775807']],
];
const VALUES: [ScalarType, string[]][] = [
  ...INTEGERS,
  [T.NUMERIC, ['0', '-1', '2.5', '-0.125', '12345.678']],
  [T.REAL, ['0', '1.5', '-2.25', '1e30', '3.4e38', '1e-40']],
  [T.DOUBLE, ['0', '-1.5', '0.1', '1e300', '1e-300', 'NaN', 'Infinity']],
];

function pairs(values: [ScalarType, string[]][]): ReturnType<typeof arg>[][] {
  const all = values.flatMap(([type, texts]) => texts.map((text) => arg(type, text)));
  return all.flatMap((a) => all.map((b) => [a, b]));
}
function calls(names: readonly string[], args: readonly ReturnType<typeof arg>[][]): Call[] {
  return names.flatMap((name) => args.map((a): Call => ({ name, args: a })));
}

export function numberSuite(postgres: () => Postgres): void {
  describe('arithmetic, compared with PostgreSQL', () => {
    it('gives PostgreSQL’s results, types and errors for integers', () =>
      expect(
        compareCalls(postgres(), calls(['+', '-', '*', '/', '%', 'mod'], pairs(INTEGERS))),
      ).resolves.toEqual([]));

    it('gives PostgreSQL’s results, types and errors for all pairs of number types', () =>
      expect(
        compareCalls(
          postgres(),
          calls(['+', '-', '*'], pairs(VALUES)),
          // Both round a REAL to 6 digits where it becomes NUMERIC; the last digit of a double may differ.
          { tolerance: 1e-15 },
        ),
      ).resolves.toEqual([]));

    it('divides floats and takes remainders of NUMERIC', () =>
      expect(
        compareCalls(postgres(), [
          ...calls(['/'], pairs(VALUES.filter(([type]) => type === T.REAL || type === T.DOUBLE))),
          ...calls(['%', 'mod'], pairs(VALUES.filter(([type]) => type === T.NUMERIC || type === T.INTEGER))),
        ]),
      ).resolves.toEqual([]));

    it('divides NUMERIC to at least PostgreSQL’s digits', () =>
      expect(
        compareCalls(
          postgres(),
          calls(['/'], pairs(VALUES.filter(([type]) => type === T.NUMERIC || type === T.BIGINT))),
          {
            tolerance: 1e-15,
          },
        ),
      ).resolves.toEqual([]));

    it('negates and takes absolute values', () =>
      expect(
        compareCalls(
          postgres(),
          calls(
            ['-', '+', 'abs'],
            VALUES.flatMap(([type, texts]) => texts.map((text) => [arg(type, text)])),
          ),
        ),
      ).resolves.toEqual([]));

    it('reads an untyped literal as the other side’s type', () =>
      expect(
        compareCalls(
          postgres(),
          [T.SMALLINT, T.INTEGER, T.BIGINT, T.NUMERIC, T.DOUBLE].flatMap((type) =>
            ['3', '1.5', 'x', null].flatMap((text) => [
              { name: '+', args: [arg(type, '10'), arg(T.UNKNOWN, text)] },
              { name: '/', args: [arg(T.UNKNOWN, text), arg(type, '10')] },
            ]),
          ),
          { tolerance: 1e-15 },
        ),
      ).resolves.toEqual([]));

    it('has bit operators', () =>
      expect(
        compareCalls(postgres(), [
          ...calls(['&', '|', '#'], pairs(INTEGERS)),
          ...calls(
            ['~'],
            INTEGERS.flatMap(([type, texts]) => texts.map((t) => [arg(type, t)])),
          ),
          ...calls(
            ['<<', '>>'],
            INTEGERS.flatMap(([type, texts]) =>
              texts.flatMap((t) =>
                ['0', '1', '14', '31', '33'].map((n) => [arg(type, t), arg(T.INTEGER, n)]),
              ),
            ),
          ),
        ]),
      ).resolves.toEqual([]));

    it('is NULL for NULL', () =>
      expect(
        compareCalls(
          postgres(),
          calls(
            ['+', '*', 'mod'],
            [
              [arg(T.INTEGER, null), arg(T.INTEGER, '1')],
              [arg(T.BIGINT, '1'), arg(T.BIGINT, null)],
            ],
          ),
        ),
      ).resolves.toEqual([]));
  });

  describe('mathematics, compared with PostgreSQL', () => {
    const ROUNDED = ['0', '0.5', '1.5', '2.5', '-0.5', '-1.5', '-2.4999', '2.50001', '1e15', '-7'];

    it('rounds numbers', () =>
      expect(
        compareCalls(postgres(), [
          ...calls(
            ['round', 'ceil', 'ceiling', 'floor', 'trunc', 'sign'],
            [T.NUMERIC, T.DOUBLE, T.INTEGER].flatMap((type) =>
              ROUNDED.filter((x) => type !== T.INTEGER || /^-?\d$/.test(x)).map((x) => [arg(type, x)]),
            ),
          ),
          ...calls(
            ['round', 'trunc'],
            ROUNDED.flatMap((x) =>
              ['0', '1', '2', '-1', '30'].map((n) => [arg(T.NUMERIC, x), arg(T.INTEGER, n)]),
            ),
          ),
          { name: 'round', args: [arg(T.DOUBLE, '1.5'), arg(T.INTEGER, '1')] },
          { name: 'div', args: [arg(T.NUMERIC, '-7.5'), arg(T.NUMERIC, '2')] },
          { name: 'div', args: [arg(T.NUMERIC, '-7.5'), arg(T.NUMERIC, '0')] },
        ]),
      ).resolves.toEqual([]));

    it('has powers, roots and logarithms', () =>
      expect(
        compareCalls(
          postgres(),
          [
            ...calls(
              ['sqrt', 'exp', 'ln', 'log', 'log10'],
              [T.NUMERIC, T.DOUBLE].flatMap((type) =>
                ['0', '1', '2', '10', '0.25', '1000', '-1', '49.5']
                  .filter((x) => x !== '1000' || type === T.DOUBLE)
                  .map((x) => [arg(type, x)]),
              ),
            ).filter((c) => !(c.name === 'exp' && c.args[0]!.text === '1000')),
            ...calls(['cbrt'], [[arg(T.DOUBLE, '27')], [arg(T.DOUBLE, '-8')], [arg(T.INTEGER, '64')]]),
            ...calls(
              ['power', 'pow', '^'],
              [T.NUMERIC, T.DOUBLE, T.INTEGER].flatMap((type) =>
                ['0', '2', '-2', '10'].flatMap((a) =>
                  ['0', '3', '-1', '-3'].map((b) => [arg(type, a), arg(type, b)]),
                ),
              ),
            ),
            ...calls(
              ['power'],
              ['-1', '1', '0', '-2', '0.5', 'Infinity', '-Infinity', 'NaN'].flatMap((a) =>
                ['Infinity', '-Infinity', 'NaN', '0', '2', '-1', '0.5', '-3'].map((b) => [
                  arg(T.DOUBLE, a),
                  arg(T.DOUBLE, b),
                ]),
              ),
            ),
            ...calls(
              ['sign'],
              ['NaN', 'Infinity', '-Infinity', '-0', '-2.5'].map((x) => [arg(T.DOUBLE, x)]),
            ),
            ...calls(
              ['power'],
              [T.NUMERIC, T.DOUBLE].flatMap((type) =>
                ['2', '-2', '0.5', '10.25'].flatMap((a) =>
                  ['0.5', '1.5', '-2.25'].map((b) => [arg(type, a), arg(type, b)]),
                ),
              ),
            ),
            ...calls(
              ['log'],
              [
                [arg(T.NUMERIC, '2'), arg(T.NUMERIC, '64')],
                [arg(T.NUMERIC, '3'), arg(T.NUMERIC, '10')],
              ],
            ),
            { name: 'exp', args: [arg(T.DOUBLE, '1000')] },
            { name: 'exp', args: [arg(T.DOUBLE, '-1000')] },
            { name: 'power', args: [arg(T.DOUBLE, '1e200'), arg(T.DOUBLE, '2')] },
          ],
          { tolerance: 1e-14 },
        ),
      ).resolves.toEqual([]));

    it('has trigonometry and angles', () =>
      expect(
        compareCalls(
          postgres(),
          [
            ...calls(
              ['sin', 'cos', 'tan', 'atan', 'sinh', 'cosh', 'tanh', 'degrees', 'radians', 'asin', 'acos'],
              ['0', '0.5', '-1', '1', '2', '1e-323', '1e308', 'Infinity', '-Infinity', 'NaN'].map((x) => [
                arg(T.DOUBLE, x),
              ]),
            ),
            { name: 'atan2', args: [arg(T.DOUBLE, '1'), arg(T.DOUBLE, '-2')] },
            { name: 'pi', args: [] },
          ],
          { tolerance: 1e-14 },
        ),
      ).resolves.toEqual([]));

    it('has buckets and common divisors', () =>
      expect(
        compareCalls(postgres(), [
          ...calls(
            ['width_bucket'],
            [T.DOUBLE, T.NUMERIC].flatMap((type) =>
              ['-1', '0', '0.35', '9.99', '10', '11'].flatMap((x) =>
                [
                  ['0', '10'],
                  ['10', '0'],
                  ['5', '5'],
                ].map(([a, b]) => [arg(type, x), arg(type, a!), arg(type, b!), arg(T.INTEGER, '5')]),
              ),
            ),
          ),
          {
            name: 'width_bucket',
            args: [arg(T.DOUBLE, '1'), arg(T.DOUBLE, '0'), arg(T.DOUBLE, '2'), arg(T.INTEGER, '0')],
          },
          ...[T.DOUBLE, T.NUMERIC].map((type): Call => ({
            name: 'width_bucket',
            args: [arg(type, '5'), arg(type, '0'), arg(type, '1'), arg(T.INTEGER, '2147483647')],
          })),
          {
            name: 'width_bucket',
            args: [
              arg(T.DOUBLE, '1e308'),
              arg(T.DOUBLE, '-1.7e308'),
              arg(T.DOUBLE, '1.7e308'),
              arg(T.INTEGER, '9'),
            ],
          },
          ...Array.from({ length: 30 }, (_, i): Call => ({
            name: 'width_bucket',
            args: [arg(T.DOUBLE, `${i / 10}`), arg(T.DOUBLE, '0'), arg(T.DOUBLE, '0.7'), arg(T.INTEGER, '7')],
          })),
          ...calls(['gcd'], pairs([[T.INTEGER, ['0', '12', '-18', '-2147483648']]])),
          ...calls(['gcd'], pairs([[T.BIGINT, ['0', '12', '-18', '-9223372036854775808']]])),
        ]),
      ).resolves.toEqual([]));
  });
}
