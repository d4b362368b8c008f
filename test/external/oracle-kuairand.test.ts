import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Pipeline, SinkDef } from '../../src/plan/pipeline.ts';
import { type Replay, replay } from '../../src/runtime/replay.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { openPipeline } from '../../src/testing/index.ts';
import type { Kind } from '../oracle/support/canonical.ts';
import { connectPostgres, type SqlDatabase } from '../oracle/support/database.ts';
import { EVENT_TABLES, type EventTable, insertLines } from '../oracle/support/events.ts';
import {
  oracleQuery,
  oracleViews,
  type PipelineName,
  prepareOracle,
  setClock,
} from '../oracle/support/oracle.ts';
import { difference, type Relation, relationLike, relationOf } from '../oracle/support/relation.ts';
import { type PostgresServer, startPostgres } from './support/postgres.ts';
import { parseItem, parseRow } from './support/replay-rows.ts';
import { readLines, sharedData } from './support/shared-data.ts';

// Compares both shipped pipelines over real events with hand-written SQL over the same events in PostgreSQL: the rows
// of every view and the items of every sink. The pipeline runs day by day until all windows are empty, and is replayed
// from the start to several dates, in this process and from the command line.

const DAYS = days('2022-04-10', '2022-05-25').map((day) => `${day}T12:00:00Z`);
const REPLAYED = [
  '2022-04-10T12:00:00Z',
  '2022-04-14T23:59:59.999Z',
  '2022-04-15T00:00:00Z',
  '2022-04-21T15:00:00Z', // in the middle of sessions
  '2022-04-22T12:00:00Z',
  '2022-05-05T12:00:00Z', // the first events leave the 28-day windows
  '2022-05-19T12:00:00Z', // the last events leave them
];
/** Date of the replay on the command line, which prints what `replay` returns: one view and the sinks are enough. */
const ON_COMMAND_LINE = '2022-04-22T12:00:00Z';
/** Digits compared: the published pipeline sums quotients of 28 digits, and the oracle quotients of 30 or more. */
const DIGITS = 20;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const data = sharedData();
const TIME_COLUMN: Readonly<Record<EventTable, string>> = {
  view_events: 'watched_at',
  content_interactions: 'event_ts',
};

if (data === undefined) {
  // The licence of the data keeps them out of the repository.
  process.stderr.write(
    'SKIPPED test/external/oracle-kuairand.test.ts: the real events are not on this machine; ' +
      'set FRESHET_SHARED_DATA to the folder with kuairand-view_events.ndjson\n',
  );
}

describe.skipIf(data === undefined).each(['viewer-engagement', 'as-published'] as const)(
  'pipelines/%s',
  (name) => {
    let server: PostgresServer;
    let db: SqlDatabase;
    let pipeline: Pipeline;

    beforeAll(async () => {
      server = await startPostgres();
      db = await connectPostgres(server.connectionString);
      await prepareOracle(db);
      await db.exec('CREATE INDEX ON view_events (viewer_id); CREATE INDEX ON view_events (content_id)');
      await db.exec('CREATE INDEX ON content_interactions (viewer_id)');
      const loaded = await loadPipeline(`${ROOT}pipelines/${name}`, { env: {} });
      if (loaded.pipeline === undefined) throw new Error(JSON.stringify(loaded.diagnostics));
      pipeline = loaded.pipeline;
    });
    afterAll(async () => {
      await db?.close();
      server?.stop();
    });

    /** Empties the oracle's tables, and returns the feeds that fill them again up to a given time. */
    const startOver = async (): Promise<readonly EventFeed[]> => {
      await db.exec(`TRUNCATE ${EVENT_TABLES.join(', ')}`);
      return EVENT_TABLES.map((table) => new EventFeed(table));
    };

    test('the oracle has a definition for each view', () => {
      expect(oracleViews(name)).toEqual(pipeline.views.map((v) => v.name).sort());
    });

    test('every view of a pipeline that runs day by day equals its definition', async () => {
      const feeds = await startOver();
      const running = await openPipeline(`${ROOT}pipelines/${name}`, {
        now: `${DAYS[0]!.slice(0, 10)}T00:00:00Z`,
      });
      for (const day of DAYS) {
        for (const feed of feeds) running.insert(feed.table, (await feed.upTo(db, day)).join('\n'));
        running.advanceTo(day);
        await setClock(db, clockText(day));
        for (const { name: view } of pipeline.views) {
          const expected = await relationOf(db, oracleQuery(name, view));
          const found = difference(expected, relationLike(expected, running.rows(view)), { digits: DIGITS });
          expect(found, `${view} at ${day}`).toBeUndefined();
        }
      }
      expect(running.errors()).toEqual([]);
      expect(running.problems()).toEqual([]);
    }, 1_200_000);

    test('every view and item of a replay to a date equals its definition', async () => {
      const feeds = await startOver();
      for (const asOf of REPLAYED) {
        for (const feed of feeds) await feed.upTo(db, asOf);
        await setClock(db, clockText(asOf));
        const replayed = await replayTo(pipeline, asOf);
        expect(replayed.errors()).toEqual([]);
        for (const { name: view } of pipeline.views) {
          const expected = await relationOf(db, oracleQuery(name, view));
          const rows = [...replayed.rows(view)].map(parseRow);
          const found = difference(expected, relationLike(expected, rows), { digits: DIGITS });
          expect(found, `${view} at ${asOf}`).toBeUndefined();
        }
        for (const sink of pipeline.sinks) await compareItems(db, name, sink, replayed);
      }
    }, 1_200_000);

    test('the command line prints the rows and items of the replay', async () => {
      const replayed = await replayTo(pipeline, ON_COMMAND_LINE);
      const different: string[] = [];
      const view = 'viewer_engagement_rolling';
      if (commandLine(name, ['--select', view]) !== lines(replayed.rows(view))) different.push(view);
      for (const { name: sink } of pipeline.sinks) {
        const printed = commandLine(name, ['--select', sink, '--items']);
        if (printed !== lines(replayed.items(sink))) different.push(sink);
      }
      expect(different).toEqual([]);
    }, 1_200_000);
  },
);

function replayTo(pipeline: Pipeline, asOf: string): Promise<Replay> {
  return replay({
    pipeline,
    inputs: EVENT_TABLES.map((source) => ({ source, path: fileOf(source) })),
    asOf_us: Date.parse(asOf) * 1000,
    everyMinute: true,
  });
}

/** Expects a sink's items to be the view's rows, with each attribute of the DynamoDB type of its column. */
async function compareItems(
  db: SqlDatabase,
  name: PipelineName,
  sink: SinkDef,
  replayed: Replay,
): Promise<void> {
  const sortKey = sink.options.get('freshet.sort_key')?.value;
  const query = oracleQuery(name, sink.from);
  const expected = await relationOf(
    db,
    sortKey === undefined ? query : `SELECT v.*, '${sortKey}'::text AS sk FROM (${query}) v`,
  );
  const items = [...replayed.items(sink.name)].map(parseItem);
  const rows = items.map((item) => item.values);
  expectEqual(sink.name, expected, rows);
  for (const { types } of items) {
    expect([types['viewer_id'], types['sk']]).toEqual(['N', 'S']);
    const wrong = expected.columns.filter((c) => !attributeTypes(expected, c).includes(types[c]!));
    expect({ sink: sink.name, wrong }).toEqual({ sink: sink.name, wrong: [] });
  }
}

function expectEqual(
  what: string,
  expected: Relation,
  rows: readonly Readonly<Record<string, unknown>>[],
): void {
  const found = difference(expected, relationLike(expected, rows), { digits: DIGITS });
  if (found !== undefined) throw new Error(`${what}: ${found}`);
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

function commandLine(name: PipelineName, select: readonly string[]): string {
  const inputs = EVENT_TABLES.flatMap((source) => ['--input', `${source}=${fileOf(source)}`]);
  const args = [
    'bin/freshet.js',
    'replay',
    `pipelines/${name}`,
    ...inputs,
    '--as-of',
    ON_COMMAND_LINE,
    ...select,
  ];
  const result = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (result.status !== 0) throw new Error(`freshet ${args.slice(1).join(' ')}: ${result.stderr}`);
  return result.stdout;
}

function lines(rows: Iterable<string>): string {
  return [...rows].map((row) => `${row}\n`).join('');
}

function fileOf(table: EventTable): string {
  return `${data}/kuairand-${table}.ndjson`;
}

/** The events of a table, inserted into the database in order of time. */
class EventFeed {
  readonly table: EventTable;
  #left: { readonly line: string; readonly at_ms: number }[];

  constructor(table: EventTable) {
    this.table = table;
    this.#left = readLines(fileOf(table)).map((line) => {
      const event = JSON.parse(line) as Record<string, unknown>;
      return { line, at_ms: Date.parse(`${String(event[TIME_COLUMN[table]])}Z`) };
    });
  }

  /** Inserts the events up to `asOf` that are not yet inserted, and returns them as NDJSON lines. */
  async upTo(db: SqlDatabase, asOf: string): Promise<string[]> {
    const now_ms = Date.parse(asOf);
    const happened = this.#left.filter(({ at_ms }) => at_ms <= now_ms);
    this.#left = this.#left.filter(({ at_ms }) => at_ms > now_ms);
    const added = happened.map(({ line }) => line);
    await insertLines(db, this.table, added);
    if (added.length > 0) await db.exec(`ANALYZE ${this.table}`);
    return added;
  }
}

/** Returns an ISO time such as `2022-04-22T12:00:00Z` in the form that the oracle's clock takes. */
function clockText(time: string): string {
  return time.replace('T', ' ').replace('Z', '');
}

function days(first: string, last: string): string[] {
  const all: string[] = [];
  for (let at_ms = Date.parse(first); at_ms <= Date.parse(last); at_ms += 86_400_000) {
    all.push(new Date(at_ms).toISOString().slice(0, 10));
  }
  return all;
}
