import { PGlite } from '@electric-sql/pglite';
import { commandComplete, failed, startWireServer } from './wire.ts';
import type { Answer, SessionState, WireServer } from './wire.ts';

// RisingWave's catalog, its DDL and its errors, without its stream engine. PostgreSQL (PGlite) keeps the objects: a
// source is a view of a topic's table, a materialized view and a sink are views. As RisingWave does, PostgreSQL binds a
// view to the objects that it reads: renaming them leaves it where it is, and what is read cannot be dropped. Errors
// and columns are those of RisingWave's source (catalog/system_catalog, handler/alter_swap_rename.rs,
// meta/controller/utils.rs).

export type Kind = 'source' | 'table' | 'view' | 'materialized view' | 'sink' | 'index' | 'subscription';

interface FakeObject {
  readonly id: number;
  readonly kind: Kind;
  name: string;
  /** How often rw_ddl_progress still tells of its backfill. */
  filling: number;
  /** Whether the server has yet to learn that the backfill has ended: its next answer about the status tells so. */
  isUnknown: boolean;
  readonly sink?: Sink;
}

/** A sink: what it knows of its view, and what it has not yet written. */
interface Sink {
  readonly table: string;
  readonly key: readonly string[];
  /** Rows by key, as they were when the sink last looked. */
  seen: Map<string, string>;
  /** Writes that are on their way: a deleted item is undefined. */
  waiting: [string, string | undefined][];
}

/**
 * An injected failure of a statement. `lost after`: it is executed, and its answer never arrives. `late`: its answer
 * never arrives either, and it is executed when the next client begins to change something.
 */
export type Failure = 'error' | 'lost before' | 'lost after' | 'late';

class RwError extends Error {
  readonly code: string;
  constructor(code: string, ...causes: readonly string[]) {
    const list = causes.map((cause, i) => `  ${i + 1}: ${cause}`).join('\n');
    super(`Failed to run the query\n\nCaused by these errors (recent errors listed first):\n${list}`);
    this.code = code;
  }
}

const TABLES: Readonly<Record<Kind, string>> = {
  source: 'rw_sources',
  table: 'rw_tables',
  view: 'rw_views',
  'materialized view': 'rw_materialized_views',
  sink: 'rw_sinks',
  index: 'rw_indexes',
  subscription: 'rw_subscriptions',
};

const CATALOG = `
  CREATE SCHEMA rw_catalog;
  CREATE SCHEMA topics;
  CREATE TABLE rw_catalog.rw_schemas (id INT, name TEXT);
  INSERT INTO rw_catalog.rw_schemas VALUES (1, 'public'), (2, 'rw_catalog');
  ${Object.entries(TABLES)
    .map(
      ([kind, table]) =>
        `CREATE TABLE rw_catalog.${table} (id INT PRIMARY KEY, name TEXT, schema_id INT DEFAULT 1, owner INT DEFAULT 1,
         definition TEXT${kind === 'source' ? ', associated_table_id INT' : ''}
         ${kind === 'source' || kind === 'sink' ? ', connector TEXT' : ''}
         ${kind === 'materialized view' ? ", status TEXT DEFAULT 'Created'" : ''});`,
    )
    .join('\n')}
  CREATE VIEW rw_catalog.rw_relations AS
    ${Object.entries(TABLES)
      .map(
        ([kind, table]) =>
          `SELECT id, name, '${kind}' AS relation_type, schema_id, owner, definition FROM rw_catalog.${table}`,
      )
      .join(' UNION ALL ')};
  CREATE TABLE rw_catalog.rw_depend (objid INT, refobjid INT);
  CREATE TABLE rw_catalog.rw_ddl_progress (ddl_id BIGINT, ddl_statement TEXT, create_type TEXT, progress TEXT);
  CREATE TABLE rw_catalog.rw_event_logs (unique_id TEXT, timestamp TIMESTAMPTZ DEFAULT now(), event_type TEXT,
    info JSONB);
  CREATE TABLE rw_catalog.rw_table_stats (id INT, total_key_count BIGINT, total_key_size BIGINT,
    total_value_size BIGINT);
  CREATE TABLE rw_catalog.rw_kafka_job_lag (job_id INT, source_id INT, fragment_id INT, partition_id TEXT,
    lag_phase TEXT, high_watermark BIGINT, consumer_offset BIGINT, lag BIGINT);
  CREATE TABLE rw_catalog.rw_recovery_info (database_id INT, database_name TEXT, recovery_state TEXT);
  CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text LANGUAGE sql AS
    $$ SELECT 'PostgreSQL 13.14.0-RisingWave-2.8.4 (fake)' $$;
  CREATE FUNCTION rw_catalog.overwrite() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    EXECUTE format('DELETE FROM %I WHERE (%s) = (SELECT %s FROM (SELECT ($1).*) AS r)', TG_TABLE_NAME,
      TG_ARGV[0], TG_ARGV[0]) USING NEW;
    RETURN NEW;
  END $$;`;

const RESET = `DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA topics CASCADE; CREATE SCHEMA topics;
  TRUNCATE ${[...Object.values(TABLES), 'rw_depend', 'rw_ddl_progress', 'rw_event_logs', 'rw_table_stats', 'rw_kafka_job_lag', 'rw_recovery_info'].map((table) => `rw_catalog.${table}`).join(', ')};`;

export class FakeRisingWave {
  readonly #db: PGlite;
  #server: WireServer | undefined;
  #objects: FakeObject[] = [];
  #nextId = 1000;
  /** Statements that clients sent, in their order. */
  statements: string[] = [];
  /** Items that sinks have written, by table and then by key. */
  items = new Map<string, Map<string, string>>();
  /** How many looks at rw_ddl_progress a backfill takes. */
  backfillPolls = 1;
  /** What a DynamoDB sink is refused with: its licence does not cover the cluster. */
  licence: string | undefined;
  /** Called before each statement of a client. */
  onStatement: (sql: string, index: number) => Failure | undefined = () => undefined;
  /** Called after each statement of a client that changes an object, once its effects can be seen. */
  afterStatement: (sql: string) => Promise<void> = async () => undefined;

  private constructor(db: PGlite) {
    this.#db = db;
  }

  static async start(): Promise<FakeRisingWave> {
    const fake = new FakeRisingWave(await PGlite.create());
    await fake.#db.exec(CATALOG);
    fake.#server = await startWireServer({
      user: 'ana',
      password: 'geheim',
      query: (sql, raw, session) => fake.#serialized(() => fake.#query(sql, raw, session)),
      extended: (raw) => fake.#serialized(() => fake.#db.execProtocolRaw(raw)),
    });
    return fake;
  }

  get url(): string {
    return `postgres://ana:geheim@127.0.0.1:${this.#server!.port}/dev`;
  }

  async close(): Promise<void> {
    await this.#server!.close();
    await this.#db.close();
  }

  /** Empties the database. */
  async reset(): Promise<void> {
    await this.#db.exec(RESET);
    this.#objects = [];
    this.statements = [];
    this.items = new Map();
    this.onStatement = () => undefined;
    this.afterStatement = async () => undefined;
    this.licence = undefined;
    this.backfillPolls = 1;
    this.#late = undefined;
  }

  /** Runs SQL behind the server's back: to fill topics and tables. */
  async sql(text: string): Promise<readonly Record<string, unknown>[]> {
    const results = await this.#db.exec(text);
    return results.at(-1)?.rows ?? [];
  }

  /** Runs a statement as another client would, such as one of a person. */
  async byHand(sql: string): Promise<void> {
    const answer = await this.#statement(sql, new Map());
    if (answer === undefined) throw new Error(`the fake does not know: ${sql}`);
  }

  /** The objects by their names, each as `kind#id`. */
  names(): ReadonlyMap<string, string> {
    return new Map(this.#objects.map(({ kind, name, id }) => [name, `${kind}#${id}`]));
  }

  /** Whether there is an object of that name whose backfill has ended. */
  isFull(name: string): boolean {
    return this.#objects.some((each) => each.name === name && each.filling === 0);
  }

  /** How many rows each sink saw in its view when it last looked, by the names of the sinks. */
  rowsSeen(): readonly (readonly [string, number])[] {
    return this.#objects.flatMap(({ name, sink }) =>
      sink === undefined ? [] : [[name, sink.seen.size] as const],
    );
  }

  /** Drops a job that is being filled, as RisingWave does when it fails. */
  async failJob(name: string, error: string): Promise<void> {
    await this.#remove(this.#find(undefined, name));
    const info = JSON.stringify({ createStreamJobFail: { name, error } });
    await this.#db.query(
      "INSERT INTO rw_catalog.rw_event_logs (event_type, info) VALUES ('CREATE_STREAM_JOB_FAIL', $1)",
      [info],
    );
  }

  /** Rows of a relation as JSON, by the columns of a key. */
  async rowsOf(relation: string, key: readonly string[]): Promise<Map<string, string>> {
    const { rows } = await this.#db.query<Record<string, unknown>>(`SELECT * FROM "${relation}"`);
    return new Map(rows.map((row) => [key.map((k) => String(row[k])).join('|'), rowText(row)]));
  }

  /** Lets each sink look at its view. What it finds changed is written after the next statement. */
  async tick(): Promise<void> {
    // The older of two sinks writes last: an order that RisingWave does not exclude.
    for (const { sink, name } of this.#objects.toReversed()) {
      if (sink === undefined) continue;
      this.#write(sink);
      const rows = await this.rowsOf(name, sink.key);
      for (const [key, row] of rows) if (sink.seen.get(key) !== row) sink.waiting.push([key, row]);
      for (const key of sink.seen.keys()) if (!rows.has(key)) sink.waiting.push([key, undefined]);
      sink.seen = rows;
    }
  }

  #write(sink: Sink): void {
    const items = this.items.get(sink.table) ?? new Map<string, string>();
    this.items.set(sink.table, items);
    for (const [key, row] of sink.waiting) {
      if (row === undefined) items.delete(key);
      else items.set(key, row);
    }
    sink.waiting = [];
  }

  #work: Promise<unknown> = Promise.resolve();
  /** Statements of all clients run one after the other, as the database of the fake is one session. */
  #serialized<T>(f: () => Promise<T>): Promise<T> {
    const done = this.#work.then(f);
    this.#work = done.catch(() => undefined);
    return done;
  }

  async #query(sql: string, raw: Uint8Array, session: SessionState): Promise<Answer> {
    // A moment has passed since another client was told of a backfill.
    if (session.size === 0) await this.#learn();
    session.set('began', 'yes');
    const index = this.statements.push(sql) - 1;
    const failure = this.onStatement(sql, index);
    if (failure === 'late') this.#late = { sql, raw, session };
    if (failure === 'lost before' || failure === 'late') return 'close';
    await this.#catchUp(sql);
    if (failure === 'error') return failed('XX000', 'Failed to run the query\n\nCaused by:\n  injected');
    const answer = await this.#answer(sql, raw, session);
    if (/^(?:CREATE|ALTER|DROP)/.test(sql)) {
      await this.tick();
      await this.afterStatement(sql);
    }
    return failure === 'lost after' ? 'close' : answer;
  }

  #late: { readonly sql: string; readonly raw: Uint8Array; readonly session: SessionState } | undefined;

  /** Executes the statement that is late, once another client records what it is going to make. */
  async #catchUp(sql: string): Promise<void> {
    if (this.#late === undefined || !sql.startsWith('INSERT INTO freshet_deployment')) return;
    const { sql: lateSql, raw, session } = this.#late;
    this.#late = undefined;
    await this.#answer(lateSql, raw, session);
  }

  async #answer(sql: string, raw: Uint8Array, session: SessionState): Promise<Uint8Array> {
    try {
      const tag = await this.#statement(sql, session);
      if (tag !== undefined) return commandComplete(tag);
    } catch (e) {
      if (e instanceof RwError) return failed(e.code, e.message);
      return failed('XX000', new RwError('', 'Bind error', String((e as Error).message)).message);
    }
    if (/rw_ddl_progress/.test(sql)) await this.#progress();
    const answer = await this.#db.execProtocolRaw(raw);
    if (sql.startsWith('SELECT status')) await this.#learn();
    return answer;
  }

  /** The server learns which backfills have ended. */
  async #learn(): Promise<void> {
    for (const object of this.#objects) {
      if (!object.isUnknown || object.filling > 0) continue;
      object.isUnknown = false;
      await this.#db.exec(
        `UPDATE rw_catalog.rw_materialized_views SET status = 'Created' WHERE id = ${object.id}`,
      );
    }
  }

  async #progress(): Promise<void> {
    for (const object of this.#objects) {
      if (object.filling === 0) continue;
      object.filling--;
      const done = object.filling === 0;
      await this.#db.exec(
        done
          ? `DELETE FROM rw_catalog.rw_ddl_progress WHERE ddl_id = ${object.id}`
          : `UPDATE rw_catalog.rw_ddl_progress SET progress = '${object.filling} left' WHERE ddl_id = ${object.id}`,
      );
    }
  }

  /** Executes a statement that PostgreSQL does not have; undefined if it is one that PostgreSQL executes. */
  async #statement(sql: string, session: SessionState): Promise<string | undefined> {
    const text = sql.replaceAll(/--.*$/gm, '').trim();
    const set = /^SET (\w+) (?:TO|=) (\S+)$/i.exec(text);
    if (set !== null) {
      session.set(set[1]!, set[2]!);
      return 'SET_VARIABLE';
    }
    const create =
      /^CREATE (SOURCE|TABLE|VIEW|MATERIALIZED VIEW|SINK|INDEX|SUBSCRIPTION)( IF NOT EXISTS)? ("[^"]+"|\w+)\s*([\s\S]*)$/i.exec(
        text,
      );
    if (create !== null) {
      const [, kind, ifNotExists, name, rest] = create;
      return this.#create(kind!.toLowerCase() as Kind, bare(name!), rest!, {
        isBackground: session.get('background_ddl') === 'true',
        ifNotExists: ifNotExists !== undefined,
        sql: text,
      });
    }
    const drop = /^DROP (SOURCE|TABLE|VIEW|MATERIALIZED VIEW|SINK|INDEX) ("[^"]+"|\w+)( CASCADE)?$/i.exec(
      text,
    );
    if (drop !== null)
      return this.#drop(drop[1]!.toLowerCase() as Kind, bare(drop[2]!), drop[3] !== undefined);
    const alter =
      /^ALTER (SOURCE|TABLE|VIEW|MATERIALIZED VIEW|SINK) ("[^"]+"|\w+) (SWAP WITH|RENAME TO) ("[^"]+"|\w+)$/i.exec(
        text,
      );
    if (alter !== null) {
      const [, kind, name, how, to] = alter;
      return how!.toUpperCase() === 'RENAME TO'
        ? this.#rename(kind!.toLowerCase() as Kind, bare(name!), bare(to!))
        : this.#swap(kind!.toLowerCase() as Kind, bare(name!), bare(to!));
    }
    const cancel = /^CANCEL JOBS (\d+)$/.exec(text);
    if (cancel !== null) {
      const object = this.#objects.find(({ id, filling }) => id === Number(cancel[1]) && filling > 0);
      if (object !== undefined) await this.#remove(object);
      return 'CANCEL_COMMAND';
    }
    if (/^(?:FLUSH|WAIT)$/i.test(text)) return text.toUpperCase();
    return undefined;
  }

  async #create(
    kind: Kind,
    name: string,
    rest: string,
    how: { readonly isBackground: boolean; readonly ifNotExists: boolean; readonly sql: string },
  ): Promise<string> {
    const there = this.#objects.find((each) => each.name === name);
    if (there !== undefined) {
      if (how.ifNotExists) return `CREATE_${kind.toUpperCase()}`;
      const still = there.filling > 0 ? ' and is still being created' : '';
      throw new RwError('42710', 'Catalog error', `${there.kind} named ${name} already exists${still}`);
    }
    const options = withOptions(rest);
    if (kind === 'sink') this.#checkSink(options);
    const id = this.#nextId++;
    await this.#db.exec(this.#postgres(kind, name, rest, options));
    const reads = await this.#readsOf(kind, name, rest);
    const unready = this.#objects.find((each) => reads.includes(each.id) && isUnready(each));
    if (unready !== undefined) {
      await this.#db.exec(`DROP VIEW "${name}"`);
      throw new RwError('XX000', 'Catalog error', `${unready.kind} ${unready.name} is still being created`);
    }
    const isJob = kind === 'materialized view' || kind === 'sink';
    const filling = isJob && how.isBackground ? this.backfillPolls : 0;
    const sink = kind === 'sink' ? await this.#openSink(name, options) : undefined;
    const isUnknown = filling > 0 && kind === 'materialized view';
    this.#objects.push({ id, kind, name, filling, isUnknown, ...(sink === undefined ? {} : { sink }) });
    const quotedSql = how.sql.replaceAll("'", "''");
    await this.#db.exec(
      `INSERT INTO rw_catalog.${TABLES[kind]} (id, name, definition) VALUES (${id}, '${name}', '${quotedSql}');` +
        (kind === 'sink'
          ? `UPDATE rw_catalog.rw_sinks SET connector = '${options.get('connector')}' WHERE id = ${id};`
          : '') +
        reads.map((each) => `INSERT INTO rw_catalog.rw_depend VALUES (${id}, ${each});`).join('') +
        (isUnknown
          ? `UPDATE rw_catalog.rw_materialized_views SET status = 'Creating' WHERE id = ${id};`
          : '') +
        (filling > 0
          ? `INSERT INTO rw_catalog.rw_ddl_progress VALUES (${id}, '${quotedSql}', 'BACKGROUND', '0%');`
          : '') +
        (kind === 'table' && options.has('connector')
          ? `INSERT INTO rw_catalog.rw_sources (id, name, associated_table_id) VALUES (${this.#nextId++}, '${name}', ${id});`
          : ''),
    );
    return `CREATE_${kind.toUpperCase().replace(' ', '_')}`;
  }

  #checkSink(options: ReadonlyMap<string, string>): void {
    if (options.get('endpoint')?.includes('nowhere') === true)
      throw new RwError('XX000', 'Sink error', 'DynamoDb error', 'dispatch failure: io error');
    if (this.licence !== undefined && options.get('connector') === 'dynamodb')
      throw new RwError('XX000', 'gRPC request to meta service failed', `Sink error: ${this.licence}`);
  }

  /** The statement of PostgreSQL that keeps an object of RisingWave. */
  #postgres(kind: Kind, name: string, rest: string, options: ReadonlyMap<string, string>): string {
    const columns = columnsOf(rest);
    const topic = options.get('topic');
    const fromTopic = `SELECT ${columns.map(([c, type]) => `"${c}"::${type} AS "${c}"`).join(', ')} FROM topics."${topic}"`;
    switch (kind) {
      case 'source':
        return `CREATE VIEW "${name}" AS ${fromTopic}`;
      case 'table': {
        if (topic !== undefined) return `CREATE TABLE "${name}" AS ${fromTopic}`;
        const key = /PRIMARY KEY \(([^)]*)\)/i.exec(rest)?.[1];
        const trigger =
          key === undefined
            ? ''
            : `CREATE TRIGGER o BEFORE INSERT ON "${name}" FOR EACH ROW EXECUTE FUNCTION rw_catalog.overwrite('${key}');`;
        return `CREATE TABLE "${name}" ${rest}; ${trigger}`;
      }
      case 'view':
      case 'materialized view':
        return `CREATE VIEW "${name}" ${rest}`;
      case 'sink': {
        const from = /^FROM ("[^"]+"|\w+)/i.exec(rest)?.[1];
        const query = /^AS ([\s\S]*?)\s+WITH \(/i.exec(rest)?.[1];
        return `CREATE VIEW "${name}" AS ${from === undefined ? query : `SELECT * FROM ${from}`}`;
      }
      case 'index':
      case 'subscription':
        return '';
    }
  }

  async #openSink(name: string, options: ReadonlyMap<string, string>): Promise<Sink> {
    const key = (options.get('primary_key') ?? '').split(',').map((each) => each.trim());
    const seen =
      options.get('snapshot') === 'false' ? await this.rowsOf(name, key) : new Map<string, string>();
    return { table: options.get('table') ?? '', key, seen, waiting: [] };
  }

  async #readsOf(kind: Kind, name: string, rest: string): Promise<readonly number[]> {
    if (kind === 'index' || kind === 'subscription') {
      const on = /^(?:ON|FROM) ("[^"]+"|\w+)/i.exec(rest)![1]!;
      return [this.#find(undefined, bare(on)).id];
    }
    const { rows } = await this.#db.query<{ name: string }>(
      `SELECT DISTINCT c.relname AS name FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid
       JOIN pg_class c ON c.oid = d.refobjid JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE r.ev_class = $1::regclass AND d.refobjid <> r.ev_class AND n.nspname = 'public'`,
      [`"${name}"`],
    );
    return rows.map((row) => this.#find(undefined, row.name).id);
  }

  async #drop(kind: Kind, name: string, cascade: boolean): Promise<string> {
    if (cascade) throw new Error('DROP ... CASCADE is never used');
    const object = this.#find(kind, name);
    const { rows } = await this.#db.query<{ objid: number }>(
      'SELECT objid FROM rw_catalog.rw_depend WHERE refobjid = $1',
      [object.id],
    );
    const readers = this.#objects.filter(({ id }) => rows.some(({ objid }) => objid === id));
    const others = readers.filter((each) => each.kind !== 'index');
    if (others.length > 0) {
      const details = others.map((each) => `${each.kind} public.${each.name} depends on it`).join('\n');
      throw new RwError(
        'XX000',
        'Permission denied',
        `${kind} used by ${others.length} other objects. \nDETAIL: ${details}\nHINT:  Use DROP ... CASCADE ...`,
      );
    }
    for (const index of readers) await this.#remove(index);
    if (object.sink !== undefined) this.#write(object.sink);
    await this.#remove(object);
    return `DROP_${kind.toUpperCase().replace(' ', '_')}`;
  }

  async #remove({ id, kind, name }: FakeObject): Promise<void> {
    if (kind !== 'index' && kind !== 'subscription')
      await this.#db.exec(`DROP ${kind === 'table' ? 'TABLE' : 'VIEW'} "${name}"`);
    await this.#db.exec(
      `DELETE FROM rw_catalog.${TABLES[kind]} WHERE id = ${id}; DELETE FROM rw_catalog.rw_depend WHERE objid = ${id};
       DELETE FROM rw_catalog.rw_sources WHERE associated_table_id = ${id};
       DELETE FROM rw_catalog.rw_ddl_progress WHERE ddl_id = ${id};`,
    );
    this.#objects = this.#objects.filter((each) => each.id !== id);
  }

  async #rename(kind: Kind, name: string, to: string): Promise<string> {
    const object = this.#find(kind, name);
    if (this.#objects.some((each) => each.name === to))
      throw new RwError('42710', 'Catalog error', `${kind} named ${to} already exists`);
    await this.#setName(object, to);
    return 'ALTER';
  }

  async #swap(kind: Kind, name: string, to: string): Promise<string> {
    const [a, b] = [this.#find(undefined, name), this.#find(undefined, to)];
    if (a.kind !== b.kind)
      throw new RwError('XX000', 'Permission denied', `cannot swap between ${name} and ${to}: type mismatch`);
    if (a.kind !== kind || isUnready(a) || isUnready(b))
      throw new RwError('42P01', 'Catalog error', `${kind} not found: ${name}`);
    await this.#setName(a, '__swap');
    await this.#setName(b, name);
    await this.#setName(a, to);
    return 'ALTER';
  }

  async #setName(object: FakeObject, to: string): Promise<void> {
    const { id, kind, name } = object;
    await this.#db.exec(
      `ALTER ${kind === 'table' ? 'TABLE' : 'VIEW'} "${name}" RENAME TO "${to}";
       UPDATE rw_catalog.${TABLES[kind]} SET name = '${to}' WHERE id = ${id};
       UPDATE rw_catalog.rw_sources SET name = '${to}' WHERE associated_table_id = ${id};`,
    );
    object.name = to;
  }

  #find(kind: Kind | undefined, name: string): FakeObject {
    const object = this.#objects.find((each) => each.name === name);
    if (object === undefined || (kind !== undefined && object.kind !== kind))
      throw new RwError('42P01', 'Catalog error', `${kind ?? 'table'} not found: ${name}`);
    return object;
  }
}

function isUnready({ filling, isUnknown }: FakeObject): boolean {
  return filling > 0 || isUnknown;
}

function bare(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1) : name.toLowerCase();
}

/** A row as text; the order of its columns does not matter. */
function rowText(row: Readonly<Record<string, unknown>>): string {
  const sorted = Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(sorted, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v));
}

function withOptions(rest: string): ReadonlyMap<string, string> {
  const inside = /\bWITH \(([\s\S]*?)\)/i.exec(rest)?.[1] ?? '';
  return new Map([...inside.matchAll(/([\w.]+)\s*=\s*'([^']*)'/g)].map((m) => [m[1]!, m[2]!]));
}

/** Names and types of the columns in the first brackets of CREATE SOURCE or TABLE. */
function columnsOf(rest: string): readonly (readonly [string, string])[] {
  const inside = /^\(([\s\S]*?)\)\s*(?:WITH|$)/i.exec(rest)?.[1] ?? '';
  return inside
    .split(',')
    .map((column) => column.trim().split(/\s+/))
    .filter(([name, type]) => type !== undefined && !/^primary$/i.test(name!))
    .map(([name, type]) => [name!, type!] as const);
}
