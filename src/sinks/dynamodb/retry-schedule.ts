import { nowMs, type Clock } from '../../platform/clock.ts';

interface Group {
  readonly due_ms: number;
  readonly slots: readonly number[];
}

/** Passes groups of slots to `onDue` when their delay is over, with one timer for all groups. */
export class RetrySchedule {
  readonly #clock: Clock;
  readonly #onDue: (slots: readonly number[]) => void;
  /** Groups by due time, the latest first. */
  readonly #groups: Group[] = [];
  #timer: { readonly due_ms: number; readonly cancel: () => void } | undefined;

  constructor(clock: Clock, onDue: (slots: readonly number[]) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  add(slots: readonly number[], delay_ms: number): void {
    const due_ms = nowMs(this.#clock) + delay_ms;
    let at = this.#groups.length;
    while (at > 0 && this.#groups[at - 1]!.due_ms < due_ms) at--;
    this.#groups.splice(at, 0, { due_ms, slots });
    this.#arm();
  }

  /** Drops all groups without passing them to `onDue`. */
  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#groups.length = 0;
  }

  #arm(): void {
    const next = this.#groups.at(-1);
    if (next === undefined || (this.#timer !== undefined && this.#timer.due_ms <= next.due_ms)) return;
    this.#timer?.cancel();
    const delay_ms = Math.max(0, Math.ceil(next.due_ms - nowMs(this.#clock)));
    this.#timer = { due_ms: next.due_ms, cancel: this.#clock.setTimer(delay_ms, () => this.#fire()) };
  }

  #fire(): void {
    this.#timer = undefined;
    const now_ms = nowMs(this.#clock);
    const due: number[] = [];
    while (this.#groups.length > 0 && this.#groups.at(-1)!.due_ms <= now_ms)
      due.push(...this.#groups.pop()!.slots);
    this.#arm();
    if (due.length > 0) this.#onDue(due);
  }
}
