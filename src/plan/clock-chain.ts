import type { Interval } from '../values/datum.ts';
import { dateTrunc, truncUnit } from '../values/date-trunc.ts';
import { addInterval } from '../values/interval.ts';
import type { Expr } from './expr.ts';

const DAY_US = 86_400_000_000;

/**
 * One step from the clock to the value that a query compares with. Steps never decrease when their input grows, so
 * the instant at which a comparison flips can be computed backwards from the compared value.
 */
interface Step {
  readonly apply: (u: number) => number;
  /** The smallest u with apply(u) >= y. */
  readonly inverse: (y: number) => number;
  /** The value stays the same for a while (a date, a truncated time), it does not flow with the clock. */
  readonly steps: boolean;
}

/** A function of the clock as a chain of monotone steps: microseconds in, days (DATE) or microseconds out. */
export class ClockChain {
  readonly #steps: readonly Step[];

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  /** True if the value changes only at instants with a gap between them. */
  get stepwise(): boolean {
    return this.#steps.some((s) => s.steps);
  }

  at(now_us: number): number {
    return this.#steps.reduce((u, step) => step.apply(u), now_us);
  }

  /** The first instant at which the value is at least `y`, in microseconds. */
  firstAtLeast(y: number): number {
    return this.#steps.reduceRight((u, step) => step.inverse(u), y);
  }

  with(step: Step): ClockChain {
    return new ClockChain([...this.#steps, step]);
  }

  /** Shifted by a constant, in the chain's own unit. */
  plus(amount: number): ClockChain {
    return this.with({ apply: (u) => u + amount, inverse: (y) => y - amount, steps: false });
  }
  truncated(unit: string): ClockChain {
    return this.with(truncation(unit));
  }
}

/** The chain of an expression over the clock alone, or undefined if it is not such a chain. */
export function clockChain(e: Expr): ClockChain | undefined {
  switch (e.kind) {
    case 'now':
      return new ClockChain([]);
    case 'cast': {
      const chain = clockChain(e.arg);
      const key = `${e.arg.type.kind}>${e.type.kind}`;
      if (key === 'timestamp>timestamptz' || key === 'timestamptz>timestamp') return chain;
      if (key === 'timestamp>date' || key === 'timestamptz>date') return chain?.with(TO_DATE);
      if (key === 'date>timestamp' || key === 'date>timestamptz') return chain?.with(FROM_DATE);
      return e.arg.type.kind === e.type.kind ? chain : undefined;
    }
    case 'call': {
      const [first, second] = e.args;
      if (e.fn.name === 'date_trunc' && e.args.length === 2 && first?.kind === 'const') {
        const chain = clockChain(second!);
        return typeof first.value === 'string' && second!.type.kind !== 'interval'
          ? chain?.truncated(first.value.toLowerCase())
          : undefined;
      }
      if (e.fn.name === 'timezone' && first?.kind === 'const' && String(first.value).toUpperCase() === 'UTC') {
        return clockChain(second!);
      }
      if ((e.fn.name === '+' || e.fn.name === '-') && second?.kind === 'const' && second.value !== null) {
        const chain = clockChain(first!);
        const sign = e.fn.name === '+' ? 1 : -1;
        if (first!.type.kind === 'date' && typeof second.value === 'number') return chain?.plus(sign * second.value);
        if (second.type.kind === 'interval') {
          const date = first!.type.kind === 'date';
          return (date ? chain?.with(FROM_DATE) : chain)?.with(shift(second.value as Interval, sign));
        }
      }
      return undefined;
    }
    default:
      return undefined;
  }
}

const TO_DATE: Step = {
  apply: (u) => Math.floor(u / DAY_US),
  inverse: (day) => Math.ceil(day) * DAY_US,
  steps: true,
};
const FROM_DATE: Step = {
  apply: (day) => day * DAY_US,
  inverse: (y) => Math.ceil(y / DAY_US),
  steps: false,
};

function shift(interval: Interval, sign: number): Step {
  if (interval.months === 0) {
    const amount = sign * (interval.days * DAY_US + interval.us);
    return { apply: (u) => u + amount, inverse: (y) => y - amount, steps: false };
  }
  const by: Interval = {
    months: sign * interval.months,
    days: sign * interval.days,
    us: sign * interval.us,
  };
  const apply = (u: number): number => addInterval(u, by);
  // Months clamp to the month's end, so the inverse is searched around the plain one.
  const guess = -(by.months * 31 * DAY_US + by.days * DAY_US + by.us);
  const slack = (Math.abs(by.months) * 4 + 8) * DAY_US;
  return { apply, inverse: (y) => search(apply, y, y + guess - slack, y + guess + slack), steps: false };
}

function truncation(name: string): Step {
  const unit = truncUnit(name);
  const apply = (u: number): number => dateTrunc(unit, u);
  const width = UNIT_US[unit] ?? 1001 * 366 * DAY_US;
  return {
    apply,
    // The smallest boundary that is not before y.
    inverse: (y) => (apply(y) === y ? y : search(apply, y, y, y + width)),
    steps: true,
  };
}

const UNIT_US: Readonly<Record<string, number>> = {
  microseconds: 1,
  milliseconds: 1000,
  second: 1e6,
  minute: 60e6,
  hour: 3600e6,
  day: DAY_US,
  week: 7 * DAY_US,
  month: 31 * DAY_US,
  quarter: 92 * DAY_US,
  year: 366 * DAY_US,
  decade: 3653 * DAY_US,
};

/** The smallest whole u in [low, high] with f(u) >= y; f never decreases and f(high) >= y. */
function search(f: (u: number) => number, y: number, low: number, high: number): number {
  let [a, b] = [low, high];
  while (f(b) < y) b += high - low + 1;
  while (a < b) {
    const middle = Math.floor((a + b) / 2);
    if (f(middle) >= y) b = middle;
    else a = middle + 1;
  }
  return a;
}
