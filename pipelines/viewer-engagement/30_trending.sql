-- The catalogue's side: what is popular now, as candidates for recommendations.

-- The genre of a title. Events may disagree or not know it; the last by name wins, so that it is the
-- same in whatever order they arrive.
CREATE MATERIALIZED VIEW catalogue_titles AS
SELECT content_id, MAX(genre) AS genre
FROM watch_events
WHERE content_id IS NOT NULL
GROUP BY content_id;

-- Popularity counts viewers, not views: one viewer with a title on repeat is one. Again a count of last
-- views is the exact number of different viewers in the window. The short window is 24 clock hours, not
-- a calendar day, which would start empty at every midnight.
CREATE MATERIALIZED VIEW catalogue_popularity AS
SELECT
    content_id,
    COUNT(*) FILTER (
        WHERE date_trunc('hour', last_watched_at)
            > date_trunc('hour', now() AT TIME ZONE 'UTC') - INTERVAL '24 hours'
    )                                                                   AS viewers_24h,
    COUNT(*) FILTER (WHERE last_watched_at::date > CURRENT_DATE - 7)    AS viewers_7d
FROM viewer_titles
WHERE content_id IS NOT NULL
GROUP BY content_id;

-- The 50 most popular titles in one item, the first the most popular; genres[i] is the genre of
-- titles[i]. The counts stay in catalogue_popularity: with them in the item it would be written anew at
-- every view of a popular title, without them only when the order changes. Viewer ids start at 1, so 0
-- is free to name the catalogue.
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
