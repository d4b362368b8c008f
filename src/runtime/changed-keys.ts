import type { Batch } from '../engine/batch.ts';
import type { Datum } from '../values/datum.ts';

/** Key values of the changed rows; an old version directly before its new one counts once. */
export function keysOf(changes: Batch, positions: readonly number[]): Datum[][] {
  const keys: Datum[][] = [];
  for (let i = 0; i < changes.n; i++) {
    if (changes.weights[i]! < 0 && isReplaced(changes, positions, i)) continue;
    keys.push(positions.map((position) => changes.column(position).get(i)));
  }
  return keys;
}

/** Whether row `i` is an old version whose new one is next. */
export function isReplaced(changes: Batch, positions: readonly number[], i: number): boolean {
  return i + 1 < changes.n && changes.weights[i + 1]! > 0 && sameKey(changes, positions, i, i + 1);
}

function sameKey(changes: Batch, positions: readonly number[], a: number, b: number): boolean {
  return positions.every((position) => {
    const column = changes.column(position);
    return column.layout === 'ref' || column.layout === 'dec'
      ? false // rarely a key: logging it twice is cheaper than comparing well
      : column.nulls[a] === column.nulls[b] && column.v[a] === column.v[b];
  });
}
