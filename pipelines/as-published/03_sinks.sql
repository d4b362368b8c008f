-- The sinks write the post's items: viewer_id (N), sk (S) and the view's columns.
--
-- The post's two sinks both have viewer_id as their only key: on a table keyed by viewer_id they would
-- overwrite each other's items, and its sample item has an sk that no column of its views gives.
-- freshet.sort_key adds it: a constant second key attribute, named sk, one value per domain.

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
