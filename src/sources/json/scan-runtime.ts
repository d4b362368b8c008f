import { DAY_US, daysFromCivil, daysInMonth } from '../../values/civil.ts';

/** Powers of ten that a double holds exactly. */
export const POW10 = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** The last day, in the year 2255, whose microseconds are all exact doubles. */
const MAX_EXACT_DAY = 104_248;

/** Caches the day number of the last `YYYY-MM-DD`, because most records of a stream share the day of the one before. */
export class DayCache {
  /** Bytes 0-3, 4-7 and 6-9 of the date. The initial values match no date: d1 and d2 disagree where they overlap. */
  d0 = 0;
  d1 = 0;
  d2 = -1;
  day = 0;
  day_us = 0;

  /** Caches the date at `p`. Returns false if it is not a date, or is more than MAX_EXACT_DAY days from 1970. */
  load(bytes: Uint8Array, view: DataView, p: number): boolean {
    const year = digits(bytes, p, 4);
    const month = digits(bytes, p + 5, 2);
    const day = digits(bytes, p + 8, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return false;
    if (bytes[p + 4] !== 45 || bytes[p + 7] !== 45) return false;
    const number = daysFromCivil(year, month, day);
    if (number > MAX_EXACT_DAY || number < -MAX_EXACT_DAY) return false;
    this.d0 = view.getInt32(p, true);
    this.d1 = view.getInt32(p + 4, true);
    this.d2 = view.getInt32(p + 6, true);
    this.day = number;
    this.day_us = number * DAY_US;
    return true;
  }
}

function digits(bytes: Uint8Array, p: number, n: number): number {
  let x = 0;
  for (let i = p; i < p + n; i++) {
    const digit = bytes[i]! - 48;
    if (digit < 0 || digit > 9) return -1;
    x = x * 10 + digit;
  }
  return x;
}

/** An integer of 16 to 19 digits as two 32-bit words, because it may not fit a double. */
export class WideInteger {
  low = 0;
  high = 0;

  /** Reads the digits [from, to). Returns false if the number is out of the range of BIGINT. */
  read(bytes: Uint8Array, from: number, to: number, negative: boolean): boolean {
    const split = to - 9;
    let top = 0; // at most 10 digits
    let bottom = 0; // 9 digits
    for (let i = from; i < split; i++) top = top * 10 + (bytes[i]! - 48);
    for (let i = split; i < to; i++) bottom = bottom * 10 + (bytes[i]! - 48);
    // top * 1e9 + bottom, with top = upper * 2^16 + lower: every product stays below 2^53
    const upper = Math.floor(top / 65_536);
    const a = upper * 1e9;
    const b = (top - upper * 65_536) * 1e9 + bottom;
    const aHigh = Math.floor(a / 65_536);
    const bHigh = Math.floor(b / 4_294_967_296);
    const sum = (a - aHigh * 65_536) * 65_536 + (b - bHigh * 4_294_967_296);
    const carry = sum >= 4_294_967_296 ? 1 : 0;
    const low = sum - carry * 4_294_967_296;
    const high = aHigh + bHigh + carry;
    if (high > 0x7fffffff && !(negative && high === 0x80000000 && low === 0)) return false;
    if (!negative) {
      this.low = low | 0;
      this.high = high | 0;
    } else {
      this.low = -low | 0;
      this.high = low === 0 ? -high | 0 : ~(high | 0);
    }
    return true;
  }
}
