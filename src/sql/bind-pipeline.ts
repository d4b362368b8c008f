import type { LogicalViewDef, Pipeline, SinkDef, SourceDef, ViewDef } from '../plan/pipeline.ts';
import type { PlanColumn } from '../plan/nodes.ts';
import type { Span } from '../plan/expr.ts';
import { bindSink } from './bind/bind-sink.ts';
import { bindSource } from './bind/bind-source.ts';
import { bindLogicalView, bindMaterializedView } from './bind/bind-view.ts';
import { Catalog } from './bind/catalog.ts';
import { keysOf } from './bind/plan-keys.ts';
import { parseStatement } from './ddl/parse-statement.ts';
import type { Statement } from './ddl/statement.ts';
import { sortDiagnostics } from './diagnostic.ts';
import type { Diagnostic } from './diagnostic.ts';
import { Reporter, failure } from './failure.ts';
import type { SqlFailure } from './failure.ts';
import { isAllowed, lint } from './lint/lint.ts';
import { substitute } from './text/source-text.ts';
import type { Environment } from './text/source-text.ts';
import { splitStatements } from './text/split.ts';
import { foldCase, tokenize } from './text/tokens.ts';

/** One .sql file of a pipeline. */
export interface PipelineFile {
  /** As shown in messages. */
  readonly name: string;
  readonly text: string;
  /** Where the file's bytes are not UTF-8, as an offset into `text`; undefined if they all are. */
  readonly badTextAt?: number | undefined;
}

export interface CheckedPipeline {
  /** Undefined when a diagnostic is an error. */
  readonly pipeline: Pipeline | undefined;
  /** In the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
  /** File name to text, for renderDiagnostic. */
  readonly files: ReadonlyMap<string, string>;
}

const MAX_FILE_LENGTH = 2_000_000;

/**
 * Parses, binds and lints a pipeline. Files are applied in the order given. A statement that fails does not hide
 * errors in the others, and what builds on it is not reported again. `loadParser()` must have resolved before.
 */
export function bindPipeline(
  name: string,
  files: readonly PipelineFile[],
  env: Environment,
): CheckedPipeline {
  const reporter = new Reporter();
  const read = files.map(withoutByteOrderMark);
  const texts = new Map(read.map((f) => [f.name, f.text]));
  const parsed = read.map((f) => parseFile(f, env, reporter));
  const statements = parsed.flatMap((p) => p.statements);
  const failed = parsed.flatMap((p) => p.failed);
  const bound = bindStatements(statements, failed, reporter);
  if (statements.length === 0 && reporter.errors === 0) {
    const span = { file: files[0]?.name ?? name, start: 0, end: 0 };
    const hint = 'add .sql files with CREATE SOURCE and CREATE MATERIALIZED VIEW';
    reporter.report(failure('42601', 'the pipeline has no statements', span, hint).diagnostic);
  }
  const pipeline: Pipeline = { name, ...bound, files: texts };
  for (const d of lint(pipeline)) reporter.report(d);
  const found = reporter.diagnostics.filter((d) => !isAllowed(d, texts));
  const diagnostics = capped(sortDiagnostics(found, [...texts.keys()]));
  return { pipeline: reporter.errors > 0 ? undefined : pipeline, diagnostics, files: texts };
}

const MAX_DIAGNOSTICS = 500;

/** Nobody reads on after so many, and each costs a pass over its file to show. */
function capped(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  if (diagnostics.length <= MAX_DIAGNOSTICS) return diagnostics;
  const rest = diagnostics.slice(MAX_DIAGNOSTICS);
  const { diagnostic } = failure(
    '54000',
    `${rest.length} more are not shown`,
    rest[0]!.span,
    'correct those above first',
  );
  const severity = rest.some((d) => d.severity === 'error') ? 'error' : 'warning';
  return [...diagnostics.slice(0, MAX_DIAGNOSTICS), { ...diagnostic, severity }];
}

/** A byte order mark is no part of the text, and editors do not count it as a column. */
function withoutByteOrderMark(file: PipelineFile): PipelineFile {
  if (!file.text.startsWith('\uFEFF')) return file;
  const { badTextAt } = file;
  return {
    ...file,
    text: file.text.slice(1),
    badTextAt: badTextAt === undefined ? undefined : badTextAt - 1,
  };
}

interface Parsed {
  readonly statement: Statement;
  readonly text: string;
  readonly span: Span;
}

interface ParsedFile {
  readonly statements: readonly Parsed[];
  /** Names of what could not be parsed, so that what reads it is not reported as well. */
  readonly failed: readonly string[];
}

function parseFile(file: PipelineFile, env: Environment, reporter: Reporter): ParsedFile {
  const { text } = file;
  const unreadable = unreadableFile(file);
  if (unreadable !== undefined) {
    reporter.report(unreadable.diagnostic);
    return { statements: [], failed: createdNames(text) };
  }
  const source = substitute(file.name, text, env, reporter);
  const { statements: ranges, swallowed } = splitStatements(source, reporter);
  const statements: Parsed[] = [];
  const failed: string[] = swallowed === undefined ? [] : createdNames(source.text.slice(swallowed));
  for (const { start, end } of ranges) {
    // With a variable missing, whatever else is wrong is likely to be wrong because of it.
    const broken = source.isBroken(start, end);
    const statement = broken
      ? undefined
      : reporter.attempt(() => parseStatement(source, tokenize(source, { start, end })));
    const own = source.text.slice(start, end);
    if (statement === undefined) failed.push(...createdNames(own));
    else statements.push({ statement, text: own, span: source.span(start, end) });
  }
  return { statements, failed };
}

/** Why a file is not looked into at all. */
function unreadableFile({ name, text, badTextAt }: PipelineFile): SqlFailure | undefined {
  if (text.length > MAX_FILE_LENGTH) {
    const message = `the file has more than ${MAX_FILE_LENGTH} characters`;
    return failure('54000', message, { file: name, start: 0, end: 0 }, 'split it into several files');
  }
  if (badTextAt !== undefined) {
    const span = { file: name, start: badTextAt, end: badTextAt + 1 };
    return failure('22021', 'the file is not UTF-8 text from here on', span, 'save it as UTF-8');
  }
  // PostgreSQL's parser would take it for the end of the text.
  const nul = text.indexOf('\0');
  if (nul === -1) return undefined;
  const span = { file: name, start: nul, end: nul + 1 };
  return failure('22021', 'the file holds a NUL character', span, 'remove it; SQL files are UTF-8 text');
}

const CREATE_NAME =
  /\bcreate\s+(?:or\s+replace\s+)?(?:materialized\s+)?\w+\s+(?:if\s+not\s+exists\s+)?(?:public\s*\.\s*)?("(?:[^"]|"")*"|[\w$\u0080-\uffff]+)/gi;

/**
 * The names that CREATE statements in a text that cannot be parsed would define, as far as it can be told: several
 * where semicolons are missing.
 */
function createdNames(text: string): string[] {
  return [...text.matchAll(CREATE_NAME)].map((m) => {
    const name = m[1]!;
    return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : foldCase(name);
  });
}

type Bound = Pick<Pipeline, 'sources' | 'logicalViews' | 'views' | 'sinks'>;

function bindStatements(statements: readonly Parsed[], failed: readonly string[], reporter: Reporter): Bound {
  const sources: SourceDef[] = [];
  const logicalViews: LogicalViewDef[] = [];
  const views: ViewDef[] = [];
  const sinks: SinkDef[] = [];
  const first = new Map<string, Span>();
  for (const { statement } of statements) {
    const { name, kind } = statement;
    if (kind !== 'sink' && !first.has(name.value)) first.set(name.value, name.span);
  }
  const catalog = new Catalog(first);
  for (const name of failed) catalog.fail(name);
  const hasWatermark = (source: string): boolean =>
    sources.some((s) => s.name === source && s.watermark !== undefined);
  const context = { catalog, reporter, hasWatermark, views };
  for (const { statement, text, span } of statements) {
    const name = statement.name;
    if (statement.ifNotExists && catalog.has(name.value)) continue;
    const done = reporter.attempt(() => {
      catalog.claim(name);
      switch (statement.kind) {
        case 'source':
        case 'table': {
          const source = bindSource(statement, span, reporter);
          sources.push(source);
          const columns = source.columns.map((c): PlanColumn => ({
            name: c.name,
            type: c.type,
            nullable: !c.notNull,
          }));
          const keys = source.primaryKey.length === 0 ? [] : [source.primaryKey];
          catalog.define({ kind: source.kind, name: source.name, columns, keys, plan: undefined });
          break;
        }
        case 'view': {
          const view = bindLogicalView(statement, span, context);
          logicalViews.push(view);
          catalog.define({ kind: 'view', name: view.name, columns: view.columns, keys: [], plan: view.plan });
          break;
        }
        case 'materialized view': {
          const view = bindMaterializedView(statement, span, context);
          views.push(view);
          catalog.define({
            kind: 'materialized view',
            name: view.name,
            columns: view.columns,
            keys: keysOf(view.plan, catalog),
            plan: undefined,
          });
          break;
        }
        case 'sink': {
          const { sink, view } = bindSink(statement, span, context);
          if (view !== undefined) {
            const own = { value: view.name, span: name.span };
            catalog.claim(own);
            catalog.defineSink(own);
            views.push(view);
          }
          sinks.push(sink);
          catalog.defineSink(name);
          break;
        }
      }
      return true;
    });
    if (done !== true) for (const failing of [name.value, ...createdNames(text)]) catalog.fail(failing);
  }
  return { sources, logicalViews, views, sinks };
}
