import { growFloat64, growInt32 } from './grow.ts';

/** Slots ordered by the instant at which they are due. Entries cannot be removed early: the reader skips void ones. */
export interface TimerQueue {
  schedule(at_us: number, slot: number): void;
  /** Removes every entry due at or before `now_us`, and calls `take` for each. */
  due(now_us: number, take: (slot: number, at_us: number) => void): void;
  readonly bytes: number;
  readonly size: number;
}

/** A list per instant: for few distinct instants with many slots each (midnights, full minutes). */
export class SteppedTimerQueue implements TimerQueue {
  readonly #lists = new Map<number, { slots: Int32Array; n: number }>();
  #next = Infinity;
  #size = 0;

  schedule(at_us: number, slot: number): void {
    let list = this.#lists.get(at_us);
    if (list === undefined) {
      list = { slots: new Int32Array(64), n: 0 };
      this.#lists.set(at_us, list);
      if (at_us < this.#next) this.#next = at_us;
    }
    if (list.n === list.slots.length) list.slots = growInt32(list.slots, list.n * 2);
    list.slots[list.n++] = slot;
    this.#size++;
  }

  due(now_us: number, take: (slot: number, at_us: number) => void): void {
    if (now_us < this.#next) return;
    const instants = [...this.#lists.keys()].sort((a, b) => a - b);
    for (const at of instants) {
      if (at > now_us) {
        this.#next = at;
        return;
      }
      const list = this.#lists.get(at)!;
      this.#lists.delete(at);
      this.#size -= list.n;
      for (let i = 0; i < list.n; i++) take(list.slots[i]!, at);
    }
    this.#next = Infinity;
  }

  get size(): number {
    return this.#size;
  }
  get bytes(): number {
    let bytes = 0;
    for (const list of this.#lists.values()) bytes += list.slots.byteLength + 64;
    return bytes;
  }
}

/** A binary heap in two arrays: for instants that all differ (each event leaves its window at its own time). */
export class HeapTimerQueue implements TimerQueue {
  #at = new Float64Array(256);
  #slots = new Int32Array(256);
  #n = 0;

  schedule(at_us: number, slot: number): void {
    if (this.#n === this.#at.length) {
      this.#at = growFloat64(this.#at, this.#n * 2);
      this.#slots = growInt32(this.#slots, this.#n * 2);
    }
    const at = this.#at;
    const slots = this.#slots;
    let i = this.#n++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (at[parent]! <= at_us) break;
      at[i] = at[parent]!;
      slots[i] = slots[parent]!;
      i = parent;
    }
    at[i] = at_us;
    slots[i] = slot;
  }

  due(now_us: number, take: (slot: number, at_us: number) => void): void {
    while (this.#n > 0 && this.#at[0]! <= now_us) {
      const slot = this.#slots[0]!;
      const at = this.#at[0]!;
      this.#pop();
      take(slot, at);
    }
  }

  #pop(): void {
    const at = this.#at;
    const slots = this.#slots;
    const n = --this.#n;
    const key = at[n]!;
    const slot = slots[n]!;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= n) break;
      if (child + 1 < n && at[child + 1]! < at[child]!) child++;
      if (at[child]! >= key) break;
      at[i] = at[child]!;
      slots[i] = slots[child]!;
      i = child;
    }
    at[i] = key;
    slots[i] = slot;
  }

  get size(): number {
    return this.#n;
  }
  get bytes(): number {
    return this.#at.byteLength + this.#slots.byteLength;
  }
}
