import { beforeAll, expect, it } from 'vitest';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { viewComments, type ViewComments } from '../../src/sql/text/view-comments.ts';

beforeAll(() => loadParser());

function commentsOf(text: string, name = 'v'): ViewComments {
  const source = 'CREATE TABLE s (id BIGINT, a INT, b INT);\n';
  const { pipeline, diagnostics } = bindPipeline(
    'test',
    [
      { name: 'a.sql', text: source },
      { name: 'b.sql', text },
    ],
    {},
  );
  const view = pipeline?.views.find((each) => each.name === name);
  if (pipeline === undefined || view === undefined) throw new Error(JSON.stringify(diagnostics));
  return viewComments(
    pipeline.files.get('b.sql')!,
    view.span,
    view.columns.map((column) => column.name),
  );
}

const shown = ({ head, columns }: ViewComments) => ({ head, ...Object.fromEntries(columns) });

it.each<[string, string, object]>([
  [
    'beside a column, before and after its comma',
    `CREATE MATERIALIZED VIEW v AS SELECT id, -- the id
       SUM(a) AS a -- é sum
       , COUNT(*) AS n /* rows */ FROM s GROUP BY id;`,
    { id: 'the id', a: 'é sum', n: 'rows' },
  ],
  [
    'above a column',
    `CREATE MATERIALIZED VIEW v AS SELECT
       id,
       -- The sum
       -- of a.
       SUM(a) AS a,
       COUNT(*) AS n
     FROM s GROUP BY id;`,
    { a: 'The sum of a.' },
  ],
  [
    'beside a column, in several lines',
    `CREATE MATERIALIZED VIEW v AS SELECT
       id,           -- the id
                     -- of somebody
       SUM(a) AS a,
       -- About n.
       COUNT(*) AS n
     FROM s GROUP BY id;`,
    { id: 'the id of somebody', n: 'About n.' },
  ],
  [
    'of the last list, not of those in CTEs, sub-selects and expressions',
    `-- Above it.
     CREATE MATERIALIZED VIEW v AS
     WITH x AS (SELECT id, a, -- not this
       b FROM s)
     SELECT id, SUM(a -- nor this
       ) AS a, b AS "B ""c" -- this
     FROM (SELECT id, a, b -- not this
       FROM x) y GROUP BY id, b;`,
    { head: 'Above it.', 'B "c': 'this' },
  ],
  [
    'of a star, by name',
    `CREATE MATERIALIZED VIEW v AS SELECT s.*, a + 1 AS next -- one more
     FROM s;`,
    { next: 'one more' },
  ],
  [
    'with lines for columns',
    `-- Each row is one id.
     --
     -- a: the sum,
     -- over all rows
     -- n: how many
     CREATE MATERIALIZED VIEW v AS SELECT id, SUM(a) AS a, COUNT(*) AS n -- count
     FROM s GROUP BY id;`,
    { head: 'Each row is one id.', a: 'the sum, over all rows', n: 'count' },
  ],
  [
    'at the top of the file, over its first statement',
    `-- The file.
     -- freshet:allow F006

     CREATE MATERIALIZED VIEW v AS SELECT id FROM s;`,
    { head: 'The file.' },
  ],
])('finds comments %s', (_, text, expected) => {
  expect(shown(commentsOf(text))).toEqual({ head: undefined, ...expected });
});

it('takes no comment that an empty line separates from a later statement', () => {
  const text = `CREATE MATERIALIZED VIEW w AS SELECT id FROM s;
-- A remark.

CREATE MATERIALIZED VIEW v AS SELECT id FROM s;`;
  expect(shown(commentsOf(text))).toEqual({ head: undefined });
});
