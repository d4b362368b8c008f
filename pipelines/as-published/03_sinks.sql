-- The sinks write the items that the post shows: viewer_id (N), sk (S) and the columns of the view.
--
-- In the post, viewer_id is the only key of both sinks, so on a table keyed by viewer_id each would
-- overwrite the items of the other. The post's sample item does have an sk, but no column of its views
-- supplies it. Here freshet.sort_key does: it adds a second key attribute named sk, with one constant
-- value per sink.

-- Sink the rolling watch engagement profile to DynamoDB
CREATE SINK viewer_engagement_sink
FROM viewer_engagement_rolling
WITH (
    connector   = 'dynamodb',
    table       = 'viewer_profiles',
    region      = '${AWS_REGION:-us-east-1}',
    primary_key = 'viewer_id',
    freshet.sort_key = 'engagement#watch'
);

-- Sink the interaction domain to the same table, different sort key
CREATE SINK viewer_interactions_sink
FROM content_interactions_rolling
WITH (
    connector   = 'dynamodb',
    table       = 'viewer_profiles',
    region      = '${AWS_REGION:-us-east-1}',
    primary_key = 'viewer_id',
    freshet.sort_key = 'engagement#interactions'
);
