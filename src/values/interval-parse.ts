import { DAY_US, HOUR_US, MINUTE_US, SECOND_US } from './civil.ts';
import { unitNamed } from './date-unit.ts';
import type { DateUnit } from './date-unit.ts';
import { roundHalfEven } from './datetime.ts';
import type { Interval } from './datum.ts';
import { intervalNegate, makeInterval } from './interval.ts';
import { SqlValueError } from './sql-error.ts';

class Sum {
  months = 0;
  days = 0;
  us = 0;

  #addDays(days: number): void {
    const whole = Math.trunc(days);
    this.days += whole;
    this.us += roundHalfEven((days - whole) * DAY_US);
  }
  #addMonths(months: number): void {
    const whole = Math.trunc(months);
    this.months += whole;
    this.#addDays((months - whole) * 30);
  }
  add(value: number, unit: DateUnit): void {
    switch (unit) {
      case 'microsecond':
        this.us += roundHalfEven(value);
        return;
      case 'millisecond':
        this.us += roundHalfEven(value * 1000);
        return;
      case 'second':
        this.us += roundHalfEven(value * SECOND_US);
        return;
      case 'minute':
        this.us += roundHalfEven(value * MINUTE_US);
        return;
      case 'hour':
        this.us += roundHalfEven(value * HOUR_US);
        return;
      case 'day':
        this.#addDays(value);
        return;
      case 'week':
        this.#addDays(value * 7);
        return;
      case 'month':
        this.#addMonths(value);
        return;
      case 'quarter':
        this.#addMonths(value * 3);
        return;
      case 'year':
      case 'decade':
      case 'century':
      case 'millennium': {
        const years = { year: 1, decade: 10, century: 100, millennium: 1000 }[unit] * value;
        this.months += roundHalfEven(years * 12);
      }
    }
  }
  done(): Interval {
    return makeInterval(this.months, this.days, this.us);
  }
}

const TOKEN =
  /\s*(?:([+-]?)(\d+):(\d{1,2})(?::(\d{1,2}(?:\.\d*)?))?|([+-]?)(\d+)-(\d{1,2})(?![\d.])|([+-]?(?:\d+\.?\d*|\.\d+))|([a-z]+)|@)/iy;
const ISO_PART = /([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)([A-Z])/y;

function invalid(text: string): SqlValueError {
  return new SqlValueError('22007', `invalid input syntax for type interval: ${JSON.stringify(text)}`);
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
    const unit = m === null ? undefined : (units as Record<string, DateUnit | undefined>)[m[2]!];
    if (m === null || unit === undefined) throw invalid(text);
    sum.add(Number(m[1]), unit);
    parts++;
  }
  if (parts === 0 && !inTime) throw invalid(text);
  return sum.done();
}

/**
 * Reads PostgreSQL's forms: `7 days`, `1 hour 30 minutes`, `1 mon`, `01:30:00`, `1 12:00`, `1-2` (years-months),
 * `1 year -2 days`, `2h30m`, `1 day ago`, `P1DT2H`. A number without a unit counts in `bareUnit` (the field of
 * `INTERVAL '7' DAY`; seconds otherwise). Throws 22007, and 22008 out of range.
 */
export function parseInterval(text: string, bareUnit: DateUnit = 'second'): Interval {
  const trimmed = text.trim();
  if (trimmed === '') throw invalid(text);
  if (/^P[^\s]/.test(trimmed)) return parseIso(trimmed);
  const sum = new Sum();
  let pending: number | undefined;
  let parts = 0;
  let at = 0;
  while (at < trimmed.length) {
    TOKEN.lastIndex = at;
    const m = TOKEN.exec(trimmed);
    if (m === null) throw invalid(text);
    at = TOKEN.lastIndex;
    if (m[2] !== undefined) {
      if (pending !== undefined) sum.add(pending, 'day');
      pending = undefined;
      const minutes = Number(m[3]);
      const seconds = m[4] === undefined ? 0 : Number(m[4]);
      if (minutes > 59 || seconds >= 61) {
        throw new SqlValueError('22008', `interval field value out of range: ${JSON.stringify(text)}`);
      }
      const us = Number(m[2]) * HOUR_US + minutes * MINUTE_US + roundHalfEven(seconds * SECOND_US);
      sum.us += m[1] === '-' ? -us : us;
      parts++;
    } else if (m[6] !== undefined) {
      const months = Number(m[6]) * 12 + Number(m[7]);
      sum.months += m[5] === '-' ? -months : months;
      parts++;
    } else if (m[8] !== undefined) {
      if (pending !== undefined) throw invalid(text);
      pending = Number(m[8]);
      parts++;
    } else if (m[9] !== undefined) {
      const word = m[9].toLowerCase();
      if (word === 'ago' && at === trimmed.length && pending === undefined && parts > 0) {
        return intervalNegate(sum.done());
      }
      const unit = unitNamed(word);
      if (unit === undefined || unit === 'quarter' || pending === undefined) throw invalid(text);
      sum.add(pending, unit);
      pending = undefined;
    } else if (at !== 1) {
      throw invalid(text); // `@` only leads
    }
  }
  if (pending !== undefined) sum.add(pending, bareUnit);
  if (parts === 0) throw invalid(text);
  return sum.done();
}
