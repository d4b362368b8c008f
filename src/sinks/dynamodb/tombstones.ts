import { nowMs, type Clock } from '../../platform/clock.ts';
import type { Datum } from '../../values/datum.ts';

/** A row that was deleted, whose item still has the version of the deletion. */
export interface Tombstone {
  readonly key: readonly Datum[];
  readonly epoch: number;
}

/** The tombstones that a sink has left, each of which is deleted a second time after a while. */
export class Tombstones {
  readonly #clock: Clock;
  readonly #after_ms: number;
  readonly #onDue: (key: string, tombstone: Tombstone) => void;
  /** By encoded key, the one that is due first is first. */
  readonly #waiting = new Map<string, Tombstone & { readonly due_ms: number }>();
  #cancel: (() => void) | undefined;
  #isClosed = false;

  /** `onDue` is called `after_ms` after a tombstone was added, unless it was removed meanwhile. */
  constructor(clock: Clock, after_ms: number, onDue: (key: string, tombstone: Tombstone) => void) {
    this.#clock = clock;
    this.#after_ms = after_ms;
    this.#onDue = onDue;
  }

  add(key: string, tombstone: Tombstone): void {
    this.#waiting.delete(key);
    this.#waiting.set(key, { ...tombstone, due_ms: nowMs(this.#clock) + this.#after_ms });
    this.#schedule();
  }

  /** Forgets the tombstone of a key, because a newer change of the row decides about its item. */
  remove(key: string): void {
    if (this.#waiting.size > 0) this.#waiting.delete(key);
  }

  /** Returns the keys of the rows whose tombstones wait. */
  keys(): readonly (readonly Datum[])[] {
    return Array.from(this.#waiting.values(), ({ key }) => key);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #schedule(): void {
    const [first] = this.#waiting.values();
    if (first === undefined || this.#cancel !== undefined || this.#isClosed) return;
    const delay_ms = Math.max(0, Math.ceil(first.due_ms - nowMs(this.#clock)));
    this.#cancel = this.#clock.setTimer(delay_ms, () => {
      this.#cancel = undefined;
      const now_ms = nowMs(this.#clock);
      for (const [key, tombstone] of this.#waiting) {
        if (tombstone.due_ms > now_ms) break;
        this.#waiting.delete(key);
        this.#onDue(key, tombstone);
      }
      this.#schedule();
    });
  }
}
