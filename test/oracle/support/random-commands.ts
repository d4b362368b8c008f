import type { Datum } from '../../../src/values/datum.ts';
import { numericParse } from '../../../src/values/numeric.ts';
import type { Random } from './random.ts';

export const START_US = Date.UTC(2022, 3, 1) * 1000;
const MINUTE_US = 60_000_000;
const HOUR_US = 60 * MINUTE_US;
const DAY_US = 24 * HOUR_US;

/** What happens to a random pipeline; a barrier follows each. */
export type Command =
  | { readonly kind: 'push'; readonly source: string; readonly rows: readonly (readonly Datum[])[] }
  | { readonly kind: 'advance'; readonly to_us: number };

export function randomCommands(r: Random, length: number): Command[] {
  let now_us = START_US;
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
    const source = r.pick(['events', 'events', 'marks', 'things']);
    return { kind: 'push', source, rows: r.times(1, 6, () => row(r, source, now_us)) };
  });
}

function row(r: Random, source: string, now_us: number): Datum[] {
  const orNull = <T extends Datum>(make: () => T): Datum => (r.chance(12) ? null : make());
  const k = orNull(() => r.int(3));
  const text = orNull(() => r.pick(['a', 'b', 'é', '']));
  switch (source) {
    case 'events':
      return [
        k,
        text,
        orNull(() => r.between(-2, 4)),
        orNull(() => r.pick([0n, 1n, -1n, 9_007_199_254_740_993n, -9_007_199_254_740_993n])),
        orNull(() => decimal(r)),
        orNull(() => instant(r, now_us)),
      ];
    case 'marks':
      return [k, text, orNull(() => r.between(0, 3)), orNull(() => instant(r, now_us))];
    default:
      return [r.int(4), text, orNull(() => instant(r, now_us)), orNull(() => decimal(r))];
  }
}

function decimal(r: Random): bigint {
  return numericParse(
    r.pick(['0', '0.1', '0.25', '-3', '1e-28', '12345678901234.5', '0.3333333333333333333333333333']),
  );
}

/** Around the clock, often exactly one of the lengths that the random queries look back. */
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
