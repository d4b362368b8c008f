import { basename, join, resolve } from 'node:path';
import { bindPipeline } from '../pipeline/bind.ts';
import { checkPipeline } from '../pipeline/check.ts';
import type { CheckedPipeline } from '../sql/bind-files.ts';
import { renderDiagnostic } from '../sql/diagnostic.ts';
import { loadPipeline } from '../pipeline/load.ts';
import { loadParser } from '../sql/parser.ts';
import { TestPipeline } from './test-pipeline.ts';

export type { TestChange, TestPipeline } from './test-pipeline.ts';
export type { TestItem, TestRow, TestValue } from './value.ts';

export interface OpenOptions {
  /**
   * Initial time of the clock: an ISO time (`2026-03-15T12:00:00Z`) or a Date. The clock moves only when the test moves
   * it. Default: the time at which the pipeline is opened. Set it if results depend on it.
   */
  readonly now?: string | Date | undefined;
  /** Values of `${NAME}` in the SQL. Default: none, so that a test does not depend on its environment. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Evaluate expressions with the interpreter instead of generated code. Same results, slower. */
  readonly interpret?: boolean | undefined;
}

/**
 * Opens a pipeline in this process. It uses no disk or network, and its clock moves only when the test moves it.
 *
 * `sql` is a folder of .sql files, or the SQL itself as `{ 'file.sql': text }`. Rejects with the rendered errors (file,
 * line, column, hint) if the pipeline has errors.
 *
 * ```ts
 * const p = await openPipeline('pipelines/viewer-engagement', { now: '2026-03-15T12:00:00Z' });
 * p.insert('view_events', [
 *   { viewer_id: 1, content_id: 'a', watch_duration_sec: 600, watched_at: '2026-03-15T11:50:00' },
 * ]);
 * p.rows('viewer_engagement_rolling'); // [{ viewer_id: 1, watch_minutes_7d: 10, ... }]
 * p.advanceBy('8 days');
 * p.changes('viewer_engagement_rolling'); // [{ op: 'update', before: {...}, after: {...} }]
 * ```
 */
export async function openPipeline(
  sql: string | Readonly<Record<string, string>>,
  options: OpenOptions = {},
): Promise<TestPipeline> {
  await loadParser();
  const env = options.env ?? {};
  let checked: CheckedPipeline;
  if (typeof sql === 'string') checked = await loadFolder(sql, env);
  else {
    const files = Object.entries(sql).map(([name, text]) => ({ name, text }));
    checked = checkPipeline(bindPipeline('test', files, env));
  }
  if (checked.pipeline === undefined) {
    const errors = checked.diagnostics.filter((d) => d.severity === 'error');
    const name = typeof sql === 'string' ? basename(sql) : 'the pipeline';
    const { files } = checked;
    // An error of the pipeline as a whole has the pipeline's name as its file.
    const path = (file: string): string =>
      typeof sql !== 'string' ? file : files.has(file) ? join(sql, file) : sql;
    const rendered = errors.map((d) => renderDiagnostic(d, files, { path }));
    throw new Error(`${name} has errors:\n\n${rendered.join('\n\n')}`);
  }
  return new TestPipeline(checked.pipeline, { now: options.now ?? new Date(), interpret: options.interpret });
}

async function loadFolder(folder: string, env: NonNullable<OpenOptions['env']>): Promise<CheckedPipeline> {
  try {
    return await loadPipeline(folder, { env });
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw cause;
    throw new Error(`no such folder: ${resolve(folder)}`, { cause });
  }
}
