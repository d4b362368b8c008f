SELECT viewer_id, genre, content_id, date_trunc('minute', watched_at) AS watch_minute, sum(seconds) AS watch_seconds
FROM session_views
GROUP BY 1, 2, 3, 4
