import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SqlDatabase } from './database.ts';
import type { PipelineName } from './oracle.ts';

const PIPELINES = fileURLToPath(new URL('../../../pipelines/', import.meta.url));

/**
 * Creates the views of a shipped pipeline as plain views of PostgreSQL, in their own schema over the oracle's raw
 * tables. The queries are PostgreSQL and stay unchanged, except that CURRENT_DATE and now() become the oracle's clock.
 * Returns the names of the pipeline's materialized views, in order.
 *
 * With them, the SQL is compared with its hand-written definition independently of Freshet's engine.
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

/** Returns the statements without comments. The shipped files have no semicolon or `--` inside a literal. */
function statementsOf(text: string): string[] {
  return text
    .replace(/--[^\n]*/g, '')
    .split(';')
    .map((s) => s.trim())
    .filter((s) => s !== '');
}
