-- Rendered by Freshet for RisingWave 3.0 from 90_sinks.sql. Change that file, and render it again.
-- Times are UTC: apply it in a session with SET TIME ZONE 'UTC', as `freshet deploy` does.
-- In clusters of more than 4 cores or 20 GiB of memory, RisingWave writes to DynamoDB only with a licence.
-- Without one, render with --sinks kafka and run `freshet sink`.

-- The sinks: one DynamoDB item per viewer and domain, all in one table with partition key viewer_id (N)
-- and sort key sk (S). GetItem reads one domain of a profile, Query reads all of them. Only rolling views
-- have sinks; tiles stay inside the pipeline.
--
-- Environment: VIEWER_PROFILES_TABLE, AWS_REGION, and the usual AWS variables for credentials and
-- endpoint. If no AWS credentials or endpoint are set, `freshet dev` writes to its embedded DynamoDB.
--
-- Each domain has its own view, sink and item, so you can change or remove one without the others.

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
