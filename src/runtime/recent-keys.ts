import type { Batch } from '../engine/batch.ts';
import { keyText } from '../sinks/dynamodb/key-encoder.ts';

/** The key of a changed row of a view. */
export interface RecentKey {
  /** The key as in the item. */
  readonly key: string;
  readonly changed_us: number;
}

const MAX_KEYS = 8;

/** The keys of the most recently changed rows of a view. The cost per barrier is independent of its changes. */
export class RecentKeys {
  readonly view: string;
  readonly #column: number;
  /** Key to the time of its last change, in the order of the changes. */
  readonly #keys = new Map<string, number>();

  /** `column` is the position of the key column in the view. */
  constructor(view: string, column: number) {
    this.view = view;
    this.#column = column;
  }

  /** Records the keys of the last rows of a barrier's changes. */
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

  /** Returns the keys, the latest first. */
  list(): readonly RecentKey[] {
    return [...this.#keys].map(([key, changed_us]) => ({ key, changed_us })).toReversed();
  }
}
