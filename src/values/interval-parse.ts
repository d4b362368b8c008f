import { DAY_US, HOUR_US, MINUTE_US, SECOND_US } from './civil.ts';
import { unitNamed } from './date-unit.ts';
import type { DateUnit } from './date-unit.ts';
import { roundHalfEven } from './datetime.ts';
import type { Interval } from './datum.ts';
import { intervalNegate, makeInterval } from './interval.ts';
import { quote } from './quote.ts';
import { SqlValueError } from './sql-error.ts';

/** A number in an interval's text. Both parts have its sign. */
interface Amount {
  readonly whole: number;
  /** Parsed separately, as PostgreSQL does: 0.3 months are 9 days, but 2.3 - 2 months would be less. */
  readonly fraction: number;
}

function amountOf(mark: string, digits: string): Amount {
  const sign = mark === '-' ? -1 : 1;
  const [whole = '', fraction = ''] = digits.split('.');
  return { whole: sign * Number(whole), fraction: sign * Number(`0.${fraction}`) };
}

/** Returns the nearest integer; of two, the one nearer to zero. */
function roundHalfDown(x: number): number {
  const whole = Math.trunc(x);
  const rest = x - whole;
  return whole + (rest > 0.5 ? 1 : rest < -0.5 ? -1 : 0);
}

type IntervalUnit = Exclude<DateUnit, 'quarter'>;

const SECONDS: readonly IntervalUnit[] = ['second', 'millisecond', 'microsecond'];
const TIME: readonly IntervalUnit[] = ['hour', 'minute', ...SECONDS];

class Sum {
  months = 0;
  days = 0;
  us = 0;

  #addTime({ whole, fraction }: Amount, unit_us: number): void {
    this.us += whole * unit_us + roundHalfDown(fraction * unit_us);
  }
  #addDays({ whole, fraction }: Amount, unit: number): void {
    const days = fraction * unit;
    this.days += whole * unit + Math.trunc(days);
    this.us += roundHalfDown((days - Math.trunc(days)) * DAY_US);
  }
  #addYears({ whole, fraction }: Amount, unit: number): void {
    this.months += whole * unit * 12 + roundHalfEven(fraction * unit * 12);
  }

  add(amount: Amount, unit: IntervalUnit): void {
    switch (unit) {
      case 'microsecond':
        return this.#addTime(amount, 1);
      case 'millisecond':
        return this.#addTime(amount, 1000);
      case 'second':
        return this.#addTime(amount, SECOND_US);
      case 'minute':
        return this.#addTime(amount, MINUTE_US);
      case 'hour':
        return this.#addTime(amount, HOUR_US);
      case 'day':
        return this.#addDays(amount, 1);
      case 'week':
        return this.#addDays(amount, 7);
      case 'month':
        this.months += amount.whole;
        return this.#addDays({ whole: 0, fraction: amount.fraction }, 30);
      case 'year':
        return this.#addYears(amount, 1);
      case 'decade':
        return this.#addYears(amount, 10);
      case 'century':
        return this.#addYears(amount, 100);
      case 'millennium':
        return this.#addYears(amount, 1000);
    }
  }
  done(): Interval {
    return makeInterval(this.months, this.days, this.us);
  }
}

/** `1:30` is hours and minutes, `1:30.5` minutes and seconds; omitted parts are zero. Space may follow a sign. */
const TOKEN =
  /\s*(?:([+-]?)\s*(?:(\d+):(\d{0,2})(?::(\d{0,2}(?:\.\d*)?)|(\.\d*))?(?![\d.:])|(\d+)-(\d{1,2})(?![\d.-])|(\d+(?:\.\d+|\.(?![a-z]))?|\.\d+))|([a-z]+)|@)/iy;
const ISO_PART = /(-?)(\d+(?:\.\d*)?|\.\d+)([A-Z])/y;

/** Words that a number may follow without a space, as in `2h30m`. */
const JOINED: ReadonlySet<string> = new Set(['h', 'm', 's', 'd', 'y', 'mon', 'dec']);

/** The limit of PostgreSQL as well. */
const MAX_LENGTH = 256;

function invalid(text: string): SqlValueError {
  return new SqlValueError('22007', `invalid input syntax for type interval: ${quote(text)}`);
}

function parseIso(text: string): Interval {
  const sum = new Sum();
  let inTime = false;
  let parts = 0;
  ISO_PART.lastIndex = 1;
  for (;;) {
    let at = ISO_PART.lastIndex;
    if (at === text.length) break;
    if (text[at] === 'T' && !inTime) {
      inTime = true;
      at++;
      if (at === text.length) break;
    }
    ISO_PART.lastIndex = at;
    const m = ISO_PART.exec(text);
    const units = inTime
      ? { H: 'hour', M: 'minute', S: 'second' }
      : { Y: 'year', M: 'month', W: 'week', D: 'day' };
    const unit = m === null ? undefined : (units as Record<string, IntervalUnit | undefined>)[m[3]!];
    if (m === null || unit === undefined) throw invalid(text);
    sum.add(amountOf(m[1]!, m[2]!), unit);
    parts++;
  }
  if (parts === 0 && !inTime) throw invalid(text);
  return sum.done();
}

function timeOfFields(
  [hours, minutes, seconds = '0']: readonly [string, string, string | undefined],
  text: string,
): number {
  if (Number(minutes) > 59 || Number(seconds) >= 61) {
    throw new SqlValueError('22008', `interval field value out of range: ${quote(text)}`);
  }
  return Number(hours) * HOUR_US + Number(minutes) * MINUTE_US + roundHalfEven(Number(seconds) * SECOND_US);
}

/**
 * Parses PostgreSQL's forms: `7 days`, `1 hour 30 minutes`, `1 mon`, `01:30:00`, `1 12:00`, `1-2` (years-months),
 * `1 year -2 days`, `2h30m`, `1 day ago`, `P1DT2H`. A number without a unit counts in `bareUnit`: the field of
 * `INTERVAL '7' DAY`, or seconds. Throws 22007 for malformed text, as when a unit occurs twice, and 22008 out of range.
 */
export function parseInterval(text: string, bareUnit: IntervalUnit = 'second'): Interval {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > MAX_LENGTH) throw invalid(text);
  if (/^P[^\s]/.test(text)) return parseIso(text);
  const sum = new Sum();
  let pending: Amount | undefined;
  let parts = 0;
  let at = 0;
  const given = new Set<IntervalUnit>();
  const give = (...units: readonly IntervalUnit[]): void => {
    if (units.some((unit) => given.has(unit))) throw invalid(text);
    for (const unit of units) given.add(unit);
  };
  const add = (amount: Amount, unit: IntervalUnit): void => {
    give(...(unit === 'second' && amount.fraction !== 0 ? SECONDS : [unit]));
    sum.add(amount, unit);
  };
  while (at < trimmed.length) {
    TOKEN.lastIndex = at;
    const m = TOKEN.exec(trimmed);
    if (m === null || (at > 0 && /^[+-]/.test(m[0]))) throw invalid(text);
    at = TOKEN.lastIndex;
    const [, sign = '', first, second, third, fraction, years, months, number, name] = m;
    if (first !== undefined) {
      if (pending !== undefined) add(pending, 'day');
      give(...TIME);
      pending = undefined;
      const us = timeOfFields(
        fraction === undefined ? [first, second!, third] : ['0', first, second! + fraction],
        text,
      );
      sum.us += sign === '-' ? -us : us;
      parts++;
    } else if (years !== undefined) {
      if (pending !== undefined || Number(months) > 11) throw invalid(text);
      give('month');
      const count = Number(years) * 12 + Number(months);
      sum.months += sign === '-' ? -count : count;
      parts++;
    } else if (number !== undefined) {
      if (pending !== undefined || (sign !== '' && number.startsWith('.'))) throw invalid(text);
      pending = amountOf(sign, number);
      parts++;
    } else if (name !== undefined) {
      const word = name.toLowerCase();
      const next = trimmed[at] ?? '';
      if (/[-/.]/.test(next) || (/\d/.test(next) && !JOINED.has(word))) throw invalid(text);
      if (word === 'ago' && at === trimmed.length && pending === undefined && parts > 0) {
        return intervalNegate(sum.done());
      }
      const unit = unitNamed(word);
      if (unit === undefined || unit === 'quarter' || pending === undefined) throw invalid(text);
      add(pending, unit);
      pending = undefined;
    } else if (at !== 1) {
      throw invalid(text); // `@` is allowed only at the start
    }
  }
  if (pending !== undefined) add(pending, bareUnit);
  if (parts === 0) throw invalid(text);
  return sum.done();
}
