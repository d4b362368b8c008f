-- Domain engagement#preferences: the viewer's favourite genres, by share of watch time. Recent watching
-- weighs more.

-- Weighted watch time per viewer and genre. A second watched today weighs 4, one in the last 7 days 2,
-- one in the last 28 days 1, and an older one 0. Weights are integers, so the sums are exact; the view
-- below divides once.
CREATE MATERIALIZED VIEW viewer_genre_weights AS
SELECT
    viewer_id,
    genre,
    SUM(CASE
        WHEN watch_date > CURRENT_DATE - 1  THEN 4 * watch_seconds
        WHEN watch_date > CURRENT_DATE - 7  THEN 2 * watch_seconds
        WHEN watch_date > CURRENT_DATE - 28 THEN watch_seconds
        ELSE 0
    END) AS weighted_seconds
FROM viewer_genre_metrics_1d
GROUP BY viewer_id, genre;

-- top_genres: up to 5 genres, the strongest first.
-- genre_affinity: {"drama": 0.417, ...}, the share of each of up to 20 genres in the weighted watch time
-- of all known genres. The limit keeps items small, however many genres the catalogue has. Shares have
-- three digits, so a view that moves no share by a thousandth causes no write. RisingWave would write
-- them as doubles, which are the same numbers (R028).
-- A viewer who watched nothing in 28 days keeps the row, with an empty list and an empty object.
CREATE MATERIALIZED VIEW viewer_preferences_rolling AS
WITH totals AS (
    SELECT
        viewer_id,
        SUM(weighted_seconds) FILTER (WHERE genre IS NOT NULL) AS weighted_seconds
    FROM viewer_genre_weights
    GROUP BY viewer_id
),
ranked AS (
    SELECT
        viewer_id,
        genre,
        weighted_seconds,
        ROW_NUMBER() OVER (PARTITION BY viewer_id ORDER BY weighted_seconds DESC, genre) AS rank
    FROM viewer_genre_weights
    WHERE genre IS NOT NULL
      AND weighted_seconds > 0
),
strongest AS (
    SELECT viewer_id, genre, weighted_seconds, rank FROM ranked WHERE rank <= 20
)
SELECT
    t.viewer_id,
    'engagement#preferences' AS sk,
    COALESCE(
        ARRAY_AGG(s.genre ORDER BY s.rank) FILTER (WHERE s.rank <= 5),
        ARRAY[]::varchar[]
    ) AS top_genres,
    COALESCE(
        JSONB_OBJECT_AGG(
            s.genre, ROUND(s.weighted_seconds / NULLIF(t.weighted_seconds, 0), 3) ORDER BY s.rank  -- freshet:allow R028
        ) FILTER (WHERE s.genre IS NOT NULL),
        '{}'::jsonb
    ) AS genre_affinity
FROM totals t
LEFT JOIN strongest s ON s.viewer_id = t.viewer_id
GROUP BY t.viewer_id;
