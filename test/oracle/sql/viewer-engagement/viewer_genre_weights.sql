-- One for each second in 28 days, one more if within 7, two more if today.
SELECT viewer_id, genre,
  sum(seconds * ((day >= today() - 27)::int + (day >= today() - 6)::int + 2 * (day >= today())::int))
    AS weighted_seconds
FROM counted_views GROUP BY viewer_id, genre
