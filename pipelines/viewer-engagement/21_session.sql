-- Domain engagement#session: what the viewer is in the middle of.
--
-- Windows move by the minute: `> this minute - 1 hour` is the running minute and the 59 before it. A
-- view counts with its whole duration in the minute of its watched_at. Finer steps would be more writes
-- for the same signal: a view changes the item when it arrives, when it leaves the hour and when it
-- leaves the six hours, and at no other time.

-- The session by genre. It has rows of the last six hours only, as its tile does.
CREATE MATERIALIZED VIEW viewer_session_genres AS
SELECT
    viewer_id,
    genre,
    COALESCE(SUM(watch_seconds) FILTER (
        WHERE watch_minute > date_trunc('minute', now() AT TIME ZONE 'UTC') - INTERVAL '1 hour'
    ), 0)                       AS seconds_1h,
    SUM(watch_seconds)          AS seconds_6h,
    COUNT(DISTINCT content_id)  AS titles_6h,
    MAX(watch_minute)           AS last_minute
FROM viewer_watch_metrics_1m
GROUP BY viewer_id, genre;

-- current_genre: the genre most watched in the last hour; among equals (nothing in the last hour: all
-- are equal) the one watched last, then the first by name. NULL when the last six hours have no view of
-- known genre. binge_length: how many different titles of the current genre were watched in the last
-- six hours. The left joins keep every viewer, with zeros; last_watched_at tells for how long it has
-- been quiet.
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
