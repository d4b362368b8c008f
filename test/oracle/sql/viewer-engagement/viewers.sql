SELECT DISTINCT ON (viewer_id) viewer_id, watched_at AS last_watched_at
FROM counted_views ORDER BY viewer_id, watched_at DESC
