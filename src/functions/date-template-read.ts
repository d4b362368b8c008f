import {
  daysFromCivil,
  daysInMonth,
  isLeapYear,
  HOUR_US,
  MINUTE_US,
  SECOND_US,
  timestampFrom,
} from '../values/civil.ts';
import { quote } from '../values/quote.ts';
import { SqlValueError } from '../values/sql-error.ts';
import { MONTHS, parseTemplate, ROMAN_MONTHS } from './date-template.ts';
import type { DateField, TemplateNode } from './date-template.ts';

const DIGITS: Partial<Record<DateField, number>> = {
  HH24: 2,
  HH12: 2,
  MI: 2,
  SS: 2,
  SSSS: 5,
  MS: 3,
  US: 6,
  FF1: 1,
  FF2: 2,
  FF3: 3,
  FF4: 4,
  FF5: 5,
  FF6: 6,
  YYYY: 4,
  YYY: 3,
  YY: 2,
  Y: 1,
  MM: 2,
  DDD: 3,
  DD: 2,
};

const SEPARATOR = /[\s\p{P}\p{S}]/u;

/** Fields that are read as names, not as digits. */
const NAMED: ReadonlySet<DateField> = new Set(['MONTH', 'MON', 'RM', 'AM']);

function invalid(text: string, template: string): SqlValueError {
  return new SqlValueError('22007', `${quote(text)} does not match the template ${JSON.stringify(template)}`);
}

/** Returns the year that YYY, YY or Y means with fewer than four digits: the one nearest to 2020. */
function fullYear(year: number): number {
  if (year < 70) return year + 2000;
  if (year < 100) return year + 1900;
  if (year < 520) return year + 2000;
  return year < 1000 ? year + 1000 : year;
}

class Reader {
  readonly #text: string;
  readonly #template: string;
  #at = 0;
  year = 1;
  month = 1;
  day = 1;
  dayOfYear: number | undefined;
  hour = 0;
  minute = 0;
  second = 0;
  /** Milliseconds of MS. They and `us`, of the finer fields, add up. */
  ms = 0;
  us = 0;
  afternoon: boolean | undefined;
  /** Whether the hour is of a 12-hour clock. Without AM or PM it is before noon. */
  twelveHours = false;

  constructor(text: string, template: string) {
    this.#text = text;
    this.#template = template;
  }

  #fail(): never {
    throw invalid(this.#text, this.#template);
  }

  literal(text: string): void {
    for (const c of text) {
      const isSeparator = SEPARATOR.test(c);
      // A separator matches any one separator of the text, or nothing. Any other character skips one of the text.
      if (this.#at < this.#text.length && (!isSeparator || SEPARATOR.test(this.#text[this.#at]!))) this.#at++;
    }
  }

  field(node: TemplateNode & { kind: 'field' }, next: TemplateNode | undefined): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
    switch (node.field) {
      case 'MONTH':
      case 'MON': {
        const rest = this.#text.slice(this.#at).toLowerCase();
        const names = MONTHS.map((name) => (node.field === 'MONTH' ? name : name.slice(0, 3)).toLowerCase());
        const index = names.findIndex((name) => rest.startsWith(name));
        if (index < 0) this.#fail();
        this.month = index + 1;
        this.#at += names[index]!.length;
        return;
      }
      case 'RM': {
        const word = /^[ivx]+/i.exec(this.#text.slice(this.#at))?.[0].toUpperCase() ?? '';
        const index = ROMAN_MONTHS.findLastIndex((numeral) => word.startsWith(numeral));
        if (index < 0) this.#fail();
        this.month = index + 1;
        this.#at += ROMAN_MONTHS[index]!.length;
        return;
      }
      case 'AM': {
        const m = /^([ap])\.?m\.?/i.exec(this.#text.slice(this.#at));
        if (m === null) this.#fail();
        this.afternoon = m[1]!.toLowerCase() === 'p';
        this.#at += m[0].length;
        return;
      }
      default: {
        const width = DIGITS[node.field];
        if (width === undefined) throw unreadable(node.text);
        // If no digits follow in the template, the field takes all digits of the text.
        const isOpen = node.fill || node.ordinal !== '' || !isDigits(next);
        const digits = (isOpen ? /^\d+/ : new RegExp(`^\\d{1,${width}}`)).exec(
          this.#text.slice(this.#at),
        )?.[0];
        if (digits === undefined) this.#fail();
        this.#at += digits.length + node.ordinal.length;
        this.#number(node.field, Number(digits), digits.length);
      }
    }
  }

  #number(field: DateField, n: number, digits: number): void {
    switch (field) {
      case 'YYYY':
        this.year = n;
        return;
      case 'YYY':
      case 'YY':
      case 'Y':
        this.year = digits < 4 ? fullYear(n) : n;
        return;
      case 'MM':
        this.month = n;
        return;
      case 'DD':
        this.day = n;
        return;
      case 'DDD':
        this.dayOfYear = n === 0 ? undefined : n;
        return;
      case 'HH24':
        this.hour = n;
        return;
      case 'HH12':
        this.hour = n;
        this.twelveHours = true;
        return;
      case 'MI':
        this.minute = n;
        return;
      case 'SS':
        this.second = n;
        return;
      case 'SSSS':
        this.hour = Math.floor(n / 3600);
        this.minute = Math.floor(n / 60) % 60;
        this.second = n % 60;
        return;
      case 'MS':
        this.ms = n * 10 ** Math.max(3 - digits, 0);
        return;
      default:
        this.us = n * 10 ** Math.max(6 - digits, 0); // US, FFn: digits of a fraction
    }
  }

  done(): number {
    const { year, month, day } = this;
    const fraction_us = this.ms * 1000 + this.us;
    let { hour } = this;
    if (this.twelveHours || this.afternoon !== undefined) {
      if (hour < 1 || hour > 12) this.#fail();
      hour = (hour % 12) + (this.afternoon === true ? 12 : 0);
    }
    const inRange =
      year >= 1 &&
      month >= 1 &&
      month <= 12 &&
      day >= 1 &&
      day <= daysInMonth(year, month) &&
      (this.dayOfYear ?? 0) <= (isLeapYear(year) ? 366 : 365) &&
      hour < 24 &&
      this.minute < 60 &&
      this.second < 60 &&
      fraction_us < SECOND_US;
    if (!inRange) {
      throw new SqlValueError('22008', `date/time field value out of range: ${quote(this.#text)}`);
    }
    const date =
      this.dayOfYear === undefined ? daysFromCivil(year, month, day) : daysFromCivil(year, 1, this.dayOfYear);
    const time = hour * HOUR_US + this.minute * MINUTE_US + this.second * SECOND_US + fraction_us;
    return timestampFrom(date, time);
  }
}

/** Returns whether a node reads digits, which the field before it must leave. */
function isDigits(node: TemplateNode | undefined): boolean {
  if (node === undefined) return false;
  return node.kind === 'field' ? !NAMED.has(node.field) : /^\d/.test(node.text);
}

function unreadable(pattern: string): SqlValueError {
  return new SqlValueError(
    '0A000',
    `template pattern ${JSON.stringify(pattern)} is not supported for reading`,
  );
}

/** Throws 0A000 for a template with a pattern that cannot be read. */
export function checkReadable(template: string): void {
  for (const node of parseTemplate(template)) {
    if (node.kind === 'literal' || NAMED.has(node.field) || DIGITS[node.field] !== undefined) continue;
    throw unreadable(node.text);
  }
}

/**
 * Returns `to_timestamp(text, template)` in microseconds since 1970, UTC. Throws 22007 if the text does not match,
 * 22008 for a field out of range, and 0A000 for a pattern that cannot be read.
 */
export function readDateTime(text: string, template: string): number {
  const reader = new Reader(text, template);
  const nodes = parseTemplate(template);
  nodes.forEach((node, i) => {
    if (node.kind === 'literal') reader.literal(node.text);
    else reader.field(node, nodes[i + 1]);
  });
  return reader.done();
}
