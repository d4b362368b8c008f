SELECT DISTINCT ON (viewer_id, genre) viewer_id, genre, watched_at AS last_watched_at
FROM counted_views ORDER BY viewer_id, genre, watched_at DESC
