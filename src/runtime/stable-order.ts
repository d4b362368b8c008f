/**
 * Returns the stable order of `n` rows by time. A natural merge sort, so that nearly sorted rows take nearly linear
 * time.
 */
export function stableOrder(times: Float64Array, n: number): Uint32Array {
  let order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  let runs = ascendingRuns(times, n);
  let merged = runs.length > 2 ? new Uint32Array(n) : order;
  while (runs.length > 2) {
    const next = [0];
    for (let r = 0; r + 1 < runs.length; r += 2) {
      const end = runs[Math.min(r + 2, runs.length - 1)]!;
      merge(times, order, merged, { from: runs[r]!, middle: runs[r + 1]!, end });
      next.push(end);
    }
    [order, merged] = [merged, order];
    runs = next;
  }
  return order;
}

/** Returns the start of each ascending run, and the end of the last. */
function ascendingRuns(times: Float64Array, n: number): number[] {
  const runs = [0];
  for (let i = 1; i < n; i++) if (times[i]! < times[i - 1]!) runs.push(i);
  if (n > 0) runs.push(n);
  return runs;
}

function merge(
  times: Float64Array,
  from: Uint32Array,
  to: Uint32Array,
  range: { readonly from: number; readonly middle: number; readonly end: number },
): void {
  const { middle, end } = range;
  let left = range.from;
  let right = middle;
  for (let out = range.from; out < end; out++) {
    const takeLeft = left < middle && (right >= end || times[from[left]!]! <= times[from[right]!]!);
    to[out] = from[takeLeft ? left++ : right++]!;
  }
}
