import type { ReplayInput } from '../runtime/replay-input.ts';
import type { Traffic } from './traffic.ts';

/** The events of files, in the order of event time. Rows without a time come first. */
export class FileTraffic implements Traffic {
  readonly allowsSweeps = false;
  readonly start_us: number;
  readonly end_us: number;
  readonly #inputs: readonly ReplayInput[];

  constructor(inputs: readonly ReplayInput[]) {
    this.#inputs = inputs;
    this.start_us = Math.min(...inputs.map(({ firstTime_us }) => firstTime_us));
    this.end_us = Math.max(...inputs.map(({ lastTime_us }) => lastTime_us)) + 1;
  }

  get quietUntil_us(): number {
    return Math.min(...this.#inputs.map((input) => input.nextTime_us));
  }

  pushBefore(time_us: number): number {
    let pushed = 0;
    for (const input of this.#inputs) {
      const before = input.pushedRows;
      while (input.pushSomeBefore(time_us));
      pushed += input.pushedRows - before;
    }
    return pushed;
  }
}
