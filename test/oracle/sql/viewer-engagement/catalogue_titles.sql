SELECT content_id, (SELECT genre FROM counted_views g WHERE g.content_id = c.content_id AND genre IS NOT NULL
  ORDER BY genre DESC LIMIT 1) AS genre
FROM (SELECT DISTINCT content_id FROM counted_views WHERE content_id IS NOT NULL) c
