-- Rendered by Freshet for RisingWave 3.0 from 23_preferences.sql. Change that file, and render it again.
-- Times are UTC: apply it in a session with SET TIME ZONE 'UTC', as `freshet deploy` does.

-- Domain engagement#preferences: the viewer's favourite genres, by share of watch time. Recent watching
-- weighs more.

-- Weighted watch time per viewer and genre. A second watched today weighs 4, one in the last 7 days 2,
-- one in the last 28 days 1, and an older one 0. Weights are integers, so the sums are exact; the view
-- below divides once.
CREATE MATERIALIZED VIEW viewer_genre_weights AS
WITH
-- Each row of viewer_genre_metrics_1d with watch_date_band, the band of time that it is in: 0 is
-- the youngest. RisingWave takes now() only in filters such as these, and moves a row on when its
-- time comes.
viewer_genre_metrics_1d_by_watch_date_band AS (
    SELECT viewer_id, genre, watch_seconds, 0 AS watch_date_band
    FROM viewer_genre_metrics_1d
    WHERE watch_date::timestamp > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '1 day'
    UNION ALL
    SELECT viewer_id, genre, watch_seconds, 1
    FROM viewer_genre_metrics_1d
    WHERE watch_date::timestamp <= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '1 day'
      AND watch_date::timestamp > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '7 days'
    UNION ALL
    SELECT viewer_id, genre, watch_seconds, 2
    FROM viewer_genre_metrics_1d
    WHERE watch_date::timestamp <= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '7 days'
      AND watch_date::timestamp > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '28 days'
    UNION ALL
    SELECT viewer_id, genre, watch_seconds, 3
    FROM viewer_genre_metrics_1d
    WHERE watch_date::timestamp <= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '28 days'
)
SELECT
    viewer_id,
    genre,
    SUM(CASE
        WHEN watch_date_band = 0  THEN 4 * watch_seconds
        WHEN watch_date_band <= 1  THEN 2 * watch_seconds
        WHEN watch_date_band <= 2 THEN watch_seconds
        ELSE 0
    END) AS weighted_seconds
FROM viewer_genre_metrics_1d_by_watch_date_band
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
