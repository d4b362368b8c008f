-- Rendered by Freshet for RisingWave 3.0 from 01_sources.sql. Change that file, and render it again.
-- Times are UTC: apply it in a session with SET TIME ZONE 'UTC', as `freshet deploy` does.

-- The two event streams that the pipeline reads: what viewers watch, and how they interact with titles.
--
-- Each column takes the JSON field of the same name. Fields without a column are ignored; a column
-- whose field is missing is NULL. Timestamps are UTC, without a zone suffix.
--
-- Environment: KAFKA_BROKERS (host:port,...), VIEW_EVENTS_TOPIC, CONTENT_INTERACTIONS_TOPIC. If
-- KAFKA_BROKERS is unset or empty, `freshet dev` keeps a durable local topic for each source instead;
-- POST events to /v1/sources/{source}/events.
--
-- The first start reads from 'earliest', so that the 28-day figures are right as soon as the pipeline
-- has caught up; with 'latest' that would take 28 days. Later starts resume from the offsets in the
-- pipeline's checkpoint.
--
-- An event that a producer sends twice is counted twice. If your producers retry without idempotence,
-- replace the source by a table whose key is the event's id. It keeps the first event of each id:
--   CREATE TABLE view_events (event_id VARCHAR PRIMARY KEY, ...) APPEND ONLY WITH (...) ...
-- The table holds every id that it has seen, so its state grows by one row per event.

CREATE SOURCE view_events (
    event_id           VARCHAR,
    viewer_id          BIGINT,
    content_id         VARCHAR,
    genre              VARCHAR,
    watch_duration_sec INT,
    completion_pct     DECIMAL,   -- 0 to 1; NULL if the length of the title is unknown
    watched_at         TIMESTAMP  -- UTC, no zone suffix; freshet:allow F006
) WITH (
    connector = 'kafka',
    topic = '${VIEW_EVENTS_TOPIC:-view_events}',
    properties.bootstrap.server = '${KAFKA_BROKERS}',
    scan.startup.mode = 'earliest'
) FORMAT PLAIN ENCODE JSON;

CREATE SOURCE content_interactions (
    event_id           VARCHAR,
    viewer_id          BIGINT,
    content_id         VARCHAR,   -- NULL for a search
    event_type         VARCHAR,   -- like, share, search, comment or follow; other types count nowhere
    event_ts           TIMESTAMP  -- UTC, no zone suffix; freshet:allow F006
) WITH (
    connector = 'kafka',
    topic = '${CONTENT_INTERACTIONS_TOPIC:-content_interactions}',
    properties.bootstrap.server = '${KAFKA_BROKERS}',
    scan.startup.mode = 'earliest'
) FORMAT PLAIN ENCODE JSON;
