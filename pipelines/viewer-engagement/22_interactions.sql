-- Domain engagement#interactions: the viewer's likes, shares, searches, comments and follows of the last
-- 28 calendar days.
--
-- The view sums daily tiles rather than events. State is then one row per viewer and day, and old events
-- leave the window together at midnight, in one write, rather than one by one as each turns 28 days old.

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
