import type { Datum } from '../../../src/values/datum.ts';
import { canonicalJson } from '../../../src/values/json.ts';

const E28 = 10n ** 28n;
const AT_US = Date.UTC(2026, 2, 15, 12, 34, 56) * 1000;

/** Returns a row of `cells` of {@link TYPES}; about one value in six is NULL. */
export function cell(id: number, random: () => number): readonly Datum[] {
  const pick = (n: number): number => Math.floor(random() * n);
  const orNull = (value: Datum): Datum => (pick(6) === 0 ? null : value);
  const text = ['a', "it's", 'é 👩', '', '{"a"}', 'null'][pick(6)]!;
  const document = [{ b: [1, null, 'x'], a: 0.25 }, [], 'text', pick(1000) / 8, { [text]: { deep: [true] } }][
    pick(5)
  ];
  return [
    BigInt(id),
    ['red', 'green', null][pick(3)]!,
    orNull(pick(65_536) - 32_768),
    orNull(pick(2_000_000) - 1_000_000),
    orNull((BigInt(pick(1_000_000)) * E28) / 1000n - 500n * E28),
    orNull(Math.fround(random() * 100)),
    orNull(random() * 1e6 - 5e5),
    orNull(text),
    orNull(pick(2) === 1),
    orNull(new Uint8Array([pick(256), 0, 255])),
    orNull(20_000 + pick(1000)),
    orNull(AT_US + pick(1_000_000) * 86_400 + pick(1000)),
    orNull(AT_US - pick(1_000_000) * 1_000_000),
    // RisingWave does not read every text of an interval with signs that differ.
    orNull({ months: pick(30), days: pick(60), us: pick(90_000_000) * 1000 }),
    orNull(canonicalJson(JSON.stringify(document))),
    orNull(Array.from({ length: pick(4) }, () => orNull(text))),
  ];
}
