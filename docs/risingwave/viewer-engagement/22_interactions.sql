-- Rendered by Freshet for RisingWave 3.0 from 22_interactions.sql. Change that file, and render it again.
-- Times are UTC: apply it in a session with SET TIME ZONE 'UTC', as `freshet deploy` does.

-- Domain engagement#interactions: the viewer's likes, shares, searches, comments and follows of the last
-- 28 calendar days.
--
-- The view sums daily tiles rather than events. State is then one row per viewer and day, and old events
-- leave the window together at midnight, in one write, rather than one by one as each turns 28 days old.

CREATE MATERIALIZED VIEW content_interactions_rolling AS
WITH
-- Each row of viewer_interactions_1d with event_date_band, the band of time that it is in: 0 is
-- the youngest. RisingWave takes now() only in filters such as these, and moves a row on when its
-- time comes.
viewer_interactions_1d_by_event_date_band AS (
    SELECT viewer_id, likes, shares, searches, comments, follows, 0 AS event_date_band
    FROM viewer_interactions_1d
    WHERE event_date::timestamp > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '28 days'
    UNION ALL
    SELECT viewer_id, likes, shares, searches, comments, follows, 1
    FROM viewer_interactions_1d
    WHERE event_date::timestamp <= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '28 days'
)
SELECT
    viewer_id,
    'engagement#interactions'                                                             AS sk,
    COALESCE(SUM(likes)    FILTER (WHERE event_date_band = 0), 0)::bigint      AS likes_28d,
    COALESCE(SUM(shares)   FILTER (WHERE event_date_band = 0), 0)::bigint      AS shares_28d,
    COALESCE(SUM(searches) FILTER (WHERE event_date_band = 0), 0)::bigint      AS searches_28d,
    COALESCE(SUM(comments) FILTER (WHERE event_date_band = 0), 0)::bigint      AS comments_28d,
    COALESCE(SUM(follows)  FILTER (WHERE event_date_band = 0), 0)::bigint      AS follows_28d
FROM viewer_interactions_1d_by_event_date_band
GROUP BY viewer_id;
