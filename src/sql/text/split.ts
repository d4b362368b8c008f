import { failure } from '../failure.ts';
import type { Reporter } from '../failure.ts';
import { lexemeAt } from './lexeme.ts';
import type { Lexeme } from './lexeme.ts';
import type { SourceText } from './source-text.ts';

/** `[start, end)` of one statement in a SourceText's text, without its semicolon. */
export interface StatementRange {
  readonly start: number;
  readonly end: number;
}

const CLOSING: Record<Lexeme['kind'], { what: string; hint: string }> = {
  string: { what: 'unterminated string', hint: "close it with '" },
  'escape string': { what: 'unterminated string', hint: "close it with '" },
  'unicode string': { what: 'unterminated string', hint: "close it with '" },
  identifier: { what: 'unterminated quoted identifier', hint: 'close it with "' },
  'unicode identifier': { what: 'unterminated quoted identifier', hint: 'close it with "' },
  'dollar string': {
    what: 'unterminated dollar-quoted string',
    hint: 'close it with the tag that opens it',
  },
  'block comment': { what: 'unterminated comment', hint: 'close it with */' },
  'line comment': { what: 'unterminated comment', hint: 'end the line' },
};

/**
 * Splits a file at its semicolons. An unterminated string or comment is reported where it opens. `swallowed` is then
 * the offset at which the statement around it begins; the text from there on is not split.
 */
export function splitStatements(
  source: SourceText,
  reporter: Reporter,
): { readonly statements: StatementRange[]; readonly swallowed: number | undefined } {
  const { text } = source;
  const statements: StatementRange[] = [];
  let start = -1;
  let end = -1;
  for (let i = 0; i < text.length;) {
    const lexeme = lexemeAt(text, i);
    if (lexeme !== undefined && !lexeme.terminated) {
      const { what, hint } = CLOSING[lexeme.kind];
      const newline = text.indexOf('\n', i);
      const shown = newline === -1 ? text.length : newline;
      reporter.report(failure('42601', what, source.span(i, shown), hint).diagnostic);
      return { statements, swallowed: start === -1 ? i : start };
    }
    const next = lexeme?.end ?? i + 1;
    if (lexeme?.kind === 'line comment' || lexeme?.kind === 'block comment' || /\s/.test(text[i]!)) {
      i = next;
      continue;
    }
    if (lexeme === undefined && text[i] === ';') {
      if (start !== -1) statements.push({ start, end });
      start = -1;
    } else {
      if (start === -1) start = i;
      end = next;
    }
    i = next;
  }
  if (start !== -1) statements.push({ start, end });
  return { statements, swallowed: undefined };
}
