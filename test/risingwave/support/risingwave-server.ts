import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { createdBy, type Created, type ViewServer } from './view-server.ts';

/** Connects to a RisingWave and creates a schema of its own there. Rejects with the database's error. */
export async function openRisingWave(url: string): Promise<ViewServer> {
  const client = new pg.Client({ connectionString: url, application_name: 'freshet-test' });
  client.on('error', () => undefined); // the connection is lost: the next statement rejects
  await client.connect();
  const created: Created[] = [];
  const run = async (sql: string): Promise<void> => {
    await client.query(sql);
    const made = createdBy(sql);
    if (made !== undefined) created.push(made);
  };
  const close = async (): Promise<void> => {
    try {
      for (const { kind, name } of created.splice(0).toReversed()) await client.query(`DROP ${kind} ${name}`);
    } finally {
      await client.end();
    }
  };
  try {
    const schema = schemaName();
    await run(`CREATE SCHEMA ${schema}`);
    await client.query(`SET search_path TO ${schema}`);
    await client.query("SET TIMEZONE TO 'UTC'");
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
  return {
    run,
    close,
    settle: async () => {
      await client.query('FLUSH');
    },
    texts: async (sql) => (await client.query<(string | null)[]>({ text: sql, rowMode: 'array' })).rows,
  };
}

/** A schema for statements that somebody else runs. */
export interface Schema {
  readonly name: string;
  /** Drops it with everything in it. */
  drop(): Promise<void>;
}

/** Creates a schema of its own on a RisingWave. Rejects with the database's error. */
export async function openSchema(url: string): Promise<Schema> {
  const name = schemaName();
  const run = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url, application_name: 'freshet-test' });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  await run(`CREATE SCHEMA ${name}`);
  return { name, drop: () => run(`DROP SCHEMA ${name} CASCADE`) };
}

function schemaName(): string {
  return `freshet_test_${randomBytes(6).toString('hex')}`;
}
