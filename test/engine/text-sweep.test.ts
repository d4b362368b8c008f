import { beforeAll, expect, test } from 'vitest';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import type { Datum } from '../../src/values/datum.ts';

beforeAll(() => loadParser());

const START_US = Date.UTC(2026, 2, 15) * 1000;
const DAY_US = 86_400_000_000;

function pipelineOf(sql: string): Pipeline {
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'a.sql', text: sql }], {});
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  return pipeline!;
}

function push(engine: Engine, source: string, rows: readonly (readonly Datum[])[], weight = 1): void {
  const batch = engine.newBatch(source, rows.length);
  for (const row of rows) batch.append(row, weight);
  engine.push(source, batch);
}

function rowsOf(engine: Engine, view: string): Datum[][] {
  const rows: Datum[][] = [];
  for (const batch of engine.view(view).scan()) for (let i = 0; i < batch.n; i++) rows.push(batch.row(i));
  return rows.sort((a, b) => (String(a) < String(b) ? -1 : 1));
}

function saved(engine: Engine): Map<string, Uint8Array> {
  const blocks = new Map<string, Uint8Array>();
  engine.save({ block: (name, bytes) => blocks.set(name, bytes.slice()) });
  return blocks;
}

function restore(engine: Engine, blocks: ReadonlyMap<string, Uint8Array>): void {
  engine.restore({ block: (name) => blocks.get(name)!, has: (name) => blocks.has(name) });
}

const EVENTS = `CREATE SOURCE e (viewer INT, event VARCHAR, title VARCHAR, at TIMESTAMPTZ)
  WITH (connector='kafka', topic='e', properties.bootstrap.server='x') FORMAT PLAIN ENCODE JSON;`;

/** Views that keep the texts of the last two days, each in a different kind of state. */
const WINDOWS = {
  'a set of a group': `CREATE MATERIALIZED VIEW v AS SELECT viewer, COUNT(DISTINCT title) AS n FROM e
    WHERE at > now() - INTERVAL '2 days' GROUP BY viewer`,
  'keys of groups': `CREATE MATERIALIZED VIEW v AS SELECT title, COUNT(*) AS n FROM e
    WHERE at > now() - INTERVAL '2 days' GROUP BY title`,
  'values in order': `CREATE MATERIALIZED VIEW v AS SELECT viewer, MAX(title) AS last, string_agg(title, ',') AS all_of
    FROM e WHERE at > now() - INTERVAL '2 days' GROUP BY viewer`,
  'rows of a top-n': `CREATE MATERIALIZED VIEW v AS SELECT viewer, title FROM (
    SELECT viewer, title, ROW_NUMBER() OVER (PARTITION BY viewer ORDER BY at DESC, title) AS r FROM e
    WHERE at > now() - INTERVAL '2 days') x WHERE r <= 300`,
  'rows of a join': `CREATE MATERIALIZED VIEW v AS SELECT a.title, b.viewer
    FROM (SELECT * FROM e WHERE at > now() - INTERVAL '2 days') a
    JOIN (SELECT * FROM e WHERE at > now() - INTERVAL '2 days') b ON a.title = b.title AND a.at = b.at`,
  'rows without a key': `CREATE MATERIALIZED VIEW v AS SELECT title, at FROM e WHERE at > now() - INTERVAL '2 days'`,
} as const;

test.each(Object.entries(WINDOWS))(
  'texts that have left every window are freed, and the others are unchanged: %s',
  (_, sql) => {
    const pipeline = pipelineOf(`${EVENTS}${sql};`);
    const options = { now_us: START_US, observe: 'all' } as const;
    const [swept, plain] = [createEngine(pipeline, options), createEngine(pipeline, options)];
    const sizes: number[] = [];
    for (let day = 0; day < 20; day++) {
      const at_us = START_US + day * DAY_US;
      const events = Array.from({ length: 200 }, (__, i) => {
        const title = day % 5 === 4 && i < 20 ? `again ${i}` : `title ${day}/${i}`;
        return [i % 7, `event ${day}/${i}`, title, at_us + i];
      });
      for (const engine of [swept, plain]) {
        push(engine, 'e', events);
        engine.barrier(at_us + 1000);
      }
      swept.sweepTexts();
      sizes.push(swept.pool.size);
      expect(rowsOf(swept, 'v')).toEqual(rowsOf(plain, 'v'));
    }
    // Two days of 200 titles, results of string_agg and MAX, and literals; no text of a column that no view reads.
    expect(Math.max(...sizes)).toBeLessThan(450);
    expect(plain.pool.size).toBeGreaterThan(3500);
  },
);

test('the memory of a table that remembers seen events follows its rows', () => {
  const pipeline = pipelineOf(`CREATE TABLE seen (event VARCHAR PRIMARY KEY, viewer INT);
    CREATE MATERIALIZED VIEW v AS SELECT viewer, COUNT(*) AS n FROM seen GROUP BY viewer;`);
  const engine = createEngine(pipeline, { now_us: START_US });
  const hour = (h: number): Datum[][] => Array.from({ length: 100 }, (_, i) => [`event ${h}/${i}`, i % 3]);
  for (let h = 0; h < 50; h++) {
    push(engine, 'seen', hour(h));
    if (h >= 3) push(engine, 'seen', hour(h - 3), -1);
    engine.barrier(START_US + h);
    engine.sweepTexts();
    expect(engine.pool.size).toBe(Math.min(h + 1, 3) * 100);
  }
  expect(rowsOf(engine, 'v')).toEqual([
    [0, 102n],
    [1, 99n],
    [2, 99n],
  ]);
});

test('a text made from the clock is kept while it is the current value', () => {
  const pipeline = pipelineOf(`${EVENTS}CREATE MATERIALIZED VIEW v AS
    SELECT viewer, COUNT(*) AS n FROM e WHERE title = to_char(now(), 'YYYY-MM-DD') GROUP BY viewer;`);
  const engine = createEngine(pipeline, { now_us: START_US, observe: 'all' });
  engine.barrier(START_US);
  for (let i = 0; i < 3; i++) {
    engine.sweepTexts();
    push(engine, 'e', [
      [1, `x${i}`, '2026-03-15', START_US + i],
      [1, `y${i}`, `other ${i}`, START_US + i],
    ]);
    engine.barrier(START_US + i);
  }
  expect(rowsOf(engine, 'v')).toEqual([[1, 3n]]);
  engine.barrier(START_US + DAY_US);
  expect(rowsOf(engine, 'v')).toEqual([]);
});

test.each([false, true])('a clock expression that is NULL holds no text (interpret: %s)', (interpret) => {
  const pipeline = pipelineOf(`${EVENTS}CREATE MATERIALIZED VIEW v AS SELECT viewer, COUNT(*) AS n FROM e
    WHERE title IS DISTINCT FROM CASE WHEN now() < '2020-01-01' THEN 'old' END GROUP BY viewer;`);
  const engine = createEngine(pipeline, { now_us: START_US, observe: 'all', interpret });
  expect(engine.sweepTexts()).toBe(0);
  engine.barrier(START_US);
  expect(engine.sweepTexts()).toBe(0);
  push(engine, 'e', [[1, 'x', 'y', START_US]]);
  engine.barrier(START_US + DAY_US);
  engine.sweepTexts();
  expect(rowsOf(engine, 'v')).toEqual([[1, 1n]]);
});

const GENRES = `${EVENTS}CREATE MATERIALIZED VIEW v AS SELECT viewer, MAX(title) AS last,
    COUNT(*) FILTER (WHERE title = 'comedy') AS comedies, COUNT(*) FILTER (WHERE title IN ('drama', 'news')) AS others
  FROM e GROUP BY viewer;`;

test('a snapshot restores its texts into an engine whose literals have other ids', () => {
  const pipeline = pipelineOf(GENRES);
  const options = { now_us: START_US, observe: 'all' } as const;
  const first = createEngine(pipeline, options);
  push(first, 'e', [
    [1, 'x', 'drama', START_US],
    [1, 'y', 'comedy', START_US],
    [1, 'z', 'action', START_US],
  ]);
  first.barrier(START_US);
  const second = createEngine(pipeline, options);
  // As if another version of the code had requested these literals before.
  for (const text of ['zoo', 'news', 'action']) second.pool.literal(text);
  restore(second, saved(first));
  expect(rowsOf(second, 'v')).toEqual([[1, 'drama', 1n, 1n]]);
  push(second, 'e', [
    [1, 'u', 'comedy', START_US],
    [1, 'v', 'news', START_US],
    [1, 'w', 'zoo', START_US],
  ]);
  second.barrier(START_US);
  expect(rowsOf(second, 'v')).toEqual([[1, 'zoo', 2n, 2n]]);
});

test('a snapshot whose state refers to a missing text is refused', () => {
  const pipeline = pipelineOf(`${EVENTS}CREATE MATERIALIZED VIEW v AS
    SELECT title, COUNT(*) AS n FROM e GROUP BY title;`);
  const options = { now_us: START_US, observe: 'all' } as const;
  const [more, fewer] = [createEngine(pipeline, options), createEngine(pipeline, options)];
  for (const engine of [more, fewer]) push(engine, 'e', [[1, 'x', 'drama', START_US]]);
  push(more, 'e', [[1, 'x', 'comedy', START_US]]);
  for (const engine of [more, fewer]) engine.barrier(START_US);
  const mixed = new Map([...saved(more)].filter(([name]) => !name.startsWith('texts')));
  for (const [name, bytes] of saved(fewer)) if (name.startsWith('texts')) mixed.set(name, bytes);
  const engine = createEngine(pipeline, options);
  expect(() => restore(engine, mixed)).toThrow('the state refers to text 1, which does not exist');
});
