import { basename, resolve } from 'node:path';
import { readSettings } from '../../connectors/settings.ts';
import type { SourceDef } from '../../plan/pipeline.ts';
import type { CsvDialect } from '../csv/dialect.ts';
import { csvDialect } from '../csv/dialect.ts';
import { SourceError, type SourceReader } from '../source.ts';
import { FolderReader } from './folder-reader.ts';
import { globToRegExp } from './glob.ts';
import { POSIX_FS } from './options.ts';
import type { FileReport } from './problem.ts';
import { FileSourceReader } from './reader.ts';

export interface OpenFileSourceOptions {
  readonly name: string;
  readonly path: string;
  /** Undefined: one JSON record per line. */
  readonly csv?: CsvDialect | undefined;
  readonly maxRecordBytes?: number | undefined;
}

/** Reads one file from front to back, then ends; `.gz` is decompressed. What `replay` reads. */
export function openFileSource({ name, path, csv, maxRecordBytes }: OpenFileSourceOptions): SourceReader {
  return new FileSourceReader({ name, path: resolve(path), shown: basename(path), csv, maxRecordBytes });
}

/**
 * A source with connector='posix_fs': all files under `posix_fs.root` (relative to `baseDir`) that match
 * `match_pattern`, read in name order. `report` is told what happens to single files. `refresh_ms` replaces what the
 * options say: tests look again sooner than every second.
 */
export function posixFsSource(
  source: SourceDef,
  baseDir: string,
  report: FileReport,
  refresh_ms?: number,
): SourceReader {
  const { root, matchPattern, compression, refreshInterval_s } = readSettings(POSIX_FS, source.options);
  return new FolderReader({
    source: source.name,
    directory: resolve(baseDir, root),
    matches: matcher(source.name, matchPattern),
    csv: source.encode === 'csv' ? csvDialect(source) : undefined,
    isGzip: (name) => (compression === undefined ? name.endsWith('.gz') : compression === 'gzip'),
    refresh_ms: refresh_ms ?? (refreshInterval_s === undefined ? undefined : refreshInterval_s * 1000),
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
