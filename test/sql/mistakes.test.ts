import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parser.ts';
import { bind, brief, rendered } from './support/check.ts';

// Common mistakes and their errors, one line each: the place, the message and the hint that says what to do.

beforeAll(() => loadParser());

const errors = (sql: string): string[] => brief(bind(sql)).map((e) => e.replace('p.sql:', ''));
/** Returns the errors of one query, which starts on line 2. */
const query = (text: string): string[] => errors(`CREATE MATERIALIZED VIEW v AS\n${text};`);
const hints = (text: string): (string | undefined)[] =>
  bind(`CREATE MATERIALIZED VIEW v AS\n${text};`).diagnostics.map((d) => d.hint);

describe('several mistakes in one query', () => {
  it('are all reported: select list, each condition of WHERE, HAVING', () => {
    expect(
      query(`SELECT viewr_id, COUNT(*) AS n
FROM events
WHERE genr = 'x' AND secs > 'many' AND score
GROUP BY viewer_id
HAVING SUM(genre) > 3`),
    ).toEqual([
      '2:8 [42703] column "viewr_id" does not exist (did you mean "viewer_id"?)',
      '4:7 [42703] column "genr" does not exist (did you mean "genre"?)',
      expect.stringMatching(/^4:29 \[22P02\]/),
      '4:40 [42804] an argument of AND must be BOOLEAN, not DOUBLE PRECISION (cast it to the type that is expected: ...::TYPE)',
      expect.stringMatching(/^6:8 \[42883\] function sum\(VARCHAR\)/),
    ]);
  });

  it('are not counted as nesting: errors in many deep expressions', () => {
    const items = Array.from(
      { length: 40 },
      (_, i) => `${'abs('.repeat(12)}nope${i}${')'.repeat(12)} AS c${i}`,
    );
    const found = bind(`CREATE VIEW v AS SELECT ${items.join(', ')} FROM events;`).diagnostics;
    expect(found.map((d) => d.code)).toEqual(items.map(() => '42703'));
  });

  it('in a join by WHERE do not hide its equality', () => {
    expect(query('SELECT e.secs FROM events e, titles t WHERE nope = 3 AND e.viewer_id = t.id')).toEqual([
      expect.stringMatching(/^2:45 \[42703\]/),
    ]);
  });

  it('a misspelt option is not reported as missing as well', () => {
    expect(
      errors("CREATE SINK s FROM titles WITH (connector = 'dynamodb', tabel = 't', primary_key = 'id');"),
    ).toEqual(['1:57 [22023] unknown option "tabel" of connector \'dynamodb\' (did you mean "table"?)']);
  });
});

describe('a semicolon that is missing', () => {
  it('between views is named, and both views are defined', () => {
    expect(
      errors(`CREATE MATERIALIZED VIEW a AS SELECT secs FROM events
CREATE MATERIALIZED VIEW b AS SELECT secs FROM a;
CREATE MATERIALIZED VIEW c AS SELECT secs FROM b;`),
    ).toEqual([
      '2:1 [42601] syntax error at or near "CREATE" (a semicolon may be missing before it: every statement ends with one)',
    ]);
  });
  it('after a source is named too', () => {
    expect(
      errors(`CREATE SOURCE a (x INT) WITH (connector = 'kafka', topic = 'a') FORMAT PLAIN ENCODE JSON
CREATE TABLE b (x INT);
CREATE VIEW c AS SELECT x FROM b;`),
    ).toEqual([expect.stringMatching(/^2:1 \[42601\].*\(a semicolon may be missing/)]);
  });
});

describe('the order of statements', () => {
  it('a view cannot read itself or a view further down', () => {
    expect(query('SELECT * FROM v')).toEqual([
      '2:15 [42P01] relation "v" does not exist (this statement defines "v", and cannot read it)',
    ]);
    expect(errors('CREATE VIEW a AS SELECT x FROM b;\nCREATE VIEW b AS SELECT x FROM a;')).toEqual([
      '1:32 [42P01] relation "b" does not exist ("b" is defined further down; move it up)',
    ]);
  });
  it('the hidden view of a sink takes a name that no other view can have', () => {
    const sink =
      "CREATE SINK s AS SELECT id FROM titles WITH (connector = 'dynamodb', table = 'titles', primary_key = 'id');";
    expect(errors(`${sink} CREATE VIEW s__query AS SELECT 1 AS x;`)).toEqual([
      expect.stringMatching(/^1:\d+ \[42P07\] relation "s__query" already exists/),
    ]);
  });
});

describe('a syntax error', () => {
  const hint = (text: string): string | undefined => hints(text)[0];
  it('suggests the keyword that a misspelt word stands for', () => {
    expect(query('SELECT viewer_id FORM events')).toEqual([
      '2:23 [42601] syntax error at or near "events" (did you mean FROM instead of "FORM"?)',
    ]);
    expect(hint('SELECT viewer_id FROM events GRUOP BY 1')).toBe('did you mean GROUP instead of "GRUOP"?');
    expect(hint('SELCT viewer_id FROM events')).toBe('did you mean SELECT instead of "SELCT"?');
  });
  it('names commas, brackets, END and quotes that are missing or too many', () => {
    expect(hint('SELECT viewer_id, FROM events')).toBe('there may be a comma too many before it');
    expect(hint('SELECT SUM(secs AS s FROM events')).toBe('a ")" may be missing before it');
    expect(hint('SELECT CASE WHEN ok THEN 1 FROM events')).toBe('close CASE with END');
    expect(hint('SELECT ARRAY[1, 2')).toBe('a "]" may be missing before it');
    expect(hint('SELECT secs FROM events WHERE at > now() - INTERVAL 7 DAY')).toBe(
      "quote the amount: INTERVAL '7 day'",
    );
    expect(hint('SELECT `viewer_id` FROM events')).toBe('names are quoted with "...", not with `...`');
    expect(hint('SELECT secs FROM events WHERE genre = "drama"')).toBe(
      "write a text in single quotes: 'drama'",
    );
  });
  it('names characters that look like others', () => {
    expect(query('SELECT\u00a0secs FROM events')).toEqual([
      '2:1 [42601] syntax error at or near "SELECT\u00a0secs" (it holds a special space (U+00A0): type a plain one)',
    ]);
    expect(query('SELECT secs\u00a0AS s FROM events')).toEqual([
      expect.stringMatching(/^2:8 \[42703\].*\(it holds a special space \(U\+00A0\)/),
    ]);
    expect(hint('SELECT secs FROM events WHERE genre = \u2018x\u2019')).toBe(
      "it holds a typographic quote (U+2018): text is quoted with '...'",
    );
    expect(hint('SELECT secs \u2212 1 AS s FROM events')).toContain('U+2212');
    expect(errors('CREATE\u00a0VIEW v AS SELECT 1 AS x;')).toEqual([expect.stringContaining('U+00A0')]);
    expect(hints("SELECT '\u00a0\u2018' AS x")).toEqual([]);
  });
  it('names control characters, which never reach the terminal', () => {
    const shown = rendered(bind('CREATE VIEW "a\u001b[31m" AS SELECT "\u202ex\ny" FROM events;'));
    expect(shown).toContain('error[');
    // oxlint-disable-next-line no-control-regex
    expect(shown).not.toMatch(/[\u001b\u202e]/);
    expect(hint('SELECT "a\u001b" FROM events')).toContain('a control character (U+001B)');
  });
  it('shortens a long string in its message', () => {
    const [error] = errors(`CREATE TABLE x (a INT '${'y'.repeat(1000)}');`);
    expect(error!.length).toBeLessThan(300);
  });
  it('says that a reserved word needs quotes as a name, as in PostgreSQL', () => {
    expect(errors('CREATE VIEW select AS SELECT 1 AS x;')).toEqual([
      '1:13 [42601] syntax error at or near "select" (expected a name; "select" is a reserved word: as a name it needs quotes)',
    ]);
    expect(errors('CREATE TABLE x (user BIGINT);')).toEqual([
      expect.stringMatching(/^1:17 .*"user" is a reserved word/),
    ]);
    expect(errors('CREATE TABLE x ("user" BIGINT, value INT, timestamp TIMESTAMPTZ, date DATE);')).toEqual(
      [],
    );
  });
  it('points at a word after a type that is not part of a type', () => {
    expect(errors('CREATE TABLE x (a INT AUTO_INCREMENT);')).toEqual([
      expect.stringMatching(/^1:19 \[42601\] "INT AUTO_INCREMENT" is not a type/),
    ]);
  });
});

describe('the error for a name explains', () => {
  it('why WHERE and HAVING cannot use an alias of the select list', () => {
    expect(query('SELECT secs * 2 AS dbl FROM events WHERE dbl > 3')).toEqual([
      '2:42 [42703] column "dbl" does not exist ("dbl" is an alias of the select list, which WHERE cannot use: repeat its expression, or filter in a query around this one)',
    ]);
    expect(hints('SELECT SUM(secs) AS s FROM events HAVING s > 3')).toEqual([
      expect.stringContaining('which HAVING cannot use'),
    ]);
  });
  it('which columns there are in sub-selects without an alias', () => {
    expect(
      query('SELECT secs FROM (SELECT secs FROM events), (SELECT id FROM titles) WHERE id = nope'),
    ).toEqual([expect.stringMatching(/^2:80 \[42703\] .*\(the columns are secs, id\)/)]);
    expect(
      query('SELECT secs FROM (SELECT secs FROM events), (SELECT secs FROM events) WHERE secs = 3'),
    ).toEqual([expect.stringContaining('(give each sub-select an alias: (...) AS a)')]);
  });
  it('how to take JSON apart instead of with dots and brackets', () => {
    expect(query("SELECT doc['a'] AS a, doc.a AS b, (doc).a AS c FROM events")).toEqual([
      "2:8 [42804] cannot subscript type JSONB, which is not an array (take JSONB apart with -> and ->>: doc ->> 'key')",
      '2:23 [42P01] missing FROM entry for table "doc" ("doc" is a column; take JSONB apart with -> and ->>: doc ->> \'key\')',
      '2:36 [0A000] field selection is not supported yet (take JSONB apart with -> and ->>)',
    ]);
  });
  it('what to write for functions and operators of other dialects', () => {
    expect(
      query("SELECT IFNULL(genre, 'x') AS a, LEN(genre) AS b, genre == 'x' AS c, ok && ok AS d FROM events"),
    ).toEqual([
      '2:8 [42883] function ifnull() does not exist (use COALESCE(x, y))',
      '2:33 [42883] function len() does not exist (use length(text))',
      '2:56 [42883] operator does not exist: == (write = for equality)',
      '2:72 [42883] operator does not exist: BOOLEAN && BOOLEAN (write AND)',
    ]);
  });
});

describe('a part of a query that the plan would drop silently is refused', () => {
  const ranked = (call: string, tail = ''): string =>
    `SELECT * FROM (SELECT viewer_id, ${call} AS rn FROM events ${tail}) x WHERE rn <= 3`;
  it('OFFSET with DISTINCT ON', () => {
    expect(query('SELECT DISTINCT ON (secs) secs FROM events ORDER BY secs OFFSET 5')).toEqual([
      '2:65 [0A000] LIMIT or OFFSET with DISTINCT ON is not supported yet (put DISTINCT ON in a sub-select)',
    ]);
  });
  it('arguments and FILTER of ROW_NUMBER()', () => {
    const over = 'OVER (PARTITION BY viewer_id ORDER BY at)';
    expect(query(ranked(`ROW_NUMBER(secs) ${over}`))).toEqual([
      '2:34 [42883] row_number() takes no arguments (write ROW_NUMBER() OVER (...))',
    ]);
    expect(query(ranked(`ROW_NUMBER() FILTER (WHERE ok) ${over}`))).toEqual([
      '2:34 [42883] row_number() takes no FILTER (write ROW_NUMBER() OVER (...))',
    ]);
  });
  it('a window that extends another one', () => {
    const windows = 'WINDOW w AS (PARTITION BY viewer_id), w2 AS (w ORDER BY at)';
    expect(query(ranked('ROW_NUMBER() OVER w2', windows))).toEqual([
      expect.stringContaining('a window that extends another is not supported yet'),
    ]);
  });
  it('a view without columns', () => {
    expect(query('SELECT FROM events')).toEqual([
      '2:1 [42601] the select list is empty (name a column, or write *)',
    ]);
  });
  it('ORDER BY of an expression that DISTINCT does not keep', () => {
    expect(query('SELECT DISTINCT secs FROM events ORDER BY at LIMIT 3')).toEqual([
      expect.stringMatching(
        /^2:43 \[42P10\] with DISTINCT, ORDER BY must use expressions of the select list/,
      ),
    ]);
  });
});

describe('variables', () => {
  it('in the default of another variable are refused', () => {
    expect(errors("CREATE VIEW v AS SELECT '${A:-${B}}' AS x;")).toEqual([
      '1:26 [42601] a default cannot hold another variable (write plain text: ${NAME:-value})',
    ]);
  });
});

describe('options', () => {
  const source = (encode: string): string =>
    `CREATE SOURCE x (a INT) WITH (connector = 'posix_fs', posix_fs.root = 'd') FORMAT PLAIN ENCODE CSV (${encode});`;
  it('a delimiter must be one character', () => {
    for (const ok of [';', '|', 'TAB', '\\t']) expect(errors(source(`delimiter = '${ok}'`))).toEqual([]);
    for (const bad of [';;', '', '"', '\u00e9', '\n']) {
      expect(errors(source(`delimiter = '${bad}'`))).toEqual([
        expect.stringContaining('must be one ASCII character'),
      ]);
    }
  });
  it('INCLUDE is checked against the connector, whose name may be in any case', () => {
    const sql =
      "CREATE SOURCE x (a INT) INCLUDE file WITH (connector = 'Posix_FS', posix_fs.root = 'd') FORMAT PLAIN ENCODE CSV;";
    expect(errors(sql)).toEqual([]);
    expect(errors(sql.replace('file', 'key'))).toEqual([
      '1:25 [42601] a posix_fs source has no key to include (leave it out)',
    ]);
  });
});

describe('a construct that is not supported has a hint with another way', () => {
  it.each([
    [
      'SELECT 1 AS x FROM events WHERE genre NOT IN (SELECT genre FROM events)',
      /SELECT DISTINCT k .* IS NOT NULL/,
    ],
    ['SELECT 1 AS x FROM events WHERE EXISTS (SELECT 1 FROM events)', /SELECT DISTINCT k .*; NOT EXISTS/],
    ['SELECT (SELECT MAX(genre) FROM events) AS x FROM events', /GROUP BY k\).* 1 AS one/],
    ['SELECT COUNT(DISTINCT (viewer_id, genre)) AS x FROM events', /count the rows of SELECT DISTINCT a, b/],
    ["SELECT SUM(secs * INTERVAL '1 second') AS x FROM events", /sum\(EXTRACT\(EPOCH FROM x\)\)/],
    [
      'SELECT (CURRENT_DATE, CURRENT_DATE) OVERLAPS (CURRENT_DATE, CURRENT_DATE) AS x FROM events',
      /start1 < end2 AND start2 < end1/,
    ],
    [
      'SELECT x FROM events e, unnest(e.tags) AS g(x)',
      /^it returns rows; let the producer send one event per/,
    ],
    ['SELECT x FROM generate_series(0, 2) AS s(x)', /VALUES \(0\), \(1\)/],
    [
      'SELECT e.genre FROM events e LEFT JOIN titles t ON t.id = e.viewer_id AND e.at < now()',
      /CASE WHEN ts < now\(\) THEN k END/,
    ],
  ])('%s', (text, hint) => {
    expect(hints(text)).toEqual([expect.stringMatching(hint)]);
  });

  it('and the ways that the hints suggest bind', () => {
    const t = 'events t';
    for (const text of [
      `SELECT t.genre AS x FROM ${t} JOIN (SELECT DISTINCT genre FROM events) x ON x.genre = t.genre`,
      `SELECT t.genre AS x FROM ${t} LEFT JOIN (SELECT DISTINCT genre FROM events) x ON x.genre = t.genre
       WHERE x.genre IS NULL AND t.genre IS NOT NULL`,
      `SELECT t.genre, x.m FROM (SELECT genre, 1 AS one FROM events) t
       JOIN (SELECT 1 AS one, MAX(secs) AS m FROM events) x ON x.one = t.one`,
      `SELECT e.genre, t.name FROM (SELECT *, CASE WHEN at < now() THEN viewer_id END AS k FROM events) e
       LEFT JOIN titles t ON t.id = e.k`,
      'SELECT s.x FROM (VALUES (0), (1), (2)) AS s(x)',
      `SELECT COUNT(*) AS x FROM (SELECT DISTINCT viewer_id, genre FROM events) q`,
      `SELECT SUM(EXTRACT(EPOCH FROM secs * INTERVAL '1 minute')) * INTERVAL '1 second' AS x FROM events`,
    ]) {
      expect(query(text), `${text}`).toEqual([]);
    }
  });
});
