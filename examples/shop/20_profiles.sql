-- The three domains of a customer's profile. `day > CURRENT_DATE - 7` covers seven days: today and the six before it.
-- The windows are in FILTER rather than WHERE, so that a customer who stays away keeps the row, with zeros.
--
-- Comments at a view and at its columns become the documentation of the generated types.

-- What a customer bought.
CREATE MATERIALIZED VIEW customer_orders AS
SELECT customer_id,
       COALESCE(SUM(orders) FILTER (WHERE day > CURRENT_DATE - 7), 0)::bigint  AS orders_7d,   -- with those of today
       COALESCE(SUM(orders) FILTER (WHERE day > CURRENT_DATE - 28), 0)::bigint AS orders_28d,
       COALESCE(SUM(amount) FILTER (WHERE day > CURRENT_DATE - 7), 0)          AS spent_7d,    -- exact to the cent
       COALESCE(SUM(amount) FILTER (WHERE day > CURRENT_DATE - 28), 0)         AS spent_28d,
       MAX(day)                                                                AS last_ordered_on
FROM orders_by_day
GROUP BY customer_id;

-- How often a customer looked at each category in the last seven days.
CREATE MATERIALIZED VIEW category_views AS
SELECT customer_id, category, SUM(views)::bigint AS views
FROM page_views_by_day
WHERE day > CURRENT_DATE - 7 AND category IS NOT NULL
GROUP BY customer_id, category;

-- What a customer looked at.
CREATE MATERIALIZED VIEW customer_browsing AS
WITH seen AS (
    SELECT customer_id,
           COUNT(*) FILTER (WHERE last_seen_on > CURRENT_DATE - 1) AS products_1d,
           COUNT(*) FILTER (WHERE last_seen_on > CURRENT_DATE - 7) AS products_7d
    FROM products_seen
    GROUP BY customer_id
),
categories AS (
    SELECT customer_id,
           ARRAY_AGG(category ORDER BY views DESC, category) AS top_categories,
           jsonb_object_agg(category, views)                 AS views_by_category
    FROM category_views
    GROUP BY customer_id
)
SELECT s.customer_id,
       s.products_1d,                                                              -- different products seen today
       s.products_7d,
       COALESCE(c.top_categories, ARRAY[]::varchar[])      AS top_categories,      -- of the last 7 days, best first
       COALESCE(c.views_by_category, jsonb_build_object()) AS views_by_category    -- of the last 7 days
FROM seen s
LEFT JOIN categories c ON c.customer_id = s.customer_id;

-- What a customer sent back.
CREATE MATERIALIZED VIEW customer_returns AS
SELECT customer_id,
       COALESCE(SUM(returns) FILTER (WHERE day > CURRENT_DATE - 28), 0)::bigint AS returns_28d,
       COALESCE(SUM(amount) FILTER (WHERE day > CURRENT_DATE - 28), 0)          AS refunded_28d,   -- exact to the cent
       MAX(day)                                                                 AS last_returned_on
FROM returns_by_day
GROUP BY customer_id;
