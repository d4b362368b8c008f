import { test } from 'vitest';
import { expectScript } from './support/script.ts';

const AB = `CREATE TABLE a (id INT PRIMARY KEY, k INT, x VARCHAR);
  CREATE TABLE b (id INT PRIMARY KEY, k INT, y VARCHAR);`;

test('inner join: inserts and retractions on either side add and remove pairs', () =>
  expectScript(
    `${AB} CREATE MATERIALIZED VIEW v AS SELECT a.id AS i, b.id AS j, x, y FROM a JOIN b ON a.k = b.k;`,
    `a + 1 7 p
     b + 1 7 q
     b + 2 7 r
     b + 3 . s
     => v + 1 1 p q
     => v + 1 2 p r
     b + 1 7 t
     => v - 1 1 p q
     => v + 1 1 p t
     a - 1 7 p
     => v - 1 1 p t
     => v - 1 2 p r`,
  ));

test('left join: a row without a match has NULLs; a NULL key never matches', () =>
  expectScript(
    `${AB} CREATE MATERIALIZED VIEW v AS SELECT a.id AS i, x, y FROM a LEFT JOIN b ON a.k = b.k AND b.y <> 'no';`,
    `a + 1 7 p
     a + 2 . q
     => v + 1 p .
     => v + 2 q .
     b + 1 7 no
     =>
     b + 2 7 yes
     => v - 1 p .
     => v + 1 p yes
     b - 2 7 yes
     => v - 1 p yes
     => v + 1 p .`,
  ));

test('top-n per group, with the rank', () =>
  expectScript(
    `${AB} CREATE MATERIALIZED VIEW v AS SELECT k, r, x FROM (
       SELECT k, x, ROW_NUMBER() OVER (PARTITION BY k ORDER BY x DESC) AS r FROM a) s WHERE r <= 2;`,
    `a + 1 7 p
     a + 2 7 q
     a + 3 7 r
     a + 4 8 z
     => v + 7 1 r
     => v + 7 2 q
     => v + 8 1 z
     a - 3 7 r
     => v - 7 1 r
     => v + 7 1 q
     => v - 7 2 q
     => v + 7 2 p
     a + 5 7 o
     =>`,
  ));

test('UNION ALL keeps duplicates, UNION does not', () =>
  expectScript(
    `${AB} CREATE MATERIALIZED VIEW dup AS SELECT x FROM a UNION ALL SELECT y FROM b;
     CREATE MATERIALIZED VIEW one AS SELECT x FROM a UNION SELECT y FROM b;`,
    `a + 1 1 p
     b + 1 1 p
     => dup + p
     => dup + p
     => one + p
     a - 1 1 p
     => dup - p
     b - 1 1 p
     => dup - p
     => one - p`,
  ));

test('HAVING adds and removes groups', () =>
  expectScript(
    `${AB} CREATE MATERIALIZED VIEW v AS SELECT k, COUNT(*) AS c FROM a GROUP BY k HAVING COUNT(*) > 1;`,
    `a + 1 7 p
     =>
     a + 2 7 q
     => v + 7 2
     a + 3 7 r
     => v - 7 2
     => v + 7 3
     a - 1 7 p
     a - 2 7 q
     => v - 7 3`,
  ));

test('a table with ON CONFLICT DO NOTHING keeps the first row of a key', () =>
  expectScript(
    `CREATE TABLE t (id VARCHAR, x INT, PRIMARY KEY (id)) ON CONFLICT DO NOTHING;
     CREATE MATERIALIZED VIEW v AS SELECT SUM(x) AS s FROM t;`,
    `t + e1 5
     t + e1 7
     t + e2 1
     => v + 6
     t + e2 9
     =>`,
  ));

test('DISTINCT and a view over a view over a view', () =>
  expectScript(
    `${AB} CREATE MATERIALIZED VIEW d AS SELECT DISTINCT k FROM a;
     CREATE VIEW plain AS SELECT k + 1 AS k1 FROM d;
     CREATE MATERIALIZED VIEW v AS SELECT SUM(k1) AS s FROM plain WHERE k1 > 1;`,
    `a + 1 1 p
     a + 2 1 q
     a + 3 0 q
     => d + 1
     => d + 0
     => v + 2
     a - 1 1 p
     =>
     a - 2 1 q
     => d - 1
     => v - 2
     => v + .`,
  ));
