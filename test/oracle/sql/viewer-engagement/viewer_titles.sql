SELECT DISTINCT ON (viewer_id, content_id) viewer_id, content_id, watched_at AS last_watched_at
FROM counted_views ORDER BY viewer_id, content_id, watched_at DESC
