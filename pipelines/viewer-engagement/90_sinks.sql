-- One item per viewer and domain, in one table: partition key viewer_id (N), sort key sk (S). A profile
-- is read with one GetItem per domain, or with one Query for all of them. Sinks write the rolling
-- views, never the tiles.
--
-- Environment: VIEWER_PROFILES_TABLE, AWS_REGION, and the usual AWS variables for credentials and
-- endpoint. Without any, `freshet dev` writes to a DynamoDB of its own.
--
-- Domains are independent: each has its view, its sink and its item, and can be changed or removed
-- alone.

CREATE SINK viewer_watch_sink FROM viewer_engagement_rolling WITH (
    connector = 'dynamodb',
    table = '${VIEWER_PROFILES_TABLE:-viewer_profiles}',
    region = '${AWS_REGION:-us-east-1}',
    primary_key = 'viewer_id,sk'
);

CREATE SINK viewer_session_sink FROM viewer_session_rolling WITH (
    connector = 'dynamodb',
    table = '${VIEWER_PROFILES_TABLE:-viewer_profiles}',
    region = '${AWS_REGION:-us-east-1}',
    primary_key = 'viewer_id,sk'
);

CREATE SINK viewer_interactions_sink FROM content_interactions_rolling WITH (
    connector = 'dynamodb',
    table = '${VIEWER_PROFILES_TABLE:-viewer_profiles}',
    region = '${AWS_REGION:-us-east-1}',
    primary_key = 'viewer_id,sk'
);

CREATE SINK viewer_preferences_sink FROM viewer_preferences_rolling WITH (
    connector = 'dynamodb',
    table = '${VIEWER_PROFILES_TABLE:-viewer_profiles}',
    region = '${AWS_REGION:-us-east-1}',
    primary_key = 'viewer_id,sk'
);

CREATE SINK viewer_history_sink FROM viewer_history WITH (
    connector = 'dynamodb',
    table = '${VIEWER_PROFILES_TABLE:-viewer_profiles}',
    region = '${AWS_REGION:-us-east-1}',
    primary_key = 'viewer_id,sk'
);

CREATE SINK catalogue_trending_sink FROM catalogue_trending WITH (
    connector = 'dynamodb',
    table = '${VIEWER_PROFILES_TABLE:-viewer_profiles}',
    region = '${AWS_REGION:-us-east-1}',
    primary_key = 'viewer_id,sk'
);
