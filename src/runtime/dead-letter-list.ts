import { join } from 'node:path';
import type { Disk } from '../platform/disk.ts';
import { safeName } from './dead-letters.ts';

/** A dead letter as its line in the file holds it. */
export interface StoredLetter {
  readonly time: string;
  /** Of the two, the one that it comes from. */
  readonly source?: string;
  readonly sink?: string;
  readonly reason: string;
  readonly message: string;
  readonly column?: string;
  readonly file?: string;
  readonly line?: number;
  readonly topic?: string;
  readonly partition?: string;
  readonly offset?: string;
  /** As it came, cut after 16 KiB; bytes that are no UTF-8 are base64. Of a sink, the key of the row. */
  readonly payload?: string;
  readonly payload_base64?: string;
  /** Of the whole record. */
  readonly payload_bytes: number;
}

export interface LetterFilter {
  readonly source?: string | undefined;
  readonly sink?: string | undefined;
  /** So many of the newest. */
  readonly limit: number;
  /** How much of the newest files is looked at, per source and sink. */
  readonly maxBytes?: number | undefined;
}

export interface LetterList {
  /** The newest last. */
  readonly letters: readonly StoredLetter[];
  /** How many fit the filter, of what was looked at. */
  readonly found: number;
  /** More than could be written came at once; they were only counted. */
  readonly not_kept: number;
  /** All files were looked at. */
  readonly whole: boolean;
}

const FILE = /^(source|sink)-([^.]*)(?:\.(\d{6}))?\.ndjson$/;

/** Reads a folder of dead letters, also while a pipeline writes it. None if it is not there. */
export async function listDeadLetters(
  disk: Disk,
  directory: string,
  filter: LetterFilter,
): Promise<LetterList> {
  const { source, sink, limit, maxBytes = Infinity } = filter;
  const wanted = [
    ...(source === undefined ? [] : [`source-${safeName(source)}`]),
    ...(sink === undefined ? [] : [`sink-${safeName(sink)}`]),
  ];
  const channels = new Map<string, string[]>();
  for (const name of (await disk.list(directory)).toSorted(byAge)) {
    const match = FILE.exec(name);
    const channel = match === null ? undefined : `${match[1]}-${match[2]}`;
    if (channel === undefined || (wanted.length > 0 && !wanted.includes(channel))) continue;
    channels.set(channel, [...(channels.get(channel) ?? []), name]);
  }
  let letters: StoredLetter[] = [];
  let found = 0;
  let notKept = 0;
  let whole = true;
  for (const names of channels.values()) {
    let left = maxBytes;
    for (const name of names.toReversed()) {
      const text = left <= 0 ? undefined : await readEnd(disk, join(directory, name), left);
      whole &&= text?.isWhole === true;
      if (text === undefined) break;
      left -= text.bytes;
      const lines = linesOf(text.text);
      const here = lines.filter((line): line is StoredLetter => 'reason' in line);
      found += here.length;
      for (const line of lines) if ('not_kept' in line) notKept += line.not_kept;
      letters = [...here, ...letters].toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
      letters = letters.slice(-limit);
    }
  }
  return { letters, found, not_kept: notKept, whole };
}

/** The current file of a channel, which has no number, is its newest. */
function byAge(a: string, b: string): number {
  const age = (name: string): number => Number(FILE.exec(name)?.[3] ?? Infinity);
  return age(a) === age(b) ? 0 : age(a) - age(b);
}

function linesOf(text: string): readonly (StoredLetter | { readonly not_kept: number })[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line.startsWith('{') ? [JSON.parse(line) as StoredLetter | { readonly not_kept: number }] : [];
    } catch {
      return []; // torn by a crash, or being written
    }
  });
}

/** The last lines of a file; a file that was set aside or removed meanwhile has none. */
async function readEnd(
  disk: Disk,
  path: string,
  maxBytes: number,
): Promise<{ readonly text: string; readonly bytes: number; readonly isWhole: boolean }> {
  const size = await disk.size(path);
  const reader = size === undefined ? undefined : await disk.openRead(path).catch(() => undefined);
  if (size === undefined || reader === undefined) return { text: '', bytes: 0, isWhole: true };
  const from = Math.max(0, size - maxBytes);
  const bytes = new Uint8Array(size - from);
  try {
    const read = await reader.read(bytes, from);
    const text = new TextDecoder().decode(bytes.subarray(0, read));
    return {
      text: from === 0 ? text : text.slice(text.indexOf('\n') + 1),
      bytes: size - from,
      isWhole: from === 0,
    };
  } finally {
    await reader.close();
  }
}
