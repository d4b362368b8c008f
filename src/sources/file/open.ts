import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import type { SourceDef } from '../../plan/pipeline.ts';
import type { CsvFormat } from '../csv/format.ts';
import { csvFormat } from '../csv/format.ts';
import { SourceError, type SourceReader } from '../source.ts';
import { globToRegExp } from './glob.ts';
import { FileSourceReader, type SourceFile } from './reader.ts';

export interface OpenFileSourceOptions {
  readonly name: string;
  readonly path: string;
  /** Undefined: one JSON record per line. */
  readonly csv?: CsvFormat | undefined;
  readonly maxRecordBytes?: number | undefined;
}

/** Reads one file from front to back, then ends; `.gz` is decompressed. What `replay` reads. */
export function openFileSource({ name, path, csv, maxRecordBytes }: OpenFileSourceOptions): SourceReader {
  const file: SourceFile = { path: resolve(path), shown: basename(path), partition: 0 };
  return new FileSourceReader({ name, csv, maxRecordBytes, list: () => Promise.resolve([file]) });
}

/**
 * A source with connector='posix_fs': all files under `posix_fs.root` (relative to `baseDir`) that match
 * `match_pattern`, read in name order. A file's partition number is a hash of its name below the root, so it stays
 * the same when other files come and go.
 */
export function posixFsSource(source: SourceDef, baseDir: string): SourceReader {
  const option = (key: string): string | undefined => source.options.get(key)?.value;
  const root = option('posix_fs.root');
  if (root === undefined) {
    throw new SourceError(source.name, 'posix_fs.root is missing', {
      hint: "add posix_fs.root = '<folder>' to WITH (...)",
    });
  }
  const matches = matcher(source.name, option('match_pattern'));
  const directory = resolve(baseDir, root);
  const compression = option('compression_format')?.toLowerCase();
  if (compression !== undefined && compression !== 'gzip' && compression !== 'none') {
    throw new SourceError(source.name, `compression_format '${compression}' is not supported`, {
      hint: "use 'gzip' or 'none'",
    });
  }
  return new FileSourceReader({
    name: source.name,
    csv: source.encode === 'csv' ? csvFormat(source) : undefined,
    compression,
    refresh_ms: refreshInterval(source.name, option('refresh.interval.sec')),
    list: () => listFiles(source.name, directory, matches),
  });
}

/** Which files are read; without a pattern all but hidden ones. */
function matcher(source: string, pattern = '**'): RegExp {
  try {
    return globToRegExp(pattern);
  } catch (error) {
    throw new SourceError(source, `match_pattern '${pattern}' is not a pattern of file names`, {
      cause: error,
      hint: "use * and ? within a name, ** across folders, {a,b} and [a-z], such as '**/*.ndjson'",
    });
  }
}

function refreshInterval(source: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds > 0 && seconds <= 86_400)) {
    throw new SourceError(source, `refresh.interval.sec '${text}' is not a number of seconds`);
  }
  return seconds * 1000;
}

async function listFiles(source: string, directory: string, matches: RegExp): Promise<readonly SourceFile[]> {
  let entries;
  try {
    entries = await readdir(directory, { recursive: true, withFileTypes: true });
  } catch (error) {
    throw new SourceError(source, `cannot list ${directory}: ${(error as Error).message}`, {
      cause: error,
      hint: 'posix_fs.root must be a folder that this process may read',
    });
  }
  const files: SourceFile[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const shown = relative(directory, path).split(sep).join('/');
    if (!matches.test(shown)) continue;
    if (!entry.isFile() && !(entry.isSymbolicLink() && (await leadsToFile(path)))) continue;
    files.push({ path, shown, partition: partitionOf(shown) });
  }
  return files.sort((a, b) => (a.shown < b.shown ? -1 : a.shown > b.shown ? 1 : 0));
}

async function leadsToFile(link: string): Promise<boolean> {
  try {
    return (await stat(link)).isFile();
  } catch {
    return false; // it leads nowhere
  }
}

/** 31 bits of the name's hash. */
function partitionOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE(0) >>> 1;
}
