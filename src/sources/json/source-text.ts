/** Returns an integer as source text. Throws for any other number. */
export function int(n: number): string {
  if (!Number.isSafeInteger(n)) throw new Error(`not an integer: ${n}`);
  return String(n);
}

/** Sets bits of `z` if the word `w` has a quote, a backslash or a control character in it. */
export const ANY_QUOTE_ESCAPE_CONTROL = `x = w ^ 0x22222222; y = w ^ 0x5c5c5c5c;
      z = ((x - 0x01010101) & ~x) | ((y - 0x01010101) & ~y) | ((w - 0x20202020) & ~w);`;
/** Mask of the bits of `z` that count. In a word of text these bits mark bytes beyond ASCII. */
export const HIGH_BITS = int(0x80808080 | 0);

/** Returns four ASCII characters as a little-endian 32-bit word. */
export function word(text: string): number {
  return new DataView(new TextEncoder().encode(text).buffer).getInt32(0, true);
}
