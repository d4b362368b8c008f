import { PGlite } from '@electric-sql/pglite';

/** A PostgreSQL in this process that evaluates SQL expressions. */
export interface Postgres {
  /** Returns for each expression its value as text, null for NULL, or `!` and the SQLSTATE if it fails. */
  ask(expressions: readonly string[]): Promise<(string | null)[]>;
  close(): Promise<void>;
}

/** Evaluates one expression in a block of its own, so that its failure does not end the batch. */
const TRY = `
  CREATE FUNCTION try(expression text) RETURNS text LANGUAGE plpgsql AS $$
  DECLARE result text;
  BEGIN
    EXECUTE 'SELECT (' || expression || ')::text' INTO result;
    RETURN result;
  EXCEPTION WHEN OTHERS THEN
    RETURN '!' || SQLSTATE;
  END $$;
  SET timezone = 'UTC';
  SET jit = off;
`;

export async function openPostgres(): Promise<Postgres> {
  const db = await PGlite.create();
  await db.exec(TRY);
  return {
    ask: async (expressions) => {
      const { rows } = await db.query<{ result: string | null }>(
        'SELECT try(e) AS result FROM unnest($1::text[]) WITH ORDINALITY AS t(e, i) ORDER BY i',
        [expressions],
      );
      return rows.map((row) => row.result);
    },
    close: () => db.close(),
  };
}

/** Returns a text as an SQL literal. */
export function literal(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
