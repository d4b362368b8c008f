-- The greatest genre that a view of the title named, NULL if none did.
SELECT DISTINCT ON (content_id) content_id, genre
FROM counted_views
WHERE content_id IS NOT NULL
ORDER BY content_id, genre DESC NULLS LAST
