import { test } from 'vitest';
import { expectScript } from './support/script.ts';

const T = 'CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR, x INT, n NUMERIC, b BIGINT, d DOUBLE PRECISION);';

test('a group reports one change per barrier, and none if its result stays the same', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS SELECT k, SUM(x) AS s, COUNT(*) AS c FROM t GROUP BY k;`,
    `t + 1 a 5 . . .
     t + 2 a 7 . . .
     t + 3 b 1 . . .
     => v + a 12 2
     => v + b 1 1
     t + 4 a 2 . . .
     t - 4 a 2 . . .
     =>
     t + 1 a 6 . . .
     => v - a 12 2
     => v + a 13 2
     t - 3 b 1 . . .
     => v - b 1 1
     t + 5 b 9 . . .
     => v + b 9 1`,
  ));

test('SUM is NULL without values, and its group stays while it has rows', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS SELECT k, SUM(x) AS s, COUNT(x) AS c, AVG(x) AS a FROM t GROUP BY k;`,
    `t + 1 a . . . .
     => v + a . 0 .
     t + 2 a 3 . . .
     => v - a . 0 .
     => v + a 3 1 3
     t + 3 a 5 . . .
     => v - a 3 1 3
     => v + a 8 2 4
     t + 4 a 2 . . .
     => v - a 8 2 4
     => v + a 10 3 3.3333333333333333333333333333
     t - 2 a 3 . . .
     t - 3 a 5 . . .
     t - 4 a 2 . . .
     => v - a 10 3 3.3333333333333333333333333333
     => v + a . 0 .`,
  ));

test('NUMERIC sums do not drift: retracting an inserted value restores the sum exactly', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS SELECT SUM(n) AS s FROM t;`,
    `t + 1 . . 0.0000000000000000000000000001 . .
     => v + 0.0000000000000000000000000001
     t + 2 . . 7922816251426433759354395033 . .
     => v - 0.0000000000000000000000000001
     => v + 7922816251426433759354395033
     t - 2 . . 7922816251426433759354395033 . .
     => v - 7922816251426433759354395033
     => v + 0.0000000000000000000000000001
     t + 3 . . -33.333333333333333333333333333 . .
     => v - 0.0000000000000000000000000001
     => v + -33.333333333333333333333333333
     t - 3 . . -33.333333333333333333333333333 . .
     => v - -33.333333333333333333333333333
     => v + 0.0000000000000000000000000001
     t - 1 . . 0.0000000000000000000000000001 . .
     => v - 0.0000000000000000000000000001
     => v + .`,
  ));

test('a sum with more digits than the 96-bit mantissa of NUMERIC holds is rounded once, half to even', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS SELECT SUM(n) AS s FROM t;`,
    `t + 1 . . 99.99999999999999999999999999 . .
     t + 2 . . 0.000000000000000000000000015 . .
     => v + 100
     t + 3 . . 0.0000000000000000000000000001 . .
     => v - 100
     => v + 100.00000000000000000000000001`,
  ));

test('BIGINT sums are exact beyond 2^53 and beyond 2^63', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS SELECT SUM(b) AS s, MIN(b) AS lo, MAX(b) AS hi FROM t;`,
    `t + 1 . . . 9007199254740993 .
     => v + 9007199254740993 9007199254740993 9007199254740993
     t + 2 . . . 9223372036854775807 .
     t + 3 . . . 9223372036854775807 .
     => v - 9007199254740993 9007199254740993 9007199254740993
     => v + 18455751272964292607 9007199254740993 9223372036854775807
     t - 2 . . . 9223372036854775807 .
     t + 4 . . . -9223372036854775808 .
     => v - 18455751272964292607 9007199254740993 9223372036854775807
     => v + 9007199254740992 -9223372036854775808 9223372036854775807`,
  ));

test('group keys beyond 2^53 are not confused with their neighbours', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS SELECT b, COUNT(*) AS c FROM t GROUP BY b;`,
    `t + 1 . . . 9007199254740992 .
     t + 2 . . . 9007199254740993 .
     t + 3 . . . . .
     t + 4 . . . 0 .
     => v + 9007199254740992 1
     => v + 9007199254740993 1
     => v + . 1
     => v + 0 1`,
  ));

test('NUMERIC and array keys group by value', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS SELECT n, ARRAY[x, x] AS a, COUNT(*) AS c FROM t GROUP BY n, ARRAY[x, x];`,
    `t + 1 . 1 1.50 . .
     t + 2 . 1 1.5 . .
     t + 3 . 2 1.5 . .
     => v + 1.5 {1,1} 2
     => v + 1.5 {2,2} 1
     t - 1 . 1 1.50 . .
     t - 2 . 1 1.5 . .
     => v - 1.5 {1,1} 2`,
  ));

test('NULL is a key apart from numbers, json and arrays; equal values that left and return share one key', () =>
  expectScript(
    `CREATE TABLE t (id INT PRIMARY KEY, n NUMERIC, j JSONB, a INT[]);
     CREATE MATERIALIZED VIEW v AS SELECT n, j, a, COUNT(*) AS c FROM t GROUP BY n, j, a;
     CREATE MATERIALIZED VIEW d AS SELECT DISTINCT j, n FROM t;`,
    `t + 1 . . .
     t + 2 0 'null' {}
     t + 3 0.0 'null' {}
     => v + . . . 1
     => v + 0 null {} 2
     => d + . .
     => d + null 0
     t - 1 . . .
     => v - . . . 1
     => d - . .
     t + 1 . . .
     t + 4 . . {NULL}
     => v + . . . 1
     => v + . . {NULL} 1
     => d + . .`,
  ));

test('without input, a global SUM or AVG of a NOT NULL column is one row with NULL', () =>
  expectScript(
    `CREATE TABLE t (id INT PRIMARY KEY, x INT NOT NULL, n NUMERIC NOT NULL);
     CREATE MATERIALIZED VIEW g AS SELECT SUM(x) AS s, AVG(n) AS a FROM t;
     CREATE MATERIALIZED VIEW v AS SELECT x % 2 AS k, SUM(n) AS s, AVG(x) AS a, SUM(n) FILTER (WHERE n > 1) AS f
       FROM t GROUP BY x % 2;`,
    `=> g + . .
     t + 1 3 0.5
     t + 2 5 2
     => g - . .
     => g + 8 1.25
     => v + 1 2.5 4 2
     t - 2 5 2
     => g - 8 1.25
     => g + 3 0.5
     => v - 1 2.5 4 2
     => v + 1 0.5 3 .
     t - 1 3 0.5
     => g - 3 0.5
     => g + . .
     => v - 1 0.5 3 .`,
  ));

test('COUNT(DISTINCT) changes only with the first row and the last row of a value', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS
       SELECT COUNT(DISTINCT k) AS ks, COUNT(DISTINCT b) AS bs, COUNT(DISTINCT n) AS ns, SUM(DISTINCT x) AS s FROM t;`,
    `t + 1 a 5 1.0 7 .
     t + 2 a 5 1.00 7 .
     t + 3 b 6 2 8 .
     t + 4 . . . . .
     => v + 2 2 2 11
     t - 1 a 5 1.0 7 .
     =>
     t - 2 a 5 1.00 7 .
     => v - 2 2 2 11
     => v + 1 1 1 6`,
  ));

test('COUNT(DISTINCT) separates doubles and times that differ in the last bit', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS SELECT COUNT(DISTINCT d) AS ds FROM t;`,
    `t + 1 . . . . 0.1
     t + 2 . . . . 0.2
     t + 3 . . . . 0.30000000000000004
     t + 4 . . . . 0.3
     t + 5 . . . . 0.1
     => v + 4`,
  ));

test('FILTER excludes rows from its own aggregate only', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS
       SELECT COUNT(*) AS c, COUNT(*) FILTER (WHERE x > 1) AS big, SUM(x) FILTER (WHERE k = 'a') AS a FROM t;`,
    `t + 1 a 1 . . .
     t + 2 a 2 . . .
     t + 3 b 3 . . .
     t + 4 . . . . .
     => v + 4 2 3`,
  ));

test('MIN and MAX follow retractions and ignore NULL', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS SELECT MIN(x) AS lo, MAX(x) AS hi, MIN(k) AS first, MAX(n) AS top FROM t;`,
    `t + 1 b 3 0.5 . .
     t + 2 a 1 -2 . .
     t + 3 c . . . .
     => v + 1 3 a 0.5
     t - 2 a 1 -2 . .
     => v - 1 3 a 0.5
     => v + 3 3 b 0.5
     t - 1 b 3 0.5 . .
     => v - 3 3 b 0.5
     => v + . . c .`,
  ));

test('collecting aggregates are ordered, keep duplicates, and follow retractions', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS
       SELECT ARRAY_AGG(k ORDER BY x DESC) AS ks, STRING_AGG(k, '-' ORDER BY x) AS s,
              JSONB_OBJECT_AGG(k, x ORDER BY x) AS o, ARRAY_AGG(DISTINCT k) AS d FROM t;`,
    `t + 1 a 1 . . .
     t + 2 b 2 . . .
     t + 3 a 3 . . .
     => v + {a,b,a} a-b-a '{"a": 3, "b": 2}' {a,b}
     t - 3 a 3 . . .
     => v - {a,b,a} a-b-a '{"a": 3, "b": 2}' {a,b}
     => v + {b,a} a-b '{"a": 1, "b": 2}' {a,b}`,
  ));

test('BOOL_AND and BOOL_OR are three-valued', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS SELECT BOOL_AND(x > 1) AS all_big, BOOL_OR(x > 1) AS any_big FROM t;`,
    `t + 1 . . . . .
     => v + . .
     t + 2 . 1 . . .
     => v - . .
     => v + f f
     t + 3 . 2 . . .
     => v - f f
     => v + f t
     t - 2 . 1 . . .
     => v - f t
     => v + t t`,
  ));

test('a global aggregate has a row before any input', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS SELECT COUNT(*) AS c, SUM(x) AS s FROM t;`,
    `@ 2026-03-15 12:00
     => v + 0 .
     t + 1 a 5 . . .
     => v - 0 .
     => v + 1 5
     t - 1 a 5 . . .
     => v - 1 5
     => v + 0 .`,
  ));

test('an overflow in the argument of an aggregate falls back to exact arithmetic', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS SELECT SUM(b + 1) AS s, SUM(x::bigint * 2) AS y FROM t;`,
    `t + 1 . 2147483647 . 9007199254740992 .
     => v + 9007199254740993 4294967294`,
  ));

test('dividing or multiplying a large sum falls back to exact arithmetic', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS SELECT SUM(n) / 3 AS third, SUM(n) * 0.5 AS half FROM t;`,
    `t + 1 . . 9007199254740993 . .
     => v + 3002399751580331 4503599627370496.5`,
  ));
