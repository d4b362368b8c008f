import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dailyWindowsReader } from '../../src/client/layouts/daily-windows.ts';
import { packedReader } from '../../src/client/layouts/packed.ts';
import { ProfileReads, type AnyDomain } from '../../src/client/profile-reads.ts';
import type { ProfileLayoutName } from '../../src/client/schema.ts';
import { clientTransport } from '../../src/client/client-transport.ts';
import type { DynamoDbClient } from '../../src/dynamodb/client.ts';
import { startLocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { checkPipeline } from '../../src/pipeline/check.ts';
import { profileLayout, profileSchema, storeOptions } from '../../src/pipeline/profile-domains.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { SYSTEM_CLOCK, type Clock } from '../../src/platform/clock.ts';
import { ProfileStore } from '../../src/serving/profile-store.ts';
import { createDynamoDbSink } from '../../src/sinks/dynamodb/sink.ts';
import { sinkView } from '../../src/sinks/sink-view.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { DAY_US, daysFromCivil } from '../../src/values/civil.ts';
import { numericParse } from '../../src/values/numeric.ts';
import { Random } from '../oracle/support/random.ts';
import { clientFor } from '../sinks/support/sinks.ts';
import { PATIENT } from './support/profile-table.ts';

// One pipeline, written by the real sinks in each layout: the client gives the same metrics for all of them. `packed`
// and `daily` are also read on days after the pipeline has stopped, and compared with `domain` written on that day.

const VIEWS = `
CREATE TABLE facts (id INT PRIMARY KEY, k BIGINT, d DATE, n INT, x NUMERIC, title VARCHAR);
CREATE MATERIALIZED VIEW watch AS SELECT k,
  COALESCE(SUM(x) FILTER (WHERE d > CURRENT_DATE - 7), 0) AS minutes_7d,
  SUM(x) FILTER (WHERE d > CURRENT_DATE - 28) AS minutes_28d,
  COUNT(*) FILTER (WHERE d > CURRENT_DATE - 7) AS views_7d FROM facts GROUP BY k;
CREATE MATERIALIZED VIEW taps AS SELECT k,
  COALESCE(SUM(n) FILTER (WHERE d > CURRENT_DATE - 3), 0) AS taps_3d FROM facts WHERE n > 5 GROUP BY k;
`;
const HISTORY = `
CREATE MATERIALIZED VIEW history AS SELECT k, ARRAY_AGG(DISTINCT title ORDER BY title) AS titles, MAX(d) AS last_day,
  JSONB_BUILD_OBJECT('most', MAX(n)) AS peak FROM facts GROUP BY k;
`;
const DAYS = `
CREATE MATERIALIZED VIEW tiles AS SELECT k, d, SUM(x) AS minutes, COUNT(*) AS views FROM facts GROUP BY k, d;
`;
const TODAY = daysFromCivil(2026, 3, 15);
const VIEWERS = Array.from({ length: 14 }, (_, k) => k);

function sink(view: string, table: string, layout: string, key = 'k'): string {
  const sortKey = key === 'k' ? `freshet.sort_key = 'p#${view}',` : '';
  return `CREATE SINK ${view}_out FROM ${view} WITH (connector = 'dynamodb', table = '${table}', region = 'x',
    primary_key = '${key}', ${sortKey} freshet.layout = '${layout}');`;
}

function bind(text: string): Pipeline {
  const { pipeline, diagnostics } = checkPipeline(bindPipeline('test', [{ name: 'a.sql', text }], {}));
  if (pipeline === undefined) throw new Error(JSON.stringify(diagnostics));
  return pipeline;
}

function clockAt(day: number): Clock {
  return { ...SYSTEM_CLOCK, now_us: () => day * DAY_US + 3_600_000_000 };
}

let local: { endpoint: string; close(): Promise<void> };
let client: DynamoDbClient;
beforeAll(async () => {
  await loadParser();
  local = await startLocalDynamoDb();
  client = clientFor(local.endpoint);
});
afterAll(async () => {
  await client.close();
  await local.close();
});

function facts(engine: Engine, seed: number): void {
  const random = new Random(seed);
  const rows = Array.from({ length: 90 }, (_, id) => [
    id,
    BigInt(random.int(12)),
    TODAY - random.int(40),
    random.int(12),
    numericParse(random.pick(['0', '1.5', '-1.5', '22.25'])),
    random.pick(['a', 'b', 'c']),
  ]);
  const batch = engine.newBatch('facts', rows.length);
  for (const row of rows) batch.append(row);
  engine.push('facts', batch);
}

/** Runs a pipeline up to a day, and writes all rows of its sinks on that day. */
async function write(pipeline: Pipeline, seed: number, day: number): Promise<void> {
  const engine = createEngine(pipeline, { now_us: TODAY * DAY_US });
  facts(engine, seed);
  engine.barrier(day * DAY_US + 5);
  for (const def of pipeline.sinks) {
    const letters: unknown[] = [];
    const out = createDynamoDbSink(def, sinkView(def, pipeline)!, {
      client,
      clock: clockAt(day),
      random: Math.random,
      onDeadLetter: (letter) => letters.push(letter),
    });
    await out.open();
    for (const batch of engine.view(def.from).scan()) out.accept(batch, { now_us: day * DAY_US, epoch: 17 });
    await out.flush();
    await out.close();
    expect(letters).toEqual([]);
  }
}

function readerOf(pipeline: Pipeline, day: number): ProfileReads {
  const schema = profileSchema(profileLayout(pipeline)!);
  const layouts = { packed: packedReader, dailyWindows: dailyWindowsReader };
  return new ProfileReads(schema, clientTransport(client), PATIENT, { clock: clockAt(day), layouts });
}

/** Returns a result without what the layout decides: version and times. */
function plain(result: AnyDomain): unknown {
  return 'metrics' in result ? { status: result.status, metrics: result.metrics } : { status: result.status };
}

/** In layout `daily` a viewer is known by the days that the windows reach: earlier ones expire. */
function known(layout: ProfileLayoutName, profile: unknown): unknown {
  const text = JSON.stringify(profile);
  if (layout !== 'daily') return JSON.parse(text);
  return JSON.parse(text.replaceAll(/\{"status":"(?:zero","metrics":\{[^}]*\}|absent")\}/g, '"nothing"'));
}

async function profiles(pipeline: Pipeline, day: number): Promise<unknown> {
  const reads = readerOf(pipeline, day);
  const names = Object.keys(profileSchema(profileLayout(pipeline)!).domains);
  const batch = await reads.getBatch(VIEWERS, names);
  const many = await Promise.all(VIEWERS.map((viewer) => reads.getMany(viewer, names)));
  expect(batch).toEqual(many);
  for (const viewer of VIEWERS)
    for (const name of names) expect(await reads.get(viewer, name)).toEqual(many[viewer]![name]);
  // The HTTP API finds out which viewers are known, and otherwise says the same.
  const options = { ...storeOptions(profileLayout(pipeline)!), clock: clockAt(day) };
  for (const viewer of VIEWERS) {
    const { status, domains } = await new ProfileStore(client, options).getProfile(`${viewer}`);
    expect([viewer, Object.fromEntries(domains)]).toEqual([viewer, many[viewer]]);
    const isKnown = Object.values(many[viewer]!).some((domain) => domain.status !== 'absent');
    expect([viewer, status]).toEqual([viewer, isKnown ? 'present' : 'absent']);
  }
  return many.map((all) => names.map((name) => [name, plain(all[name]!)]));
}

describe('the same pipeline gives the same profiles', () => {
  it.each<[ProfileLayoutName, number]>([
    ['wide', 1],
    ['metric', 2],
  ])('in layout %s as in layout domain', async (layout, seed) => {
    const of = (table: string, name: string): Pipeline =>
      bind(VIEWS + HISTORY + ['watch', 'taps', 'history'].map((view) => sink(view, table, name)).join('\n'));
    const [domain, other] = [of(`d_${layout}`, 'domain'), of(layout, layout)];
    await write(domain, seed, TODAY);
    await write(other, seed, TODAY);
    const expected = await profiles(domain, TODAY);
    expect(await profiles(other, TODAY)).toEqual(expected);
    expect(JSON.stringify(expected)).toMatch(/"present".*"absent"/);
  });

  it.each<[ProfileLayoutName, number]>([
    ['packed', 3],
    ['daily', 4],
  ])('in layout %s as in layout domain, also days after the pipeline has stopped', async (layout, seed) => {
    const of = (table: string, name: string): Pipeline =>
      bind(VIEWS + ['watch', 'taps'].map((view) => sink(view, table, name)).join('\n'));
    const other = of(layout, layout);
    await write(other, seed, TODAY);
    const statuses = new Set<string>();
    for (const later of [0, 1, 2, 6, 7]) {
      const domain = of(`d_${layout}_${later}`, 'domain');
      await write(domain, seed, TODAY + later);
      const expected = await profiles(domain, TODAY + later);
      const where = `${layout}, ${later} days later`;
      const found = await profiles(other, TODAY + later);
      expect([where, known(layout, found)]).toEqual([where, known(layout, expected)]);
      for (const [status] of JSON.stringify(expected).matchAll(/"(?:present|zero|absent)"/g))
        statuses.add(status);
    }
    expect([...statuses].toSorted()).toEqual(['"absent"', '"present"', '"zero"']);
  });

  it.each<[ProfileLayoutName, number]>([
    ['packed', 5],
    ['daily', 6],
  ])('and in layout %s a window of any length is what SQL with that length gives', async (layout, seed) => {
    const other = bind(VIEWS + sink('watch', `w_${layout}`, layout));
    await write(other, seed, TODAY);
    for (const days of [1, 13, 28]) {
      const named = bind(
        VIEWS.replaceAll('_7d', `_${days}d`)
          .replaceAll('- 7)', `- ${days})`)
          .replace(/minutes_28d,/, 'unused,') + sink('watch', `w_${layout}_${days}`, 'domain'),
      );
      await write(named, seed, TODAY);
      for (const viewer of VIEWERS) {
        const result = await readerOf(other, TODAY).window(viewer, 'watch', days);
        const expected = await readerOf(named, TODAY).get(viewer, 'watch');
        const metrics = 'metrics' in expected ? expected.metrics : {};
        expect([viewer, days, 'metrics' in result ? result.metrics : {}]).toEqual([
          viewer,
          days,
          'metrics' in expected
            ? { minutes: metrics[`minutes_${days}d`], views: metrics[`views_${days}d`] }
            : {},
        ]);
      }
    }
    await expect(readerOf(other, TODAY).window(1, 'watch', 400)).rejects.toMatchObject({
      code: 'invalid_option',
      message: expect.stringContaining('a window has 1 to') as string,
    });
  });

  it('with a row per day in layout daily: each day that has a row', async () => {
    const days = bind(VIEWS + DAYS + sink('tiles', 'tiles', 'daily', 'k,d'));
    await write(days, 8, TODAY);
    const engine = createEngine(days, { now_us: TODAY * DAY_US });
    facts(engine, 8);
    engine.barrier(TODAY * DAY_US + 5);
    const rows = [...engine.view('tiles').scan()].flatMap((batch) =>
      Array.from({ length: batch.n }, (_, i) => batch.row(i)),
    );
    const [from, to] = [TODAY - 20, TODAY - 3];
    const iso = (day: number): string => new Date(day * 86_400_000).toISOString().slice(0, 10);
    for (const viewer of VIEWERS) {
      const read = await readerOf(days, TODAY).days(viewer, 'tiles_out', { from: iso(from), to: iso(to) });
      const expected = rows
        .filter(([k, d]) => k === BigInt(viewer) && (d as number) >= from && (d as number) <= to)
        .toSorted((a, b) => (a[1] as number) - (b[1] as number))
        .map(([, d, , views]) => [iso(d as number), Number(views)]);
      expect(read.map(({ day, metrics }) => [day, metrics['views']])).toEqual(expected);
    }
  });
});
