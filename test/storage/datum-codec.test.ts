import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '../../src/storage/bytes.ts';
import { readDatum, writeDatum } from '../../src/storage/datum-codec.ts';
import { KeySet, decodeKeys, encodeKeys } from '../../src/storage/pending-keys.ts';
import type { Datum } from '../../src/values/datum.ts';

const datum = fc.letrec<{ datum: Datum }>((tie) => ({
  datum: fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true }).map((x) => x + 0),
    fc.bigInt({ min: -(2n ** 130n), max: 2n ** 130n }),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ maxLength: 20 }),
    fc.record({ months: fc.integer(), days: fc.integer(), us: fc.maxSafeInteger() }),
    fc.array(tie('datum'), { maxLength: 4 }),
  ),
})).datum;

test('every datum is read back as it was written, and all bytes are consumed', () => {
  fc.assert(
    fc.property(fc.array(datum, { maxLength: 8 }), (values) => {
      const writer = new ByteWriter(1);
      for (const value of values) writeDatum(writer, value);
      const reader = new ByteReader(writer.bytes().slice());
      expect(values.map(() => readDatum(reader))).toEqual(values);
      expect(reader.done).toBe(true);
    }),
    { seed: 20260801 },
  );
});

test('keys beyond 2^53, zero and the empty string keep their value', () => {
  const keys: Datum[][] = [
    [9007199254740993n, ''],
    [0n, 'x'],
    [-(2n ** 63n), 'é\u0000'],
    [0, null],
  ];
  expect(decodeKeys(encodeKeys(keys))).toEqual(keys);
});

test('a key set holds equal keys once and separates 1, 1n and "1"', () => {
  const set = new KeySet();
  for (const key of [[1], [1n], ['1'], [1], ['1'], [null]] as Datum[][]) set.add(key);
  expect([...set.values()]).toEqual([[1], [1n], ['1'], [null]]);
});

test('bytes that the codec did not write are refused', () => {
  expect(() => readDatum(new ByteReader(new Uint8Array([99])))).toThrow(RangeError);
  expect(() => readDatum(new ByteReader(new Uint8Array([5, 255, 255, 255, 255])))).toThrow(RangeError);
});
