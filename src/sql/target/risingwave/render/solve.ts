import { MIRRORED } from '../../../../plan/expr.ts';
import type { CallExpr, CompareOp, Expr, Span } from '../../../../plan/expr.ts';
import { isInstant, usesNow } from '../../../../plan/clock-flow.ts';
import type { Interval } from '../../../../values/datum.ts';
import { constant } from '../../../bind/coerce.ts';
import { failure } from '../../../failure.ts';
import { clockForm, constantLength, gridOf, isUtc, renderInterval, shiftForm, times } from './clock-form.ts';
import type { ClockForm } from './clock-form.ts';
import type { Condition, RowTime } from './condition.ts';
import type { QueryText } from './query-text.ts';
import { atZone, inUtc, mayBeNull, plus, rowTime } from './row-time.ts';
import { differenceOf } from './difference.ts';
import { solveNumber } from './solve-number.ts';
import type { Solver } from './solver.ts';
import { repeatsMidnight } from './zone-midnight.ts';

/** Takes conditions on the clock apart, and moves what belongs to the row to one side of each comparison. */
export class ConditionSolver implements Solver {
  readonly text: QueryText;
  readonly #span: Span;

  /** `span` is the place of the condition, for messages. */
  constructor(text: QueryText, span: Span) {
    this.text = text;
    this.#span = span;
  }

  /** Returns a bound condition in parts. Throws SqlFailure if RisingWave cannot filter by one of them. */
  solve(e: Expr): Condition {
    if (!usesNow(e)) return { kind: 'sql', sql: this.text.operand(e) };
    switch (e.kind) {
      case 'and':
      case 'or':
        return { kind: e.kind, args: e.args.map((arg) => this.solve(arg)) };
      case 'not':
        return { kind: 'not', arg: this.solve(e.arg) };
      case 'compare':
        return this.compare(e.left, e.op, e.right);
      case 'distinct_from':
        return { kind: 'not', arg: this.#same(e.left, e.right) };
      case 'in_list': {
        const { type } = e.arg;
        const equal = e.values.map((value) => this.compare(e.arg, '=', constant(value, type)));
        return { kind: 'or', args: e.hasNull ? [...equal, { kind: 'sql', sql: 'NULL::boolean' }] : equal };
      }
      default:
        throw this.refuse();
    }
  }

  /** Returns the error for a condition that stays what it is. */
  refuse(
    why = 'RisingWave can filter by this condition on the clock in no form',
    hint = "compare a time of the row with now() minus a constant, as in at > now() - INTERVAL '7 days'",
  ): Error {
    return failure('0A000', why, this.#span, hint);
  }

  /** Returns `left op right`, of which one side uses the clock. */
  compare(left: Expr, op: CompareOp, right: Expr): Condition {
    if (!usesNow(right)) return this.compare(right, MIRRORED[op], left);
    if (usesNow(left)) throw this.refuse('both sides of this comparison use the clock');
    if (right.kind === 'coalesce' || right.kind === 'case' || isChoice(right))
      return this.#choice(left, op, right);
    if (isInstant(left) && isInstant(right)) return this.time(rowTime(left, this.text), op, right);
    if (left.type.kind === 'interval') return this.#interval(left, op, right);
    const number = solveNumber(left, op, right, this);
    if (number === undefined) throw this.refuse();
    return number;
  }

  /** The clock is never NULL: what is not distinct from it is not NULL, and equal. */
  #same(left: Expr, right: Expr): Condition {
    const [row, clock] = usesNow(right) ? [left, right] : [right, left];
    const equal = this.compare(row, '=', clock);
    if (!mayBeNull(row, this.text)) return equal;
    return { kind: 'and', args: [{ kind: 'sql', sql: `${this.text.operand(row)} IS NOT NULL` }, equal] };
  }

  /** Returns `row op e`, for a time `e` that uses the clock and may use the row as well. */
  time(row: RowTime, op: CompareOp, e: Expr): Condition {
    const clock = clockForm(e);
    if (clock !== undefined) return this.#cut(row, op, clock);
    if (e.kind === 'cast' && isInstant(e.arg)) {
      return e.type.kind === 'date' ? this.#day(row, op, e.arg) : this.time(row, op, e.arg);
    }
    if (e.kind === 'coalesce' || e.kind === 'case' || isChoice(e)) throw this.refuse();
    if (e.kind !== 'call') throw this.refuse();
    const [first, second] = e.args as readonly [Expr, Expr];
    switch (e.fn.name) {
      case 'date_trunc':
        return this.#truncated(row, op, e);
      case 'timezone':
        if (isUtc(first)) return this.time(row, op, second);
        throw this.refuse(
          'RisingWave cannot filter by a local time, which falls when clocks are put back',
          'compare local days, date_trunc of a day or more, or times without a zone',
        );
      case '+':
        return usesNow(first)
          ? this.#moved(row, op, first, second, '-')
          : this.#moved(row, op, second, first, '-');
      case '-':
        return this.#moved(row, op, first, second, '+');
      default:
        throw this.refuse();
    }
  }

  #cut(row: RowTime, op: CompareOp, clock: ClockForm): Condition {
    const months = clock.ops.findIndex((step) => step.kind === 'shift' && step.by.months !== 0);
    if (months !== -1 && !isWholeDay({ ops: clock.ops.slice(0, months) })) {
      throw this.refuse(
        'now() minus months falls at the end of a long month, and RisingWave filters by a clock that never falls',
        "cut the clock to the day first: date_trunc('day', now()) - INTERVAL '1 month', or count days",
      );
    }
    const isFlat = clock.ops.every((step) => step.kind === 'shift' && step.by.months === 0);
    return { kind: 'cut', row: isFlat ? row : inUtc(row), op, clock };
  }

  /** `row op clock ± by` is `row ∓ by op clock`, if the length has no months, which are not the same backwards. */
  #moved(row: RowTime, op: CompareOp, clock: Expr, by: Expr, sign: '+' | '-'): Condition {
    if (usesNow(by)) throw this.refuse();
    const length = constantLength(by);
    if (length !== undefined && length.months === 0)
      return this.time(plus(row, sign, renderInterval(length), false, length.us === 0), op, clock);
    if (by.type.kind === 'integer')
      return this.time(
        plus(row, sign, `${this.text.operand(by)} * INTERVAL '1 day'`, mayBeNull(by, this.text), true),
        op,
        clock,
      );
    if (isMonthless(by))
      return this.time(plus(row, sign, this.text.operand(by), mayBeNull(by, this.text)), op, clock);
    throw this.refuse(
      'this length may hold months, which RisingWave cannot move to the side of the row',
      "give the length in days: days * INTERVAL '1 day'",
    );
  }

  /** Returns `row op date(time)`. The day of a time is at most d until the midnight after d. */
  #day(row: RowTime, op: CompareOp, of: Expr): Condition {
    const wall = inUtc(row);
    const isMidnight = wall.grid === 'day';
    const isZoned = of.kind === 'call' && of.fn.name === 'timezone' && !isUtc(of.args[0]);
    if (!isMidnight && isZoned) throw this.refuse();
    const at = (wanted: RowTime, how: CompareOp): Condition => {
      if (!isZoned) return this.time(wanted, how, of);
      const [zone, instant] = of.args as readonly [Expr, Expr];
      if (zone.kind !== 'const' || instant.type.kind !== 'timestamptz' || repeatsMidnight(String(zone.value)))
        throw this.refuse('RisingWave cannot filter by the local day of this zone');
      return this.time(atZone(wanted, zone, this.text), how, instant);
    };
    // A row that is no midnight lies between two of them: it is cut to its day where that decides.
    const day: RowTime = isMidnight ? wall : { ...wall, sql: `date_trunc('day', ${wall.sql})`, grid: 'day' };
    const after = plus(day, '+', "INTERVAL '1 day'", false);
    switch (op) {
      case '>=':
        return at(after, '>');
      case '<':
        return at(after, '<=');
      case '>':
        return isMidnight ? at(day, '>') : beyond(wall, at);
      case '<=':
        return isMidnight ? at(day, '<=') : { kind: 'not', arg: beyond(wall, at) };
      case '=':
        if (!isMidnight) throw this.refuse();
        return { kind: 'and', args: [at(day, '<='), at(after, '>')] };
      case '<>':
        if (!isMidnight) throw this.refuse();
        return { kind: 'or', args: [at(day, '>'), at(after, '<=')] };
    }
  }

  /** Returns `row op date_trunc(unit, time)`, for a time that uses the row or a zone. */
  #truncated(row: RowTime, op: CompareOp, e: CallExpr): Condition {
    const [unit, of, zone] = e.args as readonly [Expr, Expr, Expr?];
    const isDay = unit.kind === 'const' && String(unit.value).toLowerCase() === 'day';
    if (!isDay || zone !== undefined) {
      throw this.refuse(
        'RisingWave cannot filter by a time that is cut to this unit and also depends on the row or a zone',
        "cut it to days: date_trunc('day', now() AT TIME ZONE 'Europe/Berlin')",
      );
    }
    return this.#day(row, op, of);
  }

  /** Returns `row op clock + by`, for a constant length without months. */
  shifted(row: RowTime, op: CompareOp, clock: Expr, by: Interval): Condition {
    const form = clockForm(clock);
    if (form !== undefined) return this.#cut(row, op, shiftForm(form, by));
    return this.time(plus(row, '+', renderInterval(times(by, -1)), false), op, clock);
  }

  /** Returns `length op difference`: `c op clock - row` is `row op clock - c`. */
  #interval(length: Expr, op: CompareOp, e: Expr): Condition {
    const parts = differenceOf(e);
    if (parts === undefined) return this.#age(length, op, e);
    const { clock, row, sign } = parts;
    const fixed = constantLength(length);
    const days = fixed && inDays(fixed);
    const time = rowTime(row, this.text);
    const how = sign === 1 ? op : MIRRORED[op];
    if (days !== undefined) return this.shifted(time, how, clock, times(days, sign === 1 ? -1 : 1));
    if (!isMonthless(length)) throw this.refuse();
    const by = this.text.operand(length);
    return this.time(plus(time, sign === 1 ? '+' : '-', by, mayBeNull(length, this.text)), how, clock);
  }

  /** Below four weeks an age is the difference of its times. */
  #age(length: Expr, op: CompareOp, e: Expr): Condition {
    const fixed = constantLength(length);
    if (e.kind !== 'call' || e.fn.name !== 'age' || fixed === undefined) throw this.refuse();
    const [clock, row] = e.args as readonly [Expr, Expr?];
    const form = clockForm(clock);
    const days = inDays(fixed);
    const us = days.days * 86_400e6 + days.us;
    if (row === undefined || usesNow(row) || form === undefined || us <= 0 || us > 28 * 86_400e6) {
      throw this.refuse(
        'RisingWave cannot filter by this age',
        "subtract a length of time from now() instead: at > now() - INTERVAL '2 months'",
      );
    }
    return this.#cut(rowTime(row, this.text), op, shiftForm(form, times(days, -1)));
  }

  /** Returns a comparison with the greatest or least of several values, with COALESCE, or with CASE. */
  #choice(left: Expr, op: CompareOp, e: Expr): Condition {
    const by = (right: Expr): Condition =>
      usesNow(right)
        ? this.compare(left, op, right)
        : { kind: 'sql', sql: `(${this.text.operand(left)} ${op} ${this.text.operand(right)})` };
    const sql = (condition: string): Condition => ({ kind: 'sql', sql: condition });
    if (e.kind === 'coalesce') {
      return e.args.reduceRight<Condition | undefined>((rest, arg) => {
        if (rest === undefined || usesNow(arg)) return by(arg);
        const value = this.text.operand(arg);
        return or(and(sql(`${value} IS NOT NULL`), by(arg)), and(sql(`${value} IS NULL`), rest));
      }, undefined)!;
    }
    if (e.kind === 'case') {
      return e.arms.reduceRight<Condition>((rest, { when, then }) => {
        if (usesNow(when)) throw this.refuse();
        const test = this.text.operand(when);
        return or(and(sql(`${test} IS TRUE`), by(then)), and(sql(`${test} IS NOT TRUE`), rest));
      }, by(e.otherwise));
    }
    if (op === '=' || op === '<>') {
      const least = and(this.#choice(left, '>=', e), this.#choice(left, '<=', e));
      return op === '=' ? least : { kind: 'not', arg: least };
    }
    const { fn, args } = e as CallExpr;
    const isAll = (fn.name === 'greatest') === (op === '>' || op === '>=');
    const all = args.map((arg) => {
      if (usesNow(arg) || !mayBeNull(arg, this.text)) return by(arg);
      const isNull = sql(`${this.text.operand(arg)} IS NULL`);
      return isAll ? or(isNull, by(arg)) : and({ kind: 'not', arg: isNull }, by(arg));
    });
    return { kind: isAll ? 'and' : 'or', args: all };
  }
}

function and(...args: readonly Condition[]): Condition {
  return { kind: 'and', args };
}
function or(...args: readonly Condition[]): Condition {
  return { kind: 'or', args };
}

/** Returns whether a clock is cut to days or longer units, so that it stands still within a day. */
function isWholeDay(clock: ClockForm): boolean {
  const grid = gridOf(clock);
  return grid !== undefined && !['hour', 'minute', 'second', 'millisecond', 'microsecond'].includes(grid);
}

function isChoice(e: Expr): boolean {
  return e.kind === 'call' && (e.fn.name === 'greatest' || e.fn.name === 'least');
}

/** `t > midnight of y` holds from the midnight of t on, or from the one after if t is a midnight itself. */
function beyond(t: RowTime, at: (row: RowTime, op: CompareOp) => Condition): Condition {
  const last = `date_trunc('day', ${t.sql} - INTERVAL '1 microsecond') + INTERVAL '1 day'`;
  return at({ ...t, sql: `(${last})`, grid: 'day' }, '>');
}

/** Comparisons of intervals take a month for 30 days. */
function inDays({ months, days, us }: Interval): Interval {
  return { months: 0, days: days + 30 * months, us };
}

/** Returns whether an interval of the row holds no months, whatever the row holds. */
function isMonthless(e: Expr): boolean {
  if (e.kind === 'const') return (constantLength(e)?.months ?? 1) === 0;
  if (e.type.kind !== 'interval') return false;
  if (e.kind === 'call' && (e.fn.name === '*' || e.fn.name === '/'))
    return e.args.filter((arg) => arg.type.kind === 'interval').every(isMonthless);
  if (e.kind === 'call' && (e.fn.name === '+' || e.fn.name === '-')) return e.args.every(isMonthless);
  return false;
}
