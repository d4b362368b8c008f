import { PGlite } from '@electric-sql/pglite';
import { commandComplete, startWireServer } from '../../deploy/support/wire.ts';

/** A stand-in for RisingWave. */
export interface StandIn {
  readonly url: string;
  /** Returns the schemas and relations that clients have created and not dropped. */
  left(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/**
 * Starts PostgreSQL behind RisingWave's protocol, for SQL that both take. FLUSH refreshes the materialized views, the
 * earliest first.
 */
export async function startStandIn(): Promise<StandIn> {
  const db = await PGlite.create();
  const { port, close } = await startWireServer({
    user: 'root',
    password: 'secret',
    query: async (sql, raw) => {
      if (sql !== 'FLUSH')
        return db.execProtocolRaw(sql.endsWith(' APPEND ONLY') ? queryOf(sql.slice(0, -12)) : raw);
      const views = await db.query<{ name: string }>(
        "SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'm' ORDER BY oid",
      );
      for (const { name } of views.rows) await db.exec(`REFRESH MATERIALIZED VIEW ${name}`);
      return commandComplete('FLUSH');
    },
    extended: (raw) => db.execProtocolRaw(raw),
  });
  return {
    url: `postgres://root:secret@127.0.0.1:${port}/dev`,
    left: async () => {
      const { rows } = await db.query<{ name: string }>(
        `SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'freshet%'
         UNION ALL SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace`,
      );
      return rows.map(({ name }) => name);
    },
    close: async () => {
      await close();
      await db.close();
    },
  };
}

/** Returns the message of a simple query. */
function queryOf(sql: string): Uint8Array {
  const text = Buffer.from(`${sql}\0`);
  const head = Buffer.alloc(5);
  head.write('Q');
  head.writeInt32BE(text.length + 4, 1);
  return Buffer.concat([head, text]);
}
