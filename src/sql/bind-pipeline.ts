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
import { tokenize } from './text/tokens.ts';

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
  const statements = files.flatMap((f) => parseFile(f, env, reporter));
  const bound = bindStatements(statements, reporter);
  if (statements.length === 0 && reporter.errors === 0) {
    const file = files[0]?.name ?? name;
    reporter.report(
      failure(
        '42601',
        'the pipeline has no statements',
        { file, start: 0, end: 0 },
        'add .sql files with CREATE SOURCE and CREATE MATERIALIZED VIEW',
      ).diagnostic,
    );
  }
  const pipeline: Pipeline = { name, ...bound, files: texts };
  for (const d of lint(pipeline)) reporter.report(d);
  const diagnostics = sortDiagnostics(
    reporter.diagnostics,
    files.map((f) => f.name),
  );
  return { pipeline: reporter.errors > 0 ? undefined : pipeline, diagnostics, files: texts };
}

interface Parsed {
  readonly statement: Statement;
  readonly span: Span;
}

function parseFile(file: PipelineFile, env: Environment, reporter: Reporter): Parsed[] {
  // A byte order mark is no part of the text, but offsets count it.
  const text = file.text.startsWith('\uFEFF') ? ` ${file.text.slice(1)}` : file.text;
  if (text.length > MAX_FILE_LENGTH) {
    const message = `the file has more than ${MAX_FILE_LENGTH} characters`;
    reporter.report(
      failure('54000', message, { file: file.name, start: 0, end: 0 }, 'split it into several files')
        .diagnostic,
    );
    return [];
  }
  const source = substitute(file.name, text, env, reporter);
  return splitStatements(source, reporter).flatMap((range) => {
    const statement = reporter.attempt(() => parseStatement(source, tokenize(source, range)));
    return statement === undefined ? [] : [{ statement, span: source.span(range.start, range.end) }];
  });
}

type Bound = Pick<Pipeline, 'sources' | 'logicalViews' | 'views' | 'sinks'>;

function bindStatements(statements: readonly Parsed[], reporter: Reporter): Bound {
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
