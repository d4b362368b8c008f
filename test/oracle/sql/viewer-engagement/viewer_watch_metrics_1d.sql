-- Every day on which a viewer watched.
SELECT d.viewer_id, d.day AS watch_date,
  (SELECT sum(seconds) FROM counted_views v WHERE v.viewer_id = d.viewer_id AND v.day = d.day) AS watch_seconds,
  (SELECT count(*) FROM counted_views v WHERE v.viewer_id = d.viewer_id AND v.day = d.day) AS views,
  (SELECT count(*) FROM counted_views v
    WHERE v.viewer_id = d.viewer_id AND v.day = d.day AND completion_pct IS NOT NULL) AS measured_views,
  (SELECT count(*) FROM counted_views v
    WHERE v.viewer_id = d.viewer_id AND v.day = d.day AND completion_pct >= 0.9) AS completions,
  (SELECT count(*) FROM (SELECT DISTINCT content_id FROM counted_views v
    WHERE v.viewer_id = d.viewer_id AND v.day = d.day AND content_id IS NOT NULL) x) AS content_started,
  (SELECT count(*) FROM (SELECT DISTINCT genre FROM counted_views v
    WHERE v.viewer_id = d.viewer_id AND v.day = d.day AND genre IS NOT NULL) x) AS genres_watched
FROM (SELECT DISTINCT viewer_id, day FROM counted_views) d
