-- The post's daily tile, where a NULL viewer or time forms a group. sum/60 is numeric(60,30), with more
-- digits than the 28 of the engine, so that only the engine limits the comparison.
SELECT viewer_id, date_trunc('day', watched_at) AS watch_date,
  sum(watch_duration_sec)::numeric(60, 30) / 60 AS watch_time_minutes,
  count(DISTINCT content_id) AS content_started,
  sum(CASE WHEN completion_pct >= 0.9 THEN 1 ELSE 0 END) AS completions,
  count(DISTINCT genre) AS genres_watched
FROM view_events GROUP BY 1, 2
