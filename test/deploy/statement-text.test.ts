import { beforeAll, describe, expect, it } from 'vitest';
import { optionsOf, renamed, withoutLayout, withoutSnapshot } from '../../src/deploy/statement-text.ts';
import { loadParser } from '../../src/sql/parser.ts';

beforeAll(loadParser);

const INPUTS = new Map([
  ['a', 'a__2'],
  ['b', 'b__2'],
  ['Odd Name', 'Odd Name__2'],
]);

describe('a renamed statement reads the new inputs under their old names', () => {
  it.each([
    ['CREATE VIEW v AS SELECT a.x FROM a', 'CREATE VIEW n AS SELECT a.x FROM a__2 AS a'],
    [
      'CREATE VIEW v AS SELECT t.x FROM a t JOIN b AS u USING (x)',
      'CREATE VIEW n AS SELECT t.x FROM a__2 t JOIN b__2 AS u USING (x)',
    ],
    ['CREATE VIEW v AS SELECT x FROM public.a, "b"', 'CREATE VIEW n AS SELECT x FROM a__2 AS a, b__2 AS b'],
    [
      'CREATE VIEW v AS SELECT * FROM "Odd Name"',
      'CREATE VIEW n AS SELECT * FROM "Odd Name__2" AS "Odd Name"',
    ],
    [
      "CREATE VIEW v AS SELECT 'é a', a.a, (SELECT max(a) FROM b) FROM A -- a\n WHERE a.x IN (SELECT x FROM a)",
      "CREATE VIEW n AS SELECT 'é a', a.a, (SELECT max(a) FROM b__2 AS b) FROM a__2 AS a -- a\n WHERE a.x IN (SELECT x FROM a__2 AS a)",
    ],
    [
      'CREATE VIEW v AS WITH a AS (SELECT x FROM a) SELECT x FROM a UNION ALL SELECT x FROM b',
      'CREATE VIEW n AS WITH a AS (SELECT x FROM a__2 AS a) SELECT x FROM a UNION ALL SELECT x FROM b__2 AS b',
    ],
    [
      'CREATE VIEW v AS WITH b AS (SELECT 1 AS x), c AS (SELECT x FROM b) SELECT x FROM c JOIN (SELECT x FROM a) s USING (x)',
      'CREATE VIEW n AS WITH b AS (SELECT 1 AS x), c AS (SELECT x FROM b) SELECT x FROM c JOIN (SELECT x FROM a__2 AS a) s USING (x)',
    ],
    [
      'CREATE MATERIALIZED VIEW v AS SELECT x FROM (WITH a AS (SELECT 1 AS x) SELECT x FROM a) s CROSS JOIN a',
      'CREATE MATERIALIZED VIEW n AS SELECT x FROM (WITH a AS (SELECT 1 AS x) SELECT x FROM a) s CROSS JOIN a__2 AS a',
    ],
    [
      'CREATE MATERIALIZED VIEW IF NOT EXISTS public.v (x, y) AS SELECT x, y FROM a EMIT ON WINDOW CLOSE',
      'CREATE MATERIALIZED VIEW IF NOT EXISTS public.n (x, y) AS SELECT x, y FROM a__2 AS a EMIT ON WINDOW CLOSE',
    ],
    ["CREATE SINK v FROM public.a WITH (connector = 'x')", "CREATE SINK n FROM a__2 WITH (connector = 'x')"],
    [
      "CREATE SINK v AS SELECT * FROM a WITH (topic = 'a')",
      "CREATE SINK n AS SELECT * FROM a__2 AS a WITH (topic = 'a')",
    ],
    ['CREATE TABLE v (a INT, b INT AS a + 1)', 'CREATE TABLE n (a INT, b INT AS a + 1)'],
    ['CREATE OR REPLACE VIEW view AS SELECT * FROM c', 'CREATE OR REPLACE VIEW n AS SELECT * FROM c'],
  ])('%s', (sql, expected) => {
    expect(renamed(sql, 'n', sql.startsWith('CREATE TABLE') ? new Map() : INPUTS)).toBe(expected);
  });

  it('is refused if its query cannot be read', () => {
    expect(() => renamed('CREATE VIEW v AS SELECT FROM FROM a', 'n', INPUTS)).toThrow(
      'cannot read the query',
    );
  });
});

it('layout and comments are no part of a definition, blanks in strings are', () => {
  const one = withoutLayout("CREATE VIEW v AS SELECT 'a  b' /* c */ FROM t -- d");
  expect(withoutLayout("CREATE  VIEW v AS\n  -- e\nSELECT 'a  b' FROM t")).toBe(one);
  expect(withoutLayout("CREATE VIEW v AS SELECT 'a b' FROM t")).not.toBe(one);
});

describe('options', () => {
  const SINK = `CREATE SINK s AS WITH c AS (SELECT 1) SELECT * FROM c WITH (
    connector = 'dynamodb', "Table" = 'it''s', scan.startup.mode = 'earliest', secret_key = SECRET k, n = 5)`;

  it('are read with dotted names and quotes', () => {
    expect([...optionsOf(SINK)]).toEqual([
      ['connector', 'dynamodb'],
      ['table', "it's"],
      ['scan.startup.mode', 'earliest'],
      ['secret_key', 'SECRETk'],
      ['n', '5'],
    ]);
    expect(optionsOf('CREATE TABLE t (a INT)').size).toBe(0);
  });

  it('get a snapshot of false, unless they say something about it', () => {
    expect(withoutSnapshot("CREATE SINK s FROM v WITH (connector = 'x')")).toBe(
      "CREATE SINK s FROM v WITH (snapshot = 'false', connector = 'x')",
    );
    const own = "CREATE SINK s FROM v WITH (connector = 'x', snapshot = 'true')";
    expect(withoutSnapshot(own)).toBe(own);
  });
});
