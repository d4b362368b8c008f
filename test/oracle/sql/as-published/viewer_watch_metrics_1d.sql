-- The post's daily tile. A NULL viewer or time is a group like any other there. sum/60 as
-- numeric(60,30): more digits than the engine's 28, so that the comparison is limited by the engine
-- alone.
SELECT viewer_id, date_trunc('day', watched_at) AS watch_date,
  sum(watch_duration_sec)::numeric(60, 30) / 60 AS watch_time_minutes,
  count(DISTINCT content_id) AS content_started,
  sum(CASE WHEN completion_pct >= 0.9 THEN 1 ELSE 0 END) AS completions,
  count(DISTINCT genre) AS genres_watched
FROM view_events GROUP BY 1, 2
