SELECT a.viewer_id, 'engagement#session' AS sk,
  (SELECT round(coalesce(sum(seconds), 0)::numeric(60, 30) / 60, 2) FROM session_views v
    WHERE v.viewer_id = a.viewer_id AND v.watched_at >= date_trunc('minute', as_of()) - interval '59 minutes')
    AS watch_minutes_1h,
  (SELECT round(coalesce(sum(seconds), 0)::numeric(60, 30) / 60, 2) FROM session_views v
    WHERE v.viewer_id = a.viewer_id) AS watch_minutes_6h,
  c.genre AS current_genre,
  (SELECT count(DISTINCT content_id) FROM session_views v
    WHERE v.viewer_id = a.viewer_id AND v.genre = c.genre) AS binge_length,
  (SELECT max(watched_at) FROM counted_views v WHERE v.viewer_id = a.viewer_id) AS last_watched_at
FROM (SELECT DISTINCT viewer_id FROM counted_views) a
LEFT JOIN LATERAL (
  SELECT genre FROM session_views v
  WHERE v.viewer_id = a.viewer_id AND genre IS NOT NULL
  GROUP BY genre
  ORDER BY
    coalesce(sum(seconds) FILTER (WHERE watched_at >= date_trunc('minute', as_of()) - interval '59 minutes'), 0) DESC,
    max(date_trunc('minute', watched_at)) DESC,
    genre
  LIMIT 1
) c ON true
