// Pipelines that the tests against RisingWave and those of the tests themselves share.

/**
 * Every type, through a view and through aggregates. The sum of a group whose last value is deleted is NULL here and 0
 * in RisingWave, so sums are never NULL in these views.
 */
export const TYPES = `
  CREATE TABLE cells (
    id BIGINT PRIMARY KEY, k VARCHAR, s SMALLINT, i INT, n NUMERIC, r REAL, d DOUBLE PRECISION, t VARCHAR, b BOOLEAN,
    y BYTEA, seen_on DATE, seen_at TIMESTAMP, met_at TIMESTAMPTZ, span INTERVAL, doc JSONB, tags VARCHAR[]
  );
  CREATE MATERIALIZED VIEW all_cells AS
    SELECT id, k, s, i, n, r, d, t, b, y, seen_on, seen_at, met_at, span, doc, tags FROM cells;
  CREATE MATERIALIZED VIEW per_key AS
    SELECT k, COUNT(*) AS cells, COUNT(DISTINCT t) AS texts, COALESCE(SUM(i), 0) AS i, COALESCE(SUM(n), 0) AS n,
           MIN(seen_at) AS first_at, MAX(met_at) AS last_at, MAX(seen_on) AS last_on, ARRAY_AGG(t ORDER BY id) AS ts,
           COALESCE(SUM(i) FILTER (WHERE b), 0) AS of_true, COUNT(*) FILTER (WHERE b) AS trues
    FROM cells GROUP BY k;
  CREATE MATERIALIZED VIEW top_cells AS
    SELECT k, id, i FROM (
      SELECT k, id, i, ROW_NUMBER() OVER (PARTITION BY k ORDER BY i DESC, id) AS place FROM cells WHERE i IS NOT NULL
    ) ranked WHERE place <= 2;
  CREATE MATERIALIZED VIEW per_day AS
    SELECT date_trunc('day', seen_at) AS seen_day, COALESCE(SUM(i), 0) AS i, COUNT(*) AS n FROM cells
    WHERE seen_at IS NOT NULL GROUP BY date_trunc('day', seen_at);
`;

/** Windows of some seconds, whose ends a test can wait for. */
export const SECONDS = `
  CREATE SOURCE plays (viewer_id BIGINT, seconds INT, played_at TIMESTAMP)
    WITH (connector = 'kafka', topic = 'plays', properties.bootstrap.server = 'localhost:9092')
    FORMAT PLAIN ENCODE JSON;
  CREATE MATERIALIZED VIEW recent AS
    SELECT viewer_id, SUM(seconds) AS seconds, COUNT(*) AS plays FROM plays
    WHERE played_at > (now() AT TIME ZONE 'UTC') - INTERVAL '6 seconds' GROUP BY viewer_id;
  CREATE MATERIALIZED VIEW windows AS
    SELECT viewer_id, SUM(seconds) AS seconds,
           SUM(CASE
               WHEN played_at > date_trunc('second', now() AT TIME ZONE 'UTC') - INTERVAL '4 seconds' THEN seconds ELSE 0
           END) AS seconds_4s,
           COUNT(*) FILTER (
               WHERE played_at > date_trunc('second', now() AT TIME ZONE 'UTC') - INTERVAL '8 seconds'
           ) AS plays_8s
    FROM plays GROUP BY viewer_id;
`;
