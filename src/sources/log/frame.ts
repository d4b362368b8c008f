import { crc32 } from 'node:zlib';

/**
 * A frame holds the records of one group commit. All integers and floats are little-endian:
 *
 * | at | type    | what                                                                       |
 * |----|---------|----------------------------------------------------------------------------|
 * | 0  | u32     | magic                                                                      |
 * | 4  | u32     | number of bytes after the checksum                                         |
 * | 8  | u32     | CRC-32 of the bytes after the checksum                                     |
 * | 12 | f64     | offset of the first record                                                 |
 * | 20 | f64     | time of the append, microseconds                                           |
 * | 28 | f64     | acknowledged: all records below this offset were on disk before this write |
 * | 36 | u32     | number of records, n                                                       |
 * | 40 | n * u32 | end of each record within the payload; the first begins at 0               |
 * |    | bytes   | payload                                                                    |
 */
export const FRAME_HEADER_BYTES = 40;
const MAGIC = 0x31_4c_52_46; // "FRL1"
const MAGIC_BYTES = Uint8Array.of(0x46, 0x52, 0x4c, 0x31);
const CHECKED_FROM = 12;
/** Limit of one append, and so of a frame without its header. A longer frame length is damage. */
export const MAX_APPEND_BYTES = 64 << 20;

/** Records to append: record i is `bytes[starts[i], ends[i])`. */
export interface AppendRecords {
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly count: number;
}

/** Returns the sum of the records' lengths in bytes. */
export function payloadBytes({ starts, ends, count }: AppendRecords): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += ends[i]! - starts[i]!;
  return sum;
}

export interface FrameInfo {
  readonly firstOffset: number;
  readonly time_us: number;
  readonly acknowledged: number;
}

/** Encodes the records of several appends, in order, as one frame. */
export function encodeFrame(groups: readonly AppendRecords[], info: FrameInfo): Uint8Array {
  let count = 0;
  let payload = 0;
  for (const group of groups) {
    count += group.count;
    payload += payloadBytes(group);
  }
  const payloadAt = FRAME_HEADER_BYTES + 4 * count;
  const frame = new Uint8Array(payloadAt + payload);
  const view = new DataView(frame.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, frame.length - CHECKED_FROM, true);
  view.setFloat64(12, info.firstOffset, true);
  view.setFloat64(20, info.time_us, true);
  view.setFloat64(28, info.acknowledged, true);
  view.setUint32(36, count, true);
  let record = 0;
  let end = 0;
  for (const { bytes, starts, ends, count: n } of groups) {
    for (let i = 0; i < n; i++) {
      frame.set(bytes.subarray(starts[i], ends[i]), payloadAt + end);
      end += ends[i]! - starts[i]!;
      view.setUint32(FRAME_HEADER_BYTES + 4 * record++, end, true);
    }
  }
  view.setUint32(8, crc32(frame.subarray(CHECKED_FROM)), true);
  return frame;
}

/** A decoded frame header. Its positions are indices into the buffer that holds the frame. */
export interface Frame extends FrameInfo {
  readonly count: number;
  /** Where the payload begins. */
  readonly payloadAt: number;
  /** Where the frame ends and the next one begins. */
  readonly end: number;
}

/**
 * Returns the length in bytes that the frame header at `at` states, header included. Returns undefined if the header is
 * incomplete before `to`, and 0 if there is no valid header.
 */
export function frameLength(bytes: Uint8Array, at: number, to: number): number | undefined {
  if (at + FRAME_HEADER_BYTES > to) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(at, true) !== MAGIC) return 0;
  const length = view.getUint32(at + 4, true) + CHECKED_FROM;
  return length <= MAX_APPEND_BYTES + FRAME_HEADER_BYTES ? length : 0;
}

/** Decodes the frame at `at`. Returns undefined if it is incomplete before `to` or damaged. */
export function decodeFrame(bytes: Uint8Array, at: number, to: number): Frame | undefined {
  const length = frameLength(bytes, at, to);
  if (length === undefined || length < FRAME_HEADER_BYTES || at + length > to) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(at + 8, true) !== crc32(bytes.subarray(at + CHECKED_FROM, at + length)))
    return undefined;
  const count = view.getUint32(at + 36, true);
  return {
    firstOffset: view.getFloat64(at + 12, true),
    time_us: view.getFloat64(at + 20, true),
    acknowledged: view.getFloat64(at + 28, true),
    count,
    payloadAt: at + FRAME_HEADER_BYTES + 4 * count,
    end: at + length,
  };
}

/** Returns where record `i` of the frame at `at` ends, relative to the start of the payload. */
export function recordEnd(view: DataView, at: number, i: number): number {
  return view.getUint32(at + FRAME_HEADER_BYTES + 4 * i, true);
}

/** Returns the first undamaged frame at or after `from`, at any byte position. */
export function findFrame(bytes: Uint8Array, from: number): Frame | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = buffer.indexOf(MAGIC_BYTES, from); at !== -1; at = buffer.indexOf(MAGIC_BYTES, at + 1)) {
    const frame = decodeFrame(bytes, at, bytes.length);
    if (frame !== undefined) return frame;
  }
  return undefined;
}
