import type { SourceError } from '../source.ts';
import type { AppendRecords } from './frame.ts';
import type { AppendResult } from './topic-options.ts';

/** An append that waits to be written. */
export interface PendingAppend {
  readonly records: AppendRecords;
  readonly bytes: number;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: SourceError) => void;
}

/** Limit of one group commit. A single append may exceed it. */
const MAX_GROUP_BYTES = 4 << 20;

/** Removes and returns the appends of the next group commit from the front of `pending`: at least one if any waits. */
export function takeGroup(pending: PendingAppend[]): readonly PendingAppend[] {
  let bytes = 0;
  let n = 0;
  while (n < pending.length && (n === 0 || bytes + pending[n]!.bytes <= MAX_GROUP_BYTES)) {
    bytes += pending[n++]!.bytes;
  }
  return pending.splice(0, n);
}
