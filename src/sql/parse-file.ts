import type { Span } from '../plan/expr.ts';
import { parseStatement } from './ddl/parse-statement.ts';
import type { Statement } from './ddl/statement.ts';
import { failure } from './failure.ts';
import type { Reporter, SqlFailure } from './failure.ts';
import { substitute } from './text/source-text.ts';
import type { Environment, SourceText } from './text/source-text.ts';
import { splitStatements } from './text/split.ts';
import { foldCase, tokenize } from './text/tokens.ts';
import type { Token } from './text/tokens.ts';

/** One .sql file of a pipeline. */
export interface PipelineFile {
  /** The name that messages show. */
  readonly name: string;
  readonly text: string;
  /** Offset into `text` at which the file's bytes stop being UTF-8; undefined if all of them are. */
  readonly badTextAt?: number | undefined;
}

const MAX_FILE_LENGTH = 2_000_000;

/** Returns the file without its byte order mark, which editors do not count as a column. */
export function withoutByteOrderMark(file: PipelineFile): PipelineFile {
  if (!file.text.startsWith('\uFEFF')) return file;
  const { badTextAt } = file;
  return {
    ...file,
    text: file.text.slice(1),
    badTextAt: badTextAt === undefined ? undefined : badTextAt - 1,
  };
}

/** A statement with its text and its place. */
export interface ParsedStatement {
  readonly statement: Statement;
  readonly source: SourceText;
  /** Its tokens, without comments. */
  readonly tokens: readonly Token[];
  readonly text: string;
  readonly span: Span;
  /** Whether NULL replaces an unset variable outside its strings: the columns it defines are then uncertain. */
  readonly isGuess: boolean;
}

/** The statements of one file. */
export interface ParsedFile {
  readonly statements: readonly ParsedStatement[];
  /** Names that the failed statements would define. Statements that read them are not reported as well. */
  readonly failed: readonly string[];
}

/** Parses each statement of a file on its own, and reports those that fail. */
export function parseFile(file: PipelineFile, env: Environment, reporter: Reporter): ParsedFile {
  const { text } = file;
  const unreadable = unreadableFile(file);
  if (unreadable !== undefined) {
    reporter.report(unreadable.diagnostic);
    return { statements: [], failed: createdNames(text) };
  }
  const source = substitute(file.name, text, env, reporter);
  reporter.ignoreAt(source.holes);
  const { statements: ranges, swallowed } = splitStatements(source, reporter);
  const statements: ParsedStatement[] = [];
  const failed: string[] = swallowed === undefined ? [] : createdNames(source.text.slice(swallowed));
  for (const { start, end } of ranges) {
    const parsed = reporter.attempt(() => {
      const tokens = tokenize(source, { start, end });
      return { statement: parseStatement(source, tokens), tokens };
    });
    const own = source.text.slice(start, end);
    if (parsed === undefined) failed.push(...createdNames(own));
    else {
      const isGuess = source.hasBareHole(start, end);
      statements.push({ ...parsed, source, text: own, span: source.span(start, end), isGuess });
    }
  }
  return { statements, failed };
}

/** Returns why a file cannot be parsed at all: its size or its encoding; undefined if it can. */
function unreadableFile({ name, text, badTextAt }: PipelineFile): SqlFailure | undefined {
  if (text.length > MAX_FILE_LENGTH) {
    const message = `the file has more than ${MAX_FILE_LENGTH} characters`;
    return failure('54000', message, { file: name, start: 0, end: 0 }, 'split it into several files');
  }
  if (badTextAt !== undefined) {
    const span = { file: name, start: badTextAt, end: badTextAt + 1 };
    return failure('22021', 'the file is not UTF-8 text from here on', span, 'save it as UTF-8');
  }
  // PostgreSQL's parser would read a NUL as the end of the text.
  const nul = text.indexOf('\0');
  if (nul === -1) return undefined;
  const span = { file: name, start: nul, end: nul + 1 };
  return failure('22021', 'the file holds a NUL character', span, 'remove it; SQL files are UTF-8 text');
}

const CREATE_NAME =
  /\bcreate\s+(?:or\s+replace\s+)?(?:materialized\s+)?\w+\s+(?:if\s+not\s+exists\s+)?(?:public\s*\.\s*)?("(?:[^"]|"")*"|[\w$\u0080-\uffff]+)/gi;

/**
 * Returns the names that the CREATE statements of an unparsable text would define, found by a regular expression. A
 * text in which semicolons are missing holds several.
 */
export function createdNames(text: string): string[] {
  return [...text.matchAll(CREATE_NAME)].map((m) => {
    const name = m[1]!;
    return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : foldCase(name);
  });
}
