import type { Span } from '../plan/expr.ts';

/** One finding about a pipeline's text: what is wrong, where, and what to do about it. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** A SQLSTATE such as `42703`, or the code of a rule such as `F001`. */
  readonly code: string;
  /** Lower case, without a full stop. */
  readonly message: string;
  readonly hint?: string | undefined;
  readonly span: Span;
}

/** A position as people read it: both 1-based, columns counted in characters (code points). */
export interface LineColumn {
  readonly line: number;
  readonly column: number;
}

/** Returns line and column of a UTF-16 offset. An offset beyond the text counts as its end. */
export function lineColumn(text: string, offset: number): LineColumn {
  const end = Math.min(offset, text.length);
  let line = 1;
  let start = 0;
  for (let i = text.indexOf('\n'); i !== -1 && i < end; i = text.indexOf('\n', i + 1)) {
    line++;
    start = i + 1;
  }
  return { line, column: characters(text.slice(start, end)) + 1 };
}

/** How findings are shown. */
export interface DiagnosticStyle {
  /** Returns the name to show for a file. By default files are shown by their own names. */
  readonly path?: (file: string) => string;
  /** Whether to add ANSI colours. */
  readonly colour?: boolean;
}

/**
 * Returns a diagnostic as lines of text: `file:line:column: error[code]: message`, the source line with the place
 * underlined, and the hint. `files` holds the text of each file by name.
 */
export function renderDiagnostic(
  d: Diagnostic,
  files: ReadonlyMap<string, string>,
  style: DiagnosticStyle = {},
): string {
  const text = files.get(d.span.file);
  const paint = (code: string, s: string): string =>
    style.colour === true ? `\u001b[${code}m${s}\u001b[0m` : s;
  const loud = (s: string): string => paint(d.severity === 'error' ? '1;31' : '1;33', s);
  const path = style.path?.(d.span.file) ?? d.span.file;
  const head = (at: string): string =>
    `${paint('1', `${path}${at}`)}: ${loud(`${d.severity}[${d.code}]`)}: ${clean(d.message)}`;
  const lines: string[] = [];
  if (text === undefined) {
    lines.push(head(''));
  } else {
    const { line, column } = lineColumn(text, d.span.start);
    const excerpt = excerptOf(text, d.span);
    const gutter = String(line);
    const blank = ' '.repeat(gutter.length);
    lines.push(head(`:${line}:${column}`));
    lines.push(
      `${blank} |`,
      `${gutter} | ${excerpt.line}`,
      `${blank} | ${beforeMarks(excerpt.marks)}${loud(excerpt.marks.trimStart())}`,
    );
  }
  if (d.hint !== undefined) lines.push(`${paint('36', 'hint')}: ${clean(d.hint)}`);
  return lines.join('\n');
}

/** Returns the diagnostics sorted by file, in the order given, then by position. */
export function sortDiagnostics(
  diagnostics: readonly Diagnostic[],
  fileOrder: readonly string[],
): Diagnostic[] {
  const rank = new Map(fileOrder.map((name, i) => [name, i]));
  return diagnostics.toSorted(
    (a, b) =>
      (rank.get(a.span.file) ?? 0) - (rank.get(b.span.file) ?? 0) ||
      a.span.start - b.span.start ||
      a.span.end - b.span.end,
  );
}

const beforeMarks = (marks: string): string => ' '.repeat(marks.length - marks.trimStart().length);

const MAX_EXCERPT = 160;

function excerptOf(text: string, span: Span): { line: string; marks: string } {
  const at = Math.min(span.start, text.length);
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const newline = text.indexOf('\n', at);
  const lineEnd = newline === -1 ? text.length : newline;
  // A very long line, as of a generated file, is cut to a window around the place.
  let from = lineStart;
  let to = lineEnd;
  if (to - from > MAX_EXCERPT) {
    from = Math.max(lineStart, at - MAX_EXCERPT / 2);
    to = Math.min(lineEnd, from + MAX_EXCERPT);
  }
  const prefix = from > lineStart ? '...' : '';
  const suffix = to < lineEnd ? '...' : '';
  const shown = clean(text.slice(from, to));
  const before = prefix.length + width(clean(text.slice(from, at)));
  const marked = width(clean(text.slice(at, Math.min(Math.max(span.end, at), to))));
  return {
    line: `${prefix}${shown}${suffix}`.trimEnd(),
    marks: `${' '.repeat(before)}${'^'.repeat(Math.max(1, marked))}`,
  };
}

/** Removes what would shift the caret (tabs, changes of text direction) or control the terminal. */
function clean(s: string): string {
  return (
    s
      .replace(/\t/g, '  ')
      // oxlint-disable-next-line no-control-regex
      .replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
      .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
  );
}

function characters(s: string): number {
  let n = 0;
  for (const _ of s) n++;
  return n;
}

/** Returns a text's width in a terminal: two columns for East Asian wide characters and emoji, none for marks. */
function width(s: string): number {
  let n = 0;
  for (const c of s) {
    if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(c)) continue;
    n += WIDE.test(c) ? 2 : 1;
  }
  return n;
}
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
