import type { RecordBatch } from '../sources/source.ts';

/** Returns the bytes of all payloads. */
export function bytesOf(records: RecordBatch): number {
  let bytes = 0;
  for (let i = 0; i < records.count; i++) bytes += records.ends[i]! - records.starts[i]!;
  return bytes;
}

/** Returns the earliest log timestamp in microseconds; undefined if the records have none. */
export function earliestOf({ timestamps_us, count }: RecordBatch): number | undefined {
  if (timestamps_us === undefined || count === 0) return undefined;
  let earliest = Infinity;
  for (let i = 0; i < count; i++) earliest = Math.min(earliest, timestamps_us[i]!);
  return earliest;
}
