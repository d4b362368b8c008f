import type { DecodeProblem } from './decoder.ts';

/** Why a whole record cannot be read. */
export type RecordFault = Pick<DecodeProblem, 'reason' | 'message'>;

/** Returns the fault of a record that is larger than the limit. Sizes are in bytes. */
export function tooLarge(size: number, limit: number): RecordFault {
  return { reason: 'too_large', message: `record of ${size} bytes is larger than ${limit}` };
}
