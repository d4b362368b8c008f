WITH popular AS (
  SELECT content_id, max(genre) AS genre,
    count(DISTINCT viewer_id) FILTER (WHERE watched_at >= date_trunc('hour', as_of()) - interval '23 hours') AS h24,
    count(DISTINCT viewer_id) FILTER (WHERE day BETWEEN today() - 6 AND today()) AS d7
  FROM counted_views WHERE content_id IS NOT NULL
  GROUP BY content_id
  HAVING bool_or(day >= today() - 6)
  ORDER BY h24 DESC, d7 DESC, content_id
  LIMIT 50
)
SELECT 0 AS viewer_id, 'catalogue#trending' AS sk,
  coalesce(array_agg(content_id ORDER BY h24 DESC, d7 DESC, content_id), '{}') AS titles,
  coalesce(array_agg(genre ORDER BY h24 DESC, d7 DESC, content_id), '{}') AS genres
FROM popular
