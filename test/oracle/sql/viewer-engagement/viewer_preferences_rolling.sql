-- Each genre's share of the weighted time of views with a known genre.
WITH weighed AS (
  SELECT viewer_id, genre,
    sum(seconds * CASE WHEN day >= today() THEN 4 WHEN day >= today() - 6 THEN 2 WHEN day >= today() - 27 THEN 1
      ELSE 0 END) AS seconds
  FROM counted_views WHERE genre IS NOT NULL GROUP BY viewer_id, genre
)
SELECT a.viewer_id, 'engagement#preferences' AS sk,
  coalesce((SELECT array_agg(genre ORDER BY seconds DESC, genre) FROM (
    SELECT genre, seconds FROM weighed w WHERE w.viewer_id = a.viewer_id AND seconds > 0
    ORDER BY seconds DESC, genre LIMIT 5) x), '{}') AS top_genres,
  coalesce((SELECT jsonb_object_agg(genre, round(seconds::numeric(60, 30) / total, 3)) FROM (
    SELECT genre, seconds,
           (SELECT sum(seconds) FROM weighed t WHERE t.viewer_id = a.viewer_id) AS total
    FROM weighed w WHERE w.viewer_id = a.viewer_id AND seconds > 0
    ORDER BY seconds DESC, genre LIMIT 20) x), '{}') AS genre_affinity
FROM (SELECT DISTINCT viewer_id FROM counted_views) a
