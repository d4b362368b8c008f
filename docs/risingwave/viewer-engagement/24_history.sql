-- Rendered by Freshet for RisingWave 3.0 from 24_history.sql. Change that file, and render it again.
-- Times are UTC: apply it in a session with SET TIME ZONE 'UTC', as `freshet deploy` does.

-- Domain engagement#history: the last 20 different titles that the viewer watched, the latest first; for
-- example, to avoid recommending them again.
--
-- The time of the last view orders the list but is not part of it: a viewer who keeps watching the same
-- title then causes no write. `latest` passes on that time rather than the rank, because a new title
-- changes the rank of up to 20 rows.

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
