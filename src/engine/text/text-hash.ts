/**
 * Returns the pool's hash of `src[start, end)`: little-endian 32-bit words first, then the remaining 0 to 3 bytes.
 * Generated scanners compute the same hash while they look for the closing quote.
 */
export function hashBytes(src: Uint8Array, start: number, end: number): number {
  let h = 0x811c9dc5 | 0;
  let p = start;
  const words = start + ((end - start) & ~3);
  for (; p < words; p += 4) {
    const w = src[p]! | (src[p + 1]! << 8) | (src[p + 2]! << 16) | (src[p + 3]! << 24);
    h = Math.imul(h ^ w, 0x9e3779b1);
    h ^= h >>> 15;
  }
  for (; p < end; p++) h = Math.imul(h ^ src[p]!, 0x01000193);
  return h ^ (h >>> 13);
}
