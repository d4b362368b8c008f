import type { Declarations } from '../../connectors/declaration.ts';
import type { Pipeline } from '../../plan/pipeline.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { WINDOW_DAYS } from './f001-window-days.ts';
import { SUM_OF_DISTINCT } from './f002-sum-of-distinct.ts';
import { SHARED_SINK_KEY } from './f003-shared-sink-key.ts';
import { LATEST_START } from './f004-latest-start.ts';
import { GROWING_STATE } from './f005-growing-state.ts';
import { NAIVE_TIMESTAMP } from './f006-naive-timestamp.ts';
import { MIXED_DAYS } from './f009-mixed-days.ts';
import { INTEGER_DIVISION } from './f010-integer-division.ts';
import type { LintRule } from './rule.ts';

/**
 * All rules, by code. Two findings come from elsewhere: F007 (ORDER BY without LIMIT) from the binder, since a plan
 * does not show it, and F008 (watermarks) from the engine.
 */
export const LINT_RULES: readonly LintRule[] = [
  WINDOW_DAYS,
  SUM_OF_DISTINCT,
  SHARED_SINK_KEY,
  LATEST_START,
  GROWING_STATE,
  NAIVE_TIMESTAMP,
  MIXED_DAYS,
  INTEGER_DIVISION,
];

/** Returns the findings of all rules. */
export function lint(pipeline: Pipeline, declarations: Declarations): readonly Diagnostic[] {
  return LINT_RULES.flatMap((rule) => rule.check(pipeline, declarations));
}

/**
 * Returns whether a comment allows a warning: `-- freshet:allow F001` at the end of its line, or on a line of its own
 * above it. Errors cannot be allowed.
 */
export function isAllowed(d: Diagnostic, files: ReadonlyMap<string, string>): boolean {
  const text = files.get(d.span.file);
  if (text === undefined || d.severity === 'error') return false;
  const start = text.lastIndexOf('\n', d.span.start - 1) + 1;
  const newline = text.indexOf('\n', d.span.start);
  const line = text.slice(start, newline === -1 ? text.length : newline);
  const above = text.slice(text.lastIndexOf('\n', start - 2) + 1, Math.max(0, start - 1));
  return allows(line, d.code) || (/^\s*--/.test(above) && allows(above, d.code));
}

function allows(line: string, code: string): boolean {
  const listed = /--.*freshet:allow\s+([A-Za-z0-9, ]+)/.exec(line)?.[1];
  return (
    listed !== undefined &&
    listed
      .toUpperCase()
      .split(/[\s,]+/)
      .includes(code)
  );
}
