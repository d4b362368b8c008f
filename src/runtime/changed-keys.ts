import type { Batch } from '../engine/batch.ts';
import type { Datum } from '../values/datum.ts';

/** Returns the keys of the changed rows. A row version directly followed by its replacement counts once. */
export function keysOf(changes: Batch, positions: readonly number[]): Datum[][] {
  const keys: Datum[][] = [];
  for (let i = 0; i < changes.n; i++) {
    if (changes.weights[i]! < 0 && isReplaced(changes, positions, i)) continue;
    keys.push(positions.map((position) => changes.column(position).get(i)));
  }
  return keys;
}

/** Returns true if row `i` is a retracted version and row `i + 1` its replacement. */
export function isReplaced(changes: Batch, positions: readonly number[], i: number): boolean {
  return i + 1 < changes.n && changes.weights[i + 1]! > 0 && sameKey(changes, positions, i, i + 1);
}

function sameKey(changes: Batch, positions: readonly number[], a: number, b: number): boolean {
  return positions.every((position) => {
    const column = changes.column(position);
    return column.layout === 'ref' || column.layout === 'dec'
      ? false // such keys are rare: returning one twice is cheaper than comparing them
      : column.nulls[a] === column.nulls[b] && column.v[a] === column.v[b];
  });
}
