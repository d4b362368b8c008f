import type { RenderedKind } from '../sql/target/rendered.ts';
import type { Catalog } from './catalog.ts';
import type { Row, Session } from './session.ts';
import { literal } from './statement-text.ts';

/**
 * One object that Freshet made, or is about to make. An entry is written before its CREATE, so that an object that a
 * lost connection leaves half-made is recognised; the object's id follows, by which it is known from then on, since
 * SWAP and RENAME change names and keep ids.
 */
export interface RecordEntry {
  readonly pipeline: string;
  /** The name of the definition. */
  readonly name: string;
  /** Of the definition and of everything that it reads, so that it changes with them. */
  readonly hash: string;
  /** Of the definition alone. */
  readonly sqlHash: string;
  readonly kind: RenderedKind;
  /** The name that CREATE gave it: its own, or a temporary one beside an older version. */
  readonly createdAs: string;
  readonly state: EntryState;
  /** The id in RisingWave's catalog; undefined until it is known. */
  readonly objectId: number | undefined;
}

/** A `trial` is a sink that is made to see whether RisingWave accepts it, and dropped at once. */
export type EntryState = 'creating' | 'created' | 'trial';

const TABLE = 'freshet_deployment';
const COLUMNS = 'pipeline, name, hash, sql_hash, kind, created_as, state, object_id, changed_at';

/**
 * The record of what Freshet made, in a table of the target's database: whoever deploys next, from whichever machine,
 * finds it there. Its rows hold hashes and no SQL, which may hold secrets.
 */
export class DeploymentRecord {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Makes the table if the database has none yet. */
  async prepare(): Promise<void> {
    await this.#session.rows(
      `CREATE TABLE IF NOT EXISTS ${TABLE} (pipeline VARCHAR, name VARCHAR, hash VARCHAR, sql_hash VARCHAR, ` +
        'kind VARCHAR, created_as VARCHAR, state VARCHAR, object_id BIGINT, changed_at TIMESTAMPTZ, ' +
        'PRIMARY KEY (pipeline, name, hash))',
    );
  }

  /** Returns the entries of all pipelines; none if the catalog does not hold the table yet. */
  async read({ objects, schema }: Catalog): Promise<readonly RecordEntry[]> {
    if (!objects.some((o) => o.kind === 'table' && o.name === TABLE && o.schema === schema)) return [];
    const rows = await this.#session.rows(`SELECT ${COLUMNS} FROM ${TABLE} ORDER BY pipeline, name, hash`);
    return rows.map(entryOf);
  }

  /** Writes an entry, over the one of the same pipeline, name and hash if there is one: RisingWave's INSERT does so. */
  async put(entry: RecordEntry): Promise<void> {
    const { pipeline, name, hash, sqlHash, kind, createdAs, state, objectId } = entry;
    const texts = [pipeline, name, hash, sqlHash, kind, createdAs, state].map(literal).join(', ');
    await this.#session.rows(
      `INSERT INTO ${TABLE} (${COLUMNS}) VALUES (${texts}, ${objectId ?? 'NULL'}, now())`,
    );
  }

  async remove({ pipeline, name, hash }: RecordEntry): Promise<void> {
    await this.#session.rows(
      `DELETE FROM ${TABLE} WHERE pipeline = ${literal(pipeline)} AND name = ${literal(name)} ` +
        `AND hash = ${literal(hash)}`,
    );
  }
}

function entryOf(row: Row): RecordEntry {
  const text = (column: string): string => String(row[column]);
  const id = row['object_id'];
  return {
    pipeline: text('pipeline'),
    name: text('name'),
    hash: text('hash'),
    sqlHash: text('sql_hash'),
    kind: text('kind') as RenderedKind,
    createdAs: text('created_as'),
    state: text('state') as EntryState,
    objectId: id === null || id === undefined ? undefined : Number(id),
  };
}
