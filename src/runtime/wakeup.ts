import type { Clock } from '../platform/clock.ts';

/** Lets one loop sleep until a notice or a timeout. Keeps a notice that arrives while the loop is awake. */
export class Wakeup {
  readonly #clock: Clock;
  #notified = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  notify(): void {
    this.#notified = true;
    this.#wake?.();
  }

  /** Resolves at the next notice or after `timeout_ms`. */
  async wait(timeout_ms: number): Promise<void> {
    if (!this.#notified && timeout_ms > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.setTimer(timeout_ms, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
      this.#wake = undefined;
    }
    this.#notified = false;
  }
}
