import type { Disk, DiskFile } from '../../platform/disk.ts';
import { SourceError } from '../source.ts';
import { listSegments, scanSegment, type Segment, SEGMENT_HEADER_BYTES } from './segment.ts';
import type { TornTail } from './topic-options.ts';

/** A log as it was found, ready to be continued. */
export interface OpenedSegments {
  readonly segments: readonly Segment[];
  /** Bytes of each. */
  readonly bytes: readonly number[];
  readonly nextOffset: number;
  /** The last segment, to be continued; undefined if a new one must be begun. */
  readonly file: DiskFile | undefined;
  readonly tornTail: TornTail | undefined;
}

/**
 * Reads the segments of a folder. Only the end of the last one can have been torn by a crash: it is left out and
 * reported. Damage to acknowledged records rejects with SourceError.
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
    // A crash while the segment was made: nothing was acknowledged in it.
    await disk.remove(path);
    tornTail = {
      path,
      bytes,
      message: `${path}: removed a segment of ${bytes} bytes that had not been begun`,
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
  // What a crashed process had written may be in the system's memory only: on disk with it before it is read.
  const file = await disk.open(last.path, 'append');
  try {
    await file.sync();
    if (scan.tornBytes === 0) return { segments, bytes, nextOffset: scan.nextOffset, file, tornTail };
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  await file.close();
  const message = `${last.path}: left out ${scan.tornBytes} bytes behind record ${scan.nextOffset - 1} that were not written completely`;
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
    hint: 'restore the file from a copy; or move it and all later ones away, which loses the records in them',
  });
}
