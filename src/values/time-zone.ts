import { DAY_US, HOUR_US, MINUTE_US, SECOND_US } from './civil.ts';
import { quote } from './quote.ts';
import { SqlValueError } from './sql-error.ts';

const FIXED = /^(?:utc|gmt|z)?\s*(?:([+-])(\d{1,2})(?::(\d{2})(?::(\d{2}))?|(\d{2}))?)?$/i;
const formatters = new Map<string, Intl.DateTimeFormat>();

/** Offset in microseconds east of UTC of `Z`, `UTC`, `+02`, `+0530`, `-03:30`; undefined for a named zone. */
export function fixedOffset(zone: string): number | undefined {
  const m = FIXED.exec(zone);
  if (m === null || zone === '') return undefined;
  const [, sign, hours = '0', minutes = m[5] ?? '0', seconds = '0'] = m;
  if (Number(hours) > 15 || Number(minutes) > 59 || Number(seconds) > 59) {
    throw new SqlValueError('22008', `time zone displacement out of range: ${quote(zone)}`);
  }
  return signedOffset(['', sign, hours, minutes, seconds]);
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  const key = zone.toLowerCase();
  let formatter = formatters.get(key);
  if (formatter === undefined) {
    try {
      formatter = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    } catch {
      throw new SqlValueError('22023', `time zone ${quote(zone)} not recognized`);
    }
    formatters.set(key, formatter);
  }
  return formatter;
}

/** `GMT`, `GMT+05:30`, `GMT-04:56:02`. */
const LONG_OFFSET = /GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?$/;

/** Offset in microseconds east of UTC that a named zone has at an instant (on whole seconds). */
function offsetAt(zone: string, us: number): number {
  const text = formatterOf(zone).format(Math.floor(us / SECOND_US) * 1000);
  const m = LONG_OFFSET.exec(text);
  if (m === null) throw new Error(`no offset in ${JSON.stringify(text)}`);
  return signedOffset(m);
}

function signedOffset([, sign, hours = '0', minutes = '0', seconds = '0']: readonly (
  | string
  | undefined
)[]): number {
  const offset = Number(hours) * HOUR_US + Number(minutes) * MINUTE_US + Number(seconds) * SECOND_US;
  return sign === '-' ? -offset : offset;
}

/**
 * The wall time in `zone` (an offset or an IANA name) at a UTC instant. As in POSIX and PostgreSQL, a bare offset in
 * `AT TIME ZONE '+02'` is west of Greenwich; `posixOffsets: false` reads it as ISO 8601 does.
 */
export function utcToZone(us: number, zone: string, posixOffsets = true): number {
  const fixed = fixedOffset(zone.trim());
  if (fixed !== undefined) return posixOffsets ? us - fixed : us + fixed;
  return us + offsetAt(zone, us);
}

/**
 * The UTC instant of a wall time in `zone`. A wall time that a spring change skips is read with the offset before
 * the change, one that an autumn change repeats with the offset after it (PostgreSQL's rule).
 */
export function zoneToUtc(local: number, zone: string, posixOffsets = true): number {
  const fixed = fixedOffset(zone.trim());
  if (fixed !== undefined) return posixOffsets ? local + fixed : local - fixed;
  const before = offsetAt(zone, local - DAY_US);
  const after = offsetAt(zone, local + DAY_US);
  if (before === after || offsetAt(zone, local - after) === after) return local - after;
  return local - before;
}

/** Whether the zone is an offset or a name that this machine's time zone data has. */
export function isTimeZone(zone: string): boolean {
  try {
    if (fixedOffset(zone.trim()) === undefined) formatterOf(zone);
    return true;
  } catch {
    return false;
  }
}
