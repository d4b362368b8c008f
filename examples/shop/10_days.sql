-- Tiles: one row per customer and day (UTC). The profiles of 20_profiles.sql add them up over their windows, so an
-- event counts on the day on which it happened, however late it arrives.

CREATE MATERIALIZED VIEW orders_by_day AS
SELECT customer_id,
       (ordered_at AT TIME ZONE 'UTC')::date AS day,
       COUNT(*)                              AS orders,
       SUM(amount)                           AS amount
FROM orders
GROUP BY customer_id, (ordered_at AT TIME ZONE 'UTC')::date;

-- When each customer last looked at each product. A product was seen in the last seven days if and only if its last
-- view was, so that counting these rows counts different products exactly, for any window.
CREATE MATERIALIZED VIEW products_seen AS
SELECT customer_id,
       product_id,
       COUNT(*)                                   AS views,
       MAX((viewed_at AT TIME ZONE 'UTC')::date)  AS last_seen_on
FROM page_views
GROUP BY customer_id, product_id;

CREATE MATERIALIZED VIEW page_views_by_day AS
SELECT customer_id,
       (viewed_at AT TIME ZONE 'UTC')::date AS day,
       category,
       COUNT(*)                             AS views
FROM page_views
GROUP BY customer_id, (viewed_at AT TIME ZONE 'UTC')::date, category;

CREATE MATERIALIZED VIEW returns_by_day AS
SELECT customer_id,
       (returned_at AT TIME ZONE 'UTC')::date AS day,
       COUNT(*)                               AS returns,
       SUM(amount)                            AS amount
FROM returns
GROUP BY customer_id, (returned_at AT TIME ZONE 'UTC')::date;
