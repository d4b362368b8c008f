-- The post's "7 days" are today and the seven days before it, its "28 days" today and the 28 days before
-- it; later days count as well. Of titles and genres, each pair of a day and a title (or genre) counts
-- once. A day of the window without any duration is NULL, a day outside of it is 0; the SUM over days is
-- NULL if all days are NULL.
WITH views AS (
  SELECT *, coalesce(watched_at >= today() - 7, false) AS in7, coalesce(watched_at >= today() - 28, false) AS in28
  FROM view_events
)
SELECT viewer_id,
  CASE WHEN bool_or(NOT in7 OR watch_duration_sec IS NOT NULL)
    THEN coalesce(sum(watch_duration_sec) FILTER (WHERE in7), 0)::numeric(60, 30) / 60 END AS watch_minutes_7d,
  CASE WHEN bool_or(NOT in28 OR watch_duration_sec IS NOT NULL)
    THEN coalesce(sum(watch_duration_sec) FILTER (WHERE in28), 0)::numeric(60, 30) / 60 END AS watch_minutes_28d,
  count(DISTINCT (watched_at::date, content_id)) FILTER (WHERE in7 AND content_id IS NOT NULL) AS titles_7d,
  count(*) FILTER (WHERE in28 AND completion_pct >= 0.9) AS completions_28d,
  count(DISTINCT (watched_at::date, genre)) FILTER (WHERE in28 AND genre IS NOT NULL) AS genres_watched_28d
FROM views GROUP BY viewer_id
