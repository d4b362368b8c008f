/**
 * The numbers of a group: `stride` doubles per slot, side by side, so that a group's update touches one or two
 * cache lines however many aggregates it has. Zero where unused.
 */
export class Fields {
  readonly stride: number;
  values: Float64Array;
  capacity: number;

  constructor(stride: number, capacity: number) {
    this.stride = stride;
    this.capacity = capacity;
    this.values = new Float64Array(stride * capacity);
  }

  ensure(n: number): void {
    if (n <= this.capacity) return;
    this.capacity = Math.max(n, this.capacity * 2);
    this.values = growFloat64(this.values, this.capacity * this.stride);
  }

  get bytes(): number {
    return this.values.byteLength;
  }
}

export function growInt32(a: Int32Array, capacity: number, fill = 0): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(capacity);
  if (fill !== 0) grown.fill(fill, a.length);
  grown.set(a);
  return grown;
}

export function growFloat64(a: Float64Array, capacity: number, fill = 0): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(capacity);
  if (fill !== 0) grown.fill(fill, a.length);
  grown.set(a);
  return grown;
}
