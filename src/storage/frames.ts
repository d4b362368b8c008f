import { crc32 } from 'node:zlib';

/** Bytes before each payload: its length and checksum, both u32 little-endian. */
export const FRAME_HEADER_BYTES = 8;

/**
 * Returns the checksum of a frame. It continues from the checksum of the previous frame (0 for the first), so that it
 * detects lost, repeated and moved frames as well as flipped bits.
 */
export function frameChecksum(payload: Uint8Array, previous: number): number {
  return crc32(payload, crc32(lengthBytes(payload.length), previous));
}

export function writeFrameHeader(into: Uint8Array, at: number, length: number, checksum: number): void {
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
  view.setUint32(at, length, true);
  view.setUint32(at + 4, checksum, true);
}

/** Returns a frame in a new buffer, with its checksum. */
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
 * Decodes the frame at `at`; `previous` is the checksum of the frame before. Returns undefined if the frame is
 * incomplete or damaged. `payload` is a view of `bytes`.
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
