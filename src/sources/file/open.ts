import { basename, resolve } from 'node:path';
import type { SourceDef } from '../../plan/pipeline.ts';
import type { CsvFormat } from '../csv/format.ts';
import { csvFormat } from '../csv/format.ts';
import { SourceError, type SourceReader } from '../source.ts';
import { FolderReader } from './folder-reader.ts';
import { globToRegExp } from './glob.ts';
import type { FileReport } from './problem.ts';
import { FileSourceReader } from './reader.ts';

export interface OpenFileSourceOptions {
  readonly name: string;
  readonly path: string;
  /** Undefined: one JSON record per line. */
  readonly csv?: CsvFormat | undefined;
  readonly maxRecordBytes?: number | undefined;
}

/** Reads one file from front to back, then ends; `.gz` is decompressed. What `replay` reads. */
export function openFileSource({ name, path, csv, maxRecordBytes }: OpenFileSourceOptions): SourceReader {
  return new FileSourceReader({ name, path: resolve(path), shown: basename(path), csv, maxRecordBytes });
}

/**
 * A source with connector='posix_fs': all files under `posix_fs.root` (relative to `baseDir`) that match
 * `match_pattern`, read in name order. `report` is told what happens to single files.
 */
export function posixFsSource(source: SourceDef, baseDir: string, report: FileReport): SourceReader {
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
  return new FolderReader({
    source: source.name,
    directory,
    matches,
    csv: source.encode === 'csv' ? csvFormat(source) : undefined,
    isGzip: (name) => (compression === undefined ? name.endsWith('.gz') : compression === 'gzip'),
    refresh_ms: refreshInterval(source.name, option('refresh.interval.sec')),
    report,
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
