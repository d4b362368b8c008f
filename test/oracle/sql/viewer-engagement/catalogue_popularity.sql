SELECT content_id,
  count(DISTINCT CASE WHEN watched_at >= date_trunc('hour', as_of()) - interval '23 hours' THEN viewer_id END)
    AS viewers_24h,
  count(DISTINCT CASE WHEN day >= today() - 6 THEN viewer_id END) AS viewers_7d
FROM counted_views WHERE content_id IS NOT NULL GROUP BY content_id
