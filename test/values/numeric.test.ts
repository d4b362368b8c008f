import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as N from '../../src/values/numeric.ts';
import {
  numericExp,
  numericLn,
  numericLog,
  numericPower,
  numericSqrt,
} from '../../src/values/numeric-math.ts';

const n = N.numericParse;
const show = N.numericFormat;
const SEED = { seed: 20_260_315, numRuns: 2000 };
const MAX_MANTISSA = 2n ** 96n - 1n;

/** Whether `x` is the NUMERIC nearest to num / den at the largest scale that fits. Shares no code with `src`. */
function isNearest(x: bigint, num: bigint, den: bigint): boolean {
  const abs = (v: bigint): bigint => (v < 0n ? -v : v);
  for (let scale = 28; scale >= 0; scale--) {
    const unit = 10n ** BigInt(28 - scale);
    const scaled = abs(num) * 10n ** BigInt(scale);
    let q = scaled / abs(den);
    const twice = 2n * (scaled % abs(den));
    if (twice > abs(den) || (twice === abs(den) && q % 2n === 1n)) q++;
    if (q > MAX_MANTISSA) continue;
    return abs(x) === q * unit && (x === 0n || (x < 0n === num < 0n) !== den < 0n);
  }
  throw new Error('out of range');
}

const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.integer({ min: 0, max: 12 }))
  .map(([digits, scale]) => digits * 10n ** BigInt(28 - scale));

describe('NUMERIC text', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['-0.00', '0'],
    ['1.500', '1.5'],
    ['-.5', '-0.5'],
    ['007', '7'],
    ['1e3', '1000'],
    ['12.5e-1', '1.25'],
    ['0.0000000000000000000000000001', '0.0000000000000000000000000001'],
    ['0.00000000000000000000000000005', '0'], // a tie goes to the even digit
    ['0.000000000000000000000000000050001', '0.0000000000000000000000000001'],
    ['0.00000000000000000000000000015', '0.0000000000000000000000000002'],
    ['79228162514264337593543950335', '79228162514264337593543950335'],
    ['7922816251426433759354395033.5', '7922816251426433759354395033.5'],
    ['9999999999999999999999999999.55', '10000000000000000000000000000'],
    ['123456789012345678901234567.895', '123456789012345678901234567.9'],
    [`1${'0'.repeat(200)}e-200`, '1'],
    [`0.${'0'.repeat(300)}1`, '0'],
    ['1e-999999999', '0'],
    ['0e999999999', '0'],
  ])('%s is %s', (text, expected) => {
    expect(show(n(text))).toBe(expected);
  });

  it.each(['79228162514264337593543950335.5', '1e29', '-1e40', '1e999999999'])(
    'refuses %s as out of range',
    (text) => {
      expect(() => n(text)).toThrow(expect.objectContaining({ code: '22003' }));
    },
  );

  it.each(['', ' ', '.', 'e5', '1e', '1.2.3', '0x10', 'NaN', 'Infinity', '１'])('refuses %j', (text) => {
    expect(() => n(text)).toThrow(expect.objectContaining({ code: '22P02' }));
  });

  it('reads back what it prints', () => {
    fc.assert(
      fc.property(decimal, (x) => {
        expect(n(show(N.fit96(x)))).toBe(N.fit96(x));
      }),
      SEED,
    );
  });
});

describe('NUMERIC arithmetic', () => {
  it.each([
    ['18750', '60.0', '312.5'],
    ['58800', '60.0', '980'],
    ['1', '3', '0.3333333333333333333333333333'],
    ['-2', '3', '-0.6666666666666666666666666667'],
    ['28972843', '3', '9657614.333333333333333333333'], // RisingWave's own tests: nexmark q6, q17
    ['789590', '3', '263196.66666666666666666666667'],
    ['0', '7', '0'],
  ])('%s / %s = %s', (a, b, expected) => {
    expect(show(N.numericDiv(n(a), n(b)))).toBe(expected);
  });

  it('rounds sums, products and quotients once, half to even, to all digits that fit', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        fc.pre(b !== 0n && N.numericAbs(a) < MAX_MANTISSA * 10n ** 12n && N.numericAbs(b) > 10n ** 18n);
        expect(isNearest(N.numericDiv(a, b), a, b)).toBe(true);
        const product = a * b;
        fc.pre(N.numericAbs(product / N.ONE) < MAX_MANTISSA * N.ONE);
        expect(isNearest(N.numericMul(a, b), product, N.ONE * N.ONE)).toBe(true);
        expect(isNearest(N.numericAdd(a, b), a + b, N.ONE)).toBe(true);
      }),
      SEED,
    );
  });

  it('gives the remainder of truncated division', () => {
    expect(show(N.numericMod(n('-7.5'), n('2')))).toBe('-1.5');
    expect(() => N.numericMod(n('1'), 0n)).toThrow(expect.objectContaining({ code: '22012' }));
    expect(() => N.numericDiv(n('1'), 0n)).toThrow(expect.objectContaining({ code: '22012' }));
  });

  it('refuses results beyond 2^96', () => {
    expect(() => N.numericAdd(N.MAX_NUMERIC, N.ONE)).toThrow(expect.objectContaining({ code: '22003' }));
    expect(() => N.numericMul(n('1e15'), n('1e15'))).toThrow(expect.objectContaining({ code: '22003' }));
    expect(show(N.numericAdd(N.MAX_NUMERIC, n('0.4')))).toBe('79228162514264337593543950335');
  });

  it.each([
    ['2.5', 0, '3'],
    ['-2.5', 0, '-3'],
    ['1.005', 2, '1.01'],
    ['1250', -2, '1300'],
    ['49', -2, '0'],
    ['1.23456', 40, '1.23456'],
    ['1.5', -60, '0'],
  ])('round(%s, %d) = %s', (x, scale, expected) => {
    expect(show(N.numericRound(n(x), scale))).toBe(expected);
  });

  it('floors, ceils and truncates', () => {
    expect(['-1.5', '1.5', '-2', '0'].map((x) => show(N.numericFloor(n(x))))).toEqual(['-2', '1', '-2', '0']);
    expect(['-1.5', '1.5', '-2', '0'].map((x) => show(N.numericCeil(n(x))))).toEqual(['-1', '2', '-2', '0']);
    expect(['-1.59', '1.59'].map((x) => show(N.numericTrunc(n(x), 1)))).toEqual(['-1.5', '1.5']);
    expect(show(N.numericTrunc(n('1259'), -2))).toBe('1200');
  });

  it('converts to the nearest double, and from a double with 15 digits', () => {
    fc.assert(
      fc.property(decimal, (x) => {
        expect(N.numericToDouble(x)).toBe(Number(show(x)));
      }),
      SEED,
    );
    expect(show(N.numericFromDouble(1 / 3))).toBe('0.333333333333333');
    expect(show(N.numericFromDouble(1e20))).toBe('100000000000000000000');
    expect(show(N.numericFromDouble(-0))).toBe('0');
    expect(() => N.numericFromDouble(NaN)).toThrow(expect.objectContaining({ code: '22003' }));
  });
});

describe('NUMERIC roots, powers and logarithms', () => {
  it('are exact to the last digit of published tables', () => {
    expect(show(numericSqrt(n('2')))).toBe('1.4142135623730950488016887242');
    expect(show(numericLn(n('2')))).toBe('0.6931471805599453094172321215');
    expect(show(numericLn(n('10')))).toBe('2.3025850929940456840179914547');
    expect(show(numericExp(n('1')))).toBe('2.7182818284590452353602874714');
    expect(show(numericExp(n('-1')))).toBe('0.3678794411714423215955237702');
    expect(show(numericLog(n('10'), n('1000')))).toBe('3');
    expect(show(numericPower(n('2'), n('0.5')))).toBe('1.4142135623730950488016887242');
    expect(show(numericPower(n('-2'), n('3')))).toBe('-8');
    expect(show(numericPower(n('2'), n('-2')))).toBe('0.25');
    expect(show(numericPower(n('1.1'), n('100')))).toBe('13780.612339822270184118337172');
  });

  it('has square roots whose square is the number', () => {
    fc.assert(
      fc.property(decimal, (x) => {
        const root = numericSqrt(N.numericAbs(x));
        const back = N.numericToDouble(root) ** 2;
        const want = Math.abs(N.numericToDouble(x));
        expect(Math.abs(back - want)).toBeLessThanOrEqual(want * 1e-14);
      }),
      SEED,
    );
  });

  it.each([
    ['sqrt(-1)', () => numericSqrt(-1n), '2201F'],
    ['ln(0)', () => numericLn(0n), '2201E'],
    ['exp(100)', () => numericExp(n('100')), '22003'],
    ['0 ^ -1', () => numericPower(0n, n('-1')), '2201F'],
    ['(-1) ^ 0.5', () => numericPower(n('-1'), n('0.5')), '2201F'],
    ['log(1, 2)', () => numericLog(n('1'), n('2')), '22012'],
  ])('%s is an error', (_, f, code) => {
    expect(f).toThrow(expect.objectContaining({ code }));
  });
});
