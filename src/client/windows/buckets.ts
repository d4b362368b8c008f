import { SCALE } from '../../values/numeric.ts';
import type { WindowProgram } from './program.ts';

/** The attribute of a packed item that holds its buckets. */
export const BUCKETS_ATTRIBUTE = '_b';

/** The buckets of one group. `undefined` in their place means that the view has no row for the group. */
export interface Buckets {
  /** Days since 1970, ascending. */
  readonly days: readonly number[];
  /** By series of the group and by day: a BIGINT, or a NUMERIC times 10^28; null if the day has no value. */
  readonly values: readonly (readonly (bigint | null)[])[];
}

/** The buckets of a program's groups, in its order. */
export type BucketGroups = readonly (Buckets | undefined)[];

/** Buckets that a program cannot read: another version of the SQL wrote them, or they are damaged. */
export class BucketsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BucketsError';
  }
}

const FORMAT = 1;

/**
 * Encodes buckets as bytes: 1, the fingerprint in 4 bytes (little endian), then each group. Integers are LEB128
 * varints; `z` stands for zigzag.
 *
 * - A group is 0 if the view has no row for it; else 1 + the number of days, the first day z, the distance of each next
 *   day to the one before, and the series.
 * - A series is its number of decimals d, and for each day 0 if it has no value, else 1 + z(value * 10^d).
 */
export function encodeBuckets(
  groups: BucketGroups,
  program: Pick<WindowProgram, 'fingerprint' | 'groups'>,
): Uint8Array {
  const bytes: number[] = [FORMAT];
  for (let shift = 0; shift < 32; shift += 8) bytes.push((program.fingerprint >>> shift) & 255);
  groups.forEach((group, g) => {
    if (group === undefined) {
      bytes.push(0);
      return;
    }
    pushSmall(bytes, group.days.length + 1);
    group.days.forEach((day, i) => pushSmall(bytes, i === 0 ? zigzagSmall(day) : day - group.days[i - 1]!));
    group.values.forEach((values, s) => {
      const unit = program.groups[g]![s]!.kind === 'numeric' ? commonUnit(values) : 0;
      pushSmall(bytes, unit);
      const divisor = program.groups[g]![s]!.kind === 'numeric' ? 10n ** BigInt(SCALE - unit) : 1n;
      for (const value of values) {
        if (value === null) bytes.push(0);
        else pushBig(bytes, zigzag(value / divisor) + 1n);
      }
    });
  });
  return Uint8Array.from(bytes);
}

/** Returns the fewest decimals that hold all values. */
function commonUnit(values: readonly (bigint | null)[]): number {
  let decimals = 0;
  for (const value of values) {
    while (value !== null && decimals < SCALE && value % 10n ** BigInt(SCALE - decimals) !== 0n) decimals++;
  }
  return decimals;
}

/** Decodes the bytes of {@link encodeBuckets}. Throws BucketsError. */
export function decodeBuckets(
  bytes: Uint8Array,
  program: Pick<WindowProgram, 'fingerprint' | 'groups'>,
): BucketGroups {
  const input = new Input(bytes);
  if (input.byte() !== FORMAT)
    throw new BucketsError('the buckets have a format that this version does not know');
  let fingerprint = 0;
  for (let shift = 0; shift < 32; shift += 8) fingerprint |= input.byte() << shift;
  if (fingerprint >>> 0 !== program.fingerprint) {
    throw new BucketsError(
      'another version of the SQL wrote the item: generate the types again, or wait until the pipeline has written it',
    );
  }
  const groups = program.groups.map((series): Buckets | undefined => {
    const count = input.small() - 1;
    if (count < 0) return undefined;
    const days: number[] = [];
    for (let i = 0; i < count; i++)
      days.push(i === 0 ? unzigzagSmall(input.small()) : days[i - 1]! + input.small());
    const values = series.map(({ kind }) => {
      const decimals = input.small();
      const factor = kind === 'numeric' ? 10n ** BigInt(Math.max(0, SCALE - decimals)) : 1n;
      return days.map(() => {
        const coded = input.big();
        return coded === 0n ? null : unzigzag(coded - 1n) * factor;
      });
    });
    return { days, values };
  });
  if (!input.isAtEnd) throw new BucketsError('bytes follow the last bucket');
  return groups;
}

const zigzag = (x: bigint): bigint => (x < 0n ? -2n * x - 1n : 2n * x);
const unzigzag = (x: bigint): bigint => ((x & 1n) === 0n ? x >> 1n : -((x + 1n) >> 1n));
const zigzagSmall = (x: number): number => (x < 0 ? -2 * x - 1 : 2 * x);
const unzigzagSmall = (x: number): number => (x % 2 === 0 ? x / 2 : -(x + 1) / 2);

function pushSmall(bytes: number[], value: number): void {
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  bytes.push(value);
}

function pushBig(bytes: number[], value: bigint): void {
  if (value < 0x1fffffffffffffn) {
    pushSmall(bytes, Number(value));
    return;
  }
  for (; value > 127n; value >>= 7n) bytes.push(Number(value & 127n) | 128);
  bytes.push(Number(value));
}

class Input {
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
    if (byte === undefined) throw new BucketsError('the buckets end too early');
    return byte;
  }

  small(): number {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
      if (factor > 2 ** 42) throw new BucketsError('a bucket has too many digits');
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
      if (shift > 140n) throw new BucketsError('a bucket has too many digits');
      const byte = this.byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  }
}
