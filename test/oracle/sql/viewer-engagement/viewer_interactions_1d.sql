SELECT viewer_id, day AS event_date,
  sum(CASE event_type WHEN 'like' THEN 1 ELSE 0 END) AS likes,
  sum(CASE event_type WHEN 'share' THEN 1 ELSE 0 END) AS shares,
  sum(CASE event_type WHEN 'search' THEN 1 ELSE 0 END) AS searches,
  sum(CASE event_type WHEN 'comment' THEN 1 ELSE 0 END) AS comments,
  sum(CASE event_type WHEN 'follow' THEN 1 ELSE 0 END) AS follows
FROM counted_interactions GROUP BY viewer_id, day
