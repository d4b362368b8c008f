SELECT viewer_id, genre,
  sum(CASE WHEN watched_at >= date_trunc('minute', as_of()) - interval '59 minutes' THEN seconds ELSE 0 END)
    AS seconds_1h,
  sum(seconds) AS seconds_6h,
  count(DISTINCT content_id) AS titles_6h,
  date_trunc('minute', max(watched_at)) AS last_minute
FROM session_views
GROUP BY viewer_id, genre
