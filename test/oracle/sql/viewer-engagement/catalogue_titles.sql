-- The greatest genre of all views of the title; NULL if no view has one.
SELECT DISTINCT ON (content_id) content_id, genre
FROM counted_views
WHERE content_id IS NOT NULL
ORDER BY content_id, genre DESC NULLS LAST
