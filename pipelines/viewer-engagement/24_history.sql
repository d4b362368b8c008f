-- Domain engagement#history: the last 20 different titles, the latest first. What not to recommend
-- again.
--
-- The list is ordered by the time of the last view, and neither the rank nor that time is in the
-- output: a rank would change in 20 rows for every new title, and a time would rewrite the item
-- whenever the same title is watched on.

CREATE MATERIALIZED VIEW viewer_history AS
WITH ranked AS (
    SELECT
        viewer_id,
        content_id,
        last_watched_at,
        ROW_NUMBER() OVER (PARTITION BY viewer_id ORDER BY last_watched_at DESC, content_id) AS rank
    FROM viewer_titles
    WHERE content_id IS NOT NULL
),
latest AS (
    SELECT viewer_id, content_id, last_watched_at FROM ranked WHERE rank <= 20
)
SELECT
    viewer_id,
    'engagement#history'                                                AS sk,
    ARRAY_AGG(content_id ORDER BY last_watched_at DESC, content_id)     AS recent_titles
FROM latest
GROUP BY viewer_id;
