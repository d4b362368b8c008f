import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Disk, DiskFile } from '../../platform/disk.ts';
import { decodeFrame, findFrame } from './frame.ts';

/**
 * A segment file: a header, then frames. A segment is named after the offset of its first record, and it ends where the
 * next segment begins. Records in it from that offset on were never acknowledged.
 */
export interface Segment {
  readonly baseOffset: number;
  readonly path: string;
  readonly created_us: number;
}

export const SEGMENT_HEADER_BYTES = 28;
const MAGIC = new TextEncoder().encode('FRSEG1\n\0');
const NAME = /^(\d{20})\.seg$/;

/** Creates an empty segment. Its directory entry and header are on disk when this resolves. */
export async function createSegment(
  disk: Disk,
  directory: string,
  { baseOffset, created_us }: Omit<Segment, 'path'>,
): Promise<{ readonly segment: Segment; readonly file: DiskFile }> {
  const path = join(directory, `${String(baseOffset).padStart(20, '0')}.seg`);
  const file = await disk.open(path, 'create');
  try {
    const header = new Uint8Array(SEGMENT_HEADER_BYTES);
    const view = new DataView(header.buffer);
    header.set(MAGIC);
    view.setFloat64(8, baseOffset, true);
    view.setFloat64(16, created_us, true);
    view.setUint32(24, crc32(header.subarray(0, 24)), true);
    await file.append(header);
    await file.sync();
    await disk.syncDirectory(directory);
    return { segment: { baseOffset, path, created_us }, file };
  } catch (error) {
    await file.close().catch(() => undefined);
    await disk.remove(path).catch(() => undefined);
    throw error;
  }
}

/** Lists the segment files of a folder by offset. `created_us` is undefined if the header is damaged. */
export async function listSegments(
  disk: Disk,
  directory: string,
): Promise<readonly (Omit<Segment, 'created_us'> & { readonly created_us: number | undefined })[]> {
  const segments = [];
  for (const name of await disk.list(directory)) {
    const match = NAME.exec(name);
    if (match === null) continue;
    const path = join(directory, name);
    const baseOffset = Number(match[1]);
    segments.push({ baseOffset, path, created_us: await readHeader(disk, path, baseOffset) });
  }
  return segments;
}

/** Resolves to the segment's creation time, or to undefined if its header is incomplete or damaged. */
async function readHeader(disk: Disk, path: string, baseOffset: number): Promise<number | undefined> {
  const reader = await disk.openRead(path);
  try {
    const header = new Uint8Array(SEGMENT_HEADER_BYTES);
    const view = new DataView(header.buffer);
    if ((await reader.read(header, 0)) < header.length) return undefined;
    const whole =
      Buffer.compare(header.subarray(0, MAGIC.length), MAGIC) === 0 &&
      view.getFloat64(8, true) === baseOffset &&
      view.getUint32(24, true) === crc32(header.subarray(0, 24));
    return whole ? view.getFloat64(16, true) : undefined;
  } finally {
    await reader.close();
  }
}

/** The result of a scan of a segment. */
export interface SegmentScan {
  /** The offset after the last undamaged record. */
  readonly nextOffset: number;
  /** Bytes up to the end of the last undamaged frame. */
  readonly goodBytes: number;
  /** Bytes after the last undamaged frame. */
  readonly tornBytes: number;
  /** Records in [nextOffset, acknowledgedLost) were acknowledged but are damaged. Equals nextOffset if none were. */
  readonly acknowledgedLost: number;
}

/**
 * Checks every frame of a segment. After the first damaged frame it searches for undamaged ones: the `acknowledged`
 * offset of such a frame can prove that the damaged records were acknowledged, so that they are not a torn write.
 */
export async function scanSegment(disk: Disk, segment: Segment): Promise<SegmentScan> {
  const bytes = await disk.readFile(segment.path);
  let at = SEGMENT_HEADER_BYTES;
  let nextOffset = segment.baseOffset;
  for (;;) {
    const frame = decodeFrame(bytes, at, bytes.length);
    if (frame === undefined || frame.firstOffset !== nextOffset) break;
    nextOffset += frame.count;
    at = frame.end;
  }
  let acknowledgedLost = nextOffset;
  for (let later = findFrame(bytes, at); later !== undefined; later = findFrame(bytes, later.end)) {
    acknowledgedLost = Math.max(acknowledgedLost, later.acknowledged);
  }
  return { nextOffset, goodBytes: at, tornBytes: bytes.length - at, acknowledgedLost };
}
