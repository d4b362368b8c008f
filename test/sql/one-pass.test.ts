import { describe, expect, it } from 'vitest';
import { bind, brief } from './support/check.ts';

const found = (sql: string): string[] => brief(bind(sql)).map((line) => line.replace(/ \(.*$/s, ''));
const view = (name: string, query: string): string => `CREATE MATERIALIZED VIEW ${name} AS ${query};\n`;

describe('one pass reports every error', () => {
  it('with variables that are not set, and the errors beside them', () => {
    const sql = [
      `CREATE SOURCE s (a INT, b BIGNIT) WITH (connector = 'kafka', topic = '\${TOPIC}') FORMAT PLAIN ENCODE JSON;`,
      `CREATE SOURCE r (a INT, c INT) WITH (connector = 'kafka', topic = '\${TOPIC}', scan.startup.mode = '\${MODE}') FORMAT PLAIN ENCODE JSON;`,
      `CREATE MATERIALIZED VIEW v AS SELECT a, nope FROM r WHERE c > \${LEAST} AND nix > 1;`,
      `CREATE MATERIALIZED VIEW w AS SELECT a, wrong FROM r;`,
      `CREATE SINK k FROM w WITH (connector = 'dynamodb', table = '\${TABLE}', region = '\${REGION}', primary_key = 'a');`,
    ].join('\n');
    expect(found(sql)).toEqual([
      'p.sql:1:27 [42704] type "bignit" does not exist',
      'p.sql:1:71 [42P02] environment variable "TOPIC" is not set',
      'p.sql:2:68 [42P02] environment variable "TOPIC" is not set',
      'p.sql:2:100 [42P02] environment variable "MODE" is not set',
      'p.sql:3:41 [42703] column "nope" does not exist',
      'p.sql:3:63 [42P02] environment variable "LEAST" is not set',
      'p.sql:3:76 [42703] column "nix" does not exist',
      'p.sql:4:41 [42703] column "wrong" does not exist',
      'p.sql:5:61 [42P02] environment variable "TABLE" is not set',
      'p.sql:5:82 [42P02] environment variable "REGION" is not set',
    ]);
  });

  it.each([
    ['a relation', 'SELECT viewer_id FROM ${X}'],
    ['part of a name', 'SELECT viewer_id FROM events_${X}'],
    ['a column', 'SELECT ${X} AS x FROM events'],
    ['a quoted column', 'SELECT "${X}" AS x FROM events'],
    ['a number', 'SELECT viewer_id FROM events ORDER BY at LIMIT ${X}'],
    ['in a date', `SELECT viewer_id FROM events WHERE day > DATE '\${X}'`],
    ['in a length of time', `SELECT viewer_id FROM events WHERE at > now() - INTERVAL '\${X} days'`],
    ['a whole condition', 'SELECT viewer_id FROM events WHERE ${X}'],
    ['a type', 'SELECT viewer_id::${X} AS v FROM events'],
  ])('without errors that only follow from a variable that is not set, in place of %s', (_, query) => {
    const codes = bind(`${view('v', query)}${view('w', 'SELECT sum(viewer_id) AS n FROM v')}`).diagnostics;
    expect(codes.map((d) => d.code)).toEqual(['42P02']);
  });

  it('in every CTE, every input, every select item, WHERE, ON and GROUP BY of a query', () => {
    const sql = view(
      'v',
      `WITH a AS (SELECT nope FROM events),
       b AS (SELECT viewer_id, cuont(genre) AS n, secs + 'x' AS m FROM events)
       SELECT e.wrong, a.whatever, b.viewer_id, lenght(e.genre) FROM events e JOIN a ON e.viewr = 1
       JOIN b ON b.viewer_id = e.viewer_id, (SELECT odd FROM titles) t WHERE e.nix > 3 AND a.y GROUP BY e.gener`,
    );
    expect(found(sql).map((line) => line.replace(/.*\] /, ''))).toEqual([
      'column "nope" does not exist',
      'function cuont() does not exist',
      'invalid input syntax for type integer: "x"',
      'column "e.wrong" does not exist',
      'function lenght() does not exist',
      'column "e.viewr" does not exist',
      'column "odd" does not exist',
      'column "e.nix" does not exist',
      'column "e.gener" does not exist',
    ]);
  });

  it('in views of a source whose connector or format is wrong, since its columns are known', () => {
    const source = `CREATE SOURCE s (a INT) WITH (connector = 'kafak', topic = 't') FORMAT PLAIN ENCODE JSN;\n`;
    expect(found(source + view('v', 'SELECT a, nope FROM s'))).toEqual([
      `p.sql:1:43 [22023] there is no source connector 'kafak'`,
      'p.sql:1:85 [22023] there is no ENCODE JSN',
      'p.sql:2:41 [42703] column "nope" does not exist',
    ]);
  });

  it('in a view with an input that failed, as far as its columns are known', () => {
    const sql =
      view('x', 'SELECT nope FROM events') +
      view('y', 'SELECT x.any, e.wrong, * FROM events e JOIN x ON x.id = e.viewer_id WHERE other = 1');
    expect(found(sql)).toEqual([
      'p.sql:1:38 [42703] column "nope" does not exist',
      'p.sql:2:45 [42703] column "e.wrong" does not exist',
    ]);
  });

  it('in views of a source with a wrong column, and in the rest of that source', () => {
    const source = `CREATE SOURCE s (a INT, b BIGNIT, c VARCHAR) WITH (connector = 'kafak', topic = 't') FORMAT PLAIN ENCODE JSN;`;
    const sql = `${source}\n${view('v', `SELECT b, a + 'x' AS d, lenght(s.c) AS e, other FROM s WHERE c > DATE '2026-03-15'`)}`;
    expect(found(sql).map((line) => line.replace(/.*\] /, ''))).toEqual([
      'type "bignit" does not exist',
      "there is no source connector 'kafak'",
      'there is no ENCODE JSN',
      'invalid input syntax for type integer: "x"',
      'function lenght() does not exist',
      'operator does not exist: VARCHAR > DATE',
    ]);
  });

  it('and reports a duplicate column of a source once', () => {
    const source = `CREATE SOURCE s (a INT, a INT) WITH (connector = 'kafka', topic = 't') FORMAT PLAIN ENCODE JSON;`;
    expect(found(`${source}\n${view('v', 'SELECT a, a + 1 AS b FROM s')}`)).toHaveLength(1);
  });

  it('in a CTE that nobody reads', () => {
    expect(found(view('v', 'WITH a AS (SELECT nope FROM events) SELECT viewer_id FROM events'))).toHaveLength(
      1,
    );
  });
});

describe('a view or sink that reads something with an error', () => {
  const sql =
    view('x', 'SELECT nope FROM events') +
    view('y', 'SELECT id FROM x') +
    `CREATE VIEW z AS SELECT y.id FROM y JOIN titles t ON t.id = y.id;\n` +
    `CREATE SINK k FROM y WITH (connector = 'dynamodb', table = 'profiles', region = 'r', primary_key = 'id');\n` +
    view('apart', 'SELECT id FROM titles') +
    `CREATE SINK own AS SELECT id FROM apart WITH (connector = 'dynamodb', table = 'other', region = 'r', primary_key = 'id');`;

  it('has no error of its own, but is listed as unchecked with the reason', () => {
    const { diagnostics, unchecked } = bind(sql);
    expect(diagnostics.map((d) => d.code)).toEqual(['42703']);
    expect(unchecked.map(({ kind, name, because }) => [kind, name, because])).toEqual([
      ['materialized view', 'y', ['x']],
      ['view', 'z', ['y']],
      ['sink', 'k', ['y']],
    ]);
  });

  it('is left out of the runnable part of the pipeline, which keeps everything else', () => {
    const { runnable, pipeline } = bind(sql);
    expect(pipeline).toBeUndefined();
    expect(runnable.views.map((v) => v.name)).toEqual(['apart', 'own__query']);
    expect(runnable.sinks.map((s) => s.name)).toEqual(['own']);
    expect(runnable.sources.map((s) => s.name)).toEqual(['events', 'titles']);
  });

  it('does not hide what the linter finds', () => {
    const sinks = ['a', 'b'].map(
      (n) =>
        `CREATE SINK ${n} FROM apart WITH (connector = 'dynamodb', table = 'items', region = 'r', primary_key = 'id');`,
    );
    expect(bind(sql + sinks.join('')).diagnostics.map((d) => d.code)).toEqual(['42703', 'F003']);
  });
});
