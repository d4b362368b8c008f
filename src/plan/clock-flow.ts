import { DAY_US } from '../values/civil.ts';
import type { Datum, Interval } from '../values/datum.ts';
import { unitNamed } from '../values/date-unit.ts';
import type { DateUnit } from '../values/date-unit.ts';
import { SqlValueError } from '../values/sql-error.ts';
import { ClockChain } from './clock-chain.ts';
import * as steps from './clock-step.ts';
import type { Step } from './clock-step.ts';
import type { CallExpr, Expr } from './expr.ts';
import { someExpr } from './expr.ts';

/** Returns whether an expression depends on the clock. */
export const usesNow = (e: Expr): boolean => someExpr(e, (x) => x.kind === 'now');
/** Returns whether an expression depends on the row. */
export const usesColumns = (e: Expr): boolean => someExpr(e, (x) => x.kind === 'column');

/** Returns whether an expression is a DATE, TIMESTAMP or TIMESTAMPTZ. */
export function isInstant({ type }: Expr): boolean {
  return type.kind === 'date' || type.kind === 'timestamp' || type.kind === 'timestamptz';
}

/** Maximum number of chains cached by the row's values in them (a zone's name, a number of days). */
const MAX_CHAINS = 1000;

/** Returns the steps of a part of an expression for the values of its parameters; undefined if the part is NULL. */
type Part = (params: readonly Datum[]) => readonly Step[] | undefined;

/**
 * A time derived from the clock (DATE, TIME or a timestamp) as a chain of steps. A step may use a value of the row: its
 * zone, or how far it looks back.
 */
export class ClockFlow {
  /** Expressions without the clock, whose values {@link chain} takes in this order. */
  readonly params: readonly Expr[];
  /** True if the value changes only at instants with a gap between them. */
  readonly stepwise: boolean;
  /** True if a later instant is known never to have a smaller value. */
  readonly rises: boolean;
  readonly #part: Part;
  readonly #chains = new Map<string, ClockChain | undefined>();
  #last: { readonly params: readonly Datum[]; readonly chain: ClockChain | undefined } | undefined;

  constructor(params: readonly Expr[], part: Part, shape: { stepwise: boolean; rises: boolean }) {
    this.params = params;
    this.#part = part;
    this.stepwise = shape.stepwise;
    this.rises = shape.rises;
  }

  /** Returns the chain for a row; undefined if the time is NULL at every instant. */
  chain(params: readonly Datum[]): ClockChain | undefined {
    const last = this.#last;
    if (last !== undefined && last.params.every((p, i) => p === params[i])) return last.chain;
    const key = JSON.stringify(params, (_, x: unknown) => (typeof x === 'bigint' ? String(x) : x));
    let chain = this.#chains.get(key);
    if (chain === undefined && !this.#chains.has(key)) {
      chain = this.#make(params);
      if (this.#chains.size >= MAX_CHAINS) this.#chains.clear();
      this.#chains.set(key, chain);
    }
    this.#last = { params: [...params], chain };
    return chain;
  }

  #make(params: readonly Datum[]): ClockChain | undefined {
    if (params.includes(null)) return undefined;
    try {
      const made = this.#part(params);
      return made === undefined ? undefined : new ClockChain(made);
    } catch (error) {
      if (error instanceof SqlValueError) return undefined; // an unknown zone: NULL, as in the row itself
      throw error;
    }
  }

  /** Returns this flow followed by steps that take further parameters. */
  followedBy(params: readonly Expr[], part: Part, shape = { stepwise: false, rises: true }): ClockFlow {
    const own = this.params.length;
    const first = this.#part;
    return new ClockFlow(
      [...this.params, ...params],
      (values) => {
        const before = first(values);
        const after = part(values.slice(own));
        return before === undefined || after === undefined ? undefined : [...before, ...after];
      },
      { stepwise: this.stepwise || shape.stepwise, rises: this.rises && shape.rises },
    );
  }

  with(step: Step): ClockFlow {
    return this.followedBy([], () => [step], { stepwise: step.steps, rises: step.rises });
  }

  /** Returns this flow minus (with `sign` -1: plus) a value of the row: days, an interval's length, or a time. */
  minus(e: Expr, sign = 1): ClockFlow {
    return this.followedBy([e], ([by]) => [steps.plain(-sign * lengthOf(e, by!))]);
  }
}

/** Returns the microseconds of a time, a number of days, or an interval (a month is 30 days). */
export function lengthOf(e: Expr, value: Datum): number {
  if (e.type.kind === 'date' || e.type.kind === 'integer') return (value as number) * DAY_US;
  if (e.type.kind !== 'interval') return value as number;
  const { months, days, us } = value as Interval;
  return (months * 30 + days) * DAY_US + us;
}

const NOW = new ClockFlow([], () => [], { stepwise: false, rises: true });

/** Returns an expression as a time derived from the clock by known steps; undefined if it is not one. */
export function clockFlow(e: Expr): ClockFlow | undefined {
  switch (e.kind) {
    case 'now':
      return NOW;
    case 'cast': {
      const flow = clockFlow(e.arg);
      const [from, to] = [e.arg.type.kind, e.type.kind];
      if (flow === undefined || from === to) return flow;
      if (from === 'time') return undefined;
      if (to === 'date') return flow.with(steps.truncation('day'));
      if (to === 'time') return from === 'date' ? undefined : flow.with(steps.TIME_OF_DAY);
      return to === 'timestamp' || to === 'timestamptz' ? flow : undefined;
    }
    case 'call':
      return flowOfCall(e);
    default:
      return undefined;
  }
}

function flowOfCall(e: CallExpr): ClockFlow | undefined {
  const [first, second, third] = e.args;
  if (first === undefined || second === undefined) return undefined;
  switch (e.fn.name) {
    case 'date_trunc': {
      const unit = constantText(first, unitNamed);
      const flow = usesTimeOfDay(second) ? undefined : clockFlow(second);
      if (unit === undefined || flow === undefined) return undefined;
      return third === undefined ? flow.with(steps.truncation(unit)) : truncatedInZone(flow, unit, third);
    }
    case 'timezone': {
      const flow = clockFlow(second);
      if (usesNow(first) || flow === undefined) return undefined;
      const step = second.type.kind === 'timestamptz' ? steps.toZone : steps.fromZone;
      const utc = constantText(first, (zone) => (zone.toUpperCase() === 'UTC' ? zone : undefined));
      if (utc !== undefined) return flow;
      return flow.followedBy([first], ([zone]) => [step(zone as string)], { stepwise: false, rises: false });
    }
    case 'date_bin': {
      const flow = clockFlow(second);
      if (flow === undefined || usesNow(first) || third === undefined || usesNow(third)) return undefined;
      const stepwise =
        first.kind === 'const' && first.value !== null && lengthOf(first, first.value) >= 1_000_000;
      return flow.followedBy(
        [first, third],
        ([stride, origin]) => {
          const step = steps.binning(stride as Interval, origin as number);
          return step === undefined ? undefined : [step];
        },
        { stepwise, rises: true },
      );
    }
    case '+':
      return usesNow(first) ? shifted(first, second, 1) : shifted(second, first, 1);
    case '-':
      return shifted(first, second, -1);
    default:
      return undefined;
  }
}

/** Truncates on the zone's wall clock: by way of wall time for a day or more, with the instant's offset for less. */
function truncatedInZone(flow: ClockFlow, unit: DateUnit, zone: Expr): ClockFlow | undefined {
  if (usesNow(zone)) return undefined;
  const within = WITHIN_A_DAY.has(unit);
  const wall = steps.truncation(unit);
  return flow.followedBy(
    [zone],
    ([z]) => {
      const name = z as string;
      return within ? [steps.truncationInZone(unit, name)] : [steps.toZone(name), wall, steps.fromZone(name)];
    },
    { stepwise: wall.steps, rises: false },
  );
}

const WITHIN_A_DAY = new Set<DateUnit>(['microsecond', 'millisecond', 'second', 'minute', 'hour']);

const usesTimeOfDay = (e: Expr): boolean => e.type.kind === 'time';

function constantText<T>(e: Expr, read: (text: string) => T | undefined): T | undefined {
  return e.kind === 'const' && typeof e.value === 'string' ? read(e.value) : undefined;
}

/** Returns `e + by`, or `e - by` for a sign of -1. */
function shifted(e: Expr, by: Expr, sign: 1 | -1): ClockFlow | undefined {
  const flow = usesNow(by) ? undefined : clockFlow(e);
  if (flow === undefined) return undefined;
  const isDate = e.type.kind === 'date';
  switch (by.type.kind) {
    case 'integer': // days
    case 'time':
      return isDate ? flow.minus(by, -sign) : undefined;
    case 'interval': {
      if (usesTimeOfDay(e)) return turned(flow, by, sign);
      const rises = by.kind === 'const' && by.value !== null && (by.value as Interval).months === 0;
      const step = (value: Datum): Step => {
        const { months, days, us } = value as Interval;
        return steps.intervalShift({ months: sign * months, days: sign * days, us: sign * us });
      };
      return flow.followedBy([by], ([value]) => [step(value!)], { stepwise: false, rises });
    }
    default:
      return undefined;
  }
}

/** Shifts a time of day, which wraps at midnight; days and months of the interval do not matter. */
function turned(flow: ClockFlow, by: Expr, sign: 1 | -1): ClockFlow {
  const make: Part = ([value]) => [steps.plain(sign * (value as Interval).us), steps.TIME_OF_DAY];
  return flow.followedBy([by], make, { stepwise: false, rises: false });
}

/** Fields of EXTRACT that are not units, each with the unit with which it changes. */
const FIELD_UNITS = new Map<string, DateUnit>([
  ['dow', 'day'],
  ['isodow', 'day'],
  ['doy', 'day'],
  ['isoyear', 'week'],
]);

/** Returns the unit with which a field of EXTRACT or date_part changes; undefined for fields that flow. */
export function fieldUnit(field: Expr): DateUnit | undefined {
  const unit = constantText(field, (name) => unitNamed(name) ?? FIELD_UNITS.get(name.trim().toLowerCase()));
  return unit === 'second' || unit === 'millisecond' || unit === 'microsecond' ? undefined : unit;
}
