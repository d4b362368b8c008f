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
import { lint } from './lint/lint.ts';
import { substitute } from './text/source-text.ts';
import type { Environment } from './text/source-text.ts';
import { splitStatements } from './text/split.ts';
import { foldCase, tokenize } from './text/tokens.ts';

/** One .sql file of a pipeline. */
export interface PipelineFile {
  /** As shown in messages. */
  readonly name: string;
  readonly text: string;
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
  const texts = new Map(files.map((f) => [f.name, f.text]));
  const parsed = files.map((f) => parseFile(f, env, reporter));
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
  const order = files.map((f) => f.name);
  const diagnostics = capped(sortDiagnostics(reporter.diagnostics, order));
  return { pipeline: reporter.errors > 0 ? undefined : pipeline, diagnostics, files: texts };
}

const MAX_DIAGNOSTICS = 500;

/** Nobody reads on after so many, and each costs a pass over its file to show. */
function capped(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  if (diagnostics.length <= MAX_DIAGNOSTICS) return diagnostics;
  const shown = diagnostics.slice(0, MAX_DIAGNOSTICS);
  const { span } = diagnostics[MAX_DIAGNOSTICS]!;
  const more = `${diagnostics.length - MAX_DIAGNOSTICS} more are not shown`;
  return [...shown, failure('54000', more, span, 'correct those above first').diagnostic];
}

interface Parsed {
  readonly statement: Statement;
  readonly span: Span;
}

interface ParsedFile {
  readonly statements: readonly Parsed[];
  /** Names of what could not be parsed, so that what reads it is not reported as well. */
  readonly failed: readonly string[];
}

function parseFile(file: PipelineFile, env: Environment, reporter: Reporter): ParsedFile {
  // A byte order mark is no part of the text, but offsets count it.
  const text = file.text.startsWith('\uFEFF') ? ` ${file.text.slice(1)}` : file.text;
  if (text.length > MAX_FILE_LENGTH) {
    const span = { file: file.name, start: 0, end: 0 };
    const message = `the file has more than ${MAX_FILE_LENGTH} characters`;
    reporter.report(failure('54000', message, span, 'split it into several files').diagnostic);
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
    if (statement === undefined) failed.push(...createdNames(source.text.slice(start, end)).slice(0, 1));
    else statements.push({ statement, span: source.span(start, end) });
  }
  return { statements, failed };
}

const CREATE_NAME =
  /\bcreate\s+(?:or\s+replace\s+)?(?:materialized\s+)?\w+\s+(?:if\s+not\s+exists\s+)?(?:public\s*\.\s*)?("(?:[^"]|"")*"|[\w$\u0080-\uffff]+)/gi;

/** The names that CREATE statements in a text that cannot be parsed would define, as far as it can be told. */
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
  for (const { statement, span } of statements) {
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
            catalog.claim({ value: view.name, span: name.span });
            views.push(view);
          }
          sinks.push(sink);
          catalog.defineSink(name);
          break;
        }
      }
      return true;
    });
    if (done !== true) catalog.fail(name.value);
  }
  return { sources, logicalViews, views, sinks };
}
