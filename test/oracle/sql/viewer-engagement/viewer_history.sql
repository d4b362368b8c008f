-- A viewer's titles by their last view, the latest first.
SELECT viewer_id, 'engagement#history' AS sk, (array_agg(content_id ORDER BY watched_at DESC, content_id))[1:20]
  AS recent_titles
FROM (
  SELECT DISTINCT viewer_id, content_id, watched_at FROM counted_views v
  WHERE content_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM counted_views later
    WHERE later.viewer_id = v.viewer_id AND later.content_id = v.content_id AND later.watched_at > v.watched_at)
) last_views
GROUP BY viewer_id
