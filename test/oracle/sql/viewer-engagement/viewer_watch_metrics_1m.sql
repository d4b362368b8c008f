-- The running minute and the 359 before it.
SELECT viewer_id, genre, content_id, date_trunc('minute', watched_at) AS watch_minute, sum(seconds) AS watch_seconds
FROM counted_views
WHERE watched_at >= date_trunc('minute', as_of()) - interval '359 minutes'
GROUP BY 1, 2, 3, 4
