-- Rendered by Freshet for RisingWave 3.0 from 01_sources.sql. Change that file, and render it again.
-- Times are UTC: apply it in a session with SET TIME ZONE 'UTC', as `freshet deploy` does.

-- The pipeline of the post "Real-Time Viewer Engagement Scoring with RisingWave and DynamoDB", with the
-- names, columns and meaning that the post gives it. It is here for comparison and for readers who
-- started from the post; start a new pipeline from ../viewer-engagement. A comment marks each place
-- where this pipeline differs from the post and says why.
--
-- Environment: KAFKA_BROKERS (host:port,...), where the post writes 'broker:9092'. If it is unset or
-- empty, `freshet dev` reads from its own local topics.

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
    properties.bootstrap.server = '${KAFKA_BROKERS}',
    scan.startup.mode = 'latest'
) FORMAT PLAIN ENCODE JSON;

-- The post reads from this source but does not define it.
CREATE SOURCE content_interactions (
    event_id         VARCHAR,
    viewer_id        BIGINT,
    content_id       VARCHAR,
    event_type       VARCHAR,
    event_ts         TIMESTAMP
) WITH (
    connector = 'kafka',
    topic = 'content_interactions',
    properties.bootstrap.server = '${KAFKA_BROKERS}',
    scan.startup.mode = 'latest'
) FORMAT PLAIN ENCODE JSON;
