import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';

/** A PostgreSQL connection as the oracles use it: runs statements, returns results as text with their types. */
export interface SqlDatabase {
  exec(sql: string): Promise<void>;
  query(sql: string, params?: readonly unknown[]): Promise<QueryResult>;
  close(): Promise<void>;
}
export interface QueryResult {
  readonly fields: readonly { readonly name: string; readonly oid: number }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Opens PGlite, a PostgreSQL inside this process. */
export async function openPGlite(): Promise<SqlDatabase> {
  const db = await PGlite.create();
  return {
    exec: async (sql) => {
      await db.exec(sql);
    },
    query: async (sql, params = []) => {
      const result = await db.query(sql, [...params], { rowMode: 'array' });
      return {
        fields: result.fields.map((f) => ({ name: f.name, oid: f.dataTypeID })),
        rows: result.rows as (string | null)[][],
      };
    },
    close: () => db.close(),
  };
}

/** Connects to a PostgreSQL server. */
export async function connectPostgres(connectionString: string): Promise<SqlDatabase> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return {
    exec: async (sql) => {
      await client.query(sql);
    },
    query: async (sql, params = []) => {
      const result = await client.query<unknown[]>({ text: sql, values: [...params], rowMode: 'array' });
      return {
        fields: result.fields.map((f) => ({ name: f.name, oid: f.dataTypeID })),
        rows: result.rows as (string | null)[][],
      };
    },
    close: () => client.end(),
  };
}
