-- What the shop knows of its customers: orders, page views and returns.
--
-- Each column takes the JSON field of the same name. A record without a value in a NOT NULL column, or without its key,
-- becomes a dead letter; every other column is NULL where its field is missing.
--
-- Environment: KAFKA_BROKERS (host:port,...). While it is unset, `freshet dev` keeps a durable local topic for each
-- source, and takes events by POST /v1/sources/{source}/events.

-- A table keeps one row for each order_id, so that an order that is sent twice counts once.
CREATE TABLE orders (
    order_id    VARCHAR PRIMARY KEY,
    customer_id VARCHAR NOT NULL,
    category    VARCHAR,
    amount      DECIMAL NOT NULL,     -- in the shop's currency
    ordered_at  TIMESTAMPTZ NOT NULL
) APPEND ONLY WITH (
    connector = 'kafka',
    topic = 'orders',
    properties.bootstrap.server = '${KAFKA_BROKERS:-}'
) FORMAT PLAIN ENCODE JSON;

CREATE SOURCE page_views (
    customer_id VARCHAR NOT NULL,
    product_id  VARCHAR NOT NULL,
    category    VARCHAR,
    viewed_at   TIMESTAMPTZ NOT NULL
) WITH (
    connector = 'kafka',
    topic = 'page_views',
    properties.bootstrap.server = '${KAFKA_BROKERS:-}'
) FORMAT PLAIN ENCODE JSON;

CREATE TABLE returns (
    return_id   VARCHAR PRIMARY KEY,
    order_id    VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    amount      DECIMAL NOT NULL,     -- what the customer gets back
    reason      VARCHAR,
    returned_at TIMESTAMPTZ NOT NULL
) APPEND ONLY WITH (
    connector = 'kafka',
    topic = 'returns',
    properties.bootstrap.server = '${KAFKA_BROKERS:-}'
) FORMAT PLAIN ENCODE JSON;
