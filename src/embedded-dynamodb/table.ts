import type { Change } from './durable/change.ts';
import { SortedItems, type StoredItem } from './sorted-items.ts';
import { parseItem, type Item } from './value.ts';
import type { TableDefinition } from './table-definition.ts';

/** One table: what is durable, and what is on its way there. */
export class Table {
  definition: TableDefinition;
  /** What readers see: changes that are on disk. */
  readonly items = new SortedItems();
  /** By place, the last change that is not on disk yet. */
  readonly #pending = new Map<string, Change>();
  /** A deletion is on its way to the disk. */
  isDeleting = false;

  constructor(definition: TableDefinition) {
    this.definition = definition;
  }

  /** The item that the next write finds: the last one accepted, on disk or not. */
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

  /** `change` is on disk. */
  settle(place: string, change: Change): void {
    if (change.kind === 'put') this.items.set(change.item);
    else this.items.delete(place);
    if (this.#pending.get(place) === change) this.#pending.delete(place);
  }

  /** Nothing of what was on its way will be on disk. */
  forgetPending(): void {
    this.#pending.clear();
    this.isDeleting = false;
  }
}

export function itemOf(stored: StoredItem): Item {
  return parseItem(JSON.parse(stored.text));
}
