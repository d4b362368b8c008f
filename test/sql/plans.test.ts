import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parser.ts';
import { typeName } from '../../src/values/types.ts';
import { bound, boundQuery } from './support/check.ts';
import { printPlan } from './support/print-plan.ts';

beforeAll(() => loadParser());

const plan = (query: string): string => printPlan(boundQuery(query).plan);

describe('the views of the blog post', () => {
  const SQL = `
CREATE SOURCE view_events (
    event_id VARCHAR, viewer_id BIGINT, content_id VARCHAR, genre VARCHAR,
    watch_duration_sec INT, completion_pct DECIMAL, watched_at TIMESTAMP
) WITH (connector = 'kafka', topic = 'view_events') FORMAT PLAIN ENCODE JSON;
CREATE SOURCE content_interactions (viewer_id BIGINT, event_type VARCHAR, event_ts TIMESTAMP)
WITH (connector = 'kafka', topic = 'content_interactions') FORMAT PLAIN ENCODE JSON;
CREATE MATERIALIZED VIEW viewer_watch_metrics_1d AS
SELECT viewer_id, DATE_TRUNC('day', watched_at) AS watch_date,
    SUM(watch_duration_sec) / 60.0 AS watch_time_minutes,
    COUNT(DISTINCT content_id) AS content_started,
    COUNT(CASE WHEN completion_pct >= 0.9 THEN 1 END) AS completions
FROM view_events GROUP BY viewer_id, DATE_TRUNC('day', watched_at);
CREATE MATERIALIZED VIEW viewer_engagement_rolling AS
SELECT viewer_id,
    SUM(CASE WHEN watch_date >= CURRENT_DATE - INTERVAL '7 days'
        THEN watch_time_minutes ELSE 0 END) AS watch_minutes_7d,
    SUM(CASE WHEN watch_date >= CURRENT_DATE - INTERVAL '28 days'
        THEN completions ELSE 0 END) AS completions_28d
FROM viewer_watch_metrics_1d GROUP BY viewer_id;
CREATE MATERIALIZED VIEW content_interactions_rolling AS
SELECT viewer_id, COUNT(CASE WHEN event_type = 'like' THEN 1 END) AS likes_28d
FROM content_interactions WHERE event_ts >= CURRENT_TIMESTAMP - INTERVAL '28 days' GROUP BY viewer_id;`;

  it('bind as written, CURRENT_DATE inside CASE included', () => {
    const views = bound(SQL).views.map((v) =>
      printPlan(v.plan).replaceAll(/ (?=(?:sum|count)\()/g, '\n    '),
    );
    expect(views.join('\n\n')).toMatchInlineSnapshot(`
      "project viewer_id, watch_date, sum1::NUMERIC / 60 AS watch_time_minutes, content_started, completions
        aggregate [viewer_id, date_trunc('day', watched_at)]
          sum(watch_duration_sec),
          count(DISTINCT content_id),
          count(CASE WHEN completion_pct >= 0.9 THEN 1 ELSE NULL END)
          scan source view_events

      aggregate [viewer_id]
          sum(CASE WHEN watch_date >= CURRENT_DATE - INTERVAL '7 days' THEN watch_time_minutes ELSE 0 END),
          sum(CASE WHEN watch_date >= CURRENT_DATE - INTERVAL '28 days' THEN completions ELSE 0 END)
        scan materialized view viewer_watch_metrics_1d

      aggregate [viewer_id]
          count(CASE WHEN event_type = 'like' THEN 1 ELSE NULL END)
        filter event_ts::TIMESTAMPTZ >= now() - INTERVAL '28 days'
          scan source content_interactions"
    `);
  });

  it("have RisingWave's types", () => {
    const types = bound(SQL).views.map((v) =>
      v.columns.map((c) => `${c.name} ${typeName(c.type)}`).join(', '),
    );
    expect(types).toEqual([
      'viewer_id BIGINT, watch_date TIMESTAMP, watch_time_minutes NUMERIC, content_started BIGINT, completions BIGINT',
      'viewer_id BIGINT, watch_minutes_7d NUMERIC, completions_28d NUMERIC',
      'viewer_id BIGINT, likes_28d BIGINT',
    ]);
  });
});

describe('plans', () => {
  it('have no projection that changes nothing', () => {
    expect(plan('SELECT * FROM titles')).toBe('scan table titles');
    expect(plan('SELECT viewer_id, COUNT(*) AS n FROM events GROUP BY viewer_id')).toBe(
      'aggregate [viewer_id] count(*)\n  scan source events',
    );
    expect(plan('SELECT x.n AS m FROM (SELECT COUNT(*) AS n FROM events) x')).toBe(
      'aggregate [] count(*) (one row)\n  scan source events',
    );
  });

  it('merge projections, unless an expression would be computed twice', () => {
    expect(plan('SELECT b + 1 AS c FROM (SELECT a * 2 AS b FROM (SELECT secs AS a FROM events) x) y')).toBe(
      'project secs * 2 + 1 AS c\n  scan source events',
    );
    expect(plan('SELECT b + b AS c FROM (SELECT secs * 2 AS b FROM events) y')).toBe(
      'project b + b AS c\n  project secs * 2 AS b\n    scan source events',
    );
  });

  it('merge filters, and drop conditions that are always true', () => {
    expect(plan('SELECT secs FROM (SELECT * FROM events WHERE ok) x WHERE secs > 1 AND true')).toBe(
      'project secs\n  filter ok AND secs > 1\n    scan source events',
    );
  });

  it('compute an aggregate once that is written twice', () => {
    expect(plan('SELECT SUM(secs) AS a, SUM(secs) / COUNT(*) AS b FROM events')).toBe(
      'project a, a / count2 AS b\n  aggregate [] sum(secs), count(*) (one row)\n    scan source events',
    );
  });

  it('group by aliases, positions and expressions', () => {
    const expected = "aggregate [date_trunc('hour', at)] count(*)\n  scan source events";
    expect(plan("SELECT date_trunc('hour', at) AS h, COUNT(*) AS n FROM events GROUP BY h")).toBe(expected);
    expect(plan("SELECT date_trunc('hour', at) AS h, COUNT(*) AS n FROM events GROUP BY 1")).toBe(expected);
    expect(
      plan("SELECT date_trunc('hour', at) AS h, COUNT(*) AS n FROM events GROUP BY date_trunc('hour', at)"),
    ).toBe(expected);
  });

  it('turn ROW_NUMBER() with a filter outside into a top-n, with a rank only if it is read', () => {
    const ranked =
      'SELECT viewer_id, genre, ROW_NUMBER() OVER (PARTITION BY viewer_id ORDER BY at DESC) AS rn FROM events';
    const top = (n: number, tail = ''): string => `top ${n} of [viewer_id] by at DESC${tail}
    project viewer_id, genre, at
      scan source events`;
    expect(plan(`SELECT viewer_id, genre FROM (${ranked}) r WHERE rn <= 3`)).toBe(
      `project viewer_id, genre\n  ${top(3)}`,
    );
    expect(plan(`SELECT viewer_id, genre FROM (${ranked}) r WHERE 3 > rn`)).toBe(
      `project viewer_id, genre\n  ${top(2)}`,
    );
    expect(plan(`SELECT viewer_id, genre FROM (${ranked}) r WHERE rn = 1`)).toBe(
      `project viewer_id, genre\n  ${top(1)}`,
    );
    expect(plan(`SELECT * FROM (${ranked}) r WHERE rn <= 3`)).toBe(
      `project viewer_id, genre, row_number AS rn\n  ${top(3, ' with rank')}`,
    );
    expect(plan(`SELECT * FROM (${ranked}) r WHERE rn <= 3 AND genre = 'a'`)).toBe(
      `filter genre = 'a'\n  project viewer_id, genre, row_number AS rn\n    ${top(3, ' with rank').replaceAll('\n', '\n  ')}`,
    );
  });

  it('turn DISTINCT ON into a top 1, and ORDER BY ... LIMIT into a top-n of what is selected', () => {
    expect(
      plan('SELECT DISTINCT ON (viewer_id) viewer_id, genre FROM events ORDER BY viewer_id, at DESC'),
    ).toBe(
      `project viewer_id, genre
  top 1 of [viewer_id] by at DESC
    project viewer_id, genre, at
      scan source events`,
    );
    expect(plan('SELECT genre, secs AS s FROM events ORDER BY s DESC, genre LIMIT 5 OFFSET 2')).toBe(
      'top 5 after 2 of [] by s DESC, genre\n  project genre, secs AS s\n    scan source events',
    );
  });

  it('take join keys out of ON, USING and WHERE', () => {
    const joined = 'join on viewer_id = id\n    scan source events\n    scan table titles';
    expect(plan('SELECT genre, name FROM events JOIN titles ON id = viewer_id')).toBe(
      `project genre, name\n  inner ${joined}`,
    );
    expect(plan('SELECT genre, name FROM events, titles WHERE id = viewer_id')).toBe(
      `project genre, name\n  inner ${joined}`,
    );
    expect(plan('SELECT genre, name FROM titles RIGHT JOIN events ON id = viewer_id')).toBe(
      `project genre, name\n  left ${joined}`,
    );
    expect(plan('SELECT genre, name FROM events JOIN titles ON id = viewer_id AND secs > rating')).toContain(
      'inner join on viewer_id = id and secs::DOUBLE PRECISION > rating::DOUBLE PRECISION',
    );
  });

  it('move conditions below joins where that does not change the result', () => {
    expect(
      plan(
        'SELECT name FROM events JOIN titles ON id = viewer_id AND id <> 3 WHERE ok AND name <> genre AND id > 7',
      ),
    ).toBe(`project name
  filter name <> genre
    inner join on viewer_id = id
      filter ok
        scan source events
      filter id <> 3 AND id > 7
        scan table titles`);
    expect(
      plan(
        'SELECT name FROM events LEFT JOIN titles ON id = viewer_id AND id <> 3 WHERE ok AND name IS NULL',
      ),
    ).toBe(`project name
  filter name IS NULL
    left join on viewer_id = id
      filter ok
        scan source events
      filter id <> 3
        scan table titles`);
  });

  it('turn ROW_NUMBER() with a limit in the condition of a join into a top-n', () => {
    const latest =
      '(SELECT viewer_id AS v, genre, ROW_NUMBER() OVER (PARTITION BY viewer_id ORDER BY at DESC) AS rn FROM events) r';
    expect(plan(`SELECT id, genre FROM titles LEFT JOIN ${latest} ON v = id AND rn = 1`)).toContain(
      'top 1 of [v] by at DESC',
    );
  });

  it('keep the clock out of joins', () => {
    expect(plan("SELECT name FROM events JOIN titles ON id = viewer_id AND at > now() - INTERVAL '1 day'"))
      .toBe(`project name
  filter at > now() - INTERVAL '1 day'
    inner join on viewer_id = id
      scan source events
      scan table titles`);
    expect(
      plan(
        "SELECT name, secs FROM titles LEFT JOIN events ON id = viewer_id AND at > now() - INTERVAL '1 day'",
      ),
    ).toBe(`project name, secs
  left join on id = viewer_id
    scan table titles
    filter at > now() - INTERVAL '1 day'
      scan source events`);
  });

  it('fold constants, and never the clock', () => {
    expect(
      plan("SELECT 1 + 2 * 3 AS a, upper('x') || 'y' AS b, now() - INTERVAL '1 day' AS c FROM titles"),
    ).toBe("project 7 AS a, 'Xy' AS b, now() - INTERVAL '1 day' AS c\n  scan table titles");
    expect(plan("SELECT id FROM titles WHERE name = 'a' OR 1 = 2")).toBe(
      "project id\n  filter name = 'a'\n    scan table titles",
    );
  });

  it('inline views and CTEs', () => {
    const view = bound(
      'CREATE VIEW long AS SELECT viewer_id, secs FROM events WHERE secs > 60;' +
        'CREATE MATERIALIZED VIEW v AS WITH x AS (SELECT * FROM long) SELECT viewer_id, COUNT(*) AS n FROM x GROUP BY 1;',
    ).views[0]!;
    expect(printPlan(view.plan)).toBe(
      'aggregate [viewer_id] count(*)\n  project viewer_id, secs\n    filter secs > 60\n      scan source events',
    );
  });
});

describe('keys', () => {
  const key = (query: string): readonly string[] | undefined => {
    const view = boundQuery(query);
    return view.key?.map((k) => view.columns[k]!.name);
  };

  it('are the group keys, if the view keeps all of them', () => {
    expect(key('SELECT genre, viewer_id, COUNT(*) AS n FROM events GROUP BY viewer_id, genre')).toEqual([
      'viewer_id',
      'genre',
    ]);
    expect(key('SELECT viewer_id, COUNT(*) AS n FROM events GROUP BY viewer_id, genre')).toBeUndefined();
    expect(key('SELECT DISTINCT viewer_id, genre FROM events')).toEqual(['viewer_id', 'genre']);
    expect(key('SELECT COUNT(*) AS n FROM events')).toEqual([]);
  });

  it("are a table's primary key, and nothing for a source", () => {
    expect(key('SELECT name, id FROM titles')).toEqual(['id']);
    expect(key('SELECT * FROM events')).toBeUndefined();
  });

  it('are the partition and the rank, or the partition alone if it has one row', () => {
    const ranked =
      'SELECT viewer_id, at, ROW_NUMBER() OVER (PARTITION BY viewer_id ORDER BY at) AS rn FROM events';
    expect(key(`SELECT * FROM (${ranked}) r WHERE rn <= 2`)).toEqual(['viewer_id', 'rn']);
    expect(key(`SELECT viewer_id, at FROM (${ranked}) r WHERE rn <= 2`)).toBeUndefined();
    expect(key(`SELECT viewer_id, at FROM (${ranked}) r WHERE rn = 1`)).toEqual(['viewer_id']);
    expect(key(`SELECT viewer_id, at FROM (${ranked}) r WHERE rn <= 2 AND rn = 2`)).toEqual(['viewer_id']);
  });

  it('survive joins', () => {
    const counts = '(SELECT viewer_id AS v, COUNT(*) AS n FROM events GROUP BY 1)';
    const byGenre = '(SELECT viewer_id AS v, genre, COUNT(*) AS n FROM events GROUP BY 1, 2)';
    expect(key(`SELECT id, n FROM titles LEFT JOIN ${counts} c ON c.v = id`)).toEqual(['id']);
    expect(key(`SELECT id, v, genre, g.n FROM titles LEFT JOIN ${byGenre} g ON g.v = id`)).toEqual([
      'id',
      'v',
      'genre',
    ]);
    expect(key(`SELECT v, n FROM titles JOIN ${counts} c ON c.v = id`)).toEqual(['v']);
    expect(key(`SELECT id, g.n FROM titles JOIN ${byGenre} g ON g.v = id`)).toBeUndefined();
  });
});

describe('nullability', () => {
  const nullable = (query: string): string[] =>
    boundQuery(query)
      .columns.filter((c) => c.nullable)
      .map((c) => c.name);

  it('of a column is excluded only where no NULL can come from', () => {
    expect(nullable('SELECT id, name, rating FROM titles')).toEqual(['rating']);
    expect(nullable('SELECT COUNT(*) AS n, SUM(id) AS s, COALESCE(MAX(id), 0) AS m FROM titles')).toEqual([
      's',
    ]);
    expect(nullable('SELECT * FROM (SELECT 1 AS one) e LEFT JOIN titles ON id = one')).toEqual([
      'id',
      'name',
      'rating',
    ]);
    expect(nullable('SELECT viewer_id, id, name FROM events LEFT JOIN titles ON id = viewer_id')).toEqual([
      'viewer_id',
      'id',
      'name',
    ]);
    expect(
      nullable(
        "SELECT 'x' AS sk, id::numeric AS a, id::int AS b, id + 1 AS c, name || '' AS d, name IS NULL AS e FROM titles",
      ),
    ).toEqual(['b', 'c', 'd']);
    expect(nullable('SELECT id AS x FROM titles UNION ALL SELECT viewer_id FROM events')).toEqual(['x']);
  });
});
