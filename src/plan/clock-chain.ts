import type { Interval } from '../values/datum.ts';
import { dateTrunc, truncUnit } from '../values/date-trunc.ts';
import { addInterval } from '../values/interval.ts';
import type { Expr } from './expr.ts';

const DAY_US = 86_400_000_000;

/**
 * One step from the clock to the value that a query compares with. Steps never decrease when their input grows,
 * so the instant at which a comparison flips can be computed backwards from the compared value.
 */
interface Step {
  readonly apply: (u: number) => number;
  /** The smallest u with apply(u) >= y. */
  readonly inverse: (y: number) => number;
  /** The value stays the same for a while (a date, a truncated time), it does not flow with the clock. */
  readonly steps: boolean;
  /** Whether results are whole days: always, never, or as the input was. */
  readonly wholeDays: 'always' | 'never' | 'kept';
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

  /** True if every value is a midnight (or a DATE). */
  get wholeDays(): boolean {
    const decisive = this.#steps.findLast((s) => s.wholeDays !== 'kept');
    return decisive?.wholeDays === 'always';
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
    return this.with(plain(amount));
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
      if (
        e.fn.name === 'timezone' &&
        first?.kind === 'const' &&
        String(first.value).toUpperCase() === 'UTC'
      ) {
        return clockChain(second!);
      }
      if ((e.fn.name === '+' || e.fn.name === '-') && second?.kind === 'const' && second.value !== null) {
        const chain = clockChain(first!);
        const sign = e.fn.name === '+' ? 1 : -1;
        if (first!.type.kind === 'date' && typeof second.value === 'number')
          return chain?.plus(sign * second.value);
        if (second.type.kind === 'interval') {
          const date = first!.type.kind === 'date';
          return shifted(date ? chain?.with(FROM_DATE) : chain, second.value as Interval, sign);
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
  wholeDays: 'always',
};
const FROM_DATE: Step = {
  apply: (day) => day * DAY_US,
  inverse: (y) => Math.ceil(y / DAY_US),
  steps: false,
  wholeDays: 'always',
};

function plain(amount: number): Step {
  const wholeDays = amount % DAY_US === 0 ? 'kept' : 'never';
  return { apply: (u) => u + amount, inverse: (y) => y - amount, steps: false, wholeDays };
}

/**
 * A chain shifted by an interval. With months only if its values are whole days: adding a month to a flowing
 * time goes back at the end of months (March 29th, 0:00 less a month comes before March 28th, 12:00 less a
 * month).
 */
function shifted(chain: ClockChain | undefined, interval: Interval, sign: number): ClockChain | undefined {
  if (chain === undefined) return undefined;
  if (interval.months === 0) return chain.with(plain(sign * (interval.days * DAY_US + interval.us)));
  if (!chain.wholeDays) return undefined;
  const by: Interval = {
    months: sign * interval.months,
    days: sign * interval.days,
    us: sign * interval.us,
  };
  const ofDay = (day: number): number => addInterval(day * DAY_US, by);
  // Days that surely lie before and after the one whose shifted midnight reaches y.
  const reach = Math.abs(by.months) * 31 + Math.abs(by.days) + Math.ceil(Math.abs(by.us) / DAY_US) + 40;
  const inverse = (y: number): number => {
    const day = Math.floor(y / DAY_US);
    return search(ofDay, y, day - reach, day + reach) * DAY_US;
  };
  const wholeDays = by.us % DAY_US === 0 ? 'kept' : 'never';
  return chain.with({ apply: (u) => addInterval(u, by), inverse, steps: false, wholeDays });
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
    wholeDays: width >= DAY_US ? 'always' : 'never',
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
