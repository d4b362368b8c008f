SELECT viewer_id, day AS watch_date,
  sum(seconds) AS watch_seconds,
  count(*) AS views,
  sum((completion_pct IS NOT NULL)::int) AS measured_views,
  sum(CASE WHEN completion_pct >= 0.9 THEN 1 ELSE 0 END) AS completions,
  cardinality(array_remove(array_agg(DISTINCT content_id), NULL)) AS content_started,
  cardinality(array_remove(array_agg(DISTINCT genre), NULL)) AS genres_watched
FROM counted_views GROUP BY viewer_id, day
