import { DAY_US, HOUR_US, laterBy, MINUTE_US, SECOND_US } from './civil.ts';
import { NamedZone } from './named-zone.ts';
import { quote } from './quote.ts';
import { SqlValueError } from './sql-error.ts';
import { zoneAbbreviation } from './zone-abbreviations.ts';

/** `Z`, `UTC`, `+02`, `+0530`, `-03:30`, `UTC+3`. */
const FIXED = /^(?:utc|gmt|z)?\s*(?:([+-])(\d{1,2})(?::(\d{2})(?::(\d{2}))?|(\d{2}))?)?$/i;
/** Any name with an offset, as POSIX has it: `XYZ5`, `XYZ-5:30`, `<+03>-3`. */
const POSIX = /^(?:[a-z]{3,}|<[a-z0-9+-]{3,}>)([+-]?)(\d{1,2})(?::(\d{2})(?::(\d{2}))?)?$/i;
/**
 * Names of zones without a slash in the IANA data, but for those that are abbreviations too. Intl knows other words, of
 * its own meaning (its BST is in Bangladesh); they are none of ours.
 */
const PLAIN_NAMES = new Set(
  (
    'cst6cdt cuba egypt eire est5edt gb gb-eire gmt+0 gmt-0 gmt0 greenwich hongkong iceland iran israel jamaica japan ' +
    'kwajalein libya mst7mdt navajo nz nz-chat poland portugal prc pst8pdt roc rok singapore turkey universal w-su'
  ).split(' '),
);
/** Zones remembered by the text that named them; the text may come from data. */
const MAX_REMEMBERED = 1000;

const namedZones = new Map<string, NamedZone>();
const remembered = new Map<string, number | NamedZone>();

/**
 * Offset in microseconds of `Z`, `UTC`, `+02`, `+0530`, `-03:30` as ISO 8601 reads it, east of UTC; of `UTC+3` and
 * other POSIX names, which count to the west, with the sign as written. undefined for a named zone or an abbreviation.
 */
export function fixedOffset(zone: string): number | undefined {
  const m = FIXED.exec(zone) ?? POSIX.exec(zone);
  if (m === null || zone === '') return undefined;
  const [, sign, hours = '0', minutes = m[5] ?? '0', seconds = '0'] = m;
  if (Number(hours) > 15 || Number(minutes) > 59 || Number(seconds) > 59) {
    throw new SqlValueError('22008', `time zone displacement out of range: ${quote(zone)}`);
  }
  const size = Number(hours) * HOUR_US + Number(minutes) * MINUTE_US + Number(seconds) * SECOND_US;
  return sign === '-' ? -size : size;
}

/**
 * What stands behind AT TIME ZONE: microseconds east of UTC, or a zone with changes. As in POSIX and PostgreSQL a bare
 * offset (`+02`) counts to the west, and an abbreviation comes before a zone of that name. Throws 22023.
 */
export function zoneOf(text: string): number | NamedZone {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const zone = resolve(text.trim());
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(text, zone);
  return zone;
}

function resolve(name: string): number | NamedZone {
  const meaning = zoneAbbreviation(name);
  if (typeof meaning === 'number') return meaning;
  if (meaning !== undefined) return namedZone(meaning);
  if (PLAIN_NAMES.has(name.toLowerCase())) return namedZone(name);
  const fixed = fixedOffset(name);
  if (fixed !== undefined) return -fixed + 0;
  if (!name.includes('/')) throw unknownZone(name);
  return namedZone(name);
}

function namedZone(name: string): NamedZone {
  const key = name.toLowerCase();
  let zone = namedZones.get(key);
  if (zone === undefined) {
    try {
      zone = new NamedZone(name);
    } catch {
      throw unknownZone(name);
    }
    namedZones.set(key, zone);
  }
  return zone;
}

function unknownZone(name: string): SqlValueError {
  return new SqlValueError('22023', `time zone ${quote(name)} not recognized`);
}

/** Microseconds east of UTC that a zone has at an instant. Throws 22023. */
export function zoneOffset(us: number, zone: string): number {
  const found = zoneOf(zone);
  return typeof found === 'number' ? found : found.offsetAt(us);
}

/** The wall time in `zone` at a UTC instant. Throws 22023, 22008. */
export function utcToZone(us: number, zone: string): number {
  return laterBy(us, zoneOffset(us, zone));
}

/**
 * The UTC instant of a wall time in `zone`. A wall time that a spring change skips is read with the offset before
 * the change, one that an autumn change repeats with the offset after it (PostgreSQL's rule). Throws 22023, 22008.
 */
export function zoneToUtc(local: number, zone: string): number {
  const found = zoneOf(zone);
  if (typeof found === 'number') return laterBy(local, -found);
  const before = found.offsetAt(local - DAY_US);
  const change = found.nextTransition(local - DAY_US, local + 2 * DAY_US);
  if (change === Infinity) return laterBy(local, -before);
  const after = found.offsetAt(change);
  const [early, late] = [local - before, local - after];
  if (early < change && late < change) return laterBy(local, -before);
  if (early > change && late >= change) return laterBy(local, -after);
  return laterBy(local, -Math.min(before, after));
}

/** Whether `zoneOf` takes the text, as an offset, an abbreviation or a name that this machine's time zone data has. */
export function isTimeZone(zone: string): boolean {
  try {
    zoneOf(zone);
    return true;
  } catch (error) {
    if (!(error instanceof SqlValueError)) throw error;
    return false;
  }
}
