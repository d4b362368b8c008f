/** Parallel numeric state by slot: Float64 and Int32 arrays that grow together, zero where unused. */
export class Fields {
  f: Float64Array[];
  i: Int32Array[];
  capacity: number;

  constructor(f64Count: number, i32Count: number, capacity: number) {
    this.capacity = capacity;
    this.f = Array.from({ length: f64Count }, () => new Float64Array(capacity));
    this.i = Array.from({ length: i32Count }, () => new Int32Array(capacity));
  }

  ensure(n: number): void {
    if (n <= this.capacity) return;
    const capacity = Math.max(n, this.capacity * 2);
    this.f = this.f.map((a) => {
      const grown = new Float64Array(capacity);
      grown.set(a);
      return grown;
    });
    this.i = this.i.map((a) => growInt32(a, capacity));
    this.capacity = capacity;
  }

  get bytes(): number {
    return this.capacity * (this.f.length * 8 + this.i.length * 4);
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
