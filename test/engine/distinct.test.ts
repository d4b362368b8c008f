import { expect, test } from 'vitest';
import { openPipeline } from '../../src/testing/index.ts';

const COLUMNS = 'id INT PRIMARY KEY, g INT, k VARCHAR, b BIGINT, n NUMERIC, d DOUBLE PRECISION, i INT';
const COUNTS =
  'SELECT g, COUNT(DISTINCT k) AS k, COUNT(DISTINCT b) AS b, COUNT(DISTINCT n) AS n, COUNT(DISTINCT d) AS d, ' +
  'COUNT(DISTINCT i) AS i FROM';

/** Returns a seeded generator of numbers in [0, 1) (mulberry32). */
function random(seed: number): () => number {
  let s = seed;
  return () => {
    s = (s + 0x6d2b79f5) | 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

interface Row {
  readonly [column: string]: number | string;
  readonly id: number;
  readonly g: number;
}

function makeRow(r: () => number, id: number): Row {
  const x = Math.floor(r() * 400);
  return { id, g: Math.floor(r() * 30), k: `t${x}`, b: x * 5_000_000_011, n: x / 4, d: x / 7, i: x - 200 };
}

/** Computes the distinct counts by definition: one Set per group and column. */
function expected(rows: Iterable<Row>): unknown[] {
  const groups = new Map<number, Map<string, Set<number | string>>>();
  for (const row of rows) {
    const sets = groups.get(row.g) ?? new Map(['k', 'b', 'n', 'd', 'i'].map((c) => [c, new Set()]));
    groups.set(row.g, sets);
    for (const [column, set] of sets) set.add(row[column]!);
  }
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([g, sets]) => ({ g, ...Object.fromEntries([...sets].map(([c, set]) => [c, set.size])) }));
}

test('distinct counts of every type stay correct over thousands of inserts, updates and deletes', async () => {
  const sql = `CREATE TABLE t (${COLUMNS}); CREATE MATERIALIZED VIEW v AS ${COUNTS} t GROUP BY g;`;
  const p = await openPipeline({ 'a.sql': sql }, { now: '2026-03-15T12:00:00Z' });
  const r = random(11);
  const live = new Map<number, Row>();
  for (let round = 0; round < 12; round++) {
    const added = Array.from({ length: 2000 }, (_, k) => makeRow(r, round * 2000 + k));
    // A row with a known id replaces that id's row. Every fourth round retracts nearly all values.
    const moved = [...live.keys()].filter(() => r() < (round % 4 === 3 ? 0.95 : 0.3));
    const changed = moved.map((id) => ({ ...makeRow(r, id), ...(round % 4 === 3 ? { g: 0 } : {}) }));
    for (const row of [...added, ...changed]) live.set(row.id, row);
    p.insert('t', [...added, ...changed]);
    expect(p.rows('v')).toEqual(expected(live.values()));
  }
});

test('distinct sets over append-only rows hold each value once', async () => {
  const sql =
    `CREATE SOURCE s (${COLUMNS.replace(' PRIMARY KEY', '')}) WITH (connector = 'kafka', topic = 's') ` +
    `FORMAT PLAIN ENCODE JSON; CREATE MATERIALIZED VIEW v AS ${COUNTS} s GROUP BY g;`;
  const p = await openPipeline({ 'a.sql': sql }, { now: '2026-03-15T12:00:00Z' });
  const r = random(12);
  const all: Row[] = [];
  for (let round = 0; round < 6; round++) {
    const added = Array.from({ length: 3000 }, (_, k) => makeRow(r, k));
    all.push(...added);
    p.insert('s', added);
    expect(p.rows('v')).toEqual(expected(all));
  }
});
