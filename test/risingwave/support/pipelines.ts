// Pipelines that the tests against RisingWave and those of the tests themselves share.

/** Every type, through a view and through aggregates. */
export const TYPES = `
  CREATE TABLE cells (
    id BIGINT PRIMARY KEY, k VARCHAR, s SMALLINT, i INT, n NUMERIC, r REAL, d DOUBLE PRECISION, t VARCHAR, b BOOLEAN,
    y BYTEA, day DATE, at TIMESTAMP, atz TIMESTAMPTZ, span INTERVAL, doc JSONB, tags VARCHAR[]
  );
  CREATE MATERIALIZED VIEW all_cells AS
    SELECT id, k, s, i, n, r, d, t, b, y, day, at, atz, span, doc, tags FROM cells;
  CREATE MATERIALIZED VIEW per_key AS
    SELECT k, COUNT(*) AS cells, COUNT(DISTINCT t) AS texts, SUM(i) AS i, SUM(n) AS n, MIN(at) AS first_at,
           MAX(atz) AS last_at, MAX(day) AS last_day, ARRAY_AGG(t ORDER BY id) AS ts,
           SUM(i) FILTER (WHERE b) AS of_true, BOOL_OR(b) AS any_true
    FROM cells GROUP BY k;
  CREATE MATERIALIZED VIEW top_cells AS
    SELECT k, id, i FROM (
      SELECT k, id, i, ROW_NUMBER() OVER (PARTITION BY k ORDER BY i DESC, id) AS rank FROM cells WHERE i IS NOT NULL
    ) ranked WHERE rank <= 2;
  CREATE MATERIALIZED VIEW per_day AS
    SELECT date_trunc('day', at) AS day, SUM(i) AS i, COUNT(*) AS n FROM cells WHERE at IS NOT NULL
    GROUP BY date_trunc('day', at);
`;

/** Windows of some seconds, whose ends a test can wait for. */
export const SECONDS = `
  CREATE SOURCE plays (viewer_id BIGINT, seconds INT, at TIMESTAMP)
    WITH (connector = 'kafka', topic = 'plays', properties.bootstrap.server = 'localhost:9092')
    FORMAT PLAIN ENCODE JSON;
  CREATE MATERIALIZED VIEW recent AS
    SELECT viewer_id, SUM(seconds) AS seconds, COUNT(*) AS plays FROM plays
    WHERE at > (now() AT TIME ZONE 'UTC') - INTERVAL '6 seconds' GROUP BY viewer_id;
  CREATE MATERIALIZED VIEW windows AS
    SELECT viewer_id, SUM(seconds) AS seconds,
           SUM(CASE
               WHEN at > date_trunc('second', now() AT TIME ZONE 'UTC') - INTERVAL '4 seconds' THEN seconds ELSE 0
           END) AS seconds_4s,
           COUNT(*) FILTER (
               WHERE at > date_trunc('second', now() AT TIME ZONE 'UTC') - INTERVAL '8 seconds'
           ) AS plays_8s
    FROM plays GROUP BY viewer_id;
`;
