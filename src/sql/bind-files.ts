import type { Declarations } from '../connectors/declaration.ts';
import type { Pipeline } from '../plan/pipeline.ts';
import { partOf } from '../plan/part-of.ts';
import { bindStatements } from './bind/bind-statements.ts';
import type { Unchecked } from './bind/bind-statements.ts';
import { sortDiagnostics } from './diagnostic.ts';
import type { Diagnostic } from './diagnostic.ts';
import { Reporter, failure } from './failure.ts';
import { isAllowed, lint } from './lint/lint.ts';
import { parseFile, withoutByteOrderMark } from './parse-file.ts';
import type { ParsedStatement, PipelineFile } from './parse-file.ts';
import { targetFindings } from './target/findings.ts';
import type { TargetRule } from './target/target-rule.ts';
import type { Environment } from './text/source-text.ts';

export interface CheckedPipeline {
  /** The pipeline; undefined if a diagnostic is an error. */
  readonly pipeline: Pipeline | undefined;
  /** The part of the pipeline whose definitions were bound, and that reads no others. */
  readonly runnable: Pipeline;
  /** Names of the sources in `runnable` with an error outside their columns and key. */
  readonly inPart: ReadonlySet<string>;
  /** Definitions that could not be checked in full, because something that they read has an error. */
  readonly unchecked: readonly Unchecked[];
  /** Errors and warnings, in the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
  /** The statements as written, in the order of the text. Their slices know what the binder made of them. */
  readonly statements: readonly ParsedStatement[];
  /** File name to text, as renderDiagnostic takes it. */
  readonly files: ReadonlyMap<string, string>;
}

export interface BindOptions {
  /** The connectors and encodings that SQL can name. */
  readonly declarations: Declarations;
  /** The values of `${NAME}` in the SQL. */
  readonly env: Environment;
  /** The rules of a target besides this engine. SQL that they refuse is an error. */
  readonly targetRules?: readonly TargetRule[] | undefined;
}

/**
 * Parses, binds and lints a pipeline whose files are in the order given. A statement that fails does not hide errors of
 * other statements, and its own error is reported once, however many definitions read it. Call it after `loadParser()`
 * has resolved.
 */
export function bindFiles(
  name: string,
  files: readonly PipelineFile[],
  { declarations, env, targetRules = [] }: BindOptions,
): CheckedPipeline {
  const reporter = new Reporter();
  const read = files.map(withoutByteOrderMark);
  const texts = new Map(read.map((f) => [f.name, f.text]));
  const parsed = read.map((f) => parseFile(f, env, reporter));
  const statements = parsed.flatMap((p) => p.statements);
  const failed = parsed.flatMap((p) => p.failed);
  const { bound, runnable, inPart, unchecked } = bindStatements(statements, failed, {
    declarations,
    reporter,
  });
  if (statements.length === 0 && reporter.errors === 0) {
    const span = { file: files[0]?.name ?? name, start: 0, end: 0 };
    const hint = 'add .sql files with CREATE SOURCE and CREATE MATERIALIZED VIEW';
    reporter.report(failure('42601', 'the pipeline has no statements', span, hint).diagnostic);
  }
  const pipeline: Pipeline = { name, ...bound, files: texts };
  const options = pipeline.sources.filter((s) => !inPart.has(s.name));
  for (const d of lint({ ...pipeline, sources: options }, declarations)) reporter.report(d);
  if (targetRules.length > 0) {
    const written = statements.map((s) => s.statement);
    for (const d of targetFindings(targetRules, written, pipeline)) reporter.report(d);
  }
  const found = reporter.diagnostics.filter((d) => !isAllowed(d, texts));
  const diagnostics = capped(sortDiagnostics(found, [...texts.keys()]));
  return {
    pipeline: reporter.errors > 0 ? undefined : pipeline,
    runnable: partOf(pipeline, runnable),
    inPart,
    unchecked,
    diagnostics,
    statements,
    files: texts,
  };
}

const MAX_DIAGNOSTICS = 500;

/**
 * Returns the first diagnostics, followed by one that tells how many are left out. Nobody reads more, and rendering
 * each takes a pass over its file.
 */
function capped(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  if (diagnostics.length <= MAX_DIAGNOSTICS) return diagnostics;
  const rest = diagnostics.slice(MAX_DIAGNOSTICS);
  const { diagnostic } = failure(
    '54000',
    `${rest.length} more problems are not shown`,
    rest[0]!.span,
    'correct the problems above first',
  );
  const severity = rest.some((d) => d.severity === 'error') ? 'error' : 'warning';
  return [...diagnostics.slice(0, MAX_DIAGNOSTICS), { ...diagnostic, severity }];
}
