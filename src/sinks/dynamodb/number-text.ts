import type { Column } from '../../engine/column.ts';
import { LIMB } from '../../engine/dec28.ts';
import { realAsShortestDouble } from '../../values/double.ts';
import { numericFormat } from '../../values/numeric.ts';
import { ItemError } from './item-error.ts';

/** DynamoDB's numbers have at most 38 significant digits and a magnitude of 1E-130 to 9.99...E+125. */
const MAX_DIGITS = 38;
const MAX_MAGNITUDE = 1e126;
const MIN_MAGNITUDE = 1e-130;

/** Returns BIGINT `i` as decimal text. A bigint is made only if a double cannot hold the value. */
export function bigintText(column: Column, i: number): string {
  const low = column.w[2 * i]!;
  const high = column.w[2 * i + 1]!;
  if (high === low >> 31) return `${low}`;
  if (high >= -0x200000 && high < 0x200000) return `${high * 0x100000000 + (low >>> 0)}`;
  return `${column.v[i] as bigint}`;
}

/** Returns NUMERIC `i` as decimal text, directly from its limbs. */
export function numericText(column: Column, i: number): string {
  let whole = column.v[i] as number;
  let f1 = column.f1[i]!;
  let f2 = column.f2[i]!;
  if (Number.isNaN(whole)) return numericFormat(column.big[i]!);
  if (f1 === 0 && f2 === 0) return `${whole}`;
  let sign = '';
  if (whole < 0) {
    // The fraction's limbs are added to the whole part: -0.25 is stored as -1 + 0.75. Convert to sign and magnitude.
    sign = '-';
    whole = -whole - 1;
    f1 = f2 === 0 ? LIMB - f1 : LIMB - 1 - f1;
    f2 = f2 === 0 ? 0 : LIMB - f2;
  }
  const fraction = f2 === 0 ? digits14(f1) : digits14(f1) + digits14(f2);
  let end = fraction.length;
  while (fraction.charCodeAt(end - 1) === 48) end--;
  return `${sign}${whole}.${fraction.slice(0, end)}`;
}

function digits14(limb: number): string {
  return `${limb}`.padStart(14, '0');
}

/** Returns the shortest text of a DOUBLE PRECISION. Throws ItemError if DynamoDB cannot hold it. */
export function doubleText(x: number): string {
  checkMagnitude(x);
  return `${x}`;
}

/** Returns the shortest text that reads back as the same REAL. Throws ItemError if DynamoDB cannot hold it. */
export function realText(x: number): string {
  checkMagnitude(x);
  return `${realAsShortestDouble(x)}`;
}

function checkMagnitude(x: number): void {
  if (!Number.isFinite(x)) throw new ItemError('not_a_number', `${x} is not a number that DynamoDB can hold`);
  const magnitude = Math.abs(x);
  if (magnitude !== 0 && (magnitude >= MAX_MAGNITUDE || magnitude < MIN_MAGNITUDE)) {
    throw new ItemError('number_out_of_range', `${x} is outside DynamoDB's range of 1E-130 to 9.99E+125`);
  }
}

/** Returns a JSON number's text, unchanged. Throws ItemError if DynamoDB cannot hold it. */
export function checkedNumberText(text: string): string {
  // A text without an exponent that is this short is within all limits.
  if (text.length <= MAX_DIGITS && !/[eE]/.test(text)) return text;
  const digits = text
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '');
  if (digits.length > MAX_DIGITS) {
    throw new ItemError(
      'too_many_digits',
      `number ${abbreviate(text)} has ${digits.length} significant digits; DynamoDB allows ${MAX_DIGITS}`,
    );
  }
  if (digits !== '') {
    const magnitude = Math.abs(Number(text));
    if (magnitude >= MAX_MAGNITUDE || magnitude < MIN_MAGNITUDE) {
      throw new ItemError(
        'number_out_of_range',
        `${abbreviate(text)} is outside DynamoDB's range of 1E-130 to 9.99E+125`,
      );
    }
  }
  return text;
}

function abbreviate(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
