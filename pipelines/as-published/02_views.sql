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
SELECT
    viewer_id,
    SUM(CASE WHEN watch_date >= CURRENT_DATE - INTERVAL '7 days'
             THEN watch_time_minutes ELSE 0 END)              AS watch_minutes_7d,
    SUM(CASE WHEN watch_date >= CURRENT_DATE - INTERVAL '28 days'
             THEN watch_time_minutes ELSE 0 END)              AS watch_minutes_28d,
    SUM(CASE WHEN watch_date >= CURRENT_DATE - INTERVAL '7 days'
             THEN content_started ELSE 0 END)                 AS titles_7d,
    SUM(CASE WHEN watch_date >= CURRENT_DATE - INTERVAL '28 days'
             THEN completions ELSE 0 END)                     AS completions_28d,
    SUM(CASE WHEN watch_date >= CURRENT_DATE - INTERVAL '28 days'
             THEN genres_watched ELSE 0 END)                  AS genres_watched_28d
FROM viewer_watch_metrics_1d
GROUP BY viewer_id;

-- Separate domain: interaction signals
CREATE MATERIALIZED VIEW content_interactions_rolling AS
SELECT
    viewer_id,
    COUNT(CASE WHEN event_type = 'like'   THEN 1 END) AS likes_28d,
    COUNT(CASE WHEN event_type = 'share'  THEN 1 END) AS shares_28d,
    COUNT(CASE WHEN event_type = 'search' THEN 1 END) AS searches_28d
FROM content_interactions
WHERE event_ts >= CURRENT_TIMESTAMP - INTERVAL '28 days'
GROUP BY viewer_id;
