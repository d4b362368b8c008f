import type { CompareOp } from './expr.ts';
import type { Step } from './clock-step.ts';

/** An answer searches at most this many pieces. Beyond them it is an instant at which the row is looked at again. */
const MAX_PIECES = 64;

/** The values of a chain at which a comparison changes: the smallest that reaches the compared value, or passes it. */
export interface Edges {
  readonly reached: number;
  readonly passed: number;
}

/**
 * A function of the clock as a chain of steps: microseconds in, microseconds out (a date is its midnight). It rises in
 * pieces, see Step.
 */
export class ClockChain {
  readonly #steps: readonly Step[];

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  /** Returns the value at an instant; infinite if it lies outside the calendar. */
  at(now_us: number): number {
    let u = now_us;
    for (const step of this.#steps) u = step.apply(u);
    return u;
  }

  /** Returns the end of the piece in which an instant lies, or an earlier instant after it. */
  until(now_us: number): number {
    const inputs = this.#inputs(now_us);
    let end = Infinity;
    this.#steps.forEach((step, i) => {
      if (step.rises) return;
      end = Math.min(end, this.#reach(step.until(inputs[i]!), inputs, i));
    });
    // A jump of one step may pass the end of a piece of the next: the result still lies after the instant.
    return Math.max(end, now_us + 1);
  }

  /** Returns the first instant from `from_us` on, within its piece, whose value is at least `y`, or Infinity. */
  reach(y: number, from_us: number): number {
    return this.#reach(y, this.#inputs(from_us), this.#steps.length);
  }

  #inputs(now_us: number): number[] {
    const inputs = [now_us];
    for (const step of this.#steps) inputs.push(step.apply(inputs.at(-1)!));
    return inputs;
  }

  #reach(y: number, inputs: readonly number[], steps: number): number {
    let u = y;
    for (let i = steps - 1; i >= 0 && u < Infinity; i--) u = this.#steps[i]!.reach(u, inputs[i]!);
    return u;
  }

  /**
   * Returns the first instant after `now_us` at which `value >= y` changes, or an earlier one; Infinity if it never
   * does.
   */
  nextCrossing(y: number, now_us: number): number {
    if (Number.isNaN(y)) return Infinity;
    const above = this.at(now_us) >= y;
    const edge = this.#steps.reduceRight((u, step) => (above ? step.settled(u) : step.earliest(u)), y);
    if (above ? now_us >= edge : edge === Infinity) return Infinity;
    let from = above ? now_us : Math.max(now_us, edge);
    for (let piece = 0; piece < MAX_PIECES; piece++) {
      if (!above) {
        const at = this.reach(y, from);
        // The result is void if a step before the last jumped over the end of its piece.
        if (at > now_us && at < Infinity && this.at(at) >= y) return at;
      } else if (from >= edge) return Infinity;
      const end = this.until(from);
      if (end === Infinity) return Infinity;
      if (above && this.at(end) < y) return end;
      from = end;
    }
    return from;
  }

  /**
   * Returns the first instant after `now_us` at which `x op value` flips, or an earlier one. The edges are those of x.
   */
  nextFlip(op: CompareOp, { reached, passed }: Edges, now_us: number): number {
    // x > g and x <= g flip when g reaches x; x >= g and x < g when g passes it; equality at both.
    return Math.min(
      op === '>=' || op === '<' ? Infinity : this.nextCrossing(reached, now_us),
      op === '>' || op === '<=' ? Infinity : this.nextCrossing(passed, now_us),
    );
  }

  /** Returns the first instant after `now_us` at which a stepwise chain has another value, or an earlier one. */
  nextStep(now_us: number): number {
    const value = this.at(now_us);
    if (!Number.isFinite(value)) return Infinity;
    let from = now_us;
    for (let piece = 0; piece < MAX_PIECES; piece++) {
      const next = Math.min(this.reach(value + 1, from), this.until(from));
      if (next === Infinity || this.at(next) !== value) return next;
      from = next;
    }
    return from;
  }
}
