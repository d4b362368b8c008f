import { DAY_US, daysFromCivil, HOUR_US, MINUTE_US, SECOND_US } from './civil.ts';
import { SqlValueError } from './sql-error.ts';

const FIXED = /^(?:utc|gmt|z)?\s*(?:([+-])(\d{1,2})(?::?(\d{2})(?::?(\d{2}))?)?)?$/i;
const formatters = new Map<string, Intl.DateTimeFormat>();

/** Offset in microseconds east of UTC of `Z`, `UTC`, `+02`, `+0530`, `-03:30`; undefined for a named zone. */
export function fixedOffset(zone: string): number | undefined {
  const m = FIXED.exec(zone);
  if (m === null || zone === '') return undefined;
  if (m[1] === undefined) return 0;
  const hours = Number(m[2]);
  const minutes = Number(m[3] ?? 0);
  const seconds = Number(m[4] ?? 0);
  if (hours > 15 || minutes > 59 || seconds > 59) {
    throw new SqlValueError('22008', `time zone displacement out of range: ${JSON.stringify(zone)}`);
  }
  const offset = hours * HOUR_US + minutes * MINUTE_US + seconds * SECOND_US;
  return m[1] === '-' ? -offset : offset;
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  const key = zone.toLowerCase();
  let formatter = formatters.get(key);
  if (formatter === undefined) {
    try {
      formatter = new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        calendar: 'iso8601',
        numberingSystem: 'latn',
        hourCycle: 'h23',
        era: 'short',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch {
      throw new SqlValueError('22023', `time zone ${JSON.stringify(zone)} not recognized`);
    }
    formatters.set(key, formatter);
  }
  return formatter;
}

/** Offset in microseconds east of UTC that a named zone has at an instant (on whole seconds). */
function offsetAt(zone: string, us: number): number {
  const seconds = Math.floor(us / SECOND_US);
  let year = 0;
  let month = 1;
  let day = 1;
  let time = 0;
  for (const part of formatterOf(zone).formatToParts(seconds * 1000)) {
    const n = Number(part.value);
    if (part.type === 'year') year = n;
    else if (part.type === 'month') month = n;
    else if (part.type === 'day') day = n;
    else if (part.type === 'hour') time += n * 3600;
    else if (part.type === 'minute') time += n * 60;
    else if (part.type === 'second') time += n;
    else if (part.type === 'era' && part.value.startsWith('B')) year = -1;
  }
  if (year <= 0) return 0;
  return (daysFromCivil(year, month, day) * 86_400 + time - seconds) * SECOND_US;
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
