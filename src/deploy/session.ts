import { FreshetError } from '../values/freshet-error.ts';
import { messageOf } from '../values/error-message.ts';

/** A row of an answer, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>;

/** A connection to RisingWave. One statement at a time. */
export interface Session {
  /** Host, port and database, without user and password. */
  readonly place: string;
  /** Runs a statement and returns its rows. Rejects with {@link StatementRefused}, or if the connection is lost. */
  rows(sql: string): Promise<readonly Row[]>;
  /** As {@link rows}; undefined if RisingWave refuses the statement, as it does where a version lacks a table. */
  rowsIfAny(sql: string): Promise<readonly Row[] | undefined>;
  close(): Promise<void>;
}

/** RisingWave's refusal of a statement. */
export class StatementRefused extends FreshetError {
  /** RisingWave's reason in one line. */
  readonly reason: string;

  constructor(sql: string, error: unknown) {
    const reason = causesOf(messageOf(error));
    // The first words say what it is. The rest may hold secrets.
    const start = sql.split(/[\s(]+/, 4).join(' ');
    super('statement_refused', `RisingWave refuses ${start} ...: ${reason}`, {
      hint: 'a RisingWave from 2.8 on is needed, and a user who may create and drop; then run the same command again',
      cause: error,
    });
    this.reason = reason;
  }
}

/** RisingWave lists the causes of an error on lines of their own, from the outermost to the innermost. */
function causesOf(message: string): string {
  const causes = message.replace(/^Failed to run the query\s+Caused by[^:]*:\s*/, '').trim();
  return causes.replaceAll(/^\s*\d+: /gm, '').replaceAll(/\s*\n\s*/g, ': ');
}

const EXAMPLE = 'postgres://user:password@host:4566/dev';

/**
 * Connects to the database of a URL such as `postgres://user:password@host:4566/dev`. Statements are sent by the simple
 * query protocol: RisingWave prepares no DDL. Throws FreshetError without the URL in it, since it holds a password.
 */
export async function openSession(url: string): Promise<Session> {
  const place = placeOf(url);
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, application_name: 'freshet' });
  let lost: Error | undefined;
  client.on('error', (error: Error) => {
    lost = error;
  });
  try {
    await client.connect();
  } catch (e) {
    await client.end().catch(() => undefined);
    throw connectFailure(place, e);
  }
  const rows = async (sql: string): Promise<readonly Row[]> => {
    if (lost !== undefined) throw connectionLost(place, lost);
    try {
      const answer = await client.query<Row>(sql);
      return answer.rows;
    } catch (e) {
      throw isServerError(e) ? new StatementRefused(sql, e) : connectionLost(place, e);
    }
  };
  return {
    place,
    rows,
    rowsIfAny: (sql) =>
      rows(sql).catch((e: unknown) => {
        if (e instanceof StatementRefused) return undefined;
        throw e;
      }),
    close: () => client.end().catch(() => undefined),
  };
}

/** Returns whether an error is an answer of the server, as opposed to a lost connection. */
function isServerError(e: unknown): boolean {
  return e instanceof Error && typeof (e as { severity?: unknown }).severity === 'string';
}

/** Returns the message of a network error. Some have none, such as a refusal by both addresses of a host. */
function reasonOf(e: unknown): string {
  return messageOf(e) || String((e as { code?: unknown }).code ?? 'no answer');
}

function placeOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^postgres(?:ql)?:$/.test(parsed.protocol) || parsed.hostname === '')
    throw new FreshetError('bad_url', 'the URL of RisingWave is not of the form postgres://...', {
      hint: `write it as ${EXAMPLE}`,
    });
  const database = parsed.pathname.slice(1);
  if (database === '')
    throw new FreshetError('bad_url', 'the URL of RisingWave names no database', {
      hint: `write it as ${EXAMPLE}`,
    });
  return `${parsed.hostname}:${parsed.port === '' ? '5432' : parsed.port}/${decodeURIComponent(database)}`;
}

function connectFailure(place: string, e: unknown): FreshetError {
  return new FreshetError('cannot_connect', `cannot connect to RisingWave at ${place}: ${reasonOf(e)}`, {
    hint: 'check host, port (RisingWave listens on 4566), user and password of the URL',
    cause: e,
  });
}

function connectionLost(place: string, e: unknown): FreshetError {
  return new FreshetError(
    'connection_lost',
    `the connection to RisingWave at ${place} is lost: ${reasonOf(e)}`,
    {
      hint: 'run the same command again once RisingWave answers; it goes on where it stopped',
      cause: e,
    },
  );
}
