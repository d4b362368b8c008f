import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, isJsonObject, JsonNumber, parseJson } from '../../src/values/json.ts';
import { canonicalNumber } from '../../src/values/json-number.ts';

const SEED = { seed: 99, numRuns: 2000 };

describe('canonical JSON', () => {
  it('parses to the same value as its input', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // Canonical JSON writes -0 as 0.
        const plain = JSON.parse(JSON.stringify(value, (_, v: unknown) => (Object.is(v, -0) ? 0 : v)));
        expect(JSON.parse(canonicalJson(JSON.stringify(value)))).toEqual(plain);
      }),
      SEED,
    );
  });

  it('is the same text for equal values, whatever the order of keys, the spaces and the escapes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 1 })), (object) => {
        const backwards = Object.fromEntries(Object.entries(object).reverse());
        const text = canonicalJson(JSON.stringify(object));
        expect(canonicalJson(JSON.stringify(backwards, null, 2))).toBe(text);
        expect(canonicalJson(text)).toBe(text);
      }),
      SEED,
    );
    expect(canonicalJson('"\\u0041\\/"')).toBe('"A/"');
  });

  it.each([
    ['9007199254740993', '9007199254740993'],
    ['0.1000', '0.1000'],
    ['-0', '0'],
    ['-0.0', '0.0'],
    ['1.50e1', '15.0'],
    ['1.5e2', '150'],
    ['-1.10', '-1.10'],
    ['0e-3', '0.000'],
    ['0.0e3', '0'],
    ['0.00e1', '0.0'],
    ['1e3', '1000'],
    ['1.5e-3', '0.0015'],
    [
      '123456789012345678901234567890.123456789012345678901234567890',
      '123456789012345678901234567890.123456789012345678901234567890',
    ],
    ['1.7976931348623157e308', `17976931348623157${'0'.repeat(292)}`],
  ])('keeps every digit of %s', (text, expected) => {
    expect(canonicalJson(text)).toBe(expected);
  });

  it('refuses numbers that would exhaust memory, and nesting that would exhaust the stack', () => {
    expect(() => canonicalJson('1e999999999')).toThrow(expect.objectContaining({ code: '22003' }));
    expect(() => canonicalJson('1e-999999999')).toThrow(expect.objectContaining({ code: '22003' }));
    expect(canonicalNumber('0e999999999')).toBe('0');
    const deep = (n: number): string => '['.repeat(n) + ']'.repeat(n);
    expect(canonicalJson(deep(500))).toBe(deep(500));
    expect(() => canonicalJson(deep(100_000))).toThrow(expect.objectContaining({ code: '54000' }));
    expect(() => canonicalJson('{"a":'.repeat(100_000))).toThrow(expect.objectContaining({ code: '54000' }));
  });

  it('decodes objects to maps that can hold any key', () => {
    const value = parseJson('{"__proto__": 1, "a": 1.50, "constructor": null}');
    expect(isJsonObject(value) && [...value.keys()]).toEqual(['a', '__proto__', 'constructor']);
    expect(isJsonObject(value) && value.get('a')).toEqual(new JsonNumber('1.50'));
  });
});
