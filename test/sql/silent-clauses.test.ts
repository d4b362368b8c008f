import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parser.ts';
import { queryErrors } from './support/check.ts';

// A clause that PostgreSQL's grammar accepts and the binder does not support is an error that names the clause; it is
// never ignored or read as a plain join.

beforeAll(() => loadParser());

const firstLine = (query: string): string => queryErrors(query).split('\n')[0] ?? '';
const on = 'ON e.viewer_id = t.id';

describe('words of other dialects that PostgreSQL would read as aliases', () => {
  it.each([
    [`SELECT e.viewer_id FROM events e ASOF JOIN titles t ${on}`, 'ASOF JOIN'],
    [`SELECT t.name FROM events e JOIN titles t FOR SYSTEM_TIME AS OF PROCTIME() ${on}`, 'FOR SYSTEM_TIME'],
    [`SELECT first_value(secs ORDER BY secs) IGNORE NULLS FROM events`, 'IGNORE NULLS'],
    [`SELECT t.name FROM events ASOF JOIN titles t ON events.viewer_id = t.id`, 'ASOF JOIN'],
    [`SELECT t.name FROM events asof LEFT JOIN titles t ON asof.viewer_id = t.id`, 'ASOF JOIN'],
    [`SELECT t.name FROM public.events SEMI JOIN titles t ON semi.viewer_id = t.id`, 'SEMI JOIN'],
    [
      `SELECT t.name FROM (SELECT viewer_id FROM events) anti INNER JOIN titles t ON anti.viewer_id = t.id`,
      'ANTI JOIN',
    ],
    [`SELECT t.name FROM titles Global JOIN titles t ON global.id = t.id`, 'GLOBAL JOIN'],
    [`SELECT viewer_id FROM events FINAL`, 'FINAL'],
    [`SELECT viewer_id FROM events FINAL WHERE secs > 1`, 'FINAL'],
    [`SELECT t.name FROM titles t JOIN events QUALIFY ON t.id = qualify.viewer_id`, 'QUALIFY'],
    [`SELECT viewer_id FROM public.events NOLOCK`, 'NOLOCK'],
  ])('%s', (query, clause) => {
    expect(firstLine(query)).toContain(clause);
  });

  it('are names after AS, in quotes and as columns', () => {
    for (const query of [
      `SELECT asof.viewer_id FROM events AS asof JOIN titles t ON asof.viewer_id = t.id`,
      `SELECT "asof".viewer_id FROM events "asof" JOIN titles t ON "asof".viewer_id = t.id`,
      `SELECT viewer_id final, secs sample FROM events`,
      `SELECT final.viewer_id FROM events AS final`,
      `WITH final AS (SELECT viewer_id FROM events) SELECT viewer_id FROM final`,
      `WITH semi AS (SELECT viewer_id FROM events) SELECT t.name FROM semi JOIN titles t ON semi.viewer_id = t.id`,
      `SELECT t.name FROM titles t JOIN (SELECT viewer_id merge FROM events) m ON m.merge = t.id`,
    ]) {
      expect(queryErrors(query), `${query}`).toBe('');
    }
  });
});

describe('a clause that is not supported is named', () => {
  it.each([
    [`SELECT viewer_id FROM ONLY events`, 'ONLY is not supported'],
    [`SELECT e.viewer_id FROM ONLY events e JOIN titles t ${on}`, 'ONLY is not supported'],
    [
      `SELECT viewer_id, count(*) FROM events GROUP BY DISTINCT viewer_id`,
      'GROUP BY DISTINCT is not supported',
    ],
    [
      `SELECT id FROM titles JOIN (SELECT viewer_id AS id FROM events) e USING (id) AS j`,
      'an alias for USING',
    ],
    [`SELECT viewer_id, count(*) FROM events GROUP BY ROLLUP (viewer_id)`, 'not supported'],
    [`SELECT viewer_id, count(*) FROM events GROUP BY GROUPING SETS ((viewer_id), ())`, 'not supported'],
    [`SELECT viewer_id FROM events TABLESAMPLE BERNOULLI (10)`, 'TABLESAMPLE is not supported'],
    [`SELECT viewer_id FROM events FETCH FIRST 3 ROWS WITH TIES`, 'error'],
    [
      `SELECT viewer_id FROM events ORDER BY viewer_id FETCH FIRST 3 ROWS WITH TIES`,
      'WITH TIES is not supported',
    ],
    [`SELECT viewer_id FROM events ORDER BY viewer_id USING < LIMIT 3`, 'USING is not supported'],
    [`SELECT viewer_id FROM events FOR UPDATE`, 'FOR UPDATE is not supported'],
    [`SELECT viewer_id INTO other FROM events`, 'error'],
    [`WITH RECURSIVE r AS (SELECT viewer_id FROM events) SELECT viewer_id FROM r`, 'WITH RECURSIVE'],
    [`SELECT sum(secs) WITHIN GROUP (ORDER BY secs) FROM events`, 'WITHIN GROUP is not supported'],
    [`SELECT sum(VARIADIC ARRAY[secs]) FROM events`, 'VARIADIC is not supported'],
    [`SELECT upper(DISTINCT name) FROM titles`, 'not an aggregate'],
    [`SELECT upper(name) FILTER (WHERE true) FROM titles`, 'not an aggregate'],
    [`SELECT upper(name ORDER BY name) FROM titles`, 'not an aggregate'],
    [`SELECT name COLLATE "C" FROM titles`, 'COLLATE is not supported'],
    [`SELECT t.name FROM events e, LATERAL (SELECT name FROM titles) t`, 'LATERAL is not supported'],
    [`SELECT e.viewer_id FROM events e NATURAL JOIN titles t`, 'NATURAL JOIN is not supported'],
    [`SELECT ordinality FROM unnest(ARRAY[1]) WITH ORDINALITY`, 'error'],
    [`SELECT sum(secs) OVER () FROM events`, 'OVER is not supported'],
    [`SELECT (SELECT 1) FROM events`, 'subquery is not supported'],
  ])('%s', (query, message) => {
    expect(firstLine(query)).toContain(message);
  });

  it('except for MATERIALIZED, which makes no difference', () => {
    expect(queryErrors(`WITH e AS MATERIALIZED (SELECT viewer_id FROM events) SELECT viewer_id FROM e`)).toBe(
      '',
    );
  });
});
