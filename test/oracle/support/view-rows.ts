import type { Batch } from '../../../src/engine/batch.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import type { ViewDef } from '../../../src/plan/pipeline.ts';
import { rowKey } from '../../../src/values/compare.ts';
import type { Datum } from '../../../src/values/datum.ts';
import type { Row } from '../row-order.ts';

function keyOf(view: ViewDef, row: Row): string {
  return rowKey(
    view.columns.map((c) => c.type),
    row,
  );
}

export function multiset(view: ViewDef, rows: readonly Row[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) add(counts, keyOf(view, row), 1);
  return counts;
}

/** Checks that rows are unique by each key that the binder derived. Returns the first duplicate, or undefined. */
export function repeatedKey(view: ViewDef, rows: readonly Row[]): string | undefined {
  for (const key of view.keys) {
    const types = key.map((c) => view.columns[c]!.type);
    const seen = new Set<string>();
    for (const row of rows) {
      const id = rowKey(
        types,
        key.map((c) => row[c]!),
      );
      if (seen.has(id))
        return `two rows have ${id} as key (${key.map((c) => view.columns[c]!.name).join(', ')})`;
      seen.add(id);
    }
  }
  return undefined;
}

export function contents(engine: Engine, view: ViewDef): Map<string, number> {
  const rows: Datum[][] = [];
  for (const batch of engine.view(view.name).scan())
    for (let i = 0; i < batch.n; i++) rows.push(batch.row(i));
  return multiset(view, rows);
}

function add(counts: Map<string, number>, key: string, n: number): void {
  const count = (counts.get(key) ?? 0) + n;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

/** Applies the changes of a barrier to `shadow`, a copy of the view. Returns the first fault, or undefined. */
export function applyChanges(view: ViewDef, changes: Batch, shadow: Map<string, number>): string | undefined {
  const signs = new Map<string, number>();
  const seen = new Set<string>();
  for (let i = 0; i < changes.n; i++) {
    const row = changes.row(i);
    const weight = changes.weights[i]!;
    const key = keyOf(view, row);
    add(shadow, key, weight);
    // Without a key there may be equal rows: one may be retracted while another is inserted.
    if (view.key === undefined) continue;
    if ((signs.get(key) ?? weight) !== weight) return `a change that changes nothing: ${key}`;
    signs.set(key, weight);
    const id = rowKey(
      view.key.map((c) => view.columns[c]!.type),
      view.key.map((c) => row[c]!),
    );
    if (seen.has(`${id}${weight}`)) return `more than one change of key ${id}`;
    seen.add(`${id}${weight}`);
  }
  return undefined;
}

export function difference(
  expected: ReadonlyMap<string, number>,
  actual: ReadonlyMap<string, number>,
): string | undefined {
  const missing = [...expected].filter(([key, n]) => (actual.get(key) ?? 0) < n).map(([key]) => key);
  const unexpected = [...actual].filter(([key, n]) => (expected.get(key) ?? 0) < n).map(([key]) => key);
  if (missing.length === 0 && unexpected.length === 0) return undefined;
  return `lacks [${missing.slice(0, 3).join(' | ')}], has [${unexpected.slice(0, 3).join(' | ')}] instead`;
}
