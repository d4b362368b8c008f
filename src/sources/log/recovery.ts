import type { Disk, DiskFile } from '../../platform/disk.ts';
import { SourceError } from '../source.ts';
import { listSegments, scanSegment, type Segment, SEGMENT_HEADER_BYTES } from './segment.ts';
import type { TornTail } from './topic-options.ts';

/** The segments of a log after recovery, ready for appends. */
export interface OpenedSegments {
  readonly segments: readonly Segment[];
  /** The size of each segment in bytes. */
  readonly bytes: readonly number[];
  readonly nextOffset: number;
  /** The last segment, open for appends; undefined if the next append must create a segment. */
  readonly file: DiskFile | undefined;
  readonly tornTail: TornTail | undefined;
}

/**
 * Reads the segments of a folder. A crash can tear only the end of the last segment; a torn end is excluded from the
 * log and reported as `tornTail`. Rejects with SourceError if acknowledged records are damaged. Earlier segments are
 * not scanned beyond their headers.
 */
export async function openSegments(name: string, disk: Disk, directory: string): Promise<OpenedSegments> {
  const listed = await listSegments(disk, directory);
  const segments: Segment[] = [];
  let tornTail: TornTail | undefined;
  for (const [i, { baseOffset, path, created_us }] of listed.entries()) {
    if (created_us !== undefined) {
      segments.push({ baseOffset, path, created_us });
      continue;
    }
    const bytes = (await disk.size(path)) ?? 0;
    if (i < listed.length - 1 || bytes > SEGMENT_HEADER_BYTES) {
      throw damaged(name, `${path}: the header of the segment is damaged`);
    }
    // The process crashed while it created the segment, which holds no acknowledged record.
    await disk.remove(path);
    tornTail = {
      path,
      bytes,
      message: `${path}: removed an incomplete segment of ${bytes} bytes, which held no records`,
    };
  }
  const bytes: number[] = [];
  for (const { path } of segments) bytes.push((await disk.size(path)) ?? 0);
  const last = segments.at(-1);
  if (last === undefined) return { segments, bytes, nextOffset: 0, file: undefined, tornTail };

  const scan = await scanSegment(disk, last);
  if (scan.acknowledgedLost > scan.nextOffset) {
    const range = `records ${scan.nextOffset} to ${scan.acknowledgedLost - 1}`;
    throw damaged(name, `${last.path}: ${range} are damaged, from byte ${scan.goodBytes}`);
  }
  // Bytes that a crashed process wrote may be only in the page cache. Readers must see only durable records.
  const file = await disk.open(last.path, 'append');
  try {
    await file.sync();
    if (scan.tornBytes === 0) return { segments, bytes, nextOffset: scan.nextOffset, file, tornTail };
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  await file.close();
  const message =
    `${last.path}: ignored the last ${scan.tornBytes} bytes, which were not written completely; the log ends at ` +
    `offset ${scan.nextOffset}`;
  return {
    segments,
    bytes,
    nextOffset: scan.nextOffset,
    file: undefined,
    tornTail: { path: last.path, bytes: scan.tornBytes, message },
  };
}

function damaged(name: string, message: string): SourceError {
  return new SourceError(name, message, {
    hint: 'restore the file from a copy, or move it and all later segments away and lose the records in them',
  });
}
