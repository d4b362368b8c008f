-- The base of the oracle's queries: the raw events as they arrived, and a clock that is set per session.
-- The queries share nothing with the pipelines: each computes its result by definition from all raw
-- events, without tiles.
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

-- A view event counts if it has a viewer and its day has begun. A missing or negative duration is 0
-- seconds, and an empty title or genre is NULL.
CREATE VIEW counted_views AS
  SELECT viewer_id, completion_pct, watched_at,
         watched_at::date AS day,
         CASE WHEN length(content_id) > 0 THEN content_id END AS content_id,
         CASE WHEN length(genre) > 0 THEN genre END AS genre,
         greatest(coalesce(watch_duration_sec, 0), 0) AS seconds
  FROM view_events
  WHERE viewer_id IS NOT NULL AND watched_at IS NOT NULL AND watched_at::date <= today();
-- The view events of a session: those of the current minute and the 359 minutes before it.
CREATE VIEW session_views AS
  SELECT * FROM counted_views
  WHERE watched_at >= date_trunc('minute', as_of()) - interval '359 minutes'
    AND watched_at < date_trunc('minute', as_of()) + interval '1 minute';
CREATE VIEW counted_interactions AS
  SELECT viewer_id, event_type, event_ts::date AS day
  FROM content_interactions
  WHERE viewer_id IS NOT NULL AND event_ts IS NOT NULL AND event_ts::date <= today();
