import { describe, expect, it } from 'vitest';
import { openPipeline } from '../../src/testing/index.ts';
import { expectScript } from './support/script.ts';

/** For example jsonb 1.10 and 1.1, and the intervals 1 day and 24:00:00. */
describe('values that are equal in SQL but have different texts', () => {
  it('form one group, which shows the first of its texts in order, regardless of the order of arrival', () =>
    expectScript(
      `CREATE TABLE t (id INT PRIMARY KEY, j JSONB);
       CREATE MATERIALIZED VIEW v AS SELECT j, COUNT(*) AS n, j->>0 AS shown FROM t GROUP BY j;`,
      `t + 1 1.10
       t + 2 2.0
       => v + 1.10 1 1.10
       => v + 2.0 1 2.0
       t + 3 1.1
       => v - 1.10 1 1.10
       => v + 1.1 2 1.1
       t + 4 1.100
       => v - 1.1 2 1.1
       => v + 1.1 3 1.1
       t - 3 1.1
       => v - 1.1 3 1.1
       => v + 1.10 2 1.10
       t - 1 1.10
       => v - 1.10 2 1.10
       => v + 1.100 1 1.100
       t - 4 1.100
       => v - 1.100 1 1.100`,
    ));

  it('form separate groups when cast to text', () =>
    expectScript(
      `CREATE TABLE t (id INT PRIMARY KEY, j JSONB);
       CREATE MATERIALIZED VIEW v AS SELECT j->>'v' AS version, COUNT(*) AS n FROM t GROUP BY j->>'v';`,
      `t + 1 {"v":1.10}
       t + 2 {"v":1.1}
       => v + 1.10 1
       => v + 1.1 1`,
    ));

  it('count once in DISTINCT and COUNT(DISTINCT), and separately in lists and bags of rows', () =>
    expectScript(
      `CREATE TABLE t (id INT PRIMARY KEY, j JSONB, i INTERVAL);
       CREATE MATERIALIZED VIEW d AS SELECT DISTINCT j FROM t;
       CREATE MATERIALIZED VIEW n AS SELECT COUNT(DISTINCT j) AS j, COUNT(DISTINCT i) AS i,
         jsonb_agg(j) AS all_j, jsonb_agg(DISTINCT j) AS distinct_j, MIN(i) AS least, MAX(i) AS most FROM t;
       CREATE MATERIALIZED VIEW bag AS SELECT j, i FROM t;`,
      `t + 1 1.10 24:00:00
       t + 2 1.1 '1 day'
       => d + 1.1
       => n + 1 1 '[1.1, 1.10]' [1.1] 24:00:00 '1 day'
       => bag + 1.10 24:00:00
       => bag + 1.1 '1 day'
       t - 2 1.1 '1 day'
       => d - 1.1
       => d + 1.10
       => n - 1 1 '[1.1, 1.10]' [1.1] 24:00:00 '1 day'
       => n + 1 1 [1.10] [1.10] 24:00:00 24:00:00
       => bag - 1.1 '1 day'`,
    ));

  it('produce a change when one replaces the other', () =>
    expectScript(
      `CREATE TABLE t (id INT PRIMARY KEY, j JSONB, i INTERVAL, a JSONB[]);
       CREATE MATERIALIZED VIEW v AS SELECT id, j, i, a FROM t;
       CREATE MATERIALIZED VIEW m AS SELECT id, FIRST_VALUE(j ORDER BY id) AS j FROM t GROUP BY id;`,
      `t + 1 1.1 '1 day' {2.0}
       => v + 1 1.1 '1 day' {2.0}
       => m + 1 1.1
       t + 1 1.10 '1 day' {2.0}
       => v - 1 1.1 '1 day' {2.0}
       => v + 1 1.10 '1 day' {2.0}
       => m - 1 1.1
       => m + 1 1.10
       t + 1 1.10 24:00:00 {2.0}
       => v - 1 1.10 '1 day' {2.0}
       => v + 1 1.10 24:00:00 {2.0}
       t + 1 1.10 24:00:00 {2}
       => v - 1 1.10 24:00:00 {2.0}
       => v + 1 1.10 24:00:00 {2}
       t + 1 1.10 24:00:00 {2}
       =>`,
    ));

  it('match in joins, where a retraction removes the row with the same text', () =>
    expectScript(
      `CREATE TABLE l (j JSONB, x INT);
       CREATE TABLE r (j JSONB, y TEXT);
       CREATE MATERIALIZED VIEW v AS SELECT l.j AS l, r.j AS r, y FROM l JOIN r ON l.j = r.j;
       CREATE MATERIALIZED VIEW top AS SELECT j, x FROM l ORDER BY j, x DESC LIMIT 2;`,
      `l + 1.10 1
       l + 1.1 1
       l + 1.1 2
       r + 1.100 a
       => v + 1.1 1.100 a
       => v + 1.1 1.100 a
       => v + 1.10 1.100 a
       => top + 1.1 2
       => top + 1.1 1
       l - 1.1 1
       => v - 1.1 1.100 a
       => top - 1.1 1
       => top + 1.10 1`,
    ));

  it('cannot be retracted in place of each other', async () => {
    const sql = `CREATE TABLE t (j JSONB, i INTERVAL); CREATE MATERIALIZED VIEW v AS SELECT j, i FROM t;`;
    const p = await openPipeline({ 'a.sql': sql }, { now: '2026-03-15T12:00:00Z' });
    const day = { months: 0, days: 1, us: 0 };
    p.insertDatums('t', [['1.10', day]]);
    expect(() => p.insertDatums('t', [['1.1', day]], -1)).toThrow('t has no row with j = 1.1, i = 1 day');
    p.insertDatums('t', [['1.10', day]], -1);
    expect(p.rows('v')).toEqual([]);
  });
});
