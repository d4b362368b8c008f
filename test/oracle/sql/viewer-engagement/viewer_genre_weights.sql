-- Each second of the last 28 days weighs 1, of the last 7 days 2, and of today 4.
SELECT viewer_id, genre,
  sum(seconds * ((day >= today() - 27)::int + (day >= today() - 6)::int + 2 * (day >= today())::int))
    AS weighted_seconds
FROM counted_views GROUP BY viewer_id, genre
