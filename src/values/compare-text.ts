/** The order of UTF-8 bytes (PostgreSQL's C collation), which is that of code points, not of UTF-16 units. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const n = Math.min(a.length, b.length);
  let i = 0;
  while (i < n && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i === n) return a.length - b.length;
  const x = a.charCodeAt(i);
  const y = b.charCodeAt(i);
  // A surrogate stands for a code point above 0xffff, though its unit is below 0xe000.
  const xHigh = x >= 0xd800 && x <= 0xdfff;
  const yHigh = y >= 0xd800 && y <= 0xdfff;
  return xHigh === yHigh ? x - y : xHigh ? 1 : -1;
}
