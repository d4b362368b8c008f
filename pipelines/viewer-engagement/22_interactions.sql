-- Domain engagement#interactions: what the viewer said about titles, over 28 calendar days.
--
-- Rolling up daily tiles instead of single events keeps one row per viewer and day, and lets the item
-- change at midnight at most, not once more at the very second each old event turns 28 days.

CREATE MATERIALIZED VIEW content_interactions_rolling AS
SELECT
    viewer_id,
    'engagement#interactions'                                                             AS sk,
    COALESCE(SUM(likes)    FILTER (WHERE event_date > CURRENT_DATE - 28), 0)::bigint      AS likes_28d,
    COALESCE(SUM(shares)   FILTER (WHERE event_date > CURRENT_DATE - 28), 0)::bigint      AS shares_28d,
    COALESCE(SUM(searches) FILTER (WHERE event_date > CURRENT_DATE - 28), 0)::bigint      AS searches_28d,
    COALESCE(SUM(comments) FILTER (WHERE event_date > CURRENT_DATE - 28), 0)::bigint      AS comments_28d,
    COALESCE(SUM(follows)  FILTER (WHERE event_date > CURRENT_DATE - 28), 0)::bigint      AS follows_28d
FROM viewer_interactions_1d
GROUP BY viewer_id;
