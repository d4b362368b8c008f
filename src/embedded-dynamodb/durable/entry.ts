import { ByteReader, ByteWriter } from '../../storage/bytes.ts';
import { decodeFrame, encodeFrame } from '../../storage/frames.ts';
import { readChange, writeChange, type Change } from './change.ts';

/** One frame of a log or snapshot file, with a checksum of its own. */
export type Entry =
  /** First entry of a file. `sequence` is the sequence of the last append before it, in any file. */
  | { readonly kind: 'header'; readonly sequence: number }
  /** In a log, one append; sequences are consecutive. In a snapshot, a part of the state. */
  | { readonly kind: 'changes'; readonly sequence: number; readonly changes: readonly Change[] }
  /** Last entry of a snapshot, which is complete only with it. */
  | { readonly kind: 'end'; readonly sequence: number };

const MAGIC = 0x42_44_52_46; // "FRDB"
const MAGIC_BYTES = Uint8Array.of(0x46, 0x52, 0x44, 0x42);
const KINDS = ['header', 'changes', 'end'] as const;
/** Version of the payload's format, in every header. */
const VERSION = 1;
const FRAME_HEADER_BYTES = 8;

export function encodeEntry(entry: Entry): Uint8Array {
  const to = new ByteWriter();
  to.u32(MAGIC);
  to.u8(KINDS.indexOf(entry.kind));
  to.f64(entry.sequence);
  if (entry.kind === 'header') to.u32(VERSION);
  if (entry.kind === 'changes') {
    to.u32(entry.changes.length);
    for (const change of entry.changes) writeChange(to, change);
  }
  return encodeFrame(to.bytes(), 0).bytes;
}

/** Decodes the entry at `at`; undefined if it is incomplete or damaged. */
export function decodeEntry(
  bytes: Uint8Array,
  at: number,
): { readonly entry: Entry; readonly next: number } | undefined {
  const frame = decodeFrame(bytes, at, 0);
  if (frame === undefined) return undefined;
  const entry = decodePayload(frame.payload);
  return entry === undefined ? undefined : { entry, next: frame.next };
}

function decodePayload(payload: Uint8Array): Entry | undefined {
  const from = new ByteReader(payload);
  try {
    if (from.u32() !== MAGIC) return undefined;
    const kind = KINDS[from.u8()];
    const sequence = from.f64();
    if (kind === 'header') return from.u32() === VERSION ? { kind, sequence } : undefined;
    if (kind === 'end') return { kind, sequence };
    if (kind === undefined) return undefined;
    const count = from.u32();
    return { kind, sequence, changes: Array.from({ length: count }, () => readChange(from)) };
  } catch {
    return undefined;
  }
}

/** Returns true if an intact entry follows anywhere after `at`, so that unreadable bytes at `at` are not a torn end. */
export function hasEntryBehind(bytes: Uint8Array, at: number): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let found = buffer.indexOf(MAGIC_BYTES, at); found !== -1;) {
    const start = found - FRAME_HEADER_BYTES;
    if (start > at && decodeEntry(bytes, start) !== undefined) return true;
    found = buffer.indexOf(MAGIC_BYTES, found + 1);
  }
  return false;
}
