import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SqlDatabase } from './database.ts';
import { type Relation, relationOf } from './relation.ts';

export type PipelineName = 'viewer-engagement' | 'as-published';

const SQL = fileURLToPath(new URL('../sql/', import.meta.url));

/** Creates the raw tables and the clock that the oracle's queries use. */
export async function prepareOracle(db: SqlDatabase): Promise<void> {
  await db.exec("SET timezone = 'UTC'");
  await db.exec(readFileSync(`${SQL}schema.sql`, 'utf8'));
}

/** Returns the names of the views that have a hand-written query. */
export function oracleViews(pipeline: PipelineName): string[] {
  return readdirSync(`${SQL}${pipeline}`)
    .map((file) => file.replace(/\.sql$/, ''))
    .sort();
}

/** Sets the oracle's clock to `as_of`, such as `2022-04-22 12:00:00`. */
export async function setClock(db: SqlDatabase, as_of: string): Promise<void> {
  await db.query("SELECT set_config('oracle.as_of', $1, false)", [as_of]);
}

const queries = new Map<string, string>();

/** Returns the hand-written query of a view. */
export function oracleQuery(pipeline: PipelineName, view: string): string {
  const file = `${SQL}${pipeline}/${view}.sql`;
  const query = queries.get(file) ?? readFileSync(file, 'utf8').trim();
  queries.set(file, query);
  return query;
}

/** Returns the rows of a view's hand-written query at the oracle's clock. */
export function oracleRows(db: SqlDatabase, pipeline: PipelineName, view: string): Promise<Relation> {
  return relationOf(db, oracleQuery(pipeline, view));
}
