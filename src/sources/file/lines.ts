/** How many line ends there are before a position of a file. */
export interface LineMark {
  readonly position: number;
  readonly lines: number;
}

const LINE_FEED = 10;

export function countLineEnds(bytes: Uint8Array, from: number, to: number): number {
  const within = to === bytes.length ? bytes : bytes.subarray(0, to);
  let count = 0;
  for (let at = within.indexOf(LINE_FEED, from); at !== -1; at = within.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}

/** Record to the number of its first line, from 1, with `lines` line ends before `bytes[at]`. Cheap when asked in order. */
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
