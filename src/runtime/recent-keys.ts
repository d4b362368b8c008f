import type { Batch } from '../engine/batch.ts';
import { keyText } from '../sinks/dynamodb/key-encoder.ts';

/** A key of a view whose row has changed. */
export interface RecentKey {
  /** As the item's key has it. */
  readonly key: string;
  readonly changed_us: number;
}

const MAX_KEYS = 8;

/** The keys of a view's rows that changed last. What is noted costs the same however many rows changed. */
export class RecentKeys {
  readonly view: string;
  readonly #column: number;
  /** In the order of their changes. */
  readonly #keys = new Map<string, number>();

  /** `column` is the key's position in the view's columns. */
  constructor(view: string, column: number) {
    this.view = view;
    this.#column = column;
  }

  /** Takes the last rows of a barrier's changes. */
  note(changes: Batch, at_us: number): void {
    const column = changes.column(this.#column);
    let left = MAX_KEYS;
    for (let i = changes.n - 1; i >= 0 && left > 0; i--) {
      const value = column.get(i);
      if (changes.weights[i]! < 0 || value === null) continue;
      left--;
      const key = keyText(column.type, value);
      this.#keys.delete(key);
      this.#keys.set(key, at_us);
    }
    for (const key of [...this.#keys.keys()].slice(0, Math.max(0, this.#keys.size - MAX_KEYS)))
      this.#keys.delete(key);
  }

  /** The last one first. */
  list(): readonly RecentKey[] {
    return [...this.#keys].map(([key, changed_us]) => ({ key, changed_us })).toReversed();
  }
}
