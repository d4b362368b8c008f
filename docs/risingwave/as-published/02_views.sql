-- Rendered by Freshet for RisingWave 3.0 from 02_views.sql. Change that file, and render it again.
-- Times are UTC: apply it in a session with SET TIME ZONE 'UTC', as `freshet deploy` does.

-- The three views of the post, unchanged. Four things to know before you use their numbers:
--   * `>= CURRENT_DATE - INTERVAL '7 days'` covers eight calendar days, and '28 days' covers 29.
--   * titles_7d and genres_watched_28d are sums of daily distinct counts: a title watched on three days
--     counts three times.
--   * A viewer with no interaction in 28 days has no row in content_interactions_rolling, so the sink
--     deletes the item.
--   * Seconds are divided by 60 per day and the quotients are summed, so a total carries the rounding
--     of every day.
--
-- ../viewer-engagement computes the same figures exactly.

-- Daily watch metrics per viewer: the stable tile layer
CREATE MATERIALIZED VIEW viewer_watch_metrics_1d AS
SELECT
    viewer_id,
    DATE_TRUNC('day', watched_at)                             AS watch_date,
    SUM(watch_duration_sec) / 60.0                           AS watch_time_minutes,
    COUNT(DISTINCT content_id)                                AS content_started,
    COUNT(CASE WHEN completion_pct >= 0.9 THEN 1 END)        AS completions,
    COUNT(DISTINCT genre)                                     AS genres_watched
FROM view_events
GROUP BY viewer_id, DATE_TRUNC('day', watched_at);

-- Rolling engagement profile: the serving contract
CREATE MATERIALIZED VIEW viewer_engagement_rolling AS
WITH
-- Each row of viewer_watch_metrics_1d with watch_date_band, the band of time that it is in: 0 is
-- the youngest. RisingWave takes now() only in filters such as these, and moves a row on when its
-- time comes.
viewer_watch_metrics_1d_by_watch_date_band AS (
    SELECT
        viewer_id, watch_time_minutes, content_started, completions, genres_watched,
        0 AS watch_date_band
    FROM viewer_watch_metrics_1d
    WHERE watch_date >= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '7 days'
    UNION ALL
    SELECT viewer_id, watch_time_minutes, content_started, completions, genres_watched, 1
    FROM viewer_watch_metrics_1d
    WHERE watch_date < date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '7 days'
      AND watch_date >= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '28 days'
    UNION ALL
    SELECT viewer_id, watch_time_minutes, content_started, completions, genres_watched, 2
    FROM viewer_watch_metrics_1d
    WHERE watch_date < date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '28 days'
    UNION ALL
    SELECT viewer_id, watch_time_minutes, content_started, completions, genres_watched, NULL::int
    FROM viewer_watch_metrics_1d
    WHERE watch_date IS NULL
)
SELECT
    viewer_id,
    SUM(CASE WHEN watch_date_band = 0
             THEN watch_time_minutes ELSE 0 END)              AS watch_minutes_7d,
    SUM(CASE WHEN watch_date_band <= 1
             THEN watch_time_minutes ELSE 0 END)              AS watch_minutes_28d,
    SUM(CASE WHEN watch_date_band = 0
             THEN content_started ELSE 0 END)                 AS titles_7d,
    SUM(CASE WHEN watch_date_band <= 1
             THEN completions ELSE 0 END)                     AS completions_28d,
    SUM(CASE WHEN watch_date_band <= 1
             THEN genres_watched ELSE 0 END)                  AS genres_watched_28d
FROM viewer_watch_metrics_1d_by_watch_date_band
GROUP BY viewer_id;

-- Separate domain: interaction signals
-- RisingWave: the clock is now() AT TIME ZONE 'UTC', and is compared with a TIMESTAMP of the row.
CREATE MATERIALIZED VIEW content_interactions_rolling AS
SELECT
    viewer_id,
    COUNT(CASE WHEN event_type = 'like'   THEN 1 END) AS likes_28d,
    COUNT(CASE WHEN event_type = 'share'  THEN 1 END) AS shares_28d,
    COUNT(CASE WHEN event_type = 'search' THEN 1 END) AS searches_28d
FROM content_interactions
WHERE event_ts >= (now() AT TIME ZONE 'UTC') - INTERVAL '28 days'
GROUP BY viewer_id;
