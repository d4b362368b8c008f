import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RenderedPipeline } from '../../src/sql/target/rendered.ts';
import { openPipeline, type TestPipeline } from '../../src/testing/index.ts';
import { ROOT } from '../house/files.ts';
import { asWritten } from '../risingwave/support/as-written.ts';
import { cell } from '../risingwave/support/cells.ts';
import { interactions, viewEvents } from '../risingwave/support/events.ts';
import { SECONDS, TYPES } from '../risingwave/support/pipelines.ts';
import { bothForms } from '../risingwave/support/rendered.ts';
import { openRisingWave } from '../risingwave/support/risingwave-server.ts';
import { startStandIn, type StandIn } from '../risingwave/support/stand-in.ts';
import { Twin } from '../risingwave/support/twin.ts';
import { seeded } from '../storage/support/random.ts';

// The comparison with a real RisingWave (test/risingwave/), tried out with PostgreSQL in its place: it finds views that
// are equal equal, and names those that are not.

let standIn: StandIn;
beforeAll(async () => {
  standIn = await startStandIn();
});
afterAll(() => standIn.close());

/** A pipeline with its SQL as written, since PostgreSQL takes what RisingWave needs rewritten. */
async function written(
  sql: string | Readonly<Record<string, string>>,
): Promise<[TestPipeline, RenderedPipeline]> {
  const here = await openPipeline(sql, { env: {} });
  return [here, asWritten(here.pipeline, {})];
}

/** Replaces a part of the SQL of one definition. */
function edited(
  rendered: RenderedPipeline,
  name: string,
  [from, to]: readonly [string, string],
): RenderedPipeline {
  const statements = rendered.statements.map((each) =>
    each.name === name ? { ...each, sql: each.sql.replace(from, to) } : each,
  );
  expect(JSON.stringify(statements)).not.toBe(JSON.stringify(rendered.statements));
  return { ...rendered, statements };
}

test('views of all types are equal after inserts and deletes, and everything is dropped at the end', async () => {
  const random = seeded(7);
  const server = await openRisingWave(standIn.url);
  const twin = await Twin.open(...(await written({ 'types.sql': TYPES })), server);
  const rows = Array.from({ length: 120 }, (_, id) => cell(id, random));
  await twin.insert('cells', rows.slice(0, 80));
  expect(await twin.differences()).toEqual([]);
  await twin.delete(
    'cells',
    rows.slice(0, 80).filter((_, i) => i % 3 === 0),
  );
  await twin.insert('cells', rows.slice(80));
  expect(await twin.differences()).toEqual([]);
  expect(twin.rows('all_cells')).toHaveLength(93);
  await server.close();
  expect(await standIn.left()).toEqual([]);
});

test.each([
  ['viewer-engagement', 'as it is written', written, 1],
  ['viewer-engagement', 'as it is rendered', bothForms, 1],
  // PostgreSQL divides to 16 digits: minutes of 6 seconds are exact there too.
  ['as-published', 'as it is rendered', bothForms, 6],
] as const)('the views of %s are equal, %s', async (name, _, forms, unit_s) => {
  const random = seeded(11);
  const server = await openRisingWave(standIn.url);
  const twin = await Twin.open(...(await forms(join(ROOT, 'pipelines', name))), server);
  for (let i = 0; i < 2; i++) {
    await twin.insert('view_events', viewEvents(150, random, { now_ms: Date.now(), unit_s }));
    await twin.insert('content_interactions', interactions(40, random, Date.now()));
    expect(await twin.differences()).toEqual([]);
  }
  expect(twin.rows('viewer_engagement_rolling').length).toBeGreaterThan(8);
  await server.close();
});

test.each([
  ['as they are written', written],
  ['as they are rendered', bothForms],
] as const)('windows of seconds end at the same time, %s', async (_, forms) => {
  const server = await openRisingWave(standIn.url);
  const twin = await Twin.open(...(await forms({ 'seconds.sql': SECONDS })), server);
  await twin.insert('plays', [
    [1n, 10, Date.now() * 1000],
    [2n, 20, Date.now() * 1000],
  ]);
  expect(await twin.differences()).toEqual([]);
  while (twin.rows('recent').length > 0) expect(await twin.differences()).toEqual([]);
  expect(await twin.differences()).toEqual([]);
  expect(twin.rows('windows')).toMatchObject([{ seconds: 10 }, { seconds: 20 }]);
  await server.close();
});

test.each([
  [
    'a sum that is a maximum',
    'per_key',
    ['SUM(i), 0) AS i', 'MAX(i), 0) AS i'],
    /^per_key: \d rows here, \d there; only here/,
  ],
  [
    'a row too few',
    'all_cells',
    ['FROM cells', 'FROM cells WHERE id <> 3'],
    /^all_cells: 40 rows here, 39 there;/,
  ],
  [
    'a row twice',
    'top_cells',
    ['place <= 2', 'place <= 3'],
    /^top_cells: \d rows here, \d there; only here \(0\): none;/,
  ],
  ['another digit', 'all_cells', ['i, n,', 'i, n + 0.0000000001 AS n,'], /^all_cells: .*"n":"/],
  ['another order', 'per_key', ['ORDER BY id) AS ts', 'ORDER BY id DESC) AS ts'], /^per_key: .*"ts":\[/],
  [
    'a later time',
    'all_cells',
    ['seen_at, met_at', "seen_at, met_at + INTERVAL '1 microsecond' AS met_at"],
    /^all_cells: /,
  ],
] as const)('finds %s', async (_, view, edit, message) => {
  const random = seeded(3);
  const server = await openRisingWave(standIn.url);
  const [here, rendered] = await written({ 'types.sql': TYPES });
  const twin = await Twin.open(here, edited(rendered, view, edit), server);
  await twin.insert(
    'cells',
    Array.from({ length: 40 }, (__, id) => cell(id, random)),
  );
  const found = await twin.differences(0);
  expect(found).toEqual([expect.stringMatching(message)]);
  await server.close();
});

test('says which statement the database refuses, and why', async () => {
  const server = await openRisingWave(standIn.url);
  const [here, rendered] = await written({ 'types.sql': TYPES });
  const broken = edited(rendered, 'per_key', ['SUM(n)', 'SOME(n)']);
  await expect(Twin.open(here, broken, server)).rejects.toThrow(
    /^types\.sql:\d+: the database refuses per_key: .*\n[\s\S]*SOME\(n\)/,
  );
  await server.close();
});
