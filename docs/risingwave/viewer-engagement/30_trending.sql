-- Rendered by Freshet for RisingWave 3.0 from 30_trending.sql. Change that file, and render it again.
-- Times are UTC: apply it in a session with SET TIME ZONE 'UTC', as `freshet deploy` does.

-- Item catalogue#trending: the titles that are popular now, across all viewers; for example, candidates
-- for recommendations.

-- The genre of each title, NULL if no event names it. If events disagree, MAX picks the last by name, so
-- the answer does not depend on the order in which events arrive.
CREATE MATERIALIZED VIEW catalogue_titles AS
SELECT content_id, MAX(genre) AS genre
FROM watch_events
WHERE content_id IS NOT NULL
GROUP BY content_id;

-- The number of different viewers of each title. A viewer who repeats a title counts once: viewer_titles
-- has one row per viewer and title, with the time of the last view, so the counts are exact for every
-- window. The short window is the last 24 clock hours; a calendar day would be empty after midnight.
CREATE MATERIALIZED VIEW catalogue_popularity AS
WITH
-- Each row of viewer_titles with last_watched_at_band, the band of time that it is in: 0 is the
-- youngest. RisingWave takes now() only in filters such as these, and moves a row on when its time
-- comes.
viewer_titles_by_last_watched_at_band AS (
    SELECT viewer_id, content_id, last_watched_at, 0 AS last_watched_at_band
    FROM viewer_titles
    WHERE date_trunc('hour', last_watched_at) > date_trunc('hour', now() AT TIME ZONE 'UTC') - INTERVAL '24 hours'
    UNION ALL
    SELECT viewer_id, content_id, last_watched_at, 1
    FROM viewer_titles
    WHERE date_trunc('hour', last_watched_at) <= date_trunc('hour', now() AT TIME ZONE 'UTC') - INTERVAL '24 hours'
),
-- Each row of viewer_titles with last_watched_at_day_band, the band of time that it is in: 0 is
-- the youngest. RisingWave takes now() only in filters such as these, and moves a row on when its
-- time comes.
viewer_titles_by_last_watched_at_day_band AS (
    SELECT content_id, last_watched_at_band, 0 AS last_watched_at_day_band
    FROM viewer_titles_by_last_watched_at_band AS viewer_titles
    WHERE date_trunc('day', last_watched_at) > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '7 days'
    UNION ALL
    SELECT content_id, last_watched_at_band, 1
    FROM viewer_titles_by_last_watched_at_band AS viewer_titles
    WHERE date_trunc('day', last_watched_at) <= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '7 days'
)
SELECT
    content_id,
    COUNT(*) FILTER (
        WHERE last_watched_at_band = 0
    )                                                                   AS viewers_24h,
    COUNT(*) FILTER (WHERE last_watched_at_day_band = 0)    AS viewers_7d
FROM viewer_titles_by_last_watched_at_day_band
WHERE content_id IS NOT NULL
GROUP BY content_id;

-- One row, which becomes one item: the 50 most popular titles, the most popular first; genres[i] is the
-- genre of titles[i]. The viewer counts stay in catalogue_popularity: without them the item is written
-- only when a title or its place changes; with them it would be written whenever a popular title gains a
-- viewer. Viewer ids start at 1, so viewer 0 can stand for the catalogue.
CREATE MATERIALIZED VIEW catalogue_trending AS
WITH popular AS (
    SELECT content_id, viewers_24h, viewers_7d
    FROM catalogue_popularity
    WHERE viewers_7d > 0
    ORDER BY viewers_24h DESC, viewers_7d DESC, content_id
    LIMIT 50
)
SELECT
    0::bigint                   AS viewer_id,
    'catalogue#trending'        AS sk,
    COALESCE(
        ARRAY_AGG(p.content_id ORDER BY p.viewers_24h DESC, p.viewers_7d DESC, p.content_id),
        ARRAY[]::varchar[]
    )                           AS titles,
    COALESCE(
        ARRAY_AGG(t.genre ORDER BY p.viewers_24h DESC, p.viewers_7d DESC, p.content_id),
        ARRAY[]::varchar[]
    )                           AS genres
FROM popular p
JOIN catalogue_titles t ON t.content_id = p.content_id;
