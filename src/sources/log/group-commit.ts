import type { SourceError } from '../source.ts';
import type { AppendRecords } from './frame.ts';
import type { AppendResult } from './topic-options.ts';

/** An append that waits for the disk. */
export interface PendingAppend {
  readonly records: AppendRecords;
  readonly bytes: number;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: SourceError) => void;
}

/** Bytes of one group commit, beyond which the rest waits for the next. */
const MAX_GROUP_BYTES = 4 << 20;

/** Takes the appends of the next group commit, at least one, off the front of `pending`. */
export function takeGroup(pending: PendingAppend[]): readonly PendingAppend[] {
  let bytes = 0;
  let n = 0;
  while (n < pending.length && (n === 0 || bytes + pending[n]!.bytes <= MAX_GROUP_BYTES)) {
    bytes += pending[n++]!.bytes;
  }
  return pending.splice(0, n);
}
