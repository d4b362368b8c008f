import { InvalidArgumentError } from 'commander';
import { parseTimestamptz } from '../values/datetime.ts';
import { SqlValueError } from '../values/sql-error.ts';

// Parsers of option values. Each throws commander's InvalidArgumentError, which commander reports as a usage error
// (exit code 2) that names the option.

export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('expected a port from 0 to 65535 (0 picks a free one)');
  return port;
}

/** Returns a parser of comma-separated names; its error shows `example`. */
export function namesLike(example: string): (text: string) => readonly string[] {
  return (text) => {
    const names = text.split(',').map((name) => name.trim());
    if (names.includes(''))
      throw new InvalidArgumentError(`expected names separated by commas, such as ${example}`);
    return names;
  };
}

const SCALE: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6 };

/** Parses a whole number of at least 0. The suffixes `k` and `m` multiply: `20k`, `1.5m`. */
export function parseCount(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([km]?)$/i.exec(text.replaceAll('_', ''));
  const value = match === null ? Number.NaN : Number(match[1]) * SCALE[match[2]!.toLowerCase()]!;
  if (!Number.isSafeInteger(value))
    throw new InvalidArgumentError('expected a whole number, such as 500, 20k or 1m');
  return value;
}

/** Parses a whole number of at least 1, with the suffixes of {@link parseCount}. */
export function parsePositiveCount(text: string): number {
  const value = parseCount(text);
  if (value === 0) throw new InvalidArgumentError('expected at least 1');
  return value;
}

/** Parses a number of at least 0, such as events per second. */
export function parseRate(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('expected a number of at least 0');
  }
  return value;
}

/** Parses a duration in seconds, from 10 ms to a day. */
export function parseSeconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0.01 && value <= 86_400)) {
    throw new InvalidArgumentError('expected a number of seconds from 0.01 to 86400');
  }
  return value;
}

/** Parses a ratio from 0 to 1. */
export function parseRatio(text: string): number {
  const value = parseRate(text);
  if (value > 1) throw new InvalidArgumentError('expected a ratio from 0 to 1');
  return value;
}

/** Parses a timestamp to microseconds since 1970 UTC. Without a zone it is UTC; without a time of day, midnight. */
export function parseTimestamp(text: string): number {
  try {
    return parseTimestamptz(text);
  } catch (error) {
    if (!(error instanceof SqlValueError)) throw error;
    throw new InvalidArgumentError('expected a time such as 2026-03-15T12:00:00Z or 2026-03-15');
  }
}

/** One file of `--input`. A FILE given without SOURCE= belongs to the source of the pair before it. */
export interface InputFile {
  readonly source: string;
  readonly file: string;
}

export function collectInput(text: string, before: readonly InputFile[] | undefined): readonly InputFile[] {
  const equals = text.indexOf('=');
  const earlier = before ?? [];
  if (equals > 0 && equals < text.length - 1) {
    return [...earlier, { source: text.slice(0, equals), file: text.slice(equals + 1) }];
  }
  const last = earlier.at(-1);
  if (equals !== -1 || last === undefined) {
    throw new InvalidArgumentError('expected SOURCE=FILE, such as view_events=events.ndjson');
  }
  return [...earlier, { source: last.source, file: text }];
}

/** Adds a SOURCE.COLUMN pair of `--time` to a map from source to column. */
export function collectTimeColumn(
  text: string,
  before: ReadonlyMap<string, string> | undefined,
): ReadonlyMap<string, string> {
  const dot = text.indexOf('.');
  if (dot <= 0 || dot === text.length - 1) {
    throw new InvalidArgumentError('expected SOURCE.COLUMN, such as view_events.watched_at');
  }
  return new Map(before).set(text.slice(0, dot), text.slice(dot + 1));
}

/** Returns a parser of a repeated option NAME=VALUE, which collects values by name; its error shows `example`. */
export function parsePairs(
  example: string,
): (text: string, before: ReadonlyMap<string, string> | undefined) => ReadonlyMap<string, string> {
  return (text, before) => {
    const equals = text.indexOf('=');
    if (equals <= 0 || equals === text.length - 1)
      throw new InvalidArgumentError(`expected NAME=VALUE, such as ${example}`);
    return new Map(before).set(text.slice(0, equals), text.slice(equals + 1));
  };
}
