-- Rendered by Freshet for RisingWave 3.0 from 03_sinks.sql. Change that file, and render it again.
-- Times are UTC: apply it in a session with SET TIME ZONE 'UTC', as `freshet deploy` does.
-- In clusters of more than 4 cores or 20 GiB of memory, RisingWave writes to DynamoDB only with a licence.
-- Without one, render with --sinks kafka and run `freshet sink`.

-- The sinks write the items that the post shows: viewer_id (N), sk (S) and the columns of the view.
--
-- In the post, viewer_id is the only key of both sinks, so on a table keyed by viewer_id each would
-- overwrite the items of the other. The post's sample item does have an sk, but no column of its views
-- supplies it. Here freshet.sort_key does: it adds a second key attribute named sk, with one constant
-- value per sink.

-- Sink the rolling watch engagement profile to DynamoDB
-- RisingWave: the sort key is a column, sk, and a part of primary_key: RisingWave writes columns
-- only.
CREATE SINK viewer_engagement_sink
AS SELECT
    viewer_id,
    watch_minutes_7d,
    watch_minutes_28d,
    titles_7d,
    completions_28d,
    genres_watched_28d,
    'engagement#watch' AS sk
FROM viewer_engagement_rolling
WITH (
    connector   = 'dynamodb',
    table       = 'viewer_profiles',
    region      = '${AWS_REGION:-us-east-1}',
    primary_key = 'viewer_id,sk'
);

-- Sink the interaction domain to the same table, different sort key
-- RisingWave: the sort key is a column, sk, and a part of primary_key: RisingWave writes columns
-- only.
CREATE SINK viewer_interactions_sink
AS SELECT viewer_id, likes_28d, shares_28d, searches_28d, 'engagement#interactions' AS sk FROM content_interactions_rolling
WITH (
    connector   = 'dynamodb',
    table       = 'viewer_profiles',
    region      = '${AWS_REGION:-us-east-1}',
    primary_key = 'viewer_id,sk'
);
