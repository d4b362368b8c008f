-- Rendered by Freshet for RisingWave 3.0 from 21_session.sql. Change that file, and render it again.
-- Times are UTC: apply it in a session with SET TIME ZONE 'UTC', as `freshet deploy` does.

-- Domain engagement#session: what the viewer is watching right now.
--
-- Windows move once a minute: `> this minute - 1 hour` covers the running minute and the 59 before it.
-- A view counts with its whole duration in the minute of its watched_at. It changes the item when it
-- arrives, when it leaves the last hour and when it leaves the last six hours, and at no other time.
-- Finer steps would cost more writes for the same signal.

-- Watch time of the last six hours per viewer and genre. Rows expire together with their minute tiles.
CREATE MATERIALIZED VIEW viewer_session_genres AS
WITH
-- Each row of viewer_watch_metrics_1m with watch_minute_band, the band of time that it is in: 0 is
-- the youngest. RisingWave takes now() only in filters such as these, and moves a row on when its
-- time comes.
viewer_watch_metrics_1m_by_watch_minute_band AS (
    SELECT viewer_id, genre, content_id, watch_minute, watch_seconds, 0 AS watch_minute_band
    FROM viewer_watch_metrics_1m
    WHERE watch_minute > date_trunc('minute', now() AT TIME ZONE 'UTC') - INTERVAL '1 hour'
    UNION ALL
    SELECT viewer_id, genre, content_id, watch_minute, watch_seconds, 1
    FROM viewer_watch_metrics_1m
    WHERE watch_minute <= date_trunc('minute', now() AT TIME ZONE 'UTC') - INTERVAL '1 hour'
)
SELECT
    viewer_id,
    genre,
    COALESCE(SUM(watch_seconds) FILTER (
        WHERE watch_minute_band = 0
    ), 0)                       AS seconds_1h,
    SUM(watch_seconds)          AS seconds_6h,
    COUNT(DISTINCT content_id)  AS titles_6h,
    MAX(watch_minute)           AS last_minute
FROM viewer_watch_metrics_1m_by_watch_minute_band
GROUP BY viewer_id, genre;

-- current_genre: the genre watched most in the last hour. Ties, which include "nothing in the last
-- hour", go to the genre watched last, then to the first by name. NULL if the last six hours have no
-- view of known genre.
-- binge_length: the number of different titles of current_genre watched in the last six hours.
-- last_watched_at: the time of the viewer's last view, however long ago.
-- The left joins keep viewers who have gone quiet, with zeros.
CREATE MATERIALIZED VIEW viewer_session_rolling AS
WITH totals AS (
    SELECT
        viewer_id,
        SUM(seconds_1h) AS seconds_1h,
        SUM(seconds_6h) AS seconds_6h
    FROM viewer_session_genres
    GROUP BY viewer_id
),
ranked AS (
    SELECT
        viewer_id,
        genre,
        titles_6h,
        ROW_NUMBER() OVER (PARTITION BY viewer_id ORDER BY seconds_1h DESC, last_minute DESC, genre) AS rank
    FROM viewer_session_genres
    WHERE genre IS NOT NULL
),
current_genre AS (
    SELECT viewer_id, genre, titles_6h FROM ranked WHERE rank <= 1
)
SELECT
    v.viewer_id,
    'engagement#session'                           AS sk,
    ROUND(COALESCE(t.seconds_1h, 0) / 60.0, 2)     AS watch_minutes_1h,
    ROUND(COALESCE(t.seconds_6h, 0) / 60.0, 2)     AS watch_minutes_6h,
    c.genre                                        AS current_genre,
    COALESCE(c.titles_6h, 0)                       AS binge_length,
    v.last_watched_at
FROM viewers v
LEFT JOIN totals t ON t.viewer_id = v.viewer_id
LEFT JOIN current_genre c ON c.viewer_id = v.viewer_id;
