/** Compares texts by code points, which is the order of their UTF-8 bytes (PostgreSQL's C collation). */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const n = Math.min(a.length, b.length);
  let i = 0;
  while (i < n && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i === n) return a.length - b.length;
  const x = a.charCodeAt(i);
  const y = b.charCodeAt(i);
  // A surrogate is part of a code point above 0xffff, and so sorts after the units from 0xe000 on.
  const xHigh = x >= 0xd800 && x <= 0xdfff;
  const yHigh = y >= 0xd800 && y <= 0xdfff;
  return xHigh === yHigh ? x - y : xHigh ? 1 : -1;
}
