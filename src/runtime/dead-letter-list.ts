import { join } from 'node:path';
import type { Disk } from '../platform/disk.ts';
import { safeName } from './dead-letters.ts';

/** A dead letter as stored in its file, one JSON object per line. */
export interface StoredLetter {
  readonly time: string;
  /** Its origin: either `source` or `sink` is present. */
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
  /** The record, or the key of a sink's row, truncated after 16 KiB. Bytes other than UTF-8 are in `payload_base64`. */
  readonly payload?: string;
  readonly payload_base64?: string;
  /** Size of the complete payload. */
  readonly payload_bytes: number;
}

export interface LetterFilter {
  readonly source?: string | undefined;
  readonly sink?: string | undefined;
  /** Maximum number of letters, the newest ones. */
  readonly limit: number;
  /** Maximum bytes to read per source and sink, from the newest on; unlimited by default. */
  readonly maxBytes?: number | undefined;
}

export interface LetterList {
  /** Dead letters, the newest last. */
  readonly letters: readonly StoredLetter[];
  /** Number of letters that match the filter, in the part that was read. */
  readonly found: number;
  /** Number of letters that came too fast to be written. */
  readonly not_kept: number;
  /** True if all files were read completely. */
  readonly whole: boolean;
}

const FILE = /^(source|sink)-([^.]*)(?:\.(\d{6}))?\.ndjson$/;

/** Reads a folder of dead letters, even while a pipeline writes to it. Returns none if the folder does not exist. */
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

/** Orders the files of a channel by number; the current file, which has none, is the newest. */
function byAge(a: string, b: string): number {
  const age = (name: string): number => Number(FILE.exec(name)?.[3] ?? Infinity);
  return age(a) === age(b) ? 0 : age(a) - age(b);
}

function linesOf(text: string): readonly (StoredLetter | { readonly not_kept: number })[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line.startsWith('{') ? [JSON.parse(line) as StoredLetter | { readonly not_kept: number }] : [];
    } catch {
      return []; // torn by a crash, or still being written
    }
  });
}

/** Reads the last lines of a file; none of a file that was rotated or removed meanwhile. */
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
