import type { TimerQueue } from './timer-queue.ts';
import { growFloat64, growInt32 } from './grow.ts';
import type { Packer, Unpacker } from './packer.ts';

/**
 * The instant at which each slot is due next. A slot that is put off again and again, because every event updates its
 * row, has one entry in the timer queue instead of one per event: when the entry is due, the slot is entered anew.
 */
export class SlotSchedule {
  readonly #timers: TimerQueue;
  /** By slot: when it is due; Infinity if never. */
  #dueAt = new Float64Array(256).fill(Infinity);
  /** By slot: the instant of its valid entry in the timer queue, never later than `#dueAt`; Infinity if it has none. */
  #entryAt = new Float64Array(256).fill(Infinity);
  /** The slots that the last `take` found; it returned how many. */
  due = new Int32Array(256);

  constructor(timers: TimerQueue) {
    this.#timers = timers;
  }

  isSet(slot: number): boolean {
    return slot < this.#dueAt.length && this.#dueAt[slot]! < Infinity;
  }

  /** Makes a slot due at an instant, in place of any earlier or later one. Infinity means never. */
  set(slot: number, at_us: number): void {
    if (slot >= this.#dueAt.length) this.#room(slot + 1);
    this.#dueAt[slot] = at_us;
    if (at_us >= this.#entryAt[slot]!) return;
    this.#entryAt[slot] = at_us;
    this.#timers.schedule(at_us, slot);
  }

  clear(slot: number): void {
    if (slot < this.#dueAt.length) this.#dueAt[slot] = Infinity;
  }

  #room(n: number): void {
    const capacity = Math.max(n, this.#dueAt.length * 2);
    this.#dueAt = growFloat64(this.#dueAt, capacity, Infinity);
    this.#entryAt = growFloat64(this.#entryAt, capacity, Infinity);
  }

  /** Puts the slots due at or before `now_us` into `due`, clears them, and returns how many there are. */
  take(now_us: number): number {
    let n = 0;
    const later: number[] = [];
    this.#timers.due(now_us, (slot, at_us) => {
      if (this.#entryAt[slot] !== at_us) return; // replaced by an earlier entry
      this.#entryAt[slot] = Infinity;
      if (this.#dueAt[slot]! > now_us) {
        later.push(slot);
        return;
      }
      this.#dueAt[slot] = Infinity;
      if (n === this.due.length) this.due = growInt32(this.due, n * 2);
      this.due[n++] = slot;
    });
    for (const slot of later) if (this.isSet(slot)) this.set(slot, this.#dueAt[slot]!);
    return n;
  }

  /** Entries in the timer queue. */
  get size(): number {
    return this.#timers.size;
  }
  get bytes(): number {
    return this.#dueAt.byteLength + this.#entryAt.byteLength + this.#timers.bytes;
  }

  save(to: Packer): void {
    let n = this.#dueAt.length;
    while (n > 0 && this.#dueAt[n - 1] === Infinity) n--;
    to.array(this.#dueAt, n);
  }
  /** Restores into an empty schedule. */
  restore(from: Unpacker): void {
    from.f64().forEach((at_us, slot) => {
      if (at_us < Infinity) this.set(slot, at_us);
    });
  }
}
