import type { Split, SplitLinesOptions } from '../split.ts';

export interface SplitCsvOptions extends SplitLinesOptions {
  readonly delimiter: number;
  /**
   * A longer record is cut at its first line end, and so is one that is unfinished at the end of the input. A quote
   * that is never closed thus spoils one line, not the rest of the file.
   */
  readonly maxRecordBytes: number;
}

/**
 * Finds the CSV records in `bytes[from, to)`, without copying. Line ends inside quoted fields belong to the field
 * (RFC 4180); empty lines are skipped.
 */
export function splitCsv(bytes: Uint8Array, options: SplitCsvOptions): Split {
  const { from, to, maxRecords, final } = options;
  const starts: number[] = [];
  const ends: number[] = [];
  let next = from;
  while (next < to && starts.length < maxRecords) {
    const start = next;
    let end = recordEnd(bytes, start, to, options.delimiter);
    if (end === -1 || end - start > options.maxRecordBytes) {
      const tooLong = end !== -1 || to - start > options.maxRecordBytes;
      if (!tooLong && !final) break;
      end = bytes.subarray(0, to).indexOf(10, start);
      if (end === -1 && !final) break;
      if (end === -1) end = to;
    }
    next = Math.min(end + 1, to);
    if (end > start && bytes[end - 1] === 13) end--;
    if (end === start) continue;
    starts.push(start);
    ends.push(end);
  }
  return { starts: Int32Array.from(starts), ends: Int32Array.from(ends), count: starts.length, next };
}

/** Returns the position of the line end that ends the record at `p`, or -1. */
function recordEnd(bytes: Uint8Array, p: number, to: number, delimiter: number): number {
  let fieldStart = true;
  while (p < to) {
    const c = bytes[p]!;
    if (c === 10) return p;
    if (c === 34 && fieldStart) {
      p = closingQuote(bytes, p + 1, to);
      if (p === -1) return -1;
      fieldStart = false;
    } else {
      fieldStart = c === delimiter;
    }
    p++;
  }
  return -1;
}

/** Returns the position of the quote that closes the field at `p`, or -1. A doubled quote is part of the field. */
export function closingQuote(bytes: Uint8Array, p: number, to: number): number {
  for (; p < to; p++) {
    if (bytes[p] !== 34) continue;
    if (p + 1 < to && bytes[p + 1] === 34) p++;
    else return p;
  }
  return -1;
}
