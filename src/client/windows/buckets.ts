import {
  decodeDayBuckets,
  DayBucketsError,
  DayBucketsInput,
  encodeDayBuckets,
  type DayBuckets,
} from '../../values/day-buckets.ts';
import type { WindowProgram } from './program.ts';

/** The attribute of a packed item that holds its buckets. */
export const BUCKETS_ATTRIBUTE = '_b';

/** The buckets of one group, with datums as values. */
export interface Buckets extends DayBuckets {
  readonly values: readonly (readonly (bigint | null)[])[];
}

/** The buckets of a program's groups, in its order; undefined if the view has no row for the group. */
export type BucketGroups = readonly (Buckets | undefined)[];

/** Buckets that a program cannot read: another version of the SQL wrote them, or they are damaged. */
export class BucketsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BucketsError';
  }
}

const FORMAT = 1;

type Shape = Pick<WindowProgram, 'fingerprint' | 'groups'>;

/**
 * Encodes buckets as bytes: 1, the fingerprint in 4 bytes (little endian), and each group as `values/day-buckets.ts`
 * describes it.
 */
export function encodeBuckets(groups: readonly (DayBuckets | undefined)[], program: Shape): Uint8Array {
  const bytes: number[] = [FORMAT];
  for (let shift = 0; shift < 32; shift += 8) bytes.push((program.fingerprint >>> shift) & 255);
  groups.forEach((group, g) =>
    encodeDayBuckets(
      bytes,
      group,
      program.groups[g]!.map(({ kind }) => kind),
    ),
  );
  return Uint8Array.from(bytes);
}

/** Decodes the bytes of {@link encodeBuckets}. Throws BucketsError. */
export function decodeBuckets(bytes: Uint8Array, program: Shape): BucketGroups {
  try {
    const input = new DayBucketsInput(bytes);
    checkHead(input, program);
    const groups = program.groups.map((series) =>
      decodeDayBuckets(
        input,
        series.map(({ kind }) => kind),
      ),
    );
    if (!input.isAtEnd) throw new BucketsError('bytes follow the last bucket');
    return groups;
  } catch (error) {
    if (error instanceof DayBucketsError) throw new BucketsError(error.message);
    throw error;
  }
}

function checkHead(input: DayBucketsInput, program: Shape): void {
  if (input.byte() !== FORMAT)
    throw new BucketsError('the buckets have a format that this version does not know');
  let fingerprint = 0;
  for (let shift = 0; shift < 32; shift += 8) fingerprint |= input.byte() << shift;
  if (fingerprint >>> 0 === program.fingerprint) return;
  throw new BucketsError(
    'another version of the SQL wrote the item: generate the types again, or wait until the pipeline has written it',
  );
}
