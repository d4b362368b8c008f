import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unpackItem } from '../../src/client/windows/read.ts';
import type { AttributeMap, AttributeValue } from '../../src/dynamodb/wire.ts';
import { windowProgram } from '../../src/sinks/dynamodb/window-program.ts';
import { openPipeline } from '../../src/testing/index.ts';
import { openPGlite, type SqlDatabase } from './support/database.ts';
import { insertLines } from './support/events.ts';
import { oracleRows, prepareOracle, setClock } from './support/oracle.ts';
import { EPOCH_MS, script, timestamp, type Step } from './support/random-events.ts';
import { difference, relationLike } from './support/relation.ts';

// The shipped pipeline with two domains in layout `packed` stops at a random moment. On each of the 40 days after it,
// a reader's metrics equal those of hand-written queries over the raw events, in PostgreSQL with its clock on that day.

const FOLDER = new URL('../../pipelines/viewer-engagement/', import.meta.url);
const PACKED = new Map([
  ['viewer_watch_sink', 'viewer_engagement_rolling'],
  ['viewer_interactions_sink', 'content_interactions_rolling'],
]);
const DAY_MS = 86_400_000;
const MIDNIGHTS = 40;
const RUNS = Number(process.env['FRESHET_ORACLE_RUNS'] ?? 3);

let db: SqlDatabase;

beforeAll(async () => {
  db = await openPGlite();
  await prepareOracle(db);
});
afterAll(() => db.close());

/** Returns the shipped files with two sinks in layout `packed`. */
function packedFiles(): Record<string, string> {
  const files = readdirSync(FOLDER).map((name) => [name, readFileSync(new URL(name, FOLDER), 'utf8')]);
  const texts = Object.fromEntries(files) as Record<string, string>;
  let sinks = texts['90_sinks.sql']!;
  for (const sink of PACKED.keys()) {
    const start = sinks.indexOf(`CREATE SINK ${sink}`);
    const at = sinks.indexOf("primary_key = 'viewer_id,sk'", start);
    sinks = `${sinks.slice(0, at)}freshet.layout = 'packed', ${sinks.slice(at)}`;
  }
  return { ...texts, '90_sinks.sql': sinks };
}

function plain(value: AttributeValue): unknown {
  if ('N' in value) return value.N;
  return 'S' in value ? value.S : null;
}

/** Events dated ahead of the clock wait until their day: the stopped pipeline never sees that day. */
function withoutFuture(steps: readonly Step[]): readonly Step[] {
  let now_ms = EPOCH_MS;
  return steps.map((step): Step => {
    if (step.kind === 'advance') {
      now_ms = step.to_ms;
      return step;
    }
    const end = timestamp(Math.floor(now_ms / DAY_MS) * DAY_MS + DAY_MS - 1);
    return step.kind === 'views'
      ? { kind: 'views', events: step.events.filter((e) => !(String(e.watched_at) > end)) }
      : { kind: 'interactions', events: step.events.filter((e) => !(String(e.event_ts) > end)) };
  });
}

test('packed items are right on each of 40 days after their pipeline stopped', async () => {
  const files = packedFiles();
  const compare = async (given: readonly Step[]): Promise<void> => {
    await db.exec('TRUNCATE view_events, content_interactions');
    const engine = await openPipeline(files, { now: new Date(EPOCH_MS) });
    let now_ms = EPOCH_MS;
    for (const step of withoutFuture(given)) {
      if (step.kind === 'advance') {
        now_ms = step.to_ms;
        engine.advanceTo(new Date(now_ms));
        continue;
      }
      const table = step.kind === 'views' ? 'view_events' : 'content_interactions';
      await insertLines(
        db,
        table,
        step.events.map((e) => JSON.stringify(e)),
      );
      engine.insert(table, step.events);
    }
    const today = Math.floor(now_ms / DAY_MS);
    for (const [name, view] of PACKED) {
      const sink = engine.pipeline.sinks.find((each) => each.name === name)!;
      const program = windowProgram(sink.buckets!.windows);
      const items = engine.items(name) as unknown as readonly AttributeMap[];
      for (let later = 0; later <= MIDNIGHTS; later++) {
        await setClock(db, timestamp((today + later) * DAY_MS + (later === 0 ? now_ms % DAY_MS : 0)));
        const expected = await oracleRows(db, 'viewer-engagement', view);
        const rows = items.flatMap((item) => {
          const unpacked = unpackItem(program, item, today + later);
          if (unpacked === undefined) return [];
          return [Object.fromEntries(Object.entries(unpacked).map(([k, value]) => [k, plain(value)]))];
        });
        const found = difference(expected, relationLike(expected, rows), { digits: 20 });
        expect([view, later, found]).toEqual([view, later, undefined]);
      }
    }
  };
  await fc.assert(fc.asyncProperty(script(8), compare), { numRuns: RUNS, seed: 20_261_128 });
});
