-- The pipeline of the post "Real-Time Viewer Engagement Scoring with RisingWave and DynamoDB", as
-- published: its names, columns and meaning. Use ../viewer-engagement for something new; this one is
-- here to compare with, and for those who started from the post. What differs from it, and why, is said
-- where it differs.
--
-- The brokers come from the environment (the post: 'broker:9092'); empty means the local topics of
-- `freshet dev`.

CREATE SOURCE view_events (
    event_id         VARCHAR,
    viewer_id        BIGINT,
    content_id       VARCHAR,
    genre            VARCHAR,
    watch_duration_sec INT,
    completion_pct   DECIMAL,
    watched_at       TIMESTAMP
) WITH (
    connector = 'kafka',
    topic = 'view_events',
    properties.bootstrap.server = '${KAFKA_BROKERS:-}',
    scan.startup.mode = 'latest'
) FORMAT PLAIN ENCODE JSON;

-- The post uses this source without defining it.
CREATE SOURCE content_interactions (
    event_id         VARCHAR,
    viewer_id        BIGINT,
    content_id       VARCHAR,
    event_type       VARCHAR,
    event_ts         TIMESTAMP
) WITH (
    connector = 'kafka',
    topic = 'content_interactions',
    properties.bootstrap.server = '${KAFKA_BROKERS:-}',
    scan.startup.mode = 'latest'
) FORMAT PLAIN ENCODE JSON;
