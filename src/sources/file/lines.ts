import { Head, type Prefix } from './head.ts';

/** A position in a file, with the line ends and the bytes before it. */
export interface LineMark {
  readonly position: number;
  /** Number of line ends before the position; undefined if they were not counted. */
  readonly lines?: number | undefined;
  /** The last bytes before it, at most {@link TAIL_BYTES}. They distinguish files that begin in the same way. */
  readonly tail?: Prefix | undefined;
}

const TAIL_BYTES = 256;

/** Returns the length and hash of the last bytes, for a mark; undefined if `bytes` is empty. */
export function tailOf(bytes: Uint8Array): Prefix | undefined {
  const head = new Head(bytes.subarray(-TAIL_BYTES));
  return head.bytes === 0 ? undefined : { bytes: head.bytes, hash: head.at(head.bytes) };
}

/** Returns whether `bytes` ends with the tail. */
export function hasTail(bytes: Uint8Array, tail: Prefix): boolean {
  return bytes.length >= tail.bytes && new Head(bytes.subarray(-tail.bytes)).at(tail.bytes) === tail.hash;
}

const LINE_FEED = 10;

/** Returns the number of line feeds in `bytes[from, to)`. */
export function countLineEnds(bytes: Uint8Array, from: number, to: number): number {
  const within = to === bytes.length ? bytes : bytes.subarray(0, to);
  let count = 0;
  for (let at = within.indexOf(LINE_FEED, from); at !== -1; at = within.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}

/**
 * Returns a function from a record to the number of its first line, from 1. There are `lines` line ends before
 * `bytes[at]`. Calls in the order of the records count each line end once.
 */
export function linesFrom(
  bytes: Uint8Array,
  starts: Int32Array,
  at: number,
  lines: number,
): (record: number) => number {
  let counted = { at, lines };
  return (record) => {
    const start = starts[record]!;
    if (start < counted.at) counted = { at, lines };
    counted = { at: start, lines: counted.lines + countLineEnds(bytes, counted.at, start) };
    return counted.lines + 1;
  };
}
