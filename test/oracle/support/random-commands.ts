import type { Datum } from '../../../src/values/datum.ts';
import { numericParse } from '../../../src/values/numeric.ts';
import type { Random } from './random.ts';

/** 2022-03-25 21:00 UTC: before the clocks change in Europe and Australia, and before the end of a month. */
export const START_US = Date.UTC(2022, 2, 25, 21) * 1000;
const MINUTE_US = 60_000_000;
const HOUR_US = 60 * MINUTE_US;
const DAY_US = 24 * HOUR_US;

/** A step of a random run. */
export type Command =
  | {
      readonly kind: 'push';
      readonly source: string;
      readonly rows: readonly (readonly Datum[])[];
      /** True if a barrier follows. A barrier follows every advance. */
      readonly barrier: boolean;
    }
  /** Deletes the row with the key of `row`, or in a table without a key a row equal to `row`, if it exists. */
  | {
      readonly kind: 'delete';
      readonly source: 'things' | 'firsts' | 'facts';
      readonly row: readonly Datum[];
      readonly barrier: boolean;
    }
  | { readonly kind: 'advance'; readonly to_us: number };

/** Number of rows pushed at once, and number of distinct values. */
export interface Volume {
  readonly rows: number;
  readonly keys: number;
}
const FEW: Volume = { rows: 6, keys: 3 };

export function randomCommands(r: Random, length: number, volume = FEW): Command[] {
  let now_us = START_US;
  const keyed = { things: new Map<Datum, readonly Datum[]>(), firsts: new Map<Datum, readonly Datum[]>() };
  const facts: (readonly Datum[])[] = [];
  return Array.from({ length }, (): Command => {
    if (r.chance(40)) {
      now_us += r.weighted([
        [2, () => r.between(1, 1_000)],
        [3, () => r.between(1, 90) * MINUTE_US],
        [2, () => r.between(1, 30) * HOUR_US],
        [2, () => r.between(1, 8) * DAY_US],
        [1, () => 29 * DAY_US],
      ]);
      return { kind: 'advance', to_us: now_us };
    }
    const source = r.pick(['events', 'events', 'marks', 'things', 'firsts', 'facts']);
    if (source === 'things' || source === 'firsts') {
      const rowsByKey = keyed[source];
      if (rowsByKey.size > 0 && r.chance(40)) {
        const gone = r.pick([...rowsByKey.values()]);
        rowsByKey.delete(gone[0]!);
        return { kind: 'delete', source, row: gone, barrier: r.chance(70) };
      }
    }
    if (source === 'facts' && facts.length > 0 && r.chance(45)) {
      const [gone] = facts.splice(r.int(facts.length), 1);
      return { kind: 'delete', source, row: gone!, barrier: r.chance(70) };
    }
    const rows = r.times(Math.ceil(volume.rows / 6), volume.rows, () => row(r, source, now_us, volume.keys));
    if (source === 'things' || source === 'firsts') for (const one of rows) keyed[source].set(one[0]!, one);
    if (source === 'facts') facts.push(...rows);
    return { kind: 'push', source, rows, barrier: r.chance(70) };
  });
}

const BIGINTS = [0n, 1n, -1n, 9_007_199_254_740_993n, -9_007_199_254_740_993n, 2n ** 63n - 1n];
const JSONS = ['null', '1', '"x"', '[]', '{"a": 1}', '{"a": 1, "b": [2]}'];

function row(r: Random, source: string, now_us: number, keys: number): Datum[] {
  const orNull = <T extends Datum>(make: () => T): Datum => (r.chance(12) ? null : make());
  const k = orNull(() => r.int(keys));
  const text = orNull(() => r.pick(['a', 'b', 'é', '']));
  switch (source) {
    case 'events':
      return [
        k,
        text,
        orNull(() => r.between(-2, 4)),
        orNull(() => r.pick(BIGINTS)),
        orNull(() => decimal(r, keys)),
        orNull(() => instant(r, now_us)),
        orNull(() => double(r)),
        orNull(() => r.chance(50)),
        orNull(() => r.pick(JSONS)),
        orNull(() => r.times(0, 2, () => orNull(() => r.int(2)))),
        r.between(-2, 2),
        decimal(r, keys),
      ];
    case 'marks':
      return [k, text, orNull(() => r.between(0, 3)), orNull(() => instant(r, now_us))];
    case 'firsts':
      return [r.int(keys + 1), text, orNull(() => decimal(r, keys)), orNull(() => instant(r, now_us))];
    case 'facts':
      return [
        k,
        text,
        orNull(() => double(r)),
        orNull(() => Math.fround(double(r))),
        orNull(() => decimal(r, keys)),
        orNull(() => instant(r, now_us)),
        r.between(-2, 2),
      ];
    default:
      return [
        r.int(keys + 1),
        text,
        orNull(() => instant(r, now_us)),
        orNull(() => decimal(r, keys)),
        orNull(() => double(r)),
        orNull(() => r.pick(JSONS)),
        orNull(() => r.chance(50)),
        orNull(() => r.pick(BIGINTS)),
        orNull(() => r.times(0, 2, () => orNull(() => r.int(2)))),
        orNull(() => instant(r, now_us)),
        r.between(-2, 2),
      ];
  }
}

/** Returns a decimal; with many keys mostly one of many, so that the ids of keys are assigned, freed and reused. */
function decimal(r: Random, keys: number): bigint {
  if (keys > 100 && r.chance(70)) return (BigInt(r.int(8 * keys)) * numericParse('1')) / 8n;
  return numericParse(
    r.pick([
      '0',
      '0.1',
      '0.25',
      '-3',
      '1e-28',
      '12345678901234.5',
      '0.3333333333333333333333333333',
      // Too large for limbs.
      '9007199254740993.5',
      '-1e20',
      '79228162514264337593543950335',
    ]),
  );
}

/** Returns a double: sums of these are rounded, cancel, overflow or differ in magnitude; some are not finite. */
function double(r: Random): number {
  return r.weighted([
    [4, () => r.pick([0, 0.25, -0.5, 3, 7, 1e6])],
    [4, () => r.between(-500, 500) / 100],
    [1, () => r.pick([1e17, -1e17, 2 ** 61, 2 ** -90, 1e-20, 5e-324, 16_777_217])],
    [1, () => r.pick([1.7e308, -1.7e308, 3e38, -3e38, 1e300])],
    [1, () => r.pick([NaN, Infinity, -Infinity])],
  ]);
}

/** Returns a time around the clock, often exactly one of the window lengths of the random queries before it. */
function instant(r: Random, now_us: number): number {
  const back = r.pick([0, 0, MINUTE_US, HOUR_US, 6 * HOUR_US, DAY_US, 7 * DAY_US, 28 * DAY_US]);
  const beside = r.weighted([
    [2, () => 0],
    [2, () => r.between(-1, 1)],
    [2, () => r.between(-90, 90) * MINUTE_US],
    [1, () => r.between(-2, 2) * DAY_US],
  ]);
  return now_us - back + beside;
}
