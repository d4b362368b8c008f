import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parser.ts';
import { bindFiles, errorsOf, queryErrors, rendered } from './support/check.ts';

// Errors as the command line prints them: file, line, column, code, message, the marked line and a hint.

beforeAll(() => loadParser());

describe('rendered errors: names', () => {
  it('an unknown column, with the nearest name', () => {
    expect(queryErrors(`SELECT vewer_id FROM events`)).toMatchInlineSnapshot(`
      "p.sql:2:8: error[42703]: column "vewer_id" does not exist
        |
      2 | SELECT vewer_id FROM events;
        |        ^^^^^^^^
      hint: did you mean "viewer_id"?"
    `);
  });
  it('an unknown column with no similar name', () => {
    expect(queryErrors(`SELECT watch_time FROM titles`)).toMatchInlineSnapshot(`
      "p.sql:2:8: error[42703]: column "watch_time" does not exist
        |
      2 | SELECT watch_time FROM titles;
        |        ^^^^^^^^^^
      hint: the columns are id, name, rating"
    `);
  });
  it('an unknown column after an alias', () => {
    expect(queryErrors(`SELECT e.viewer_id, t.nam FROM events e JOIN titles t ON t.id = e.viewer_id`))
      .toMatchInlineSnapshot(`
      "p.sql:2:21: error[42703]: column "t.nam" does not exist
        |
      2 | SELECT e.viewer_id, t.nam FROM events e JOIN titles t ON t.id = e.viewer_id;
        |                     ^^^^^
      hint: did you mean "name"?"
    `);
  });
  it('a missing table', () => {
    expect(
      queryErrors(`SELECT viewer_id
FROM event
GROUP BY viewer_id`),
    ).toMatchInlineSnapshot(`
  "p.sql:3:6: error[42P01]: relation "event" does not exist
    |
  3 | FROM event
    |      ^^^^^
  hint: did you mean "events"?"
`);
  });
  it('a view that is defined later', () => {
    expect(
      rendered(
        bindFiles({
          '1.sql': 'CREATE VIEW a AS SELECT x FROM b;',
          '2.sql': 'CREATE VIEW b AS SELECT 1 AS x;',
        }),
      ),
    ).toMatchInlineSnapshot(`
      "1.sql:1:32: error[42P01]: relation "b" does not exist
        |
      1 | CREATE VIEW a AS SELECT x FROM b;
        |                                ^
      hint: "b" is defined later, in 2.sql; files are applied in name order"
    `);
  });
  it('an alias that is not in FROM', () => {
    expect(queryErrors(`SELECT events.viewer_id FROM events e`)).toMatchInlineSnapshot(`
      "p.sql:2:8: error[42P01]: missing FROM entry for table "events"
        |
      2 | SELECT events.viewer_id FROM events e;
        |        ^^^^^^^^^^^^^^^^
      hint: FROM has e"
    `);
  });
  it('an ambiguous column', () => {
    expect(queryErrors(`SELECT viewer_id FROM events a JOIN events b ON a.event_id = b.event_id`))
      .toMatchInlineSnapshot(`
      "p.sql:2:8: error[42702]: column reference "viewer_id" is ambiguous
        |
      2 | SELECT viewer_id FROM events a JOIN events b ON a.event_id = b.event_id;
        |        ^^^^^^^^^
      hint: write a.viewer_id or b.viewer_id"
    `);
  });
  it('an unknown function', () => {
    expect(queryErrors(`SELECT date_trnc('day', at) AS d FROM events`)).toMatchInlineSnapshot(`
      "p.sql:2:8: error[42883]: function date_trnc() does not exist
        |
      2 | SELECT date_trnc('day', at) AS d FROM events;
        |        ^^^^^^^^^
      hint: did you mean "date_trunc"?"
    `);
  });
  it('a function with arguments that it does not take', () => {
    expect(queryErrors(`SELECT split_part(genre) AS d FROM events`)).toMatchInlineSnapshot(`
      "p.sql:2:8: error[42883]: function split_part(VARCHAR) does not exist
        |
      2 | SELECT split_part(genre) AS d FROM events;
        |        ^^^^^^^^^^
      hint: the form is split_part(VARCHAR, VARCHAR, INTEGER)"
    `);
  });
  it('an unknown type', () => {
    expect(queryErrors(`SELECT viewer_id::bigintt AS v FROM events`)).toMatchInlineSnapshot(`
      "p.sql:2:19: error[42704]: type "bigintt" does not exist
        |
      2 | SELECT viewer_id::bigintt AS v FROM events;
        |                   ^^^^^^^
      hint: did you mean "bigint"?"
    `);
  });
  it('a relation that already exists', () => {
    expect(errorsOf(`CREATE VIEW titles AS SELECT 1 AS a;`)).toMatchInlineSnapshot(`
      "p.sql:1:13: error[42P07]: table "titles" already exists
        |
      1 | CREATE VIEW titles AS SELECT 1 AS a;
        |             ^^^^^^
      hint: choose another name, or remove one of the two"
    `);
  });
  it('two columns of one name', () => {
    expect(
      queryErrors(`SELECT viewer_id AS v,
       secs AS v
FROM events`),
    ).toMatchInlineSnapshot(`
  "p.sql:3:8: error[42701]: column "v" specified more than once
    |
  3 |        secs AS v
    |        ^^^^
  hint: give one of the two another alias"
`);
  });
  it('an expression without a name', () => {
    expect(queryErrors(`SELECT viewer_id, secs + 1 FROM events`)).toMatchInlineSnapshot(`
      "p.sql:2:24: error[42P16]: column 2 has no name
        |
      2 | SELECT viewer_id, secs + 1 FROM events;
        |                        ^
      hint: give the expression an alias: ... AS name"
    `);
  });
  it('the same alias twice in FROM', () => {
    expect(queryErrors(`SELECT 1 AS a FROM events JOIN events ON true`)).toMatchInlineSnapshot(`
      "p.sql:2:32: error[42712]: table name "events" specified more than once
        |
      2 | SELECT 1 AS a FROM events JOIN events ON true;
        |                                ^^^^^^
      hint: give one of them an alias: events AS other"
    `);
  });
});

describe('rendered errors: types', () => {
  it('text plus a number', () => {
    expect(queryErrors(`SELECT genre + 1 AS x FROM events`)).toMatchInlineSnapshot(`
      "p.sql:2:14: error[42883]: operator does not exist: VARCHAR + INTEGER
        |
      2 | SELECT genre + 1 AS x FROM events;
        |              ^
      hint: cast the VARCHAR side: ...::INTEGER"
    `);
  });
  it('a comparison of text and a number', () => {
    expect(queryErrors(`SELECT genre FROM events WHERE genre = secs`)).toMatchInlineSnapshot(`
      "p.sql:2:38: error[42883]: operator does not exist: VARCHAR = INTEGER
        |
      2 | SELECT genre FROM events WHERE genre = secs;
        |                                      ^
      hint: cast the VARCHAR side: ...::INTEGER"
    `);
  });
  it('a condition that is not BOOLEAN', () => {
    expect(queryErrors(`SELECT genre FROM events WHERE secs`)).toMatchInlineSnapshot(`
      "p.sql:2:32: error[42804]: the condition of WHERE must be BOOLEAN, not INTEGER
        |
      2 | SELECT genre FROM events WHERE secs;
        |                                ^^^^
      hint: cast it: ...::BOOLEAN"
    `);
  });
  it('arms of CASE of different types', () => {
    expect(queryErrors(`SELECT CASE WHEN ok THEN secs ELSE day END AS x FROM events`)).toMatchInlineSnapshot(`
      "p.sql:2:36: error[42804]: CASE types INTEGER and DATE cannot be matched
        |
      2 | SELECT CASE WHEN ok THEN secs ELSE day END AS x FROM events;
        |                                    ^^^
      hint: cast one of them: ...::INTEGER"
    `);
  });
  it('branches of UNION of different types', () => {
    expect(queryErrors(`SELECT secs AS x FROM events UNION ALL SELECT day FROM events`))
      .toMatchInlineSnapshot(`
      "p.sql:2:47: error[42804]: UNION types INTEGER and DATE of column "x" cannot be matched
        |
      2 | SELECT secs AS x FROM events UNION ALL SELECT day FROM events;
        |                                               ^^^
      hint: cast one of them: ...::INTEGER"
    `);
  });
  it('branches of UNION with different numbers of columns', () => {
    expect(queryErrors(`SELECT secs AS x FROM events UNION ALL SELECT day, secs FROM events`))
      .toMatchInlineSnapshot(`
        "p.sql:2:47: error[42601]: each UNION query must have the same number of columns: 1, not 2
          |
        2 | SELECT secs AS x FROM events UNION ALL SELECT day, secs FROM events;
          |                                               ^^^
        hint: add missing columns as NULL, or leave out extra ones"
      `);
  });
  it('an impossible cast', () => {
    expect(queryErrors(`SELECT secs::date AS x FROM events`)).toMatchInlineSnapshot(`
      "p.sql:2:12: error[42846]: cannot cast INTEGER to DATE
        |
      2 | SELECT secs::date AS x FROM events;
        |            ^^
      hint: cast by way of VARCHAR, or compute the value: extract(...), date + days, CASE ..."
    `);
  });
  it('a sum of text', () => {
    expect(queryErrors(`SELECT SUM(genre) AS x FROM events`)).toMatchInlineSnapshot(`
      "p.sql:2:8: error[42883]: function sum(VARCHAR) does not exist
        |
      2 | SELECT SUM(genre) AS x FROM events;
        |        ^^^
      hint: it takes a number; cast the argument, or use COUNT"
    `);
  });
  it('a date that does not exist', () => {
    expect(queryErrors(`SELECT secs FROM events WHERE day > DATE '2026-13-01'`)).toMatchInlineSnapshot(`
      "p.sql:2:42: error[22008]: date/time field value out of range: "2026-13-01"
        |
      2 | SELECT secs FROM events WHERE day > DATE '2026-13-01';
        |                                          ^^^^^^^^^^^^
      hint: write DATE '2026-03-15', TIMESTAMP '2026-03-15 12:00:00', INTERVAL '7 days'"
    `);
  });
  it('a number that is too large or too small for NUMERIC', () => {
    expect(queryErrors(`SELECT viewer_id, score > 1e-30 AS a, -0.5e-28 AS b, 1e300 AS c FROM events`))
      .toMatchInlineSnapshot(`
      "p.sql:2:27: error[22003]: the number 1e-30 does not fit NUMERIC (28 digits after the point, below 2^96)
        |
      2 | SELECT viewer_id, score > 1e-30 AS a, -0.5e-28 AS b, 1e300 AS c FROM events;
        |                           ^^^^^
      hint: write '1e-30'::double precision

      p.sql:2:39: error[22003]: the number -0.5e-28 does not fit NUMERIC (28 digits after the point, below 2^96)
        |
      2 | SELECT viewer_id, score > 1e-30 AS a, -0.5e-28 AS b, 1e300 AS c FROM events;
        |                                       ^
      hint: write '-0.5e-28'::double precision

      p.sql:2:54: error[22003]: the number 1e300 does not fit NUMERIC (28 digits after the point, below 2^96)
        |
      2 | SELECT viewer_id, score > 1e-30 AS a, -0.5e-28 AS b, 1e300 AS c FROM events;
        |                                                      ^^^^^
      hint: write '1e300'::double precision"
    `);
    expect(
      queryErrors(`SELECT 1e-28 AS a, 0e-400 AS b, 79228162514264337593543950335 AS c FROM events`),
    ).toBe('');
  });
  it('an interval with an unknown unit', () => {
    expect(queryErrors(`SELECT secs FROM events WHERE at > now() - INTERVAL '7 dayz'`))
      .toMatchInlineSnapshot(`
      "p.sql:2:53: error[22007]: invalid input syntax for type interval: "7 dayz"
        |
      2 | SELECT secs FROM events WHERE at > now() - INTERVAL '7 dayz';
        |                                                     ^^^^^^^^
      hint: write DATE '2026-03-15', TIMESTAMP '2026-03-15 12:00:00', INTERVAL '7 days'"
    `);
  });
  it('a number compared with text', () => {
    expect(queryErrors(`SELECT secs FROM events WHERE secs > 'many'`)).toMatchInlineSnapshot(`
      "p.sql:2:38: error[22P02]: invalid input syntax for type integer: "many"
        |
      2 | SELECT secs FROM events WHERE secs > 'many';
        |                                      ^^^^^^
      hint: write the value in the notation of the type, or cast the other side"
    `);
  });
  it('a constant division by zero', () => {
    expect(queryErrors(`SELECT 1 / 0 AS x FROM events`)).toMatchInlineSnapshot(`
      "p.sql:2:10: error[22012]: division by zero
        |
      2 | SELECT 1 / 0 AS x FROM events;
        |          ^
      hint: guard it: x / NULLIF(y, 0)"
    `);
  });
  it('types that are not supported', () => {
    expect(errorsOf(`CREATE TABLE x (a UUID, b DECIMAL(10, 2), c CHAR(3));`)).toMatchInlineSnapshot(`
      "p.sql:1:19: error[0A000]: type UUID is not supported yet
        |
      1 | CREATE TABLE x (a UUID, b DECIMAL(10, 2), c CHAR(3));
        |                   ^^^^
      hint: use VARCHAR

      p.sql:1:27: error[0A000]: DECIMAL with a length or precision is not supported yet
        |
      1 | CREATE TABLE x (a UUID, b DECIMAL(10, 2), c CHAR(3));
        |                           ^^^^^^^^^^^^^^
      hint: write DECIMAL alone; it holds any length and scale

      p.sql:1:45: error[0A000]: type CHAR is not supported yet
        |
      1 | CREATE TABLE x (a UUID, b DECIMAL(10, 2), c CHAR(3));
        |                                             ^^^^^^^
      hint: use VARCHAR"
    `);
  });
});

describe('rendered errors: grouping', () => {
  it('a column that is neither grouped nor aggregated', () => {
    expect(queryErrors(`SELECT viewer_id, genre, COUNT(*) AS n FROM events GROUP BY viewer_id`))
      .toMatchInlineSnapshot(`
      "p.sql:2:19: error[42803]: column "genre" must appear in GROUP BY or be used in an aggregate
        |
      2 | SELECT viewer_id, genre, COUNT(*) AS n FROM events GROUP BY viewer_id;
        |                   ^^^^^
      hint: add "genre" to GROUP BY, or aggregate it: MAX(genre)"
    `);
  });
  it('a column beside an aggregate without GROUP BY', () => {
    expect(queryErrors(`SELECT viewer_id, COUNT(*) AS n FROM events`)).toMatchInlineSnapshot(`
      "p.sql:2:8: error[42803]: column "viewer_id" must appear in GROUP BY or be used in an aggregate
        |
      2 | SELECT viewer_id, COUNT(*) AS n FROM events;
        |        ^^^^^^^^^
      hint: add GROUP BY viewer_id, or aggregate it: MAX(viewer_id)"
    `);
  });
  it('an aggregate in WHERE', () => {
    expect(queryErrors(`SELECT viewer_id FROM events WHERE COUNT(*) > 1 GROUP BY viewer_id`))
      .toMatchInlineSnapshot(`
      "p.sql:2:36: error[42803]: aggregates are not allowed in WHERE
        |
      2 | SELECT viewer_id FROM events WHERE COUNT(*) > 1 GROUP BY viewer_id;
        |                                    ^^^^^
      hint: use HAVING, or filter one call: agg(...) FILTER (WHERE ...)"
    `);
  });
  it('an aggregate in an aggregate', () => {
    expect(queryErrors(`SELECT MAX(SUM(secs)) AS x FROM events`)).toMatchInlineSnapshot(`
      "p.sql:2:12: error[42803]: aggregate calls cannot be nested
        |
      2 | SELECT MAX(SUM(secs)) AS x FROM events;
        |            ^^^
      hint: compute the inner one in a sub-select"
    `);
  });
  it('an aggregate in GROUP BY', () => {
    expect(queryErrors(`SELECT COUNT(*) AS n FROM events GROUP BY 1`)).toMatchInlineSnapshot(`
      "p.sql:2:43: error[42803]: aggregates and window functions are not allowed in GROUP BY
        |
      2 | SELECT COUNT(*) AS n FROM events GROUP BY 1;
        |                                           ^
      hint: group by columns, or by expressions without aggregates and windows"
    `);
  });
  it('a position outside the select list', () => {
    expect(queryErrors(`SELECT genre FROM events GROUP BY 2`)).toMatchInlineSnapshot(`
      "p.sql:2:35: error[42P10]: GROUP BY position 2 is not in the select list
        |
      2 | SELECT genre FROM events GROUP BY 2;
        |                                   ^
      hint: the select list has one column"
    `);
  });
});

describe('rendered errors: unsupported', () => {
  it('a window function', () => {
    expect(queryErrors(`SELECT RANK() OVER (PARTITION BY viewer_id ORDER BY at) AS x FROM events`))
      .toMatchInlineSnapshot(`
        "p.sql:2:8: error[0A000]: window function rank() is not supported yet
          |
        2 | SELECT RANK() OVER (PARTITION BY viewer_id ORDER BY at) AS x FROM events;
          |        ^^^^
        hint: for the top n rows of each group, use ROW_NUMBER() in a sub-select, and WHERE rn <= n around it"
      `);
  });
  it('an aggregate over a window', () => {
    expect(queryErrors(`SELECT SUM(secs) OVER (PARTITION BY viewer_id) AS x FROM events`))
      .toMatchInlineSnapshot(`
      "p.sql:2:8: error[0A000]: sum() OVER is not supported yet
        |
      2 | SELECT SUM(secs) OVER (PARTITION BY viewer_id) AS x FROM events;
        |        ^^^
      hint: aggregate with GROUP BY in a sub-select, and join with it"
    `);
  });
  it('ROW_NUMBER() without a limit', () => {
    expect(
      queryErrors(
        `SELECT viewer_id, ROW_NUMBER() OVER (PARTITION BY viewer_id ORDER BY at) AS rn FROM events`,
      ),
    ).toMatchInlineSnapshot(`
      "p.sql:2:19: error[0A000]: row_number() without a limit is not supported yet
        |
      2 | SELECT viewer_id, ROW_NUMBER() OVER (PARTITION BY viewer_id ORDER BY at) AS rn FROM events;
        |                   ^^^^^^^^^^
      hint: limit it in the query around it: FROM (SELECT ..., ROW_NUMBER() OVER (...) AS rn ...) x WHERE rn <= 10"
    `);
  });
  it('ROW_NUMBER() in WHERE', () => {
    expect(queryErrors(`SELECT viewer_id FROM events WHERE ROW_NUMBER() OVER (ORDER BY at) < 3`))
      .toMatchInlineSnapshot(`
      "p.sql:2:36: error[42P20]: window functions are not allowed in WHERE
        |
      2 | SELECT viewer_id FROM events WHERE ROW_NUMBER() OVER (ORDER BY at) < 3;
        |                                    ^^^^^^^^^^
      hint: for the top n rows of each group, use ROW_NUMBER() in a sub-select, and WHERE rn <= n around it"
    `);
  });
  it('IN (subquery)', () => {
    expect(queryErrors(`SELECT viewer_id FROM events WHERE viewer_id IN (SELECT id FROM titles)`))
      .toMatchInlineSnapshot(`
      "p.sql:2:46: error[0A000]: IN (subquery) is not supported yet
        |
      2 | SELECT viewer_id FROM events WHERE viewer_id IN (SELECT id FROM titles);
        |                                              ^^
      hint: use JOIN (SELECT DISTINCT k ...) x ON x.k = t.k; NOT IN: LEFT JOIN, WHERE x.k IS NULL AND t.k IS NOT NULL"
    `);
  });
  it('EXISTS', () => {
    expect(queryErrors(`SELECT viewer_id FROM events WHERE EXISTS (SELECT 1 FROM titles)`))
      .toMatchInlineSnapshot(`
      "p.sql:2:36: error[0A000]: EXISTS (subquery) is not supported yet
        |
      2 | SELECT viewer_id FROM events WHERE EXISTS (SELECT 1 FROM titles);
        |                                    ^^^^^^
      hint: use JOIN (SELECT DISTINCT k ...) x ON x.k = t.k; NOT EXISTS: LEFT JOIN, WHERE x.k IS NULL"
    `);
  });
  it('a scalar subquery', () => {
    const error = queryErrors(`SELECT (SELECT MAX(id) FROM titles) AS x FROM events`);
    expect(error).toContain('p.sql:2:8: error[0A000]: a scalar subquery is not supported yet');
    expect(error).toContain('hint: use LEFT JOIN (SELECT k, MAX(y) AS m ... GROUP BY k) x ON x.k = t.k; ');
    expect(error).toContain('without a key, select 1 AS one on both sides and join on it; ');
    expect(error).toContain('wrap a COUNT in COALESCE(..., 0)');
  });
  it('FULL JOIN', () => {
    expect(queryErrors(`SELECT e.secs FROM events e FULL JOIN titles t ON t.id = e.viewer_id`))
      .toMatchInlineSnapshot(`
      "p.sql:2:39: error[0A000]: FULL JOIN is not supported yet
        |
      2 | SELECT e.secs FROM events e FULL JOIN titles t ON t.id = e.viewer_id;
        |                                       ^^^^^^
      hint: use LEFT JOIN from the side that has all keys, or UNION ALL and GROUP BY"
    `);
  });
  it('CROSS JOIN', () => {
    expect(queryErrors(`SELECT e.secs FROM events e CROSS JOIN titles t`)).toMatchInlineSnapshot(`
      "p.sql:2:40: error[0A000]: a join without an equality is not supported yet
        |
      2 | SELECT e.secs FROM events e CROSS JOIN titles t;
        |                                        ^^^^^^
      hint: join on an equality with an earlier item of FROM: a.x = b.y"
    `);
  });
  it('a join without an equality', () => {
    expect(queryErrors(`SELECT e.secs FROM events e JOIN titles t ON t.id > e.viewer_id`))
      .toMatchInlineSnapshot(`
        "p.sql:2:51: error[0A000]: a join without an equality is not supported yet
          |
        2 | SELECT e.secs FROM events e JOIN titles t ON t.id > e.viewer_id;
          |                                                   ^
        hint: join on an equality between columns of both sides: ON a.x = b.y"
      `);
  });
  it('INTERSECT', () => {
    expect(queryErrors(`SELECT secs FROM events INTERSECT SELECT 1`)).toMatchInlineSnapshot(`
      "p.sql:2:42: error[0A000]: INTERSECT is not supported yet
        |
      2 | SELECT secs FROM events INTERSECT SELECT 1;
        |                                          ^
      hint: use a join, or LEFT JOIN ... WHERE right.key IS NULL"
    `);
  });
  it('WITH RECURSIVE', () => {
    expect(queryErrors(`WITH RECURSIVE x AS (SELECT 1 AS a) SELECT a FROM x`)).toMatchInlineSnapshot(`
      "p.sql:2:1: error[0A000]: WITH RECURSIVE is not supported yet
        |
      2 | WITH RECURSIVE x AS (SELECT 1 AS a) SELECT a FROM x;
        | ^^^^
      hint: leave RECURSIVE out if no CTE reads itself"
    `);
  });
  it('TUMBLE', () => {
    expect(queryErrors(`SELECT window_start FROM TUMBLE(events, at, INTERVAL '1 hour')`))
      .toMatchInlineSnapshot(`
        "p.sql:2:26: error[0A000]: TUMBLE() in FROM is not supported yet
          |
        2 | SELECT window_start FROM TUMBLE(events, at, INTERVAL '1 hour');
          |                          ^^^^^^
        hint: group by the window instead: date_trunc('hour', at)"
      `);
  });
  it('GROUPING SETS', () => {
    expect(queryErrors(`SELECT genre FROM events GROUP BY ROLLUP (genre)`)).toMatchInlineSnapshot(`
      "p.sql:2:35: error[0A000]: ROLLUP is not supported yet
        |
      2 | SELECT genre FROM events GROUP BY ROLLUP (genre);
        |                                   ^^^^^^
      hint: write one view per grouping, or UNION ALL them"
    `);
  });
  it('LATERAL', () => {
    expect(queryErrors(`SELECT e.secs FROM events e, LATERAL (SELECT e.secs) x`)).toMatchInlineSnapshot(`
      "p.sql:2:46: error[0A000]: LATERAL is not supported yet
        |
      2 | SELECT e.secs FROM events e, LATERAL (SELECT e.secs) x;
        |                                              ^^^^^^
      hint: join on its key: GROUP BY k in it, or for the first n rows ROW_NUMBER() OVER (PARTITION BY k ...) <= n"
    `);
  });
  it('DEFAULT', () => {
    expect(errorsOf(`CREATE TABLE x (a INT DEFAULT 1);`)).toMatchInlineSnapshot(`
      "p.sql:1:23: error[0A000]: DEFAULT is not supported yet
        |
      1 | CREATE TABLE x (a INT DEFAULT 1);
        |                       ^^^^^^^
      hint: use COALESCE where the column is read, or a generated column: name type AS expression"
    `);
  });
  it('statements that define nothing', () => {
    expect(
      errorsOf(`SET timezone = 'UTC';
DROP TABLE titles;
COMMENT ON TABLE titles IS 'x';`),
    ).toMatchInlineSnapshot(`
      "p.sql:1:1: error[0A000]: SET does not belong in a pipeline
        |
      1 | SET timezone = 'UTC';
        | ^^^
      hint: leave it out: there is no session. Times are UTC; for local time write ts AT TIME ZONE 'Europe/Berlin'

      p.sql:2:1: error[0A000]: DROP does not belong in a pipeline
        |
      2 | DROP TABLE titles;
        | ^^^^
      hint: leave it out: edit the CREATE statement in its file; the next start applies it

      p.sql:3:1: error[0A000]: COMMENT does not belong in a pipeline
        |
      3 | COMMENT ON TABLE titles IS 'x';
        | ^^^^^^^
      hint: leave it out, or write it as a comment: -- ..."
    `);
  });
});

describe('rendered errors: text', () => {
  it('a word too many', () => {
    expect(queryErrors(`SELECT viewer_id a b FROM events`)).toMatchInlineSnapshot(`
      "p.sql:2:20: error[42601]: syntax error at or near "b"
        |
      2 | SELECT viewer_id a b FROM events;
        |                    ^
      hint: a comma, a bracket or a keyword may be missing before it"
    `);
  });
  it('a query that ends too early', () => {
    expect(queryErrors(`SELECT viewer_id FROM events WHERE`)).toMatchInlineSnapshot(`
      "p.sql:2:35: error[42601]: syntax error at end of statement
        |
      2 | SELECT viewer_id FROM events WHERE;
        |                                   ^
      hint: a comma, a bracket or a keyword may be missing before it"
    `);
  });
  it('an unterminated string', () => {
    expect(
      errorsOf(`CREATE VIEW v AS
SELECT 'abc AS x FROM events;
`),
    ).toMatchInlineSnapshot(`
  "p.sql:2:8: error[42601]: unterminated string
    |
  2 | SELECT 'abc AS x FROM events;
    |        ^^^^^^^^^^^^^^^^^^^^^^
  hint: close it with '"
`);
  });
  it('an unterminated comment', () => {
    expect(errorsOf(`CREATE VIEW v AS SELECT secs /* why FROM events;`)).toMatchInlineSnapshot(`
      "p.sql:1:30: error[42601]: unterminated comment
        |
      1 | CREATE VIEW v AS SELECT secs /* why FROM events;
        |                              ^^^^^^^^^^^^^^^^^^^
      hint: close it with */"
    `);
  });
  it('a number that runs into a word', () => {
    expect(queryErrors(`SELECT 1abc AS x FROM events`)).toMatchInlineSnapshot(`
      "p.sql:2:8: error[42601]: trailing junk after numeric literal at or near "1abc"
        |
      2 | SELECT 1abc AS x FROM events;
        |        ^^^^
      hint: a comma, a bracket or a keyword may be missing before it"
    `);
  });
  it('a misspelt keyword', () => {
    expect(
      errorsOf(`CREATE SORCE x (a INT) WITH (connector = 'kafka', topic = 'x') FORMAT PLAIN ENCODE JSON;`),
    ).toMatchInlineSnapshot(`
      "p.sql:1:8: error[42601]: syntax error at or near "SORCE"
        |
      1 | CREATE SORCE x (a INT) WITH (connector = 'kafka', topic = 'x') FORMAT PLAIN ENCODE JSON;
        |        ^^^^^
      hint: did you mean SOURCE?"
    `);
  });
  it('a column after characters of several bytes', () => {
    expect(queryErrors(`SELECT 'żółć' AS é, nope FROM events`)).toMatchInlineSnapshot(`
      "p.sql:2:21: error[42703]: column "nope" does not exist
        |
      2 | SELECT 'żółć' AS é, nope FROM events;
        |                     ^^^^
      hint: the columns are event_id, viewer_id, genre, secs, pct, at, day, doc, tags, score, ok"
    `);
  });
  it('a column after wide characters and emoji', () => {
    expect(queryErrors(`SELECT '日本語😀' AS x, nope FROM events`)).toMatchInlineSnapshot(`
      "p.sql:2:21: error[42703]: column "nope" does not exist
        |
      2 | SELECT '日本語😀' AS x, nope FROM events;
        |                         ^^^^
      hint: the columns are event_id, viewer_id, genre, secs, pct, at, day, doc, tags, score, ok"
    `);
  });
  it('a tab before the place', () => {
    expect(queryErrors(`SELECT\tnope FROM events`)).toMatchInlineSnapshot(`
      "p.sql:2:8: error[42703]: column "nope" does not exist
        |
      2 | SELECT  nope FROM events;
        |         ^^^^
      hint: the columns are event_id, viewer_id, genre, secs, pct, at, day, doc, tags, score, ok"
    `);
  });
  it('a missing environment variable', () => {
    expect(
      errorsOf(`CREATE SOURCE x (a INT) WITH (
  connector = 'kafka',
  topic = '\${TOPIC}'
) FORMAT PLAIN ENCODE JSON;
CREATE VIEW v AS SELECT a FROM x;`),
    ).toMatchInlineSnapshot(`
      "p.sql:3:12: error[42P02]: environment variable "TOPIC" is not set
        |
      3 |   topic = '\${TOPIC}'
        |            ^^^^^^^^
      hint: set TOPIC, or give a default: \${TOPIC:-value}; for the text \${ itself, write $\${"
    `);
  });
  it('a malformed variable reference', () => {
    expect(errorsOf(`CREATE VIEW v AS SELECT '\${1X}' AS a;`)).toMatchInlineSnapshot(`
      "p.sql:1:26: error[42601]: "\${1X}" is not a variable reference
        |
      1 | CREATE VIEW v AS SELECT '\${1X}' AS a;
        |                          ^^^^^
      hint: write \${NAME} or \${NAME:-default}; for the text \${ itself, write $\${"
    `);
  });
  it('a place after replaced variables', () => {
    expect(
      errorsOf(`CREATE VIEW v AS SELECT '\${A}' AS a, '\${B:-long default}' AS b, nope FROM events;`, {
        A: 'a much longer value than its name',
      }),
    ).toMatchInlineSnapshot(`
      "p.sql:1:65: error[42703]: column "nope" does not exist
        |
      1 | CREATE VIEW v AS SELECT '\${A}' AS a, '\${B:-long default}' AS b, nope FROM events;
        |                                                                 ^^^^
      hint: the columns are event_id, viewer_id, genre, secs, pct, at, day, doc, tags, score, ok"
    `);
  });
  it('an error inside a replaced variable', () => {
    expect(errorsOf(`CREATE VIEW v AS SELECT \${A} AS a FROM events;`, { A: 'nope' })).toMatchInlineSnapshot(`
      "p.sql:1:25: error[42703]: column "nope" does not exist
        |
      1 | CREATE VIEW v AS SELECT \${A} AS a FROM events;
        |                         ^^^^
      hint: the columns are event_id, viewer_id, genre, secs, pct, at, day, doc, tags, score, ok"
    `);
  });
});

describe('rendered errors: options and sinks', () => {
  it('a misspelt option', () => {
    expect(
      errorsOf(`CREATE SOURCE x (a INT) WITH (
  connector = 'kafka',
  topic = 'x',
  scan.startup.mod = 'latest'
) FORMAT PLAIN ENCODE JSON;`),
    ).toMatchInlineSnapshot(`
  "p.sql:4:3: error[22023]: unknown option "scan.startup.mod" of connector 'kafka'
    |
  4 |   scan.startup.mod = 'latest'
    |   ^^^^^^^^^^^^^^^^
  hint: did you mean "scan.startup.mode"?"
`);
  });
  it('an option with half of its name', () => {
    expect(
      errorsOf(
        `CREATE SOURCE x (a INT) WITH (connector = 'kafka', topic = 'x', bootstrap.server = 'b') FORMAT PLAIN ENCODE JSON;`,
      ),
    ).toMatchInlineSnapshot(`
      "p.sql:1:65: error[22023]: unknown option "bootstrap.server" of connector 'kafka'
        |
      1 | CREATE SOURCE x (a INT) WITH (connector = 'kafka', topic = 'x', bootstrap.server = 'b') FORMAT PLAIN ENCODE JSON;
        |                                                                 ^^^^^^^^^^^^^^^^
      hint: did you mean "properties.bootstrap.server"?"
    `);
  });
  it('a value that an option does not take', () => {
    expect(
      errorsOf(
        `CREATE SOURCE x (a INT) WITH (connector = 'kafka', topic = 'x', scan.startup.mode = 'newest') FORMAT PLAIN ENCODE JSON;`,
      ),
    ).toMatchInlineSnapshot(`
      "p.sql:1:85: error[22023]: option "scan.startup.mode" must be 'earliest' or 'latest', not 'newest'
        |
      1 | CREATE SOURCE x (a INT) WITH (connector = 'kafka', topic = 'x', scan.startup.mode = 'newest') FORMAT PLAIN ENCODE JSON;
        |                                                                                     ^^^^^^^^
      hint: omit it to use 'earliest'"
    `);
  });
  it('a missing option', () => {
    expect(errorsOf(`CREATE SOURCE x (a INT) WITH (connector = 'kafka') FORMAT PLAIN ENCODE JSON;`))
      .toMatchInlineSnapshot(`
      "p.sql:1:15: error[22023]: option "topic" of connector 'kafka' is missing
        |
      1 | CREATE SOURCE x (a INT) WITH (connector = 'kafka') FORMAT PLAIN ENCODE JSON;
        |               ^
      hint: add topic = '...': the topic to read"
    `);
  });
  it('an option given twice under two names', () => {
    expect(
      errorsOf(
        `CREATE SOURCE x (a INT) WITH (connector = 'kafka', topic = 'x', kafka.topic = 'y') FORMAT PLAIN ENCODE JSON;`,
      ),
    ).toMatchInlineSnapshot(`
      "p.sql:1:65: error[42601]: option "kafka.topic" is given twice (as "topic")
        |
      1 | CREATE SOURCE x (a INT) WITH (connector = 'kafka', topic = 'x', kafka.topic = 'y') FORMAT PLAIN ENCODE JSON;
        |                                                                 ^^^^^^^^^^^
      hint: keep one of the two"
    `);
  });
  it('an unknown connector', () => {
    expect(
      errorsOf(`CREATE SOURCE x (a INT) WITH (connector = 'kafak', topic = 'x') FORMAT PLAIN ENCODE JSON;`),
    ).toMatchInlineSnapshot(`
      "p.sql:1:43: error[22023]: there is no source connector 'kafak'
        |
      1 | CREATE SOURCE x (a INT) WITH (connector = 'kafak', topic = 'x') FORMAT PLAIN ENCODE JSON;
        |                                           ^^^^^^^
      hint: did you mean "kafka"?"
    `);
  });
  it('a connector of RisingWave that Freshet does not have', () => {
    expect(
      errorsOf(`CREATE SOURCE x (a INT) WITH (connector = 'pulsar', topic = 'x') FORMAT PLAIN ENCODE JSON;`),
    ).toMatch(
      /source connector 'pulsar' is not supported yet[^]*\nhint: the supported connectors are kafka, /,
    );
  });
  it('a source without a connector', () => {
    expect(errorsOf(`CREATE SOURCE x (a INT);`)).toMatchInlineSnapshot(`
      "p.sql:1:15: error[42P16]: source "x" has no connector
        |
      1 | CREATE SOURCE x (a INT);
        |               ^
      hint: add WITH (connector = 'kafka', topic = '...'), or make it a TABLE"
    `);
  });
  it('a source without a format', () => {
    expect(errorsOf(`CREATE SOURCE x (a INT) WITH (connector = 'kafka', topic = 'x');`))
      .toMatchInlineSnapshot(`
      "p.sql:1:15: error[42601]: source "x" has no FORMAT ... ENCODE ...
        |
      1 | CREATE SOURCE x (a INT) WITH (connector = 'kafka', topic = 'x');
        |               ^
      hint: add FORMAT PLAIN ENCODE JSON after WITH (...)"
    `);
  });
  it('a format that Freshet does not have', () => {
    expect(
      errorsOf(`CREATE SOURCE x (a INT) WITH (connector = 'kafka', topic = 'x') FORMAT PLAIN ENCODE AVRO;`),
    ).toMatch(/FORMAT PLAIN ENCODE AVRO is not supported yet[^]*\nhint: use ENCODE JSON or CSV/);
  });
  it('a sink key that is not in the view', () => {
    expect(
      errorsOf(`CREATE MATERIALIZED VIEW v AS SELECT viewer_id, COUNT(*) AS n FROM events GROUP BY viewer_id;
CREATE SINK s FROM v WITH (
  connector = 'dynamodb',
  table = 'profiles',
  primary_key = 'viewer_id,sk'
);`),
    ).toMatchInlineSnapshot(`
  "p.sql:5:17: error[42703]: key column "sk" is not in "v"
    |
  5 |   primary_key = 'viewer_id,sk'
    |                 ^^^^^^^^^^^^^^
  hint: its columns are viewer_id, n"
`);
  });
  it('a sink key that does not tell rows apart', () => {
    expect(
      errorsOf(`CREATE MATERIALIZED VIEW v AS SELECT viewer_id, day, COUNT(*) AS n FROM events GROUP BY viewer_id, day;
CREATE SINK s FROM v WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'viewer_id');`),
    ).toMatchInlineSnapshot(`
  "p.sql:2:86: error[42830]: primary_key leaves out "day", so rows of "v" would overwrite each other
    |
  2 | CREATE SINK s FROM v WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'viewer_id');
    |                                                                                      ^^^^^^^^^^^
  hint: a row is identified by viewer_id, day"
`);
  });
  it('a sink of a query whose rows have no key', () => {
    expect(
      errorsOf(
        `CREATE SINK s AS SELECT viewer_id, secs FROM events
WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'viewer_id');`,
      ),
    ).toMatchInlineSnapshot(`
      "p.sql:2:65: error[42830]: rows of the query have no known key, so their items would overwrite each other
        |
      2 | WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'viewer_id');
        |                                                                 ^^^^^^^^^^^
      hint: GROUP BY the key, or keep the newest row of each key: SELECT DISTINCT ON (key) ... ORDER BY key, time DESC"
    `);
  });
  it('a sink key of a type that DynamoDB keys cannot have', () => {
    expect(
      errorsOf(
        `CREATE SINK s AS SELECT ok, COUNT(*) AS n FROM events GROUP BY ok
WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'ok');`,
      ),
    ).toMatchInlineSnapshot(`
      "p.sql:2:65: error[42830]: key column "ok" is BOOLEAN; DynamoDB keys are numbers, text or bytes
        |
      2 | WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'ok');
        |                                                                 ^^^^
      hint: cast it in the view: ok::VARCHAR"
    `);
  });
  it('a value that is not supported yet, and a layout that there is not', () => {
    expect(
      errorsOf(
        `CREATE SOURCE plays (id INT) WITH (connector = 'kafka', topic = 't', properties.sasl.mechanism = 'oauthbearer')
FORMAT PLAIN ENCODE JSON;
CREATE SINK s AS SELECT viewer_id, COUNT(*) AS n FROM events GROUP BY viewer_id
WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'viewer_id', freshet.layout = 'wider');`,
      ),
    ).toMatchInlineSnapshot(`
      "p.sql:1:98: error[0A000]: properties.sasl.mechanism = 'oauthbearer' is not supported yet
        |
      1 | CREATE SOURCE plays (id INT) WITH (connector = 'kafka', topic = 't', properties.sasl.mechanism = 'oauthbearer')
        |                                                                                                  ^^^^^^^^^^^^^
      hint: use 'plain' or 'scram-sha-256' or 'scram-sha-512'

      p.sql:4:95: error[22023]: option "freshet.layout" must be 'domain' or 'wide' or 'metric' or 'daily' or 'packed', not 'wider'
        |
      4 | WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'viewer_id', freshet.layout = 'wider');
        |                                                                                               ^^^^^^^
      hint: did you mean "wide"?"
    `);
  });
  it('a sink of a missing view', () => {
    expect(
      errorsOf(
        `CREATE SINK s FROM titels WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'id');`,
      ),
    ).toMatchInlineSnapshot(`
      "p.sql:1:20: error[42P01]: relation "titels" does not exist
        |
      1 | CREATE SINK s FROM titels WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'id');
        |                    ^^^^^^
      hint: did you mean "titles"?"
    `);
  });
});

describe('rendered errors: several at once', () => {
  it('every wrong select item, and every statement', () => {
    expect(
      errorsOf(`CREATE VIEW a AS SELECT nope, secs, neither FROM events;
CREATE VIEW b AS SELECT 1 AS x FROM missing;`),
    ).toMatchInlineSnapshot(`
  "p.sql:1:25: error[42703]: column "nope" does not exist
    |
  1 | CREATE VIEW a AS SELECT nope, secs, neither FROM events;
    |                         ^^^^
  hint: the columns are event_id, viewer_id, genre, secs, pct, at, day, doc, tags, score, ok

  p.sql:1:37: error[42703]: column "neither" does not exist
    |
  1 | CREATE VIEW a AS SELECT nope, secs, neither FROM events;
    |                                     ^^^^^^^
  hint: the columns are event_id, viewer_id, genre, secs, pct, at, day, doc, tags, score, ok

  p.sql:2:37: error[42P01]: relation "missing" does not exist
    |
  2 | CREATE VIEW b AS SELECT 1 AS x FROM missing;
    |                                     ^^^^^^^
  hint: create it in an earlier statement"
`);
  });
  it('nothing about views that only read a view with an error', () => {
    expect(
      errorsOf(`CREATE VIEW a AS SELECT nope FROM events;
CREATE VIEW b AS SELECT anything FROM a;
CREATE MATERIALIZED VIEW c AS SELECT x.q FROM b x;
CREATE SINK s FROM c WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'id');`),
    ).toMatchInlineSnapshot(`
  "p.sql:1:25: error[42703]: column "nope" does not exist
    |
  1 | CREATE VIEW a AS SELECT nope FROM events;
    |                         ^^^^
  hint: the columns are event_id, viewer_id, genre, secs, pct, at, day, doc, tags, score, ok"
`);
  });
  it('nothing about views that read a statement with a syntax error', () => {
    expect(
      errorsOf(`CREATE TABLE x (a INT,,);
CREATE VIEW y AS SELECT a FROM x;
CREATE VIEW z AS SELECT 'oops AS b FROM y;
CREATE VIEW w AS SELECT b FROM z;`),
    ).toMatchInlineSnapshot(`
      "p.sql:1:23: error[42601]: syntax error at or near ","
        |
      1 | CREATE TABLE x (a INT,,);
        |                       ^
      hint: expected a column name

      p.sql:3:25: error[42601]: unterminated string
        |
      3 | CREATE VIEW z AS SELECT 'oops AS b FROM y;
        |                         ^^^^^^^^^^^^^^^^^^
      hint: close it with '"
    `);
  });
});
