import { beforeAll, describe, expect, it } from 'vitest';
import { renderExpr } from '../../src/plan/render-expr.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { bound, brief, bind } from './support/check.ts';

beforeAll(() => loadParser());

const source = (options: string, columns = 'a INT'): string =>
  `CREATE SOURCE x (${columns}) WITH (connector = 'kafka', ${options}) FORMAT PLAIN ENCODE JSON;\n`;

/** Returns the value that the binder reads for option `topic` written as `literal`. */
function topic(literal: string, env: Record<string, string> = {}): string | undefined {
  return bound(source(`topic = ${literal}`), env)
    .sources.find((s) => s.name === 'x')
    ?.options.get('topic')?.value;
}
/** Returns `literal` after binding, as SQL. */
function value(literal: string, env: Record<string, string> = {}): string {
  const plan = bound(`CREATE MATERIALIZED VIEW v AS SELECT ${literal} AS x FROM events;`, env).views.at(
    -1,
  )!.plan;
  if (plan.kind !== 'project') throw new Error(plan.kind);
  return renderExpr(plan.exprs[0]!);
}

describe('a string', () => {
  it.each([
    ["'a''b'", "a'b"],
    ["'a'\n 'b'", 'ab'],
    ["'a' \t\n\n 'b''c'", "ab'c"],
    ["E'a\\tb'", 'a\tb'],
    ["E'a'\r\n 'b\\'c;d'", "ab'c;d"],
    ["U&'d\\0061t\\+000061'", 'data'],
    ["$$a'b$$", "a'b"],
    ['$t$a$$b$t$', 'a$$b'],
  ])('%j is one value', (literal, expected) => {
    expect(topic(literal)).toBe(expected);
    expect(value(literal)).toBe(`'${expected.replaceAll("'", "''")}'`);
  });

  it('of several parts ends where PostgreSQL ends it', () => {
    const sql = `CREATE MATERIALIZED VIEW v AS SELECT E'a'\n '\\';' AS x, 1 AS y FROM events;\nCREATE VIEW w AS SELECT nope FROM events;`;
    expect(brief(bind(sql)).map((line) => line.slice(0, 14))).toEqual(['p.sql:3:25 [42']);
  });

  it('with an invalid escape is an error at its place', () => {
    expect(brief(bind(source(`topic = U&'d\\zz'`)))).toEqual([
      'p.sql:1:60 [42601] invalid Unicode escape (correct the escape in it)',
    ]);
  });
});

describe('a name', () => {
  it('may be written with escapes', () => {
    const sql = source("topic = 'x'", 'U&"d\\0061t" INT');
    expect(bound(`${sql}CREATE VIEW w AS SELECT dat FROM x;`).sources.at(-1)!.columns[0]!.name).toBe('dat');
  });
  it.each(['exclude', 'emit', 'watermark'])('may be the word %s', (name) => {
    const sql = source("topic = 'x'", `a INT, ${name} BOOLEAN`);
    expect(brief(bind(`${sql}CREATE MATERIALIZED VIEW w AS SELECT ${name} FROM x;`))).toEqual([]);
  });
  it('of a table may be the word emit', () => {
    const sql = `CREATE TABLE emit (id BIGINT PRIMARY KEY);\nCREATE MATERIALIZED VIEW w AS SELECT emit.id FROM events JOIN emit ON emit.id = viewer_id;`;
    expect(brief(bind(sql))).toEqual([]);
  });
});

describe('a name longer than 63 bytes, which PostgreSQL would truncate', () => {
  const long = 'a'.repeat(64);
  it.each([
    `CREATE VIEW ${long} AS SELECT secs FROM events;`,
    `CREATE MATERIALIZED VIEW v AS SELECT secs AS "${long}" FROM events;`,
    `CREATE TABLE x (a INT PRIMARY KEY, ${long} INT);`,
    `CREATE MATERIALIZED VIEW v AS SELECT secs AS ${'\u00e4'.repeat(32)} FROM events;`,
  ])('is an error: %s', (sql) => {
    expect(brief(bind(sql))).toEqual([
      expect.stringMatching(/\[54000\] the name ".*" has more than 63 bytes/),
    ]);
  });
  it('of 63 bytes is accepted, and a string may be longer', () => {
    const name = 'a'.repeat(63);
    const sql = `CREATE TABLE x (${name} INT);\nCREATE MATERIALIZED VIEW w AS SELECT ${name}, '${long}' AS b FROM x;`;
    expect(brief(bind(sql))).toEqual([]);
  });
});

describe('a variable', () => {
  it.each([
    ["'${A}'", `it's \\0061 "q" $`],
    ["E'${A}'", `it's \\0061 "q" $`],
    ["U&'${A}'", `it's \\0061 "q" $`],
    ['$q$${A}$q$', `it's \\0061 "q"`],
    ["E'a'\n'${A}'", `it's \\n`],
  ])('in the literal %j stays inside it', (literal, text) => {
    const before = literal.startsWith("E'a'") ? 'a' : '';
    expect(topic(literal, { A: text })).toBe(before + text);
  });
  it.each([
    ['$$${A}$$', 'a$$b'],
    ['$$${A}$$', '5$'],
    ['$q$${A}$q$', "x$q$, kafka.topic = 'y"],
  ])('whose value would end the literal %j is an error', (literal, text) => {
    expect(brief(bind(source(`topic = ${literal}`), { A: text }))).toEqual([
      expect.stringMatching(/^p\.sql:1:6[0-9] \[22023\] the value of "A" holds \$q?\$, or a part of it/),
    ]);
  });
  it('that is not set is the only error of its option', () => {
    expect(brief(bind(source('topic = ${A}'))).map((line) => line.slice(0, 18))).toEqual([
      'p.sql:1:60 [42P02]',
    ]);
  });
});

describe('an option', () => {
  it('cannot be NULL', () => {
    expect(brief(bind(source('topic = NULL')))).toEqual([
      'p.sql:1:60 [42601] syntax error at or near "NULL" (write topic = \'value\')',
    ]);
  });
  it.each([`',"'`, `'""'`, `'"'`, `''`])('that takes one character refuses %s', (literal) => {
    const sql = `CREATE SOURCE x (a INT) WITH (connector = 'kafka', topic = 't') FORMAT PLAIN ENCODE CSV (delimiter = ${literal});`;
    expect(brief(bind(sql))).toEqual([expect.stringContaining('must be one ASCII character')]);
  });
});
