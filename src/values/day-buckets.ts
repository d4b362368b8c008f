import { ONE, SCALE } from './numeric.ts';

/** Values by day: parallel arrays. */
export interface DayBuckets {
  /** Days since 1970, ascending. */
  readonly days: readonly number[];
  /** By series and by day; null if the day has no value. */
  readonly values: readonly (readonly BucketValue[])[];
}

/** A whole number as a double, or any value as a datum: a BIGINT, or a NUMERIC times 10^28. */
export type BucketValue = number | bigint | null;

/** The type of a series. */
export type SeriesKind = 'bigint' | 'numeric';

/** Day buckets that cannot be read: they are damaged, or in a later format. */
export class DayBucketsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DayBucketsError';
  }
}

/**
 * Appends day buckets to `bytes`; undefined stands for a group without rows. Integers are LEB128 varints; `z` stands for
 * zigzag.
 *
 * - The group is 0 without rows; else 1 + the number of days, the first day z, the distance of each next day to the one
 *   before, and the series.
 * - A series is its number of decimals d, and for each day 0 if it has no value, else 1 + z(value * 10^d).
 */
export function encodeDayBuckets(
  bytes: number[],
  group: DayBuckets | undefined,
  kinds: readonly SeriesKind[],
): void {
  if (group === undefined) {
    bytes.push(0);
    return;
  }
  const { days, values } = group;
  pushSmall(bytes, days.length + 1);
  for (let i = 0; i < days.length; i++)
    pushSmall(bytes, i === 0 ? zigzagSmall(days[0]!) : days[i]! - days[i - 1]!);
  for (let s = 0; s < kinds.length; s++) {
    const one = kinds[s] === 'numeric' ? ONE : 1n;
    const decimals = kinds[s] === 'numeric' ? decimalsOf(values[s]!) : 0;
    pushSmall(bytes, decimals);
    for (const value of values[s]!) {
      if (value === null) bytes.push(0);
      else if (typeof value === 'number' && decimals === 0 && value > -MAX_FAST && value < MAX_FAST)
        pushSmall(bytes, 1 + zigzagSmall(value));
      else {
        const datum = typeof value === 'number' ? BigInt(value) * one : value;
        pushBig(bytes, 1n + zigzag((datum * 10n ** BigInt(decimals)) / one));
      }
    }
  }
}

const MAX_FAST = 2 ** 51;

/** Returns the fewest decimals that hold all values. */
function decimalsOf(values: readonly BucketValue[]): number {
  let decimals = 0;
  for (const value of values) {
    if (typeof value !== 'bigint') continue;
    while (decimals < SCALE && value % 10n ** BigInt(SCALE - decimals) !== 0n) decimals++;
  }
  return decimals;
}

/** Reads what {@link encodeDayBuckets} appended; all values are datums. Throws DayBucketsError. */
export function decodeDayBuckets(
  input: DayBucketsInput,
  kinds: readonly SeriesKind[],
):
  | { readonly days: readonly number[]; readonly values: readonly (readonly (bigint | null)[])[] }
  | undefined {
  const count = input.small() - 1;
  if (count < 0) return undefined;
  const days: number[] = [];
  for (let i = 0; i < count; i++)
    days.push(i === 0 ? unzigzagSmall(input.small()) : days[i - 1]! + input.small());
  const values = kinds.map((kind) => {
    const decimals = input.small();
    const factor = kind === 'numeric' ? 10n ** BigInt(Math.max(0, SCALE - decimals)) : 1n;
    return days.map(() => {
      const coded = input.big();
      return coded === 0n ? null : unzigzag(coded - 1n) * factor;
    });
  });
  return { days, values };
}

const zigzag = (x: bigint): bigint => (x < 0n ? -2n * x - 1n : 2n * x);
const unzigzag = (x: bigint): bigint => ((x & 1n) === 0n ? x >> 1n : -((x + 1n) >> 1n));
const zigzagSmall = (x: number): number => (x < 0 ? -2 * x - 1 : 2 * x);
const unzigzagSmall = (x: number): number => (x % 2 === 0 ? x / 2 : -(x + 1) / 2);

function pushSmall(bytes: number[], value: number): void {
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
}

function pushBig(bytes: number[], value: bigint): void {
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
}

/** Reads bytes from the first to the last. */
export class DayBucketsInput {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new DayBucketsError('the buckets end too early');
    return byte;
  }

  small(): number {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
      if (factor > 2 ** 42) throw new DayBucketsError('a bucket has too many digits');
    }
  }

  big(): bigint {
    let [low, factor] = [0, 1];
    for (let i = 0; i < 7; i++) {
      const byte = this.byte();
      low += (byte & 127) * factor;
      if (byte < 128) return BigInt(low);
      factor *= 128;
    }
    let value = BigInt(low);
    for (let shift = 49n; ; shift += 7n) {
      if (shift > 210n) throw new DayBucketsError('a bucket has too many digits');
      const byte = this.byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  }
}
