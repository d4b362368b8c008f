import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SqlDatabase } from './database.ts';
import type { PipelineName } from './oracle.ts';

const PIPELINES = fileURLToPath(new URL('../../../pipelines/', import.meta.url));

/**
 * Creates a shipped pipeline's views as plain views of PostgreSQL, in a schema of their own over the oracle's raw tables:
 * every query in it is PostgreSQL, only the statements around it are not. The clock's names become the oracle's clock.
 * Returns the names of its materialized views, in order.
 *
 * This shows that the pipeline's SQL says what its definition says, before any engine of ours has run it.
 */
export async function createPipelineViews(db: SqlDatabase, pipeline: PipelineName): Promise<string[]> {
  const folder = `${PIPELINES}${pipeline}/`;
  const schema = pipeline.replaceAll('-', '_');
  await db.exec(`CREATE SCHEMA ${schema}`);
  await db.exec(`SET search_path = ${schema}, public`);
  const views: string[] = [];
  for (const file of readdirSync(folder).sort()) {
    for (const statement of statementsOf(readFileSync(folder + file, 'utf8'))) {
      const view = /^CREATE\s+(MATERIALIZED\s+)?VIEW\s+(\w+)\s+AS\b/i.exec(statement);
      if (view === null) continue;
      await db.exec(
        statement
          .replace(/^CREATE\s+MATERIALIZED\s+VIEW/i, 'CREATE VIEW')
          .replace(/\bCURRENT_DATE\b/g, 'today()')
          .replace(/\bnow\(\)|\bCURRENT_TIMESTAMP\b/g, "(as_of() AT TIME ZONE 'UTC')"),
      );
      if (view[1] !== undefined) views.push(view[2]!);
    }
  }
  await db.exec('SET search_path = public');
  return views;
}

/** Statements without comments. The shipped files have no semicolon or `--` inside a literal. */
function statementsOf(text: string): string[] {
  return text
    .replace(/--[^\n]*/g, '')
    .split(';')
    .map((s) => s.trim())
    .filter((s) => s !== '');
}
