import type { RenderedKind } from '../sql/target/rendered.ts';
import type { Row, Session } from './session.ts';
import { literal, quoted } from './statement-text.ts';

/** What a name in the catalog may stand for. The last two are never made by a pipeline. */
export type CatalogKind = RenderedKind | 'index' | 'subscription';

/** One object of RisingWave's catalog. */
export interface CatalogObject {
  /** Stays the same when names change. */
  readonly id: number;
  readonly kind: CatalogKind;
  readonly name: string;
  readonly schema: string;
  /** Whether a table reads a connector; false for all other objects. */
  readonly hasConnector: boolean;
}

/** The part of RisingWave's catalog that a plan depends on. */
export interface Catalog {
  /** As `version()` says it: `2.8.4`. */
  readonly version: string;
  /** The schema in which names without a schema are looked up and made. */
  readonly schema: string;
  /** All objects of the database, in all schemas. */
  readonly objects: readonly CatalogObject[];
  /** Ids of the objects that read an object, by its id. */
  readonly readers: ReadonlyMap<number, readonly number[]>;
  /** Ids of the jobs whose backfill has not ended. */
  readonly filling: ReadonlySet<number>;
}

/** Returns the version of RisingWave, such as `2.8.4`. */
export async function readVersion(session: Session): Promise<string> {
  const [row] = await session.rows('SELECT version() AS version');
  return versionIn(row);
}

/** Returns the version in an answer such as `PostgreSQL 13.14.0-RisingWave-2.8.4 (...)`; all of it if it has none. */
function versionIn(row: Row | undefined): string {
  const text = String(row?.['version'] ?? '');
  return /RisingWave-(\S+)/.exec(text)?.[1] ?? text;
}

/** Reads the catalog. Rejects if this version lacks a table of it: without rw_depend, a DROP could hit what others use. */
export async function readCatalog(session: Session): Promise<Catalog> {
  const [about] = await session.rows('SELECT version() AS version, current_schema() AS schema');
  const schemas = new Map<unknown, string>();
  for (const { id, name } of await session.rows('SELECT id, name FROM rw_catalog.rw_schemas'))
    schemas.set(id, String(name));
  const sources = await session.rows('SELECT id, associated_table_id FROM rw_catalog.rw_sources');
  // A table with a connector has a source of its own, which is no object to be named.
  const owned = sources.filter((row) => row['associated_table_id'] !== null);
  const ofTables = new Set(owned.map((row) => row['id']));
  const withConnector = new Set(owned.map((row) => row['associated_table_id']));
  const relations = await session.rows(
    "SELECT id, name, relation_type, schema_id FROM rw_catalog.rw_relations WHERE relation_type <> 'system table'",
  );
  const objects = relations
    .filter((row) => row['relation_type'] !== 'source' || !ofTables.has(row['id']))
    .map((row): CatalogObject => ({
      id: Number(row['id']),
      kind: row['relation_type'] as CatalogKind,
      name: String(row['name']),
      schema: schemas.get(row['schema_id']) ?? '',
      hasConnector: row['relation_type'] === 'table' && withConnector.has(row['id']),
    }));
  const readers = new Map<number, number[]>();
  for (const row of await session.rows('SELECT objid, refobjid FROM rw_catalog.rw_depend')) {
    const read = Number(row['refobjid']);
    readers.set(read, [...(readers.get(read) ?? []), Number(row['objid'])]);
  }
  return {
    version: versionIn(about),
    schema: String(about?.['schema'] ?? 'public'),
    objects,
    readers,
    filling: new Set((await readProgress(session)).map(({ id }) => id)),
  };
}

/** A job that is still reading the rows that its inputs held when it was created. */
export interface DdlProgress {
  /** The id of the object that the job fills. */
  readonly id: number;
  /** In RisingWave's words, such as `42.3% (4230/10000)`. */
  readonly progress: string;
  /** The statement that it runs. Holds the secrets of the statement, so it is never shown. */
  readonly statement: string;
}

/** Returns the jobs whose backfill has not ended. */
export async function readProgress(session: Session): Promise<readonly DdlProgress[]> {
  const rows = await session.rowsIfAny(
    'SELECT ddl_id, progress, ddl_statement FROM rw_catalog.rw_ddl_progress',
  );
  return (rows ?? []).map((row) => ({
    id: Number(row['ddl_id']),
    progress: String(row['progress']),
    statement: String(row['ddl_statement']),
  }));
}

/** Returns the id of the object of that kind and name; undefined if there is none. */
export async function readId(
  session: Session,
  kind: RenderedKind,
  name: string,
  schema: string,
): Promise<number | undefined> {
  const [row] = await session.rows(
    'SELECT o.id FROM rw_catalog.rw_relations o JOIN rw_catalog.rw_schemas s ON s.id = o.schema_id ' +
      `WHERE o.name = ${literal(name)} AND o.relation_type = ${literal(kind)} AND s.name = ${literal(schema)}`,
  );
  return row === undefined ? undefined : Number(row['id']);
}

/** Returns whether there is an object of that kind and id. */
export async function hasObject(session: Session, kind: RenderedKind, id: number): Promise<boolean> {
  const rows = await session.rows(
    `SELECT id FROM rw_catalog.rw_relations WHERE id = ${id} AND relation_type = ${literal(kind)}`,
  );
  return rows.length > 0;
}

/** Returns the number of rows of a relation. */
export async function countRows(session: Session, relation: string): Promise<number> {
  const [row] = await session.rows(`SELECT COUNT(*) AS n FROM ${quoted(relation)}`);
  return Number(row?.['n'] ?? 0);
}
