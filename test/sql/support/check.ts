import { bindPipeline } from '../../../src/pipeline/bind.ts';
import type { CheckedPipeline } from '../../../src/sql/bind-files.ts';
import type { TargetRule } from '../../../src/sql/target/target-rule.ts';
import { lineColumn, renderDiagnostic } from '../../../src/sql/diagnostic.ts';
import type { Pipeline, ViewDef } from '../../../src/plan/pipeline.ts';

/** A source and a table that most tests read from. */
export const BASE = `CREATE SOURCE events (
  event_id VARCHAR, viewer_id BIGINT, genre VARCHAR, secs INT, pct DECIMAL, at TIMESTAMPTZ, day DATE, doc JSONB,
  tags VARCHAR[], score DOUBLE PRECISION, ok BOOLEAN
) WITH (connector = 'kafka', topic = 'events', properties.bootstrap.server = 'k:9092') FORMAT PLAIN ENCODE JSON;
CREATE TABLE titles (id BIGINT PRIMARY KEY, name VARCHAR NOT NULL, rating REAL);
`;

export function bindFiles(
  files: Readonly<Record<string, string>>,
  env: Record<string, string> = {},
  targetRules?: readonly TargetRule[],
): CheckedPipeline {
  const list = Object.entries(files).map(([name, text]) => ({ name, text }));
  return bindPipeline('test', list, env, targetRules);
}

/** Binds `sql` as a second file after {@link BASE}. */
export function bind(
  sql: string,
  env?: Record<string, string>,
  targetRules?: readonly TargetRule[],
): CheckedPipeline {
  return bindFiles({ 'base.sql': BASE, 'p.sql': sql }, env, targetRules);
}

/** Returns all diagnostics as the command line prints them, separated by blank lines. */
export function rendered(checked: CheckedPipeline): string {
  return checked.diagnostics.map((d) => renderDiagnostic(d, checked.files)).join('\n\n');
}

/** Returns one line per diagnostic: `file:line:column [code] message (hint)`. */
export function brief(checked: CheckedPipeline): string[] {
  return checked.diagnostics.map((d) => {
    const { line, column } = lineColumn(checked.files.get(d.span.file) ?? '', d.span.start);
    return `${d.span.file}:${line}:${column} [${d.code}] ${d.message} (${d.hint})`;
  });
}

export function errorsOf(sql: string, env?: Record<string, string>): string {
  return rendered(bind(sql, env));
}

/** Returns the errors of a materialized view of `query`, which starts on line 2. */
export function queryErrors(query: string): string {
  return errorsOf(`CREATE MATERIALIZED VIEW v AS\n${query};`);
}

/** Returns the pipeline. Throws with the rendered errors if there are any. */
export function bound(sql: string, env?: Record<string, string>): Pipeline {
  return pipelineOf(bind(sql, env));
}

export function pipelineOf(checked: CheckedPipeline): Pipeline {
  if (checked.pipeline === undefined) throw new Error(rendered(checked));
  return checked.pipeline;
}

/** Returns the materialized view of `query`. Throws with the rendered errors if there are any. */
export function boundQuery(query: string): ViewDef {
  return bound(`CREATE MATERIALIZED VIEW v AS\n${query};`).views.at(-1)!;
}
