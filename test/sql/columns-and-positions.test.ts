import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parser.ts';
import { bindFiles, pipelineOf, queryErrors } from './support/check.ts';

// Which column a name, a number or a constant refers to, and the name of a column without an alias.

beforeAll(() => loadParser());

describe('a constant in place of a column is an error', () => {
  const constant = (clause: string): string =>
    `a constant in ${clause} must be a position in the select list`;

  it.each([
    [`SELECT COUNT(*) AS n FROM events GROUP BY 'viewer_id'`, constant('GROUP BY')],
    [`SELECT secs FROM events ORDER BY 'secs' LIMIT 3`, constant('ORDER BY')],
    [`SELECT secs FROM events ORDER BY NULL LIMIT 3`, constant('ORDER BY')],
    [`SELECT secs FROM events UNION ALL SELECT id FROM titles ORDER BY 'secs' LIMIT 3`, constant('ORDER BY')],
    [`SELECT DISTINCT ON ('secs') secs FROM events`, constant('DISTINCT ON')],
  ])('%s', (query, message) => {
    expect(queryErrors(query)).toContain(message);
  });

  it('has a hint that says how to write a column', () => {
    expect(queryErrors(`SELECT secs FROM events ORDER BY 'secs' LIMIT 3`)).toContain(
      'hint: write a column without quotes, or in double quotes: "secs"',
    );
    expect(queryErrors(`SELECT secs FROM events ORDER BY "secs" LIMIT 3`)).toBe('');
    // A constant expression, which generated queries may group by, is neither a position nor an error.
    expect(queryErrors(`SELECT COUNT(*) AS n FROM events GROUP BY 'all'::VARCHAR`)).toBe('');
  });
});

describe('a name with a schema is an error, except for public', () => {
  it.each([
    ['SELECT other.events.* FROM events', 'schema "other" is not supported yet'],
    ['SELECT other.events.secs FROM events', 'schema "other" is not supported yet'],
    ['SELECT secs FROM other.events', 'schema "other" is not supported yet'],
    ['SELECT secs FROM other.public.events', 'database "other" is not supported yet'],
    ['SELECT secs FROM public.events', ''],
    ['SELECT a.b.c.d FROM events', 'a name with so many parts is not supported yet'],
    ['SELECT public.events.*, public.events.secs AS s FROM events', ''],
  ])('%s', (query, message) => {
    expect(queryErrors(query).split('\n')[0]).toContain(message);
    expect(queryErrors(query) === '').toBe(message === '');
  });
});

describe('an error has a hint that helps', () => {
  it.each([
    [
      'SELECT DISTINCT ON (viewer_id) viewer_id, secs FROM events ORDER BY secs',
      'p.sql:2:69: error[42P10]: ORDER BY must begin with the expressions of DISTINCT ON',
      'hint: sort by that first, then by what decides which row of a group is kept',
    ],
    [
      'SELECT secs AS a, viewer_id AS a FROM events ORDER BY a LIMIT 1',
      'error[42702]: "a" is ambiguous: several select items have that name',
      'hint: give one of them another alias',
    ],
    [
      "SELECT STRING_AGG(DISTINCT genre, ',' ORDER BY secs) AS s FROM events",
      'error[42P10]: with DISTINCT, ORDER BY must use the arguments of the aggregate',
      'hint: order by the argument itself, or leave DISTINCT out',
    ],
    [
      'SELECT COUNT(*) AS n FROM events GROUP BY ()',
      'GROUP BY () is not supported yet',
      'hint: leave it out: without GROUP BY, aggregates cover all rows',
    ],
    [
      'SELECT secs BETWEEN SYMMETRIC 3 AND 1 AS b FROM events',
      'BETWEEN SYMMETRIC is not supported yet',
      'hint: write x BETWEEN a AND b OR x BETWEEN b AND a',
    ],
  ])('%s', (query, message, hint) => {
    const reported = queryErrors(query);
    expect(reported).toContain(message);
    expect(reported).toContain(hint);
  });

  it.each([
    [
      'SELECT NULL AS a UNION ALL SELECT secs FROM events UNION ALL SELECT genre FROM events',
      'UNION types INTEGER and VARCHAR of column "a" cannot be matched',
      'hint: cast one of them: ...::INTEGER',
    ],
    [
      'VALUES (NULL), (1), (true)',
      'VALUES types INTEGER and BOOLEAN of column 1 cannot be matched',
      'hint: cast one of them: ...::INTEGER',
    ],
    [
      'SELECT x.a FROM (SELECT secs AS a, score AS a FROM events) x',
      'column reference "x.a" is ambiguous',
      'hint: "x" has several columns of that name: rename them, as in (...) AS x(a, b)',
    ],
    [
      'SELECT id FROM titles JOIN (SELECT viewer_id AS id FROM events) e USING (id, id)',
      'column "id" appears twice in USING',
      'hint: rename or remove one of the two',
    ],
  ])('%s', (query, message, hint) => {
    const reported = queryErrors(query);
    expect(reported).toContain(message);
    expect(reported).toContain(hint);
  });

  it('each wrong condition of ON is reported', () => {
    const reported = queryErrors(
      'SELECT e.secs FROM events e JOIN titles t ON e.viewer_id = t.idd AND e.sec > 3 AND t.id > 0',
    );
    expect(reported).toContain('column "t.idd" does not exist');
    expect(reported).toContain('column "e.sec" does not exist');
  });
});

describe('the hint for an alias where only columns of FROM can be used', () => {
  const SELF = 'which SELECT cannot use: repeat its expression, or compute it in a sub-select';
  it.each([
    ['SELECT secs / 60 AS minutes, minutes / 60 AS hours FROM events', SELF],
    [
      'SELECT secs / 60 AS minutes FROM events WHERE minutes > 1',
      'which WHERE cannot use: repeat its expression',
    ],
    [
      'SELECT secs / 60 AS minutes, COUNT(*) AS n FROM events GROUP BY minutes % 2',
      'which GROUP BY can use alone, but not in an expression: repeat its expression, or compute it in a sub-select',
    ],
    [
      'SELECT secs / 60 AS minutes FROM events ORDER BY minutes + 1 LIMIT 1',
      'which ORDER BY can use alone, but not in an expression',
    ],
    ['SELECT secs / 60 AS minutes, SUM(minutes) AS s FROM events', 'which an aggregate cannot use'],
    ['SELECT minutes AS minutes FROM events', 'hint: the columns are'],
  ])('%s', (query, hint) => {
    expect(queryErrors(query)).toContain(hint);
  });
});

it.each(['now()', 'viewed'])(
  'a watermark over %s is refused, and the message names the right column',
  (expr) => {
    const sql = `CREATE TABLE a (at TIMESTAMP, viewed INT, WATERMARK FOR at AS ${expr}) APPEND ONLY;`;
    const reported = bindFiles({ 'p.sql': sql }).diagnostics.map((d) => d.message);
    expect(reported).toEqual(['the watermark may only use column "at"']);
  },
);

describe('a column without an alias has the name that PostgreSQL gives it', () => {
  it.each([
    ['CASE WHEN secs > 1 THEN 1 ELSE 0::BIGINT END', 'case'],
    ['CASE WHEN secs > 1 THEN 1 ELSE secs::BIGINT END', 'secs'],
    ['CASE WHEN secs > 1 THEN 1 ELSE CASE WHEN true THEN 2 END END', 'case'],
    ['(CASE WHEN secs > 1 THEN 1 ELSE 0 END)::BIGINT', 'int8'],
    ['CASE WHEN secs > 1 THEN 1 ELSE abs(secs) END::VARCHAR', 'abs'],
    ["'1'::INT::BIGINT", 'int8'],
    ['secs::BIGINT', 'secs'],
  ])('%s', (item, name) => {
    const sql = `CREATE TABLE events (secs INT); CREATE MATERIALIZED VIEW v AS SELECT ${item} FROM events;`;
    expect(pipelineOf(bindFiles({ 'p.sql': sql })).views[0]!.columns.map((c) => c.name)).toEqual([name]);
  });
});
