-- The two event streams.
--
-- Columns are matched with the fields of the JSON by name; fields without a column are ignored, missing
-- ones are NULL. Timestamps are UTC, without a zone suffix.
--
-- Environment: KAFKA_BROKERS (host:port,...). Unset or empty means that there is no broker: `freshet
-- dev` then keeps a durable local topic for each source, behind POST /v1/sources/{source}/events.
--
-- The start is 'earliest' on purpose: with 'latest' a new pipeline would need 28 days until its 28-day
-- figures are right. It only matters once: after that the positions in the pipeline's own checkpoint
-- count.
--
-- Delivery of a topic is at least once: an event that a producer sends twice is counted twice. If your
-- producers retry without idempotence, make a table of the source, with the event's id as its key:
-- CREATE TABLE view_events (event_id VARCHAR PRIMARY KEY, ...) APPEND ONLY WITH (...) ... takes an id
-- once. That costs one id per event in state.

CREATE SOURCE view_events (
    event_id           VARCHAR,
    viewer_id          BIGINT,
    content_id         VARCHAR,
    genre              VARCHAR,
    watch_duration_sec INT,
    completion_pct     DECIMAL,   -- 0 to 1; NULL where the length of the title is unknown
    watched_at         TIMESTAMP  -- UTC, no zone suffix; freshet:allow F006
) WITH (
    connector = 'kafka',
    topic = '${VIEW_EVENTS_TOPIC:-view_events}',
    properties.bootstrap.server = '${KAFKA_BROKERS:-}',
    scan.startup.mode = 'earliest'
) FORMAT PLAIN ENCODE JSON;

CREATE SOURCE content_interactions (
    event_id           VARCHAR,
    viewer_id          BIGINT,
    content_id         VARCHAR,   -- NULL for a search
    event_type         VARCHAR,   -- like, share, search, comment, follow; others are ignored
    event_ts           TIMESTAMP  -- UTC, no zone suffix; freshet:allow F006
) WITH (
    connector = 'kafka',
    topic = '${CONTENT_INTERACTIONS_TOPIC:-content_interactions}',
    properties.bootstrap.server = '${KAFKA_BROKERS:-}',
    scan.startup.mode = 'earliest'
) FORMAT PLAIN ENCODE JSON;
