import { crc32 } from 'node:zlib';

/** Bytes before each payload: its length and its checksum, both u32 little-endian. */
export const FRAME_HEADER_BYTES = 8;

/**
 * Checksum of a frame. It starts from the checksum of the frame before (0 for the first), so that a frame that was
 * lost, repeated or moved is found as surely as a flipped bit.
 */
export function frameChecksum(payload: Uint8Array, previous: number): number {
  return crc32(payload, crc32(lengthBytes(payload.length), previous));
}

export function writeFrameHeader(into: Uint8Array, at: number, length: number, checksum: number): void {
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
  view.setUint32(at, length, true);
  view.setUint32(at + 4, checksum, true);
}

/** One whole frame in a buffer of its own. */
export function encodeFrame(
  payload: Uint8Array,
  previous: number,
): { readonly bytes: Uint8Array; readonly checksum: number } {
  const checksum = frameChecksum(payload, previous);
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  writeFrameHeader(bytes, 0, payload.length, checksum);
  bytes.set(payload, FRAME_HEADER_BYTES);
  return { bytes, checksum };
}

/**
 * The frame at `at`, or undefined if there is no whole, undamaged one. `previous` is the checksum of the one before.
 */
export function decodeFrame(
  bytes: Uint8Array,
  at: number,
  previous: number,
): { readonly payload: Uint8Array; readonly checksum: number; readonly next: number } | undefined {
  if (at + FRAME_HEADER_BYTES > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(at, true);
  const start = at + FRAME_HEADER_BYTES;
  if (start + length > bytes.length) return undefined;
  const payload = bytes.subarray(start, start + length);
  const checksum = frameChecksum(payload, previous);
  if (checksum !== view.getUint32(at + 4, true)) return undefined;
  return { payload, checksum, next: start + length };
}

const length4 = new Uint8Array(4);
const length4View = new DataView(length4.buffer);
function lengthBytes(length: number): Uint8Array {
  length4View.setUint32(0, length, true);
  return length4;
}
