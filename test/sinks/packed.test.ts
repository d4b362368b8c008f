import { beforeAll, describe, expect, it } from 'vitest';
import { addUpDays, unpackItem, unpackWindow, type DayItem } from '../../src/client/windows/read.ts';
import type { AttributeMap } from '../../src/dynamodb/wire.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { checkPipeline } from '../../src/pipeline/check.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { windowProgram } from '../../src/sinks/dynamodb/window-program.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { DAY_US, dayOf, daysFromCivil } from '../../src/values/civil.ts';
import type { Datum } from '../../src/values/datum.ts';
import { numericParse } from '../../src/values/numeric.ts';
import { evaluateView } from '../oracle/naive.ts';
import type { Row } from '../oracle/row-order.ts';
import { copiedEngine } from '../oracle/support/copied-engine.ts';
import { Random } from '../oracle/support/random.ts';
import { expectedItems, storedItems, twoSinks, unpackedItems } from './support/packed-items.ts';

// Views in layout `packed`: for a pipeline that stopped at any moment, and a reader on any of the 40 days after it, the
// unpacked items equal the rows that a naive evaluation of the view gives for that day.

beforeAll(() => loadParser());

const TABLES = `
  CREATE TABLE facts (id INT PRIMARY KEY, k INT, title VARCHAR, at TIMESTAMP, d DATE, n INT, b BIGINT, x NUMERIC);
  CREATE MATERIALIZED VIEW tiles AS
    SELECT k, d, SUM(n) AS n, SUM(x) AS x, COUNT(*) AS rows, COUNT(x) AS measured FROM facts GROUP BY k, d;
  CREATE MATERIALIZED VIEW seen AS SELECT k, title, MAX(at) AS last FROM facts GROUP BY k, title;
`;

/** Queries with columns k and more, in the forms in which people write rolling windows. */
const QUERIES: Readonly<Record<string, string>> = {
  'FILTER over tiles': `
    SELECT k, SUM(n) FILTER (WHERE d > CURRENT_DATE - 7) AS n_7d, SUM(n) FILTER (WHERE d > CURRENT_DATE - 28) AS n_28d,
      COALESCE(SUM(x) FILTER (WHERE d > CURRENT_DATE - 7), 0) AS x_7d
    FROM tiles GROUP BY k`,
  'CASE with ELSE 0, as published': `
    SELECT k, SUM(CASE WHEN d >= CURRENT_DATE - INTERVAL '7 days' THEN x ELSE 0 END) AS x_7d,
      SUM(CASE WHEN d >= CURRENT_DATE - INTERVAL '28 days' THEN n ELSE 0 END) AS n_28d
    FROM tiles GROUP BY k`,
  'CASE with weights': `
    SELECT k, SUM(CASE WHEN d > CURRENT_DATE - 1 THEN 4 * n WHEN d > CURRENT_DATE - 7 THEN 2 * n
      WHEN d > CURRENT_DATE - 28 THEN n ELSE 0 END) AS weighted FROM tiles GROUP BY k`,
  'counts of last-seen rows': `
    SELECT k, COUNT(title) FILTER (WHERE last::date > CURRENT_DATE - 1) AS t1,
      COUNT(*) FILTER (WHERE last >= CURRENT_DATE - 6) AS t7, COUNT(title) AS ever
    FROM seen GROUP BY k`,
  'COUNT(DISTINCT) over rows': `
    SELECT k, COUNT(DISTINCT title) FILTER (WHERE d > CURRENT_DATE - 7) AS t7,
      COUNT(DISTINCT title) FILTER (WHERE d > CURRENT_DATE - 28 AND n > 2) AS t28, COUNT(DISTINCT title) AS ever
    FROM facts GROUP BY k`,
  'a join of sums, rates and casts': `
    WITH a AS (SELECT k, COALESCE(SUM(x) FILTER (WHERE d > CURRENT_DATE - 7), 0) AS x7,
        SUM(measured) FILTER (WHERE d > CURRENT_DATE - 7) AS m7 FROM tiles GROUP BY k),
      t AS (SELECT k, COUNT(title) FILTER (WHERE last::date > CURRENT_DATE - 7) AS t7, MAX(last) AS last
        FROM seen GROUP BY k)
    SELECT a.k, ROUND(a.x7 / 60.0, 2) AS minutes_7d, t.t7, ROUND(a.x7 / NULLIF(a.m7, 0), 3) AS mean_7d,
      a.m7::bigint AS measured_7d, t.last, CASE WHEN t.t7 > 2 THEN 'many' ELSE 'few' END AS how
    FROM a JOIN t ON t.k = a.k`,
  'a LEFT JOIN': `
    WITH all_k AS (SELECT DISTINCT k FROM facts),
      a AS (SELECT k, COALESCE(SUM(n) FILTER (WHERE d > CURRENT_DATE - 7), 0) AS n7,
          COUNT(*) FILTER (WHERE d = CURRENT_DATE) AS today
        FROM facts WHERE n > 3 GROUP BY k)
    SELECT all_k.k, a.n7, a.today, COALESCE(a.n7, -1) AS n7_or FROM all_k LEFT JOIN a ON a.k = all_k.k`,
  'a WHERE on the clock, which removes rows': `
    SELECT k, SUM(n) AS n_7d, COUNT(*) AS rows_7d FROM facts
    WHERE d > CURRENT_DATE - 7 AND d <= CURRENT_DATE GROUP BY k`,
  averages: `
    SELECT k, AVG(n) FILTER (WHERE d > CURRENT_DATE - 7) AS n7,
      ROUND(AVG(x) FILTER (WHERE d > CURRENT_DATE - 28), 3) AS x28
    FROM facts GROUP BY k`,
  'HAVING and a view in between': `
    SELECT k, n_7d FROM (SELECT k, SUM(n) FILTER (WHERE CURRENT_DATE - d < 7) AS n_7d FROM tiles GROUP BY k) q
    WHERE n_7d > 5`,
  'times of several forms': `
    SELECT k, SUM(b) FILTER (WHERE at >= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '6 days') AS b1,
      SUM(b) FILTER (WHERE date_trunc('day', at) > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '7 days') AS b2,
      COUNT(*) FILTER (WHERE at > CURRENT_DATE - INTERVAL '3 days') AS after,
      SUM(n) FILTER (WHERE at::date BETWEEN CURRENT_DATE - 6 AND CURRENT_DATE) AS n3,
      SUM(x) FILTER (WHERE at::date <= CURRENT_DATE - 2 AND at::date > CURRENT_DATE - 5) AS middle
    FROM facts GROUP BY k`,
};

const NOW_DAY = daysFromCivil(2024, 2, 20);

function bind(query: string, layout: 'packed' | 'daily' = 'packed'): Pipeline {
  const sink = (name: string, of: string): string =>
    `CREATE SINK ${name} FROM v WITH (connector = 'dynamodb', table = '${name}_items', region = 'x', primary_key = 'k',
       freshet.sort_key = 'p#v', freshet.layout = '${of}');`;
  const text = `${TABLES} CREATE MATERIALIZED VIEW v AS ${query}; ${sink('plain', 'domain')} ${sink('packed', layout)}`;
  const checked = checkPipeline(bindPipeline('test', [{ name: 'test.sql', text }], {}));
  if (checked.pipeline === undefined) throw new Error(JSON.stringify(checked.diagnostics, null, 1));
  return checked.pipeline;
}

/** The rows of day buckets that the engine holds. */
function storedRows(pipeline: Pipeline, engine: Engine): readonly string[] {
  const { packed } = twoSinks(pipeline);
  const rows: string[] = [];
  for (const batch of engine.view(packed.from).scan())
    for (let i = 0; i < batch.n; i++) rows.push(rowText(batch.row(i)));
  return rows.toSorted();
}

function naiveRows(pipeline: Pipeline, facts: readonly Row[], now_us: number): readonly string[] {
  return evaluateView(pipeline, twoSinks(pipeline).packed.from, new Map([['facts', facts]]), now_us)
    .map(rowText)
    .toSorted();
}

function rowText(row: Row): string {
  return row
    .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)))
    .join(' ');
}

function randomFact(random: Random, id: number, day: number): Row {
  const age = random.pick([0, 0, 1, 2, 3, 5, 6, 7, 8, 26, 27, 28, 29, 40, 90]);
  const at = (day - age) * DAY_US + random.pick([0, 0, 1, DAY_US / 2, DAY_US - 1]);
  const orNull = (value: Datum): Datum => (random.int(8) === 0 ? null : value);
  return [
    id,
    orNull(1 + random.int(3)),
    orNull(random.pick(['a', 'b', 'c', 'd', 'e'])),
    orNull(at),
    orNull(dayOf(at)),
    orNull(random.int(7)),
    orNull(BigInt(random.pick([0, -3, 1, 9_000_000_000])) * 1_000_000n),
    orNull(numericParse(random.pick(['0', '0.1', '-2.25', '1234567.891', '60']))),
  ];
}

function push(engine: Engine, rows: readonly Row[], weight: 1 | -1): void {
  const wanted = engine.newBatch('facts', rows.length);
  for (const row of rows) wanted.append(row);
  wanted.weights.fill(weight, 0, rows.length);
  engine.push('facts', wanted);
}

describe('a packed item, read on any day after its pipeline stopped', () => {
  it.each(Object.entries(QUERIES))('%s', (_, query) => {
    const pipeline = bind(query);
    for (let seed = 1; seed <= 6; seed++) {
      const random = new Random(seed);
      let day = NOW_DAY;
      let engine = createEngine(pipeline, { now_us: day * DAY_US, observe: 'all' });
      let facts: Row[] = [];
      for (let step = 0, id = 0; step < 8; step++) {
        const added = Array.from({ length: 1 + random.int(9) }, () => randomFact(random, id++, day));
        push(engine, added, 1);
        facts = [...facts, ...added];
        const gone = facts.filter(() => random.int(7) === 0);
        push(engine, gone, -1);
        facts = facts.filter((fact) => !gone.includes(fact));
        if (random.int(2) === 0) day += random.pick([1, 1, 2, 7, 28, 40]);
        engine.barrier(day * DAY_US + 5);
        if (step % 3 === 2) engine = copiedEngine(engine, pipeline, NOW_DAY * DAY_US);
        expect(storedRows(pipeline, engine)).toEqual(naiveRows(pipeline, facts, day * DAY_US + 5));
        for (let later = 0; later <= 40; later += step === 7 ? 1 : 13) {
          const now_us = (day + later) * DAY_US + 7;
          const where = `seed ${seed}, step ${step}, ${later} days later`;
          expect([where, unpackedItems(pipeline, engine, day + later)]).toEqual([
            where,
            expectedItems(pipeline, new Map([['facts', facts]]), now_us),
          ]);
        }
      }
    }
  });
});

describe('the items of single days', () => {
  const names = [
    'FILTER over tiles',
    'a WHERE on the clock, which removes rows',
    'HAVING and a view in between',
    'times of several forms',
  ];

  it.each(names)('add up to the metrics of any day after the pipeline stopped: %s', (name) => {
    const pipeline = bind(QUERIES[name]!, 'daily');
    const program = windowProgram(twoSinks(pipeline).packed.buckets!.windows);
    const random = new Random(3);
    const facts = Array.from({ length: 80 }, (_, id) => randomFact(random, id, NOW_DAY));
    const engine = createEngine(pipeline, { now_us: NOW_DAY * DAY_US });
    push(engine, facts, 1);
    engine.barrier(NOW_DAY * DAY_US);
    const stored = byViewer(storedItems(pipeline, engine));
    let compared = 0;
    for (let today = NOW_DAY; today <= NOW_DAY + 40; today++) {
      const rows = expectedItems(pipeline, new Map([['facts', facts]]), today * DAY_US);
      for (const [viewer, days] of stored) {
        const kept = days.filter(({ day }) => day > today - program.days);
        const found = addUpDays(program, kept, today);
        const { k: _k, sk: _sk, ...metrics } = rows[viewer] ?? {};
        // Windows hold nothing once no day is kept: the domain is absent then, or the row of zeros and NULLs is.
        const isGone = kept.length === 0 || rows[viewer] === undefined;
        expect([viewer, today, found]).toEqual([viewer, today, isGone ? undefined : metrics]);
        if (!isGone) compared++;
      }
    }
    expect(compared).toBeGreaterThan(10);
  });
});

/** Returns the items of days by viewer. */
function byViewer(items: readonly AttributeMap[]): ReadonlyMap<string, readonly DayItem[]> {
  const found = new Map<string, DayItem[]>();
  for (const item of items) {
    const date = (item['sk'] as { readonly S: string }).S.slice('daily#'.length);
    const viewer = JSON.stringify(item['k']);
    const days = found.get(viewer) ?? [];
    days.push({ day: dayOf(Date.parse(date) * 1000), item });
    found.set(viewer, days);
  }
  return found;
}

describe('an item that another version of the SQL wrote', () => {
  const query = (columns: string): string => `SELECT k, ${columns} FROM tiles GROUP BY k`;
  const within = (days: number): string => `FILTER (WHERE d > CURRENT_DATE - ${days})`;

  it('has the metrics whose days it holds, and lacks the others', () => {
    const random = new Random(5);
    const facts = Array.from({ length: 60 }, (_, id) => randomFact(random, id, NOW_DAY));
    const written = bind(query(`SUM(n) ${within(28)} AS n_28d, SUM(x) ${within(7)} AS x_7d`));
    const engine = createEngine(written, { now_us: NOW_DAY * DAY_US });
    push(engine, facts, 1);
    engine.barrier(NOW_DAY * DAY_US);
    const columns = [
      `SUM(rows) ${within(7)} AS new_7d`, // a new series
      `SUM(x + 1) ${within(7)} AS x_7d`, // another definition
      `SUM(n) ${within(14)} AS n_14d`, // a new window
      `SUM(n) ${within(29)} AS n_29d`, // longer than the days that are kept
    ];
    const read = bind(query(columns.join(', ')));
    const program = windowProgram(twoSinks(read).packed.buckets!.windows);
    const rows = expectedItems(read, new Map([['facts', facts]]), NOW_DAY * DAY_US);
    const items = storedItems(written, engine);
    expect(items.length).toBeGreaterThan(1);
    for (const item of items) {
      const unpacked = unpackItem(program, item, NOW_DAY)!;
      expect(Object.keys(unpacked)).toEqual(['k', 'sk', 'n_14d']);
      expect(unpacked['n_14d']).toEqual(rows[JSON.stringify(item['k'])]!['n_14d']);
    }
  });

  it('stays as it is if it has no buckets, because it was written in layout domain', () => {
    const program = windowProgram(
      twoSinks(bind(query(`SUM(n) ${within(7)} AS n_7d`))).packed.buckets!.windows,
    );
    const item = { k: { N: '1' }, sk: { S: 'p#v' }, n_7d: { N: '3' } };
    expect(unpackItem(program, item, NOW_DAY)).toEqual(item);
  });
});

describe('a window that the SQL does not name', () => {
  const query = (days: number): string => `
    WITH a AS (SELECT k, COALESCE(SUM(n) FILTER (WHERE d > CURRENT_DATE - ${days} AND d <= CURRENT_DATE), 0) AS n,
        SUM(CASE WHEN d > CURRENT_DATE - ${days} THEN x ELSE 0 END) AS x,
        COUNT(x) FILTER (WHERE d > CURRENT_DATE - ${days}) AS measured FROM facts GROUP BY k)
    SELECT k, ROUND(n / 60.0, 2) AS minutes_${days}d, x AS x${days}d, ROUND(x / NULLIF(measured, 0), 3) AS mean_${days}d
    FROM a`;

  it('has the metrics that SQL with that length would give', () => {
    const random = new Random(7);
    const facts = Array.from({ length: 60 }, (_, id) => randomFact(random, id, NOW_DAY));
    const pipeline = bind(query(28));
    const engine = createEngine(pipeline, { now_us: NOW_DAY * DAY_US });
    push(engine, facts, 1);
    engine.barrier(NOW_DAY * DAY_US);
    const program = windowProgram(twoSinks(pipeline).packed.buckets!.windows);
    const items = storedItems(pipeline, engine);
    for (let days = 1; days <= 28; days++) {
      const rows = expectedItems(bind(query(days)), new Map([['facts', facts]]), NOW_DAY * DAY_US);
      for (const item of items) {
        const row = rows[JSON.stringify(item['k'])]!;
        expect(unpackWindow(program, item, NOW_DAY, days)).toEqual({
          minutes: row[`minutes_${days}d`],
          x: row[`x${days}d`],
          mean: row[`mean_${days}d`],
        });
      }
    }
    expect(() => unpackWindow(program, items[0]!, NOW_DAY, 29)).toThrow('a window has 1 to 28 days, not 29');
  });
});

describe('a view that cannot be packed', () => {
  it.each([
    ['SELECT k, MAX(n) FILTER (WHERE d > CURRENT_DATE - 7) AS m FROM tiles GROUP BY k', /max in a window/],
    [
      'SELECT k, AVG(DISTINCT n) FILTER (WHERE d > CURRENT_DATE - 7) AS m FROM tiles GROUP BY k',
      /avg\(DISTINCT\) in a window/,
    ],
    [
      "SELECT k, COUNT(*) FILTER (WHERE at > now() AT TIME ZONE 'UTC' - INTERVAL '1 hour') AS m FROM facts GROUP BY k",
      /does not depend on days alone/,
    ],
    [
      "SELECT k, COUNT(*) FILTER (WHERE d > CURRENT_DATE - INTERVAL '1 month') AS m FROM facts GROUP BY k",
      /does not depend on days alone/,
    ],
    ['SELECT k, SUM(n) FILTER (WHERE d <= CURRENT_DATE - 7) AS m FROM tiles GROUP BY k', /no oldest day/],
    [
      'SELECT k, SUM(n) FILTER (WHERE d > CURRENT_DATE - 500) AS m FROM tiles GROUP BY k',
      /no oldest day|days alone/,
    ],
    [
      'SELECT k, SUM(CASE WHEN d > CURRENT_DATE - 7 THEN n ELSE 1 END) AS m FROM tiles GROUP BY k',
      /no oldest day/,
    ],
    [
      'SELECT k, SUM(n::double precision) FILTER (WHERE d > CURRENT_DATE - 7) AS m FROM tiles GROUP BY k',
      /not exact/,
    ],
    [
      'SELECT k, COUNT(DISTINCT title) FILTER (WHERE d <= CURRENT_DATE - 1 AND d > CURRENT_DATE - 7) AS m FROM facts GROUP BY k',
      /COUNT\(DISTINCT\)/,
    ],
    [
      "SELECT k, to_char(SUM(n) FILTER (WHERE d > CURRENT_DATE - 7), '999') AS m FROM tiles GROUP BY k",
      /readers cannot compute/,
    ],
    [
      'SELECT k, MAX(m) AS m FROM (SELECT k, d, SUM(n) FILTER (WHERE d > CURRENT_DATE - 7) AS m FROM tiles GROUP BY k, d) q GROUP BY k',
      /aggregate over sums of windows/,
    ],
  ])('%s', (query, message) => {
    const text = `${TABLES} CREATE MATERIALIZED VIEW v AS ${query};
      CREATE SINK s FROM v WITH (connector = 'dynamodb', table = 'items', region = 'x', primary_key = 'k',
        freshet.sort_key = 'p#v', freshet.layout = 'packed');`;
    const { diagnostics } = checkPipeline(bindPipeline('test', [{ name: 'test.sql', text }], {}));
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    expect(errors.map((error) => error.message)).toEqual([expect.stringMatching(message)]);
    expect(errors[0]!.message).toMatch(/^sink "s" cannot keep "v" in layout 'packed': /);
    expect(text.slice(errors[0]!.span.start, errors[0]!.span.end)).not.toBe('');
  });
});
