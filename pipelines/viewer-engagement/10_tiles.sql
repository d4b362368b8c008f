-- Tier 1: small, exact building blocks, shared by the domains above them.
--
-- Three rules hold for all of them:
--   * They keep integers (seconds, counts) and dates. Minutes and rates are divided once, in the
--     outermost view: a sum of rounded quotients drifts, a quotient of exact sums does not.
--   * A tile's key holds a calendar day, so a late event lands on the day on which it was watched,
--     however late.
--   * A row that is in a tile stays there (but for the minutes of a session): what a date means for a
--     window is left to the rolling views, and midnight touches only those.

-- What every view below reads: views that can be attributed to a viewer and a day.
--   * Without a viewer or a time there is nothing to attribute: such rows are left out.
--   * A NULL or negative duration counts as zero seconds: the title was started, nothing more is known.
--   * An empty title or genre is an unknown one, as NULL is. (It could not be named in an item either:
--     DynamoDB's maps have no empty keys.)
--   * A device whose clock runs ahead must not fill windows that have not begun: its event is held back
--     until that day comes. Only such rows are kept waiting; all others pass at once.
--
-- A plain VIEW is only a name for a query; it holds no rows.
CREATE VIEW watch_events AS
SELECT
    viewer_id,
    NULLIF(content_id, '') AS content_id,
    NULLIF(genre, '')      AS genre,
    CASE WHEN watch_duration_sec > 0 THEN watch_duration_sec ELSE 0 END AS watch_seconds,
    completion_pct,
    watched_at,
    watched_at::date AS watch_date
FROM view_events
WHERE viewer_id IS NOT NULL
  AND watched_at::date <= CURRENT_DATE;

-- The daily tile: one row per viewer and day. It is also what training data is made of. content_started
-- and genres_watched are exact for their own day; do not add them up over days, that counts a title
-- once per day (20_watch.sql shows the exact form).
CREATE MATERIALIZED VIEW viewer_watch_metrics_1d AS
SELECT
    viewer_id,
    watch_date,
    SUM(watch_seconds)                               AS watch_seconds,
    COUNT(*)                                         AS views,
    COUNT(completion_pct)                            AS measured_views,   -- views of titles of known length
    COUNT(*) FILTER (WHERE completion_pct >= 0.9)    AS completions,
    COUNT(DISTINCT content_id)                       AS content_started,
    COUNT(DISTINCT genre)                            AS genres_watched
FROM watch_events
GROUP BY viewer_id, watch_date;

-- Watch time by genre and day, for the preferences. A view of unknown genre is kept under NULL.
CREATE MATERIALIZED VIEW viewer_genre_metrics_1d AS
SELECT
    viewer_id,
    genre,
    watch_date,
    SUM(watch_seconds) AS watch_seconds
FROM watch_events
GROUP BY viewer_id, genre, watch_date;

-- Who, and when last: one row per viewer, for the domains that keep a row of zeros for idle viewers.
CREATE MATERIALIZED VIEW viewers AS
SELECT viewer_id, MAX(watched_at) AS last_watched_at
FROM watch_events
GROUP BY viewer_id;

-- When a viewer last watched a title, and a genre. From these an exact "how many different ones in the
-- last n days" is a plain count for every n at once: a title was watched in the window if and only if
-- its last view was. The alternative, COUNT(DISTINCT ...) per window, would hold every day of every
-- title.
CREATE MATERIALIZED VIEW viewer_titles AS
SELECT viewer_id, content_id, MAX(watched_at) AS last_watched_at
FROM watch_events
GROUP BY viewer_id, content_id;

CREATE MATERIALIZED VIEW viewer_genres AS
SELECT viewer_id, genre, MAX(watched_at) AS last_watched_at
FROM watch_events
GROUP BY viewer_id, genre;

-- The minute tile, of the last six hours only: what a session is made of. Here the time is bounded
-- *below* the aggregate, so that tiles go away by themselves and the state is six hours of views, not
-- all of them; and above, so that a clock that runs ahead by hours does not keep a session alive for as
-- long. now() AT TIME ZONE 'UTC' makes a TIMESTAMP of now(), the type of watched_at, whatever zone a
-- session is in.
CREATE MATERIALIZED VIEW viewer_watch_metrics_1m AS
SELECT
    viewer_id,
    genre,
    content_id,
    date_trunc('minute', watched_at) AS watch_minute,
    SUM(watch_seconds)               AS watch_seconds
FROM watch_events
WHERE date_trunc('minute', watched_at) > date_trunc('minute', now() AT TIME ZONE 'UTC') - INTERVAL '6 hours'
  AND date_trunc('minute', watched_at) <= date_trunc('minute', now() AT TIME ZONE 'UTC')
GROUP BY viewer_id, genre, content_id, date_trunc('minute', watched_at);

-- Interactions per viewer and day, by kind. As above: no viewer or no time, no row; the future waits.
CREATE MATERIALIZED VIEW viewer_interactions_1d AS
SELECT
    viewer_id,
    event_ts::date                                   AS event_date,
    COUNT(*) FILTER (WHERE event_type = 'like')      AS likes,
    COUNT(*) FILTER (WHERE event_type = 'share')     AS shares,
    COUNT(*) FILTER (WHERE event_type = 'search')    AS searches,
    COUNT(*) FILTER (WHERE event_type = 'comment')   AS comments,
    COUNT(*) FILTER (WHERE event_type = 'follow')    AS follows
FROM content_interactions
WHERE viewer_id IS NOT NULL
  AND event_ts::date <= CURRENT_DATE
GROUP BY viewer_id, event_ts::date;
