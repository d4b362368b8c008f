SELECT viewer_id, genre, day AS watch_date, sum(seconds) AS watch_seconds
FROM counted_views GROUP BY 1, 2, 3
