import type { Random } from '../../../oracle/support/random.ts';

/** The tables that the queries below read: events with times of every type, and people whom they belong to. */
export const TABLES = `CREATE TABLE e (
  id BIGINT PRIMARY KEY, k INT, g VARCHAR, n INT, v BIGINT, d DATE, ts TIMESTAMP, tz TIMESTAMPTZ
);
CREATE TABLE p (k INT PRIMARY KEY, name VARCHAR, since DATE NOT NULL, days INT);
`;

/** Returns a view definition that uses the clock in one of many ways, and whose rows have a key or are a multiset. */
export function randomClockView(name: string, r: Random): string {
  const query = r.pick(SHAPES)(r);
  return `CREATE MATERIALIZED VIEW ${name} AS\n${query};\n`;
}

const OPS = ['<', '<=', '>', '>=', '='] as const;
const UNITS = ['hour', 'minute', 'day', 'week', 'month', 'year'] as const;

/** A length of time without months. */
function length(r: Random): string {
  return r.pick([
    "'1 day'",
    "'7 days'",
    "'36 hours'",
    "'90 minutes'",
    "'2 weeks'",
    "'1 day 6 hours'",
    "'30 seconds'",
  ]);
}

/** A comparison of a row's time with the clock, in a form that people write. */
function comparison(r: Random, p = ''): string {
  const op = r.pick(OPS);
  const n = r.between(0, 9);
  const d = `${p}d`;
  const ts = `${p}ts`;
  const tz = `${p}tz`;
  return r.pick([
    () => `${d} ${op} CURRENT_DATE - ${n}`,
    () => `CURRENT_DATE - ${n} ${op} ${d}`,
    () => `${ts}::date ${op} CURRENT_DATE - ${n}`,
    () => `${tz}::date ${op} now()::date - ${n}`,
    () => `${ts} ${op} now() - INTERVAL ${length(r)}`,
    () => `${tz} ${op} CURRENT_TIMESTAMP - INTERVAL ${length(r)}`,
    () => `${ts} + INTERVAL ${length(r)} ${op} LOCALTIMESTAMP`,
    () => `${d} ${op} now() - INTERVAL ${length(r)}`,
    () => `${ts} ${op} CURRENT_DATE - ${n}`,
    () => `CURRENT_DATE - ${d} ${op} ${n}`,
    () => `${d} - CURRENT_DATE ${op} ${-n}`,
    () => `now() - ${tz} ${op} INTERVAL ${length(r)}`,
    () => `LOCALTIMESTAMP - ${ts} ${op} INTERVAL ${length(r)}`,
    () =>
      `date_trunc('${r.pick(UNITS)}', ${ts}) ${op} date_trunc('${r.pick(UNITS)}', now() AT TIME ZONE 'UTC')`,
    () =>
      `date_trunc('hour', ${ts}) ${op} date_trunc('hour', now() AT TIME ZONE 'UTC') - INTERVAL '${n} hours'`,
    () => `${d} ${op} (CURRENT_DATE - INTERVAL '1 month')::date`,
    () => `${d} ${op} date_trunc('month', now()) - INTERVAL '${n} months'`,
    () => `${d} ${op} (now() - INTERVAL '${n} days')::date`,
    () => `EXTRACT(EPOCH FROM now() - ${tz}) ${op} ${n * 3600}`,
    () => `EXTRACT(EPOCH FROM now() - ${tz}) / 3600 ${op} ${n}`,
    () => `DATE_PART('day', now() - ${tz}) ${op} ${n}`,
    () => `EXTRACT(DAY FROM LOCALTIMESTAMP - ${ts}) ${op} ${n - 3}`,
    () => `(CURRENT_DATE - ${d}) / 7 ${op} ${n - 4}`,
    () => `FLOOR(EXTRACT(EPOCH FROM now() - ${tz}) / 86400) ${op} ${n - 4}`,
    () => `(CURRENT_DATE - ${d}) * 2 + 1 ${op} ${n}`,
    () => `${d} + ${p}n ${op} CURRENT_DATE`,
    () => `${d} ${op} CURRENT_DATE - ${p}n`,
    () => `CURRENT_DATE - ${d} ${op} ${p}n`,
    () => `${tz} ${op} now() - ${p}n * INTERVAL '1 hour'`,
    () => `${ts} ${op} GREATEST(TIMESTAMP '2026-03-03 00:00:00', LOCALTIMESTAMP - INTERVAL ${length(r)})`,
    () => `${ts} ${op} LEAST(${p}d::timestamp, LOCALTIMESTAMP - INTERVAL ${length(r)})`,
    () => `${ts} ${op} COALESCE(${p}d::timestamp, LOCALTIMESTAMP - INTERVAL ${length(r)})`,
    () => `(${tz} AT TIME ZONE 'Europe/Berlin')::date ${op} (now() AT TIME ZONE 'Europe/Berlin')::date`,
    () =>
      `(${tz} AT TIME ZONE 'America/New_York')::date ${op} (now() AT TIME ZONE 'America/New_York')::date - ${n}`,
    () => `age(now(), ${tz}) ${op === '=' ? '<' : op} INTERVAL ${length(r)}`,
    () => `${ts} ${op} (CURRENT_DATE - ${p}n)::timestamp`,
    () => `to_timestamp(${p}v * 3600) ${op} now()`,
    () => `${p}v * 3600 ${op} EXTRACT(EPOCH FROM now())`,
  ])();
}

/** A condition on the clock that is no plain comparison. */
export function condition(r: Random, p = '', depth = 0): string {
  const n = r.between(1, 9);
  const sub = (): string => (depth > 1 ? comparison(r, p) : condition(r, p, depth + 1));
  return r.pick([
    () => comparison(r, p),
    () => comparison(r, p),
    () => `${p}d BETWEEN CURRENT_DATE - ${n} AND CURRENT_DATE`,
    () => `${p}d NOT BETWEEN CURRENT_DATE - ${n} AND CURRENT_DATE - 1`,
    () => `${p}d IN (CURRENT_DATE, CURRENT_DATE - ${n})`,
    () => `${p}d NOT IN (CURRENT_DATE, CURRENT_DATE - ${n})`,
    () => `CURRENT_DATE - ${p}d IN (0, ${n})`,
    () => `${p}d <> CURRENT_DATE - ${n}`,
    () => `${p}d IS DISTINCT FROM CURRENT_DATE - ${n}`,
    () => `${p}d IS NOT DISTINCT FROM CURRENT_DATE`,
    () => `NOT (${sub()})`,
    () => `(${sub()} OR ${sub()})`,
    () => `(${sub()} AND ${sub()})`,
    () => `(${sub()}) IS TRUE`,
    () => `(${sub()}) IS NOT TRUE`,
    () => `(${sub()}) = (${p}g = 'a')`,
    () => `(${sub()} AND ${p}n > 1)`,
    () => `COALESCE(${sub()}, FALSE)`,
  ])();
}

/** A value that follows the clock. */
function value(r: Random, p = ''): string {
  const n = r.between(1, 5);
  return r.pick([
    () => `CASE WHEN ${condition(r, p)} THEN ${p}v ELSE 0 END`,
    () =>
      `CASE WHEN ${p}d > CURRENT_DATE - ${n} THEN 4 WHEN ${p}d > CURRENT_DATE - ${n + 3} THEN 2 WHEN ${comparison(r, p)} THEN 1 END`,
    () => `CASE ${p}d WHEN CURRENT_DATE THEN 4 WHEN CURRENT_DATE - ${n} THEN 2 ELSE 0 END`,
    () => `CASE WHEN ${p}g = 'a' THEN CASE WHEN ${condition(r, p)} THEN ${p}v END ELSE ${p}n END`,
    () => `(${condition(r, p)})::int`,
    () => `NULLIF(${p}d, CURRENT_DATE - ${n})`,
  ])();
}

/** An aggregate that follows the clock. */
export function aggregate(r: Random, p = ''): string {
  return r.pick([
    () => `SUM(${p}v) FILTER (WHERE ${condition(r, p)})`,
    () => `COUNT(*) FILTER (WHERE ${condition(r, p)})`,
    () => `SUM(CASE WHEN ${condition(r, p)} THEN ${p}v ELSE 0 END)`,
    () => `AVG(${p}v) FILTER (WHERE ${comparison(r, p)})`,
    () => `COUNT(DISTINCT ${p}g) FILTER (WHERE ${comparison(r, p)})`,
    () => `MIN(${p}ts) FILTER (WHERE ${comparison(r, p)})`,
    () => `MAX(CASE WHEN ${comparison(r, p)} THEN ${p}g END)`,
    () => `COUNT(${value(r, p)})`,
    () => `BOOL_OR(${comparison(r, p)})`,
    () => `ARRAY_AGG(${p}g ORDER BY ${p}id) FILTER (WHERE ${comparison(r, p)})`,
    () => `COALESCE(SUM(${p}v) FILTER (WHERE ${p}d > CURRENT_DATE - ${r.between(1, 9)}), 0) / 60.0`,
  ])();
}

/** A condition on a group, by its key or an aggregate. */
function ofGroup(r: Random): string {
  const n = r.between(0, 9);
  return r.pick([
    `MAX(ts) > LOCALTIMESTAMP - INTERVAL ${length(r)}`,
    `MAX(d) >= CURRENT_DATE - ${n}`,
    `MIN(d) < CURRENT_DATE - ${n}`,
    `CURRENT_DATE - MAX(d) < ${n}`,
    `MAX(tz) BETWEEN now() - INTERVAL ${length(r)} AND now()`,
  ]);
}

const SHAPES: readonly ((r: Random) => string)[] = [
  (r) => `SELECT k, ${aggregate(r)} AS a, ${aggregate(r)} AS b, ${aggregate(r)} AS c FROM e GROUP BY k`,
  (r) => `SELECT k, g, ${aggregate(r)} AS a FROM e GROUP BY k, g HAVING ${ofGroup(r)}`,
  (r) => `SELECT k, ${aggregate(r)} AS a FROM e WHERE ${condition(r)} GROUP BY k`,
  (r) => `SELECT id, k, ${value(r)} AS a, ${value(r)} AS b FROM e`,
  (r) => `SELECT id, v FROM e WHERE ${condition(r)}`,
  (r) => `SELECT * FROM e WHERE ${condition(r)} AND ${condition(r)}`,
  (r) => `SELECT *, ${value(r)} AS a FROM e WHERE g IS NOT NULL AND ${condition(r)}`,
  (r) =>
    `SELECT k, CASE WHEN ${ofGroup(r)} THEN 'new' ELSE 'old' END AS state, COUNT(*) AS n FROM e GROUP BY k`,
  (r) =>
    `SELECT e.k, date_trunc('month', e.ts) AS m, ${ofGroup(r)} AS x, ${aggregate(r, 'e.')} AS a FROM e GROUP BY 1, 2 HAVING NOT (${ofGroup(r)})`,
  (r) => `SELECT CASE WHEN ${comparison(r)} THEN 'a' ELSE 'b' END AS w, COUNT(*) AS n FROM e GROUP BY 1`,
  (r) => `SELECT p.name, e.id, ${value(r, 'e.')} AS a FROM e JOIN p ON p.k = e.k WHERE ${condition(r, 'e.')}`,
  (r) =>
    `SELECT e.id, p.name, ${value(r, 'e.')} AS a FROM e LEFT JOIN p ON p.k = e.k AND p.since <= CURRENT_DATE - ${r.between(0, 5)}`,
  (r) =>
    `SELECT e.id, p.name, p.since > CURRENT_DATE - ${r.between(1, 9)} AS young FROM e LEFT JOIN p ON p.k = e.k WHERE ${comparison(r, 'e.')}`,
  (r) =>
    `WITH w AS (SELECT k, g, ${aggregate(r)} AS a FROM e GROUP BY k, g), t AS (SELECT k, MAX(d) AS d FROM e GROUP BY k)\nSELECT w.k, w.g, w.a, t.d > CURRENT_DATE - ${r.between(1, 9)} AS recent FROM w JOIN t ON t.k = w.k`,
  (r) =>
    `SELECT x.k, COUNT(*) FILTER (WHERE ${comparison(r, 'x.')}) AS a FROM (SELECT id, k, g, n, v, d, ts, tz FROM e WHERE ${condition(r)}) x GROUP BY x.k`,
  (r) =>
    `SELECT k, id, v FROM (SELECT k, id, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ${value(r)} NULLS FIRST, id) AS rank FROM e) r WHERE rank <= 2`,
  (r) => `SELECT id, ts FROM e WHERE ${condition(r)} ORDER BY ${value(r)} NULLS LAST, id LIMIT 3`,
  (r) =>
    `SELECT k, 1 AS a FROM e WHERE ${comparison(r)}\nUNION ALL\nSELECT k, 2 FROM p WHERE since > CURRENT_DATE - 7\nUNION ALL\nSELECT k, (${condition(r)})::int FROM e`,
  (r) => `SELECT DISTINCT g, ${comparison(r)} AS a FROM e`,
  (r) =>
    `SELECT COUNT(*) AS n, ${aggregate(r)} AS a, MAX(d) < CURRENT_DATE - ${r.between(1, 9)} AS idle FROM e`,
];
