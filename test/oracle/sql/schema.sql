-- What the oracle's queries stand on: the raw events as they came, and a clock that is set per session.
-- Nothing here is taken from the pipelines; each query computes its answer from all raw events, by
-- definition, with no tiles.
CREATE TABLE view_events (
  event_id text,
  viewer_id bigint,
  content_id text COLLATE "C",
  genre text COLLATE "C",
  watch_duration_sec int,
  completion_pct numeric,
  watched_at timestamp
);
CREATE TABLE content_interactions (
  event_id text,
  viewer_id bigint,
  content_id text COLLATE "C",
  event_type text,
  event_ts timestamp
);

-- SET oracle.as_of = '2022-04-22 12:00:00'
CREATE FUNCTION as_of() RETURNS timestamp LANGUAGE sql STABLE
  RETURN current_setting('oracle.as_of')::timestamp;
CREATE FUNCTION today() RETURNS date LANGUAGE sql STABLE
  RETURN current_setting('oracle.as_of')::timestamp::date;

-- A view counts if it has a viewer and a day that has begun; a duration that is missing or negative is
-- none, and neither is an empty name one.
CREATE VIEW counted_views AS
  SELECT viewer_id, completion_pct, watched_at,
         watched_at::date AS day,
         CASE WHEN length(content_id) > 0 THEN content_id END AS content_id,
         CASE WHEN length(genre) > 0 THEN genre END AS genre,
         greatest(coalesce(watch_duration_sec, 0), 0) AS seconds
  FROM view_events
  WHERE viewer_id IS NOT NULL AND watched_at IS NOT NULL AND watched_at::date <= today();
-- What a session is made of: the running minute and the 359 before it.
CREATE VIEW session_views AS
  SELECT * FROM counted_views
  WHERE watched_at >= date_trunc('minute', as_of()) - interval '359 minutes'
    AND watched_at < date_trunc('minute', as_of()) + interval '1 minute';
CREATE VIEW counted_interactions AS
  SELECT viewer_id, event_type, event_ts::date AS day
  FROM content_interactions
  WHERE viewer_id IS NOT NULL AND event_ts IS NOT NULL AND event_ts::date <= today();
