-- Only viewers with an interaction of any kind in the last 28 times 24 hours have a row.
SELECT viewer_id,
  sum((event_type IS NOT DISTINCT FROM 'like')::int) AS likes_28d,
  sum((event_type IS NOT DISTINCT FROM 'share')::int) AS shares_28d,
  sum((event_type IS NOT DISTINCT FROM 'search')::int) AS searches_28d
FROM content_interactions WHERE event_ts >= as_of() - interval '672 hours' GROUP BY viewer_id
