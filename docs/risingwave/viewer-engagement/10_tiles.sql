-- Rendered by Freshet for RisingWave 3.0 from 10_tiles.sql. Change that file, and render it again.
-- Times are UTC: apply it in a session with SET TIME ZONE 'UTC', as `freshet deploy` does.

-- Tiles: small, exact building blocks from which the rolling views (20_watch.sql to 30_trending.sql)
-- compute their windows.
--
-- Three rules for tiles:
--   * Tiles hold integers (seconds, counts) and times. The rolling views divide once, at the end, to get
--     minutes and rates: a sum of rounded quotients drifts, a quotient of exact sums does not.
--   * A daily tile has the calendar day in its key, so an event counts on the day on which it was
--     watched, however late it arrives.
--   * An event stays in its tile when a day ends: the rolling views decide which days count, and only they
--     change. The one exception is the minute tile, whose rows expire.

-- The view events that count. Every tile of watch time reads this view.
--   * An event without a viewer or without a time is left out.
--   * A NULL or negative duration counts as zero seconds: the viewer started the title, and for how long
--     is unknown.
--   * An empty title or genre becomes NULL, which stands for unknown. (DynamoDB would refuse an empty
--     string as a map key in genre_affinity.)
--   * An event dated on a future day waits until that day begins, so that a device whose clock runs
--     ahead cannot fill a window early. All other events pass at once.
--
-- A plain VIEW only names a query; it holds no rows.
-- RisingWave: the clock is now() AT TIME ZONE 'UTC', and is compared with a TIMESTAMP of the row.
CREATE VIEW watch_events AS
SELECT
    viewer_id,
    NULLIF(content_id, '') AS content_id,
    NULLIF(genre, '')      AS genre,
    CASE WHEN watch_duration_sec > 0 THEN watch_duration_sec ELSE 0 END AS watch_seconds,
    completion_pct,
    watched_at,
    watched_at::date AS watch_date
FROM view_events
WHERE viewer_id IS NOT NULL
  AND date_trunc('day', watched_at) <= date_trunc('day', now() AT TIME ZONE 'UTC');

-- The daily tile: one row per viewer and day, also useful as training data. content_started and
-- genres_watched are exact for their day. Do not sum them over days: a title watched on three days would
-- count three times. 20_watch.sql shows how to count exactly over several days.
CREATE MATERIALIZED VIEW viewer_watch_metrics_1d AS
SELECT
    viewer_id,
    watch_date,
    SUM(watch_seconds)                               AS watch_seconds,
    COUNT(*)                                         AS views,
    COUNT(completion_pct)                            AS measured_views,   -- views with a known completion_pct
    COUNT(*) FILTER (WHERE completion_pct >= 0.9)    AS completions,
    COUNT(DISTINCT content_id)                       AS content_started,
    COUNT(DISTINCT genre)                            AS genres_watched
FROM watch_events
GROUP BY viewer_id, watch_date;

-- Watch time per viewer, genre and day, for 23_preferences.sql. Views of unknown genre are under NULL.
CREATE MATERIALIZED VIEW viewer_genre_metrics_1d AS
SELECT
    viewer_id,
    genre,
    watch_date,
    SUM(watch_seconds) AS watch_seconds
FROM watch_events
GROUP BY viewer_id, genre, watch_date;

-- One row per viewer, with the time of the last view. 21_session.sql joins to it to keep the row of a
-- viewer who has gone quiet.
CREATE MATERIALIZED VIEW viewers AS
SELECT viewer_id, MAX(watched_at) AS last_watched_at
FROM watch_events
GROUP BY viewer_id;

-- When each viewer last watched each title, and below it, each genre. A title was watched in the last n
-- days if and only if its last view was, so the number of different titles is a plain count over these
-- rows, for every n. COUNT(DISTINCT ...) per window would need a row per title and day.
CREATE MATERIALIZED VIEW viewer_titles AS
SELECT viewer_id, content_id, MAX(watched_at) AS last_watched_at
FROM watch_events
GROUP BY viewer_id, content_id;

CREATE MATERIALIZED VIEW viewer_genres AS
SELECT viewer_id, genre, MAX(watched_at) AS last_watched_at
FROM watch_events
GROUP BY viewer_id, genre;

-- The minute tile, for sessions: the last six hours only. WHERE bounds the time before the aggregate, so
-- rows expire and the state holds six hours of views. The second condition holds back minutes in the
-- future, so that a device whose clock runs hours ahead does not prolong a session by those hours.
-- now() AT TIME ZONE 'UTC' turns now() into a TIMESTAMP, the type of watched_at, in UTC whatever the
-- session's time zone is.
CREATE MATERIALIZED VIEW viewer_watch_metrics_1m AS
SELECT
    viewer_id,
    genre,
    content_id,
    date_trunc('minute', watched_at) AS watch_minute,
    SUM(watch_seconds)               AS watch_seconds
FROM watch_events
WHERE date_trunc('minute', watched_at) > date_trunc('minute', now() AT TIME ZONE 'UTC') - INTERVAL '6 hours'
  AND date_trunc('minute', watched_at) <= date_trunc('minute', now() AT TIME ZONE 'UTC')
GROUP BY viewer_id, genre, content_id, date_trunc('minute', watched_at);

-- Interactions per viewer and day, counted by type. As in watch_events, an event without a viewer or a
-- time is left out, and an event dated on a future day waits until that day begins.
-- RisingWave: the clock is now() AT TIME ZONE 'UTC', and is compared with a TIMESTAMP of the row.
CREATE MATERIALIZED VIEW viewer_interactions_1d AS
SELECT
    viewer_id,
    event_ts::date                                   AS event_date,
    COUNT(*) FILTER (WHERE event_type = 'like')      AS likes,
    COUNT(*) FILTER (WHERE event_type = 'share')     AS shares,
    COUNT(*) FILTER (WHERE event_type = 'search')    AS searches,
    COUNT(*) FILTER (WHERE event_type = 'comment')   AS comments,
    COUNT(*) FILTER (WHERE event_type = 'follow')    AS follows
FROM content_interactions
WHERE viewer_id IS NOT NULL
  AND date_trunc('day', event_ts) <= date_trunc('day', now() AT TIME ZONE 'UTC')
GROUP BY viewer_id, event_ts::date;
