SELECT a.viewer_id, 'engagement#interactions' AS sk,
  (SELECT count(*) FROM counted_interactions i
    WHERE i.viewer_id = a.viewer_id AND day >= today() - 27 AND event_type = 'like') AS likes_28d,
  (SELECT count(*) FROM counted_interactions i
    WHERE i.viewer_id = a.viewer_id AND day >= today() - 27 AND event_type = 'share') AS shares_28d,
  (SELECT count(*) FROM counted_interactions i
    WHERE i.viewer_id = a.viewer_id AND day >= today() - 27 AND event_type = 'search') AS searches_28d,
  (SELECT count(*) FROM counted_interactions i
    WHERE i.viewer_id = a.viewer_id AND day >= today() - 27 AND event_type = 'comment') AS comments_28d,
  (SELECT count(*) FROM counted_interactions i
    WHERE i.viewer_id = a.viewer_id AND day >= today() - 27 AND event_type = 'follow') AS follows_28d
FROM (SELECT DISTINCT viewer_id FROM counted_interactions) a
