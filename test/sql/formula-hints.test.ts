import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineProblems } from '../../src/engine/check.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { castDatum } from '../../src/values/cast.ts';
import { formatDatum } from '../../src/values/text.ts';
import { VARCHAR } from '../../src/values/types.ts';
import { bindFiles, brief, pipelineOf } from './support/check.ts';
import { interpret } from './support/interpret.ts';
import type { Row } from './support/interpret.ts';

// Hints that suggest an expression in place of a function that is not supported: the suggested expression, computed
// here, gives what PostgreSQL gives for the function.

const TABLE = 'CREATE TABLE e (k INT, i INT, b BIGINT, n NUMERIC, d DOUBLE PRECISION, at TIMESTAMPTZ);';
const ROWS = [
  ['1', '3', '30', '0.5', '0.25', '2026-03-15 10:07:31+00'],
  ['1', '4', '900000', '1.25', '7', '2026-03-15 10:52:00+00'],
  ['1', '4', '7', null, '1e6', '2026-03-16 00:00:00+00'],
  ['1', null, '1', '-3', null, '2026-03-19 12:00:00+00'],
  ['2', '9', '9', '9', '9', '2026-04-01 00:00:00+00'],
  ['3', null, null, null, null, null],
  ['4', '2', '1', '1', '100000000.5', '2026-01-01 00:00:00+00'],
  ['4', '1', '2', '2', '100000000.25', '1969-12-31 23:59:59+00'],
] as const;

let db: PGlite;
let input: Row[];
beforeAll(async () => {
  await loadParser();
  db = await PGlite.create();
  const tuples = ROWS.map((row) => `(${row.map((v) => (v === null ? 'NULL' : `'${v}'`)).join(', ')})`);
  await db.exec(`SET timezone = 'UTC'; ${TABLE} INSERT INTO e VALUES ${tuples.join(', ')};`);
  const [e] = pipelineOf(bindFiles({ 'p.sql': TABLE })).sources;
  input = ROWS.map((row) =>
    row.map((v, i) => (v === null ? null : castDatum(v, VARCHAR, e!.columns[i]!.type))),
  );
});
afterAll(() => db.close());

const withView = (query: string): Record<string, string> => ({
  'p.sql': `${TABLE} CREATE MATERIALIZED VIEW v AS ${query};`,
});

/** Returns the expression that the hint for the query suggests, after its first colon. */
function expressionFor(query: string): string {
  const [found] = brief(bindFiles(withView(query)));
  return /\([^:(]*(?:\(\))?[^:(]*: (?<expression>.*)\)$/.exec(found!)!.groups!['expression']!;
}

/** Runs the query with Freshet's plan; returns `k` and the value of each row as text, in the order of k. */
function here(query: string): (string | null)[][] {
  const pipeline = pipelineOf(bindFiles(withView(query)));
  expect(engineProblems(pipeline)).toEqual([]);
  const view = pipeline.views[0]!;
  const rows = interpret(view.plan, { now_us: 0, relations: new Map([['e', input]]) });
  const texts = rows.map((row) =>
    row.map((v, i) => (v === null ? null : formatDatum(view.columns[i]!.type, v))),
  );
  return texts.toSorted((x, y) => (x.join() < y.join() ? -1 : 1));
}

async function inPostgres(query: string): Promise<(string | null)[][]> {
  const sql = `SELECT k::text, r::text FROM (${query}) q (k, r)`;
  const { rows } = await db.query<(string | null)[]>(sql, [], { rowMode: 'array' });
  return rows.toSorted((x, y) => (x.join() < y.join() ? -1 : 1));
}

/** Numbers are compared to `digits` digits: PostgreSQL rounds a deviation to the number of decimals of the variance. */
const asNumber = (text: string | null, digits: number): number | null =>
  text === null ? null : Number(Number(text).toPrecision(digits));

describe('an aggregate that is not supported', () => {
  const perColumn = ['var_pop', 'var_samp', 'variance', 'stddev_pop', 'stddev_samp', 'stddev'].flatMap(
    (name) => ['i', 'b', 'n', 'd'].map((column) => `${name}(${column})`),
  );
  it.each([
    ...perColumn,
    'covar_pop(i, n)',
    'covar_samp(n, d)',
    'covar_samp(i, b)',
    ...['0.5', '0.9', '0.0', '1.0'].flatMap((p) =>
      ['i', 'd', 'at DESC'].map((order) => `percentile_disc(${p}) WITHIN GROUP (ORDER BY ${order})`),
    ),
  ])('%s has a hint whose formula gives the same result', async (call) => {
    const query = (expression: string): string => `SELECT k, ${expression} AS r FROM e GROUP BY k`;
    const ours = here(query(expressionFor(query(call))));
    const theirs = await inPostgres(query(call));
    const comparable = ([k, r]: (string | null)[]): unknown[] =>
      call.includes('at') ? [k, r] : [k, asNumber(r ?? null, call.startsWith('stddev') ? 9 : 13)];
    expect(ours.map(comparable)).toEqual(theirs.map(comparable));
    expect(ours).toHaveLength(4);
  });
  it.each(['median(i)', 'percentile_cont(0.5) WITHIN GROUP (ORDER BY i)'])(
    '%s has a hint whose formula takes the nearest value, without interpolation',
    async (call) => {
      const query = (expression: string): string => `SELECT k, ${expression} AS r FROM e GROUP BY k`;
      const nearest = await inPostgres(query('percentile_disc(0.5) WITHIN GROUP (ORDER BY i)'));
      expect(here(query(expressionFor(query(call))))).toEqual(nearest);
    },
  );
});

describe('the hint for TUMBLE', () => {
  const sizes = [
    ['1 second', "date_trunc('second', at)"],
    ['1 minute', "date_trunc('minute', at)"],
    ['60 minutes', "date_trunc('hour', at)"],
    ['24 hours', "date_trunc('day', at)"],
    ['1 day', "date_trunc('day', at)"],
    ['5 minutes', "date_bin(INTERVAL '5 minutes', at, '1970-01-01')"],
    ['90 seconds', "date_bin(INTERVAL '00:01:30', at, '1970-01-01')"],
    ['7 days', "date_bin(INTERVAL '7 days', at, '1970-01-01')"],
  ] as const;
  it.each(sizes)('of %s groups by %s, which gives the same windows', async (size, start) => {
    expect(expressionFor(`SELECT window_start FROM TUMBLE(e, at, INTERVAL '${size}')`)).toBe(start);
    const windows = `SELECT k, ${start} AS r FROM e WHERE at IS NOT NULL`;
    const epoch = `floor(extract(epoch FROM at) / extract(epoch FROM INTERVAL '${size}'))`;
    const byHand = `SELECT k, to_timestamp((${epoch} * extract(epoch FROM INTERVAL '${size}'))::float8) FROM e WHERE at IS NOT NULL`;
    expect(here(windows)).toEqual(await inPostgres(byHand));
  });
  it('of a month groups by the month, and of an unknown size shows date_bin as an example', () => {
    expect(expressionFor("SELECT 1 AS x FROM TUMBLE(e, at, INTERVAL '1 month')")).toBe(
      "date_trunc('month', at)",
    );
    expect(expressionFor('SELECT 1 AS x FROM TUMBLE(e, at, k)')).toBe(
      "date_bin(INTERVAL '5 minutes', at, '1970-01-01')",
    );
  });
  it('with hops suggests tiles and a window over them', () => {
    const [found] = brief(
      bindFiles(withView("SELECT 1 AS x FROM HOP(e, at, INTERVAL '1 minute', INTERVAL '1' HOUR)")),
    );
    expect(found).toContain("GROUP BY date_trunc('minute', at) AS tile");
    expect(found).toContain("WHERE tile > now() - INTERVAL '1 hour'");
  });
});

describe('the hint for another function that is not supported', () => {
  it('lag: gives the value of the row before the latest', async () => {
    const [found] = brief(
      bindFiles(withView('SELECT k, LAG(i) OVER (PARTITION BY k ORDER BY at) AS x FROM e')),
    );
    expect(found).toContain('WHERE rn <= 2 GROUP BY key, with MAX(x) FILTER (WHERE rn = 2)');
    const ours = here(
      `SELECT k, MAX(b) FILTER (WHERE rn = 2) AS r FROM (SELECT k, b, ROW_NUMBER() OVER (PARTITION BY k ORDER BY at DESC) AS rn FROM e) x WHERE rn <= 2 GROUP BY k`,
    );
    const theirs = await inPostgres(
      `SELECT DISTINCT ON (k) k, LAG(b) OVER (PARTITION BY k ORDER BY at) FROM e ORDER BY k, at DESC`,
    );
    expect(ours).toEqual(theirs);
  });
  it.each([
    ['group_concat(i)', 'STRING_AGG'],
    ['count_if(i > 1)', 'COUNT(*) FILTER'],
    ['max_by(i, at)', 'LAST_VALUE(x ORDER BY y)'],
    ['tumble(at, 1)', "date_trunc('minute', ts)"],
    ['mode() WITHIN GROUP (ORDER BY i)', 'ROW_NUMBER()'],
    ['corr(i, n)', 'SUM(x * y)'],
    ['bit_or(i)', 'BOOL_OR(x & 4 <> 0)'],
    ['ntile(4) OVER (ORDER BY i)', 'ROW_NUMBER() <= n'],
  ])('%s: names %s', (call, named) => {
    expect(brief(bindFiles(withView(`SELECT ${call} AS r FROM e`)))[0]).toContain(named);
  });
});
