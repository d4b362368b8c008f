/** Returns a larger copy whose new elements are `fill`. */
export function growInt32(a: Int32Array, capacity: number, fill = 0): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(capacity);
  if (fill !== 0) grown.fill(fill, a.length);
  grown.set(a);
  return grown;
}

/** Returns a larger copy whose new elements are `fill`. */
export function growFloat64(a: Float64Array, capacity: number, fill = 0): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(capacity);
  if (fill !== 0) grown.fill(fill, a.length);
  grown.set(a);
  return grown;
}
