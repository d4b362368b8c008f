-- Each window separately from raw view events. The windows of 1, 7 and 28 days end with today.
SELECT a.viewer_id, 'engagement#watch' AS sk,
  d1.minutes AS watch_minutes_1d, d7.minutes AS watch_minutes_7d, d28.minutes AS watch_minutes_28d,
  d1.titles AS titles_1d, d7.titles AS titles_7d, d28.titles AS titles_28d,
  d1.completed AS completions_1d, d7.completed AS completions_7d, d28.completed AS completions_28d,
  d1.rate AS completion_rate_1d, d7.rate AS completion_rate_7d, d28.rate AS completion_rate_28d,
  d1.genres AS genres_watched_1d, d7.genres AS genres_watched_7d, d28.genres AS genres_watched_28d
FROM (SELECT DISTINCT viewer_id FROM counted_views) a
CROSS JOIN LATERAL (
  SELECT round(coalesce(sum(seconds), 0)::numeric(60, 30) / 60, 2) AS minutes,
         count(DISTINCT content_id) AS titles,
         count(DISTINCT genre) AS genres,
         count(CASE WHEN completion_pct >= 0.9 THEN 1 END) AS completed,
         round(avg(CASE WHEN completion_pct >= 0.9 THEN 1 WHEN completion_pct IS NOT NULL THEN 0 END), 3) AS rate
  FROM counted_views v WHERE v.viewer_id = a.viewer_id AND v.day = today()
) d1
CROSS JOIN LATERAL (
  SELECT round(coalesce(sum(seconds), 0)::numeric(60, 30) / 60, 2) AS minutes,
         count(DISTINCT content_id) AS titles,
         count(DISTINCT genre) AS genres,
         count(CASE WHEN completion_pct >= 0.9 THEN 1 END) AS completed,
         round(avg(CASE WHEN completion_pct >= 0.9 THEN 1 WHEN completion_pct IS NOT NULL THEN 0 END), 3) AS rate
  FROM counted_views v WHERE v.viewer_id = a.viewer_id AND v.day BETWEEN today() - 6 AND today()
) d7
CROSS JOIN LATERAL (
  SELECT round(coalesce(sum(seconds), 0)::numeric(60, 30) / 60, 2) AS minutes,
         count(DISTINCT content_id) AS titles,
         count(DISTINCT genre) AS genres,
         count(CASE WHEN completion_pct >= 0.9 THEN 1 END) AS completed,
         round(avg(CASE WHEN completion_pct >= 0.9 THEN 1 WHEN completion_pct IS NOT NULL THEN 0 END), 3) AS rate
  FROM counted_views v WHERE v.viewer_id = a.viewer_id AND v.day BETWEEN today() - 27 AND today()
) d28
