import { DAY_US, HOUR_US, laterBy, MINUTE_US, SECOND_US } from './civil.ts';
import { NamedZone } from './named-zone.ts';
import { quote } from './quote.ts';
import { SqlValueError } from './sql-error.ts';
import { zoneAbbreviation } from './zone-abbreviations.ts';

/** `Z`, `UTC`, `+02`, `+0530`, `-03:30`, `UTC+3`. */
const FIXED = /^(?:utc|gmt|z)?\s*(?:([+-])(\d{1,2})(?::(\d{2})(?::(\d{2}))?|(\d{2}))?)?$/i;
/** Any name with an offset, in POSIX notation: `XYZ5`, `XYZ-5:30`, `<+03>-3`. */
const POSIX = /^(?:[a-z]{3,}|<[a-z0-9+-]{3,}>)([+-]?)(\d{1,2})(?::(\d{2})(?::(\d{2}))?)?$/i;
/**
 * Names of zones without a slash in the IANA data, except those that are also abbreviations. Intl knows more such
 * words, with meanings of its own (its BST is in Bangladesh), which are not accepted here.
 */
const PLAIN_NAMES = new Set(
  (
    'cst6cdt cuba egypt eire est5edt gb gb-eire gmt+0 gmt-0 gmt0 greenwich hongkong iceland iran israel jamaica japan ' +
    'kwajalein libya mst7mdt navajo nz nz-chat poland portugal prc pst8pdt roc rok singapore turkey universal w-su'
  ).split(' '),
);
/** Maximum number of zones cached by the text that names them, which may come from data. */
const MAX_REMEMBERED = 1000;

const namedZones = new Map<string, NamedZone>();
const remembered = new Map<string, number | NamedZone>();

/**
 * Returns the offset of a zone in microseconds: east of UTC for `Z`, `UTC`, `+02`, `+0530` and `-03:30`, as in ISO
 * 8601; with the written sign for `UTC+3` and other POSIX names, which count to the west; undefined for a named zone or
 * an abbreviation. Throws 22008 for an offset out of range.
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
 * Returns the zone that AT TIME ZONE names: microseconds east of UTC, or a zone with changes. As in PostgreSQL, a bare
 * offset (`+02`) counts to the west as in POSIX, and an abbreviation takes precedence over a zone of the same name.
 * Throws 22023 for an unknown zone.
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

/** Returns a zone's offset at an instant, in microseconds east of UTC. Throws 22023 for an unknown zone. */
export function zoneOffset(us: number, zone: string): number {
  const found = zoneOf(zone);
  return typeof found === 'number' ? found : found.offsetAt(us);
}

/** Returns the wall time in `zone` at a UTC instant. Throws 22023 for an unknown zone, 22008 out of range. */
export function utcToZone(us: number, zone: string): number {
  return laterBy(us, zoneOffset(us, zone));
}

/**
 * Returns the UTC instant of a wall time in `zone`. A wall time that a spring change skips is read with the offset
 * before the change, one that an autumn change repeats with the offset after it, as in PostgreSQL. Throws 22023 for an
 * unknown zone, 22008 out of range.
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

/** Returns whether `zoneOf` accepts a text: an offset, an abbreviation, or a name in this machine's time zone data. */
export function isTimeZone(zone: string): boolean {
  try {
    zoneOf(zone);
    return true;
  } catch (error) {
    if (!(error instanceof SqlValueError)) throw error;
    return false;
  }
}
