import { JsonReader, OBJECT } from './json/reader.ts';

/** Returns 3 if `bytes` begins with a UTF-8 byte order mark, which belongs to no record, and 0 otherwise. */
export function afterByteOrderMark(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** Where records lie in a buffer: record i is [starts[i], ends[i]). */
export interface Split {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly count: number;
  /** The position after the last record and its line end, where the next split begins. */
  readonly next: number;
  /** Number of line ends in [from, next), if they were counted. */
  readonly lineEnds?: number | undefined;
}

export interface SplitLinesOptions {
  readonly from: number;
  readonly to: number;
  /** Number of records after which to stop. */
  readonly maxRecords: number;
  /** True if `to` is the end of the input: the bytes after the last line end are then a record. */
  readonly final: boolean;
}

/** Finds the lines in `bytes[from, to)`, without copying. Line ends are LF or CR LF; empty lines are skipped. */
export function splitLines(bytes: Uint8Array, { from, to, maxRecords, final }: SplitLinesOptions): Split {
  const within = to === bytes.length ? bytes : bytes.subarray(0, to);
  let starts = new Int32Array(Math.min(maxRecords, 1024));
  let ends = new Int32Array(starts.length);
  let count = 0;
  let lineEnds = 0;
  let next = from;
  while (next < to && count < maxRecords) {
    let end = within.indexOf(10, next);
    const after = end + 1;
    if (end < 0) {
      if (!final) break;
      end = to;
    }
    const start = next;
    next = after === 0 ? to : after;
    if (after !== 0) lineEnds++;
    if (end > start && bytes[end - 1] === 13) end--;
    if (end === start) continue;
    if (count === starts.length) {
      starts = grow(starts);
      ends = grow(ends);
    }
    starts[count] = start;
    ends[count] = end;
    count++;
  }
  return { starts, ends, count, next, lineEnds };
}

function grow(a: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(a.length * 2);
  grown.set(a);
  return grown;
}

/** Why a request body is refused. */
export interface BodyProblem {
  readonly reason: 'malformed' | 'too_deep' | 'too_large';
  readonly message: string;
  /** Byte position in the body. */
  readonly at: number;
}

export interface SplitBodyOptions {
  readonly maxRecords?: number | undefined;
  /** Default 1 MiB. */
  readonly maxRecordBytes?: number | undefined;
  readonly maxDepth?: number | undefined;
}

/**
 * Finds the records of a JSON request body: one object, an array of objects, or objects one after the other. A leading
 * byte order mark is skipped. A body that is malformed anywhere is refused as a whole.
 */
export function splitJsonBody(bytes: Uint8Array, options: SplitBodyOptions = {}): Split | BodyProblem {
  const { maxRecords = 100_000, maxRecordBytes = 1 << 20, maxDepth = 64 } = options;
  const reader = new JsonReader(maxDepth);
  reader.reset(bytes, afterByteOrderMark(bytes), bytes.length);
  const inArray = reader.peek() === 91;
  if (inArray) reader.pos++;
  let starts = new Int32Array(16);
  let ends = new Int32Array(16);
  let count = 0;
  if (reader.peek() === -1)
    return malformed(reader.pos, inArray ? 'expected "]", got the end' : 'the body is empty');
  while (reader.peek() !== -1) {
    if (inArray && count === 0 && reader.peek() === 93) break;
    if (!reader.value(0)) return reader.fault!; // the array around the records does not count as a level
    const { kind, valueStart, valueEnd } = reader;
    if (kind !== OBJECT) {
      return malformed(
        valueStart,
        inArray ? `element ${count} of the array is not an object` : 'not an object',
      );
    }
    if (valueEnd - valueStart > maxRecordBytes) {
      return {
        reason: 'too_large',
        message: `record ${count} is larger than ${maxRecordBytes} bytes`,
        at: valueStart,
      };
    }
    if (count === maxRecords) {
      return { reason: 'too_large', message: `more than ${maxRecords} records in one body`, at: valueStart };
    }
    if (count === starts.length) {
      starts = grow(starts);
      ends = grow(ends);
    }
    starts[count] = valueStart;
    ends[count] = valueEnd;
    count++;
    if (inArray) {
      if (reader.peek() !== 44) break;
      reader.pos++;
    }
  }
  if (inArray && (!reader.take(93, '"," or "]"') || !reader.finish())) return reader.fault!;
  return { starts, ends, count, next: bytes.length };
}

function malformed(at: number, message: string): BodyProblem {
  return { reason: 'malformed', message, at };
}

/** Number of readable bytes that must follow the last record of a {@link RecordBatch}. */
export const PADDING = 8;
