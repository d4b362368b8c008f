import type { Change } from './durable/change.ts';
import { SortedItems, type StoredItem } from './sorted-items.ts';
import { parseItem, type Item } from './value.ts';
import type { TableDefinition } from './table-definition.ts';

/** A table: its durable items and the accepted changes that are not durable yet. */
export class Table {
  definition: TableDefinition;
  /** The durable items, which reads see. */
  readonly items = new SortedItems();
  /** Place to its last change that is not durable yet. */
  readonly #pending = new Map<string, Change>();
  /** True once the deletion of the table is accepted. */
  isDeleting = false;

  constructor(definition: TableDefinition) {
    this.definition = definition;
  }

  /** Returns the latest accepted item at a place, durable or not, on which the next write is decided. */
  latest(place: string): StoredItem | undefined {
    const change = this.#pending.get(place);
    if (change === undefined) return this.items.get(place);
    return change.kind === 'put' ? change.item : undefined;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  expect(place: string, change: Change): void {
    this.#pending.set(place, change);
  }

  /** Applies a change that has become durable. */
  settle(place: string, change: Change): void {
    if (change.kind === 'put') this.items.set(change.item);
    else this.items.delete(place);
    if (this.#pending.get(place) === change) this.#pending.delete(place);
  }

  /** Discards the pending changes, which will not become durable. */
  forgetPending(): void {
    this.#pending.clear();
    this.isDeleting = false;
  }
}

export function itemOf(stored: StoredItem): Item {
  return parseItem(JSON.parse(stored.text));
}
