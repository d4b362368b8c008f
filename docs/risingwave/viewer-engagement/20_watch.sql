-- Rendered by Freshet for RisingWave 3.0 from 20_watch.sql. Change that file, and render it again.
-- Times are UTC: apply it in a session with SET TIME ZONE 'UTC', as `freshet deploy` does.

-- Domain engagement#watch: minutes watched, titles, genres, completions and the completion rate of each
-- viewer, over 1, 7 and 28 days.
--
-- `watch_date > CURRENT_DATE - 7` covers seven calendar days: today and the six before it. (`>=` would
-- cover eight, one more than the column's name says.) Days are UTC.
--
-- The windows are in FILTER rather than WHERE, so that a viewer who has been away for a month keeps the
-- row, with zeros. When the date advances, the engine touches only the tiles that leave a window.

CREATE MATERIALIZED VIEW viewer_engagement_rolling AS
WITH
-- Each row of viewer_watch_metrics_1d with watch_date_band, the band of time that it is in: 0 is
-- the youngest. RisingWave takes now() only in filters such as these, and moves a row on when its
-- time comes.
viewer_watch_metrics_1d_by_watch_date_band AS (
    SELECT viewer_id, watch_seconds, measured_views, completions, 0 AS watch_date_band
    FROM viewer_watch_metrics_1d
    WHERE watch_date::timestamp > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '1 day'
    UNION ALL
    SELECT viewer_id, watch_seconds, measured_views, completions, 1
    FROM viewer_watch_metrics_1d
    WHERE watch_date::timestamp <= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '1 day'
      AND watch_date::timestamp > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '7 days'
    UNION ALL
    SELECT viewer_id, watch_seconds, measured_views, completions, 2
    FROM viewer_watch_metrics_1d
    WHERE watch_date::timestamp <= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '7 days'
      AND watch_date::timestamp > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '28 days'
    UNION ALL
    SELECT viewer_id, watch_seconds, measured_views, completions, 3
    FROM viewer_watch_metrics_1d
    WHERE watch_date::timestamp <= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '28 days'
),
watched AS (
    SELECT
        viewer_id,
        COALESCE(SUM(watch_seconds)  FILTER (WHERE watch_date_band = 0), 0)  AS seconds_1d,
        COALESCE(SUM(watch_seconds)  FILTER (WHERE watch_date_band <= 1), 0)  AS seconds_7d,
        COALESCE(SUM(watch_seconds)  FILTER (WHERE watch_date_band <= 2), 0) AS seconds_28d,
        COALESCE(SUM(completions)    FILTER (WHERE watch_date_band = 0), 0)  AS completions_1d,
        COALESCE(SUM(completions)    FILTER (WHERE watch_date_band <= 1), 0)  AS completions_7d,
        COALESCE(SUM(completions)    FILTER (WHERE watch_date_band <= 2), 0) AS completions_28d,
        COALESCE(SUM(measured_views) FILTER (WHERE watch_date_band = 0), 0)  AS measured_1d,
        COALESCE(SUM(measured_views) FILTER (WHERE watch_date_band <= 1), 0)  AS measured_7d,
        COALESCE(SUM(measured_views) FILTER (WHERE watch_date_band <= 2), 0) AS measured_28d
    FROM viewer_watch_metrics_1d_by_watch_date_band
    GROUP BY viewer_id
),
-- Each row of viewer_titles with last_watched_at_band, the band of time that it is in: 0 is the
-- youngest. RisingWave takes now() only in filters such as these, and moves a row on when its time
-- comes.
viewer_titles_by_last_watched_at_band AS (
    SELECT viewer_id, content_id, 0 AS last_watched_at_band
    FROM viewer_titles
    WHERE date_trunc('day', last_watched_at) > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '1 day'
    UNION ALL
    SELECT viewer_id, content_id, 1
    FROM viewer_titles
    WHERE date_trunc('day', last_watched_at) <= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '1 day'
      AND date_trunc('day', last_watched_at) > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '7 days'
    UNION ALL
    SELECT viewer_id, content_id, 2
    FROM viewer_titles
    WHERE date_trunc('day', last_watched_at) <= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '7 days'
      AND date_trunc('day', last_watched_at) > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '28 days'
    UNION ALL
    SELECT viewer_id, content_id, 3
    FROM viewer_titles
    WHERE date_trunc('day', last_watched_at) <= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '28 days'
),
-- Exact numbers of different titles and genres, from the time of the last view of each (see viewer_titles
-- in 10_tiles.sql). COUNT(column) skips the row whose title or genre is unknown; its watch time still
-- counts in `watched`.
titles AS (
    SELECT
        viewer_id,
        COUNT(content_id) FILTER (WHERE last_watched_at_band = 0)  AS titles_1d,
        COUNT(content_id) FILTER (WHERE last_watched_at_band <= 1)  AS titles_7d,
        COUNT(content_id) FILTER (WHERE last_watched_at_band <= 2) AS titles_28d
    FROM viewer_titles_by_last_watched_at_band
    GROUP BY viewer_id
),
-- Each row of viewer_genres with last_watched_at_band, the band of time that it is in: 0 is the
-- youngest. RisingWave takes now() only in filters such as these, and moves a row on when its time
-- comes.
viewer_genres_by_last_watched_at_band AS (
    SELECT viewer_id, genre, 0 AS last_watched_at_band
    FROM viewer_genres
    WHERE date_trunc('day', last_watched_at) > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '1 day'
    UNION ALL
    SELECT viewer_id, genre, 1
    FROM viewer_genres
    WHERE date_trunc('day', last_watched_at) <= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '1 day'
      AND date_trunc('day', last_watched_at) > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '7 days'
    UNION ALL
    SELECT viewer_id, genre, 2
    FROM viewer_genres
    WHERE date_trunc('day', last_watched_at) <= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '7 days'
      AND date_trunc('day', last_watched_at) > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '28 days'
    UNION ALL
    SELECT viewer_id, genre, 3
    FROM viewer_genres
    WHERE date_trunc('day', last_watched_at) <= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '28 days'
),
genres AS (
    SELECT
        viewer_id,
        COUNT(genre) FILTER (WHERE last_watched_at_band = 0)  AS genres_1d,
        COUNT(genre) FILTER (WHERE last_watched_at_band <= 1)  AS genres_7d,
        COUNT(genre) FILTER (WHERE last_watched_at_band <= 2) AS genres_28d
    FROM viewer_genres_by_last_watched_at_band
    GROUP BY viewer_id
)
-- Every event adds to all three CTEs, so the inner joins lose no viewer. A completion is a view of at
-- least 0.9 of the title. The rate is completions per view of known length; it is NULL if the window has
-- no such view, where 0 would mean that the viewer finished nothing. SUM over BIGINT is NUMERIC; the
-- casts turn counts back into BIGINT.
SELECT
    w.viewer_id,
    'engagement#watch'                                            AS sk,
    ROUND(w.seconds_1d / 60.0, 2)                                 AS watch_minutes_1d,
    ROUND(w.seconds_7d / 60.0, 2)                                 AS watch_minutes_7d,
    ROUND(w.seconds_28d / 60.0, 2)                                AS watch_minutes_28d,
    t.titles_1d,
    t.titles_7d,
    t.titles_28d,
    w.completions_1d::bigint                                      AS completions_1d,
    w.completions_7d::bigint                                      AS completions_7d,
    w.completions_28d::bigint                                     AS completions_28d,
    ROUND(w.completions_1d / NULLIF(w.measured_1d, 0), 3)         AS completion_rate_1d,
    ROUND(w.completions_7d / NULLIF(w.measured_7d, 0), 3)         AS completion_rate_7d,
    ROUND(w.completions_28d / NULLIF(w.measured_28d, 0), 3)       AS completion_rate_28d,
    g.genres_1d                                                   AS genres_watched_1d,
    g.genres_7d                                                   AS genres_watched_7d,
    g.genres_28d                                                  AS genres_watched_28d
FROM watched w
JOIN titles t ON t.viewer_id = w.viewer_id
JOIN genres g ON g.viewer_id = w.viewer_id;
