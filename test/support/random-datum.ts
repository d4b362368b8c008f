import type { Datum } from '../../src/values/datum.ts';
import { makeInterval } from '../../src/values/interval.ts';
import { numericParse } from '../../src/values/numeric.ts';
import type { SqlType } from '../../src/values/types.ts';
import type { Random } from '../oracle/support/random.ts';

const TEXTS = [
  '',
  'drama',
  'ünïcödé',
  '"quoted" \\ and\nlines',
  '{"id":1}',
  '12',
  'null',
  '🎬',
  'a'.repeat(300),
];
const DOCUMENTS = [
  '{}',
  '[]',
  '{"drama": 0.25, "comedy": 0.75}',
  '[1, true, "foo", null, {"a": [1.50]}]',
  '"text"',
  '"12"',
  '1234567890123456789012345678',
  'true',
  '{"a": {"nested": {"deep": []}}, "ü": "🎬"}',
];

/** Returns a value of a type that DynamoDB can hold; seldom NULL, unless `notNull`. */
export function randomDatum(random: Random, type: SqlType, notNull = false): Datum {
  if (!notNull && random.chance(15)) return null;
  const us = (): number => random.int(1_000_000) + random.int(86_400) * 1_000_000;
  const sign = (): 1 | -1 => (random.chance(50) ? 1 : -1);
  switch (type.kind) {
    case 'boolean':
      return random.chance(50);
    case 'smallint':
      return random.between(-32_768, 32_767);
    case 'integer':
      return random.pick([0, 2_147_483_647, -2_147_483_648, random.int(1000)]);
    case 'bigint':
      return random.pick([
        0n,
        9_223_372_036_854_775_807n,
        -9_223_372_036_854_775_808n,
        BigInt(random.int(1e9)),
      ]);
    case 'numeric':
      return numericParse(
        random.pick([
          '0',
          '-0.0000000000000000000000000001',
          '312.5',
          '79228162514264337593543950335',
          `${sign() * random.int(1e9)}.${random.int(1e9)}`,
        ]),
      );
    case 'real':
      return Math.fround((sign() * random.int(1e6)) / 1000);
    case 'double':
      return random.pick([0, 0.1, -1e-20, 1e21, (sign() * random.int(1e9)) / 997]);
    case 'varchar':
      return random.pick(TEXTS);
    case 'bytea':
      return Uint8Array.from(random.times(0, 5, () => random.int(256)));
    case 'date':
      return random.pick([0, -1, -719_162, 2_932_896, random.int(30_000)]);
    case 'time':
      return us();
    case 'timestamp':
    case 'timestamptz':
      return random.pick([0, 60_000_000, -1, random.int(25_000) * 86_400_000_000 + us()]);
    case 'interval':
      return makeInterval(sign() * random.int(30), sign() * random.int(40), sign() * us());
    case 'jsonb':
      return random.pick(DOCUMENTS);
    case 'array':
      return random.times(0, 4, () => randomDatum(random, type.element));
    case 'unknown':
      throw new Error('no value has this type');
  }
}
