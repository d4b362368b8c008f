import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BodyProblem, type Split, splitJsonBody, splitLines } from '../../src/sources/split.ts';

const texts = (bytes: Uint8Array, { starts, ends, count }: Split): string[] =>
  Array.from({ length: count }, (_, i) => Buffer.from(bytes.subarray(starts[i], ends[i])).toString());

describe('splitLines', () => {
  it('finds the lines that String.split finds, in portions of any size', () => {
    const line = fc.oneof(fc.constantFrom('', '\r', 'a', '{"a":"ä"}'), fc.string({ maxLength: 5 }));
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 20 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 4 }),
        (lines, final, maxRecords) => {
          const text = lines.join('\n');
          const bytes = Buffer.from(text);
          const found: string[] = [];
          let from = 0;
          for (;;) {
            const split = splitLines(bytes, { from, to: bytes.length, maxRecords, final });
            expect(split.count).toBeLessThanOrEqual(maxRecords);
            found.push(...texts(bytes, split));
            if (split.next === from) break;
            from = split.next;
          }
          const whole = final ? text.split('\n') : text.split('\n').slice(0, -1);
          expect(found).toEqual(whole.map((l) => l.replace(/\r$/, '')).filter((l) => l !== ''));
          expect(from).toBe(
            final ? bytes.length : Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)),
          );
        },
      ),
      { seed: 1 },
    );
  });

  it('reads nothing outside the range', () => {
    const bytes = Buffer.from('aa\nbb\ncc\ndd\n');
    const split = splitLines(bytes, { from: 3, to: 8, maxRecords: 9, final: true });
    expect([texts(bytes, split), split.next]).toEqual([['bb', 'cc'], 8]);
  });
});

describe('splitJsonBody', () => {
  const split = (text: string, options = {}): string[] | BodyProblem => {
    const bytes = Buffer.from(text);
    const result = splitJsonBody(bytes, options);
    return 'reason' in result ? result : texts(bytes, result);
  };

  it('accepts an object, an array of objects, and a sequence of objects', () => {
    expect(split(' {"a":"}]"} ')).toEqual(['{"a":"}]"}']);
    expect(split('[{"a":1} , {"b":[{}]}]\n')).toEqual(['{"a":1}', '{"b":[{}]}']);
    expect(split('{"a":1}\n{"a":2}\r\n\n{"a":3}')).toEqual(['{"a":1}', '{"a":2}', '{"a":3}']);
    expect(split('[]')).toEqual([]);
    expect(split(`[${Array(40).fill('{}').join(',')}]`)).toHaveLength(40);
  });

  it('refuses a body that is not valid JSON as a whole', () => {
    expect(split('')).toEqual({ reason: 'malformed', message: 'the body is empty', at: 0 });
    expect(split('[{"a":1},{"a":]')).toEqual({
      reason: 'malformed',
      message: 'expected a value, got "]"',
      at: 14,
    });
    expect(split('[{"a":1},')).toMatchObject({ reason: 'malformed', at: 9 });
    expect(split('[{"a":1}')).toMatchObject({ message: 'expected "," or "]", got the end' });
    expect(split('[{"a":1}] x')).toMatchObject({ message: 'expected the end, got "x"' });
    expect(split('[{"a":1}{"b":2}]')).toMatchObject({ message: 'expected "," or "]", got "{"' });
    expect(split('[{"a":1},]')).toMatchObject({ reason: 'malformed' });
    expect(split('[,{"a":1}]')).toMatchObject({ reason: 'malformed' });
    expect(split('{"a":1},{"a":2}')).toMatchObject({ reason: 'malformed', at: 7 });
    expect(split('[{"a":1},2]')).toEqual({
      reason: 'malformed',
      message: 'element 1 of the array is not an object',
      at: 9,
    });
    expect(split('"text"')).toMatchObject({ message: 'not an object' });
    expect(split('[')).toMatchObject({ reason: 'malformed' });
  });

  it('refuses bodies beyond its limits of records, bytes and depth', () => {
    expect(split('[{},{},{}]', { maxRecords: 2 })).toMatchObject({ reason: 'too_large', at: 7 });
    expect(split('[{},{"a":"xxxxxxxx"}]', { maxRecordBytes: 10 })).toMatchObject({
      reason: 'too_large',
      at: 4,
    });
    const nested = (n: number): string => `{"a":${'['.repeat(n)}${']'.repeat(n)}}`;
    for (const [before, after] of [
      ['', ''],
      ['[{},', ']'],
    ]) {
      expect(split(`${before}${nested(10)}${after}`, { maxDepth: 10 })).toMatchObject({
        reason: 'too_deep',
        message: 'nested deeper than 10 levels',
      });
      expect(split(`${before}${nested(9)}${after}`, { maxDepth: 10 })).not.toHaveProperty('reason');
    }
    expect(split('['.repeat(1_000_000))).toMatchObject({ reason: 'too_deep' });
  });
});
