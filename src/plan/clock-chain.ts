import { unitNamed } from '../values/date-unit.ts';
import type { DateUnit } from '../values/date-unit.ts';
import type { Interval } from '../values/datum.ts';
import { DAY_US } from '../values/civil.ts';
import { FROM_DATE, monthShift, plain, TO_DATE, truncation } from './clock-step.ts';
import type { Step } from './clock-step.ts';
import type { CallExpr, ConstExpr, Expr } from './expr.ts';

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

  /** The value at an instant; not finite where it lies outside the calendar. */
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
    case 'call':
      return chainOfCall(e);
    default:
      return undefined;
  }
}

function chainOfCall(e: CallExpr): ClockChain | undefined {
  const [first, second] = e.args;
  if (first === undefined || second === undefined || e.args.length !== 2) return undefined;
  switch (e.fn.name) {
    case 'date_trunc': {
      const unit = constantText(first, unitNamed);
      return unit === undefined ? undefined : clockChain(second)?.with(truncation(unit));
    }
    case 'timezone':
      return constantText(first, (zone) => zone.toUpperCase()) === 'UTC' ? clockChain(second) : undefined;
    case '+':
      if (first.kind === 'const') return shifted(second, first, 1);
      return second.kind === 'const' ? shifted(first, second, 1) : undefined;
    case '-':
      return second.kind === 'const' ? shifted(first, second, -1) : undefined;
    default:
      return undefined;
  }
}

function constantText<T>(e: Expr, read: (text: string) => T | undefined): T | undefined {
  return e.kind === 'const' && typeof e.value === 'string' ? read(e.value) : undefined;
}

/** `e + by`, or with a sign of -1 `e - by`. */
function shifted(e: Expr, by: ConstExpr, sign: 1 | -1): ClockChain | undefined {
  const chain = clockChain(e);
  if (chain === undefined || by.value === null) return undefined;
  const isDate = e.type.kind === 'date';
  switch (by.type.kind) {
    case 'integer':
      return isDate ? chain.plus(sign * (by.value as number)) : undefined;
    case 'date': // the difference of two dates is a number of days
      return isDate ? chain.plus(sign * (by.value as number)) : undefined;
    case 'time':
      return isDate ? chain.with(FROM_DATE).plus(sign * (by.value as number)) : undefined;
    case 'interval':
      return byInterval(isDate ? chain.with(FROM_DATE) : chain, by.value as Interval, sign);
    default:
      return undefined;
  }
}

/**
 * A chain shifted by an interval. With months only if its values are whole days: adding a month to a flowing
 * time goes back at the end of months (March 29th, 0:00 less a month comes before March 28th, 12:00 less a
 * month).
 */
function byInterval(chain: ClockChain, { months, days, us }: Interval, sign: 1 | -1): ClockChain | undefined {
  if (months === 0) return chain.plus(sign * (days * DAY_US + us));
  if (!chain.wholeDays) return undefined;
  return chain.with(monthShift({ months: sign * months, days: sign * days, us: sign * us }));
}

/** What EXTRACT's fields other than units change with. */
const FIELD_UNITS = new Map<string, DateUnit>([
  ['dow', 'day'],
  ['isodow', 'day'],
  ['doy', 'day'],
  ['isoyear', 'week'],
]);
/** Their fields have a fraction that flows. */
const SECONDS = new Set<DateUnit>(['second', 'millisecond', 'microsecond']);

/** The stepwise chain that the value of an expression over the clock alone depends on, if it is that. */
export function stepsOf(e: Expr): ClockChain | undefined {
  const chain = clockChain(e);
  if (chain !== undefined) return chain.stepwise ? chain : undefined;
  if (e.kind !== 'call' || (e.fn.name !== 'extract' && e.fn.name !== 'date_part')) return undefined;
  const [field, of] = e.args as readonly [Expr, Expr];
  const unit = constantText(field, (name) => unitNamed(name) ?? FIELD_UNITS.get(name.trim().toLowerCase()));
  if (unit === undefined || SECONDS.has(unit)) return undefined;
  const inner = clockChain(of);
  const instant = of.type.kind === 'date' ? inner?.with(FROM_DATE) : inner;
  return instant?.with(truncation(unit));
}
