import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { type Replay, replay } from '../../src/runtime/replay.ts';
import { loadPipeline } from '../../src/sql/load.ts';
import type { Kind } from '../oracle/support/canonical.ts';
import { connectPostgres, type SqlDatabase } from '../oracle/support/database.ts';
import { EVENT_TABLES, type EventTable, insertLines } from '../oracle/support/events.ts';
import { oracleQuery, oracleViews, type PipelineName, prepareOracle, setClock } from '../oracle/support/oracle.ts';
import { difference, type Relation, relationLike, relationOf } from '../oracle/support/relation.ts';
import { type PostgresServer, startPostgres } from './support/postgres.ts';
import { parseItem, parseRow } from './support/replay-rows.ts';
import { readLines, sharedData } from './support/shared-data.ts';

// Real events, replayed to a date, against hand-written SQL over the same raw rows on a PostgreSQL server: every view and
// every sink's items of both shipped pipelines. The dates go on day by day until all windows have emptied.

const AS_OF = [
  ...days('2022-04-10', '2022-05-25').map((day) => `${day}T12:00:00Z`),
  '2022-04-14T23:59:59.999Z',
  '2022-04-15T00:00:00Z',
  '2022-04-21T15:00:00Z', // in the middle of sessions
].sort();
/** Where the command line is asked as well. */
const ON_COMMAND_LINE = ['2022-04-14T12:00:00Z', '2022-04-22T12:00:00Z', '2022-05-19T12:00:00Z'];
/** Minutes of the published pipeline are sums of quotients with 28 digits; the oracle's have 30 or more. */
const DIGITS = 20;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const data = sharedData();
const TIME_COLUMN: Readonly<Record<EventTable, string>> = {
  view_events: 'watched_at',
  content_interactions: 'event_ts',
};

if (data === undefined) {
  const message = 'no real events: set FRESHET_SHARED_DATA to the folder with kuairand-view_events.ndjson';
  if (process.env['CI'] !== undefined) throw new Error(message);
  console.warn(`SKIPPED test/external/oracle-kuairand.test.ts: ${message}`);
}

describe.skipIf(data === undefined).each(['viewer-engagement', 'as-published'] as const)('pipelines/%s', (name) => {
  let server: PostgresServer;
  let db: SqlDatabase;
  let pipeline: Pipeline;
  const feeds = new Map<EventTable, EventFeed>();

  beforeAll(async () => {
    server = await startPostgres();
    db = await connectPostgres(server.connectionString);
    await prepareOracle(db);
    await db.exec('CREATE INDEX ON view_events (viewer_id); CREATE INDEX ON content_interactions (viewer_id)');
    await db.exec('CREATE INDEX ON view_events (content_id)');
    const loaded = await loadPipeline(`${ROOT}pipelines/${name}`, { env: {} });
    if (loaded.pipeline === undefined) throw new Error(JSON.stringify(loaded.diagnostics));
    pipeline = loaded.pipeline;
    for (const table of EVENT_TABLES) feeds.set(table, new EventFeed(table));
  });
  afterAll(async () => {
    await db?.close();
    server?.stop();
  });

  test('has a definition for each view', () => {
    expect(oracleViews(name)).toEqual(pipeline.views.map((v) => v.name).sort());
  });

  // One after the other: each puts the events up to its date into the database.
  test.each(AS_OF)('as of %s every view and item equals its definition', async (asOf) => {
    for (const feed of feeds.values()) await feed.upTo(db, asOf);
    await setClock(db, asOf.replace('T', ' ').replace('Z', ''));
    const replayed = await replay({
      pipeline,
      inputs: EVENT_TABLES.map((source) => ({ source, path: fileOf(source) })),
      asOf_us: Date.parse(asOf) * 1000,
    });
    expect(replayed.errors).toEqual([]);
    for (const view of pipeline.views) {
      const expected = await relationOf(db, oracleQuery(name, view.name));
      const rows = [...replayed.rows(view.name)].map(parseRow);
      expect(difference(expected, relationLike(expected, rows), { digits: DIGITS }), view.name).toBeUndefined();
    }
    for (const sink of pipeline.sinks) await compareItems(db, name, sink.name, replayed, pipeline);
    if (ON_COMMAND_LINE.includes(asOf)) {
      for (const { name: view } of pipeline.views) {
        expect(commandLine(name, asOf, ['--select', view]), view).toBe(lines(replayed.rows(view)));
      }
      for (const { name: sink } of pipeline.sinks) {
        expect(commandLine(name, asOf, ['--select', sink, '--items']), sink).toBe(lines(replayed.items(sink)));
      }
    }
  }, 600_000);
});

/** A sink's items are the view's rows: the same attributes and values, each of the DynamoDB type of its column. */
async function compareItems(
  db: SqlDatabase,
  name: PipelineName,
  sink: string,
  replayed: Replay,
  pipeline: Pipeline,
): Promise<void> {
  const def = pipeline.sinks.find((s) => s.name === sink)!;
  const sortKey = def.options.get('freshet.sort_key')?.value;
  const query = oracleQuery(name, def.from);
  const expected = await relationOf(
    db,
    sortKey === undefined ? query : `SELECT v.*, '${sortKey}'::text AS sk FROM (${query}) v`,
  );
  const items = [...replayed.items(sink)].map(parseItem);
  const rows = items.map((item) => item.values);
  expect(difference(expected, relationLike(expected, rows), { digits: DIGITS }), sink).toBeUndefined();
  for (const { types } of items) {
    expect([types['viewer_id'], types['sk']]).toEqual(['N', 'S']);
    const wrong = expected.columns.filter((c) => !attributeTypes(expected, c).includes(types[c]!));
    expect(wrong, `${sink}: ${JSON.stringify(types)}`).toEqual([]);
  }
}

function attributeTypes(relation: Relation, column: string): readonly string[] {
  const types: Record<Kind, readonly string[]> = {
    number: ['N', 'NULL'],
    text: ['S', 'NULL'],
    date: ['S', 'NULL'],
    timestamp: ['S', 'NULL'],
    boolean: ['BOOL', 'NULL'],
    json: ['L', 'M'],
  };
  return types[relation.kinds[relation.columns.indexOf(column)]!];
}

function commandLine(name: PipelineName, asOf: string, select: readonly string[]): string {
  const inputs = EVENT_TABLES.flatMap((source) => ['--input', `${source}=${fileOf(source)}`]);
  const args = ['bin/freshet.js', 'replay', `pipelines/${name}`, ...inputs, '--as-of', asOf, ...select];
  const result = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28 });
  expect(result.status, result.stderr).toBe(0);
  return result.stdout;
}

function lines(rows: Iterable<string>): string {
  return [...rows].map((row) => `${row}\n`).join('');
}

function fileOf(table: EventTable): string {
  return `${data}/kuairand-${table}.ndjson`;
}

/** Puts a table's events into the database as time goes on: those that have happened. */
class EventFeed {
  readonly #table: EventTable;
  #left: { readonly line: string; readonly at_ms: number }[];

  constructor(table: EventTable) {
    this.#table = table;
    this.#left = readLines(fileOf(table)).map((line) => {
      const event = JSON.parse(line) as Record<string, unknown>;
      return { line, at_ms: Date.parse(`${String(event[TIME_COLUMN[table]])}Z`) };
    });
  }

  async upTo(db: SqlDatabase, asOf: string): Promise<void> {
    const now_ms = Date.parse(asOf);
    const happened = this.#left.filter(({ at_ms }) => at_ms <= now_ms);
    this.#left = this.#left.filter(({ at_ms }) => at_ms > now_ms);
    await insertLines(
      db,
      this.#table,
      happened.map(({ line }) => line),
    );
    if (happened.length > 0) await db.exec(`ANALYZE ${this.#table}`);
  }
}

function days(first: string, last: string): string[] {
  const all: string[] = [];
  for (let at_ms = Date.parse(first); at_ms <= Date.parse(last); at_ms += 86_400_000) {
    all.push(new Date(at_ms).toISOString().slice(0, 10));
  }
  return all;
}
