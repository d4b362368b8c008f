import { basename, resolve } from 'node:path';
import { readSettings } from '../../connectors/settings.ts';
import type { SourceDef } from '../../plan/pipeline.ts';
import { RECORD_FORMATS, framingOf } from '../formats.ts';
import type { RecordFraming } from '../framing.ts';
import { SourceError, type SourceReader } from '../source.ts';
import { FolderReader } from './folder-reader.ts';
import { globToRegExp } from './glob.ts';
import { POSIX_FS } from './options.ts';
import type { FileReport } from './problem.ts';
import { FileSourceReader } from './reader.ts';

export interface OpenFileSourceOptions {
  readonly name: string;
  readonly path: string;
  /** Default: one record per line. */
  readonly framing?: RecordFraming | undefined;
  readonly maxRecordBytes?: number | undefined;
}

/** Returns a reader that reads one file from start to end and then ends. It decompresses `.gz` files. */
export function openFileSource({ name, path, framing, maxRecordBytes }: OpenFileSourceOptions): SourceReader {
  return new FileSourceReader({ name, path: resolve(path), shown: basename(path), framing, maxRecordBytes });
}

/**
 * Returns the reader of a source with connector = 'posix_fs'. It reads all files under `posix_fs.root` (relative to
 * `baseDir`) that match `match_pattern`, in name order. `report` receives what happens to single files. `refresh_ms`
 * overrides `refresh.interval.sec`, so that tests can check more often than every second. Throws SourceError for an
 * invalid pattern.
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
    framing: framingOf(RECORD_FORMATS.get(source.encode), source),
    isGzip: (name) => (compression === undefined ? name.endsWith('.gz') : compression === 'gzip'),
    refresh_ms: refresh_ms ?? (refreshInterval_s === undefined ? undefined : refreshInterval_s * 1000),
    report,
  });
}

/** Returns an expression for the paths of the files to read: without a pattern, all except hidden ones. */
function matcher(source: string, pattern = '**'): RegExp {
  try {
    return globToRegExp(pattern);
  } catch (error) {
    throw new SourceError(source, `match_pattern '${pattern}' is not a valid glob`, {
      cause: error,
      hint: "use * and ? within a name, ** across folders, {a,b} and [a-z], such as '**/*.ndjson'",
    });
  }
}
