import { beforeAll, describe, expect, it } from 'vitest';
import { clockRules } from '../../src/plan/clock-rules.ts';
import { ContinuousClockError } from '../../src/plan/continuous-clock-error.ts';
import { evaluate } from '../../src/plan/evaluate.ts';
import type { Expr } from '../../src/plan/expr.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { castDatum } from '../../src/values/cast.ts';
import type { Datum } from '../../src/values/datum.ts';
import { DATE, TIMESTAMP, VARCHAR } from '../../src/values/types.ts';
import { randomFrom } from '../functions/support/random.ts';

const DAY = 86_400_000_000;
const at = (text: string): number => castDatum(text, VARCHAR, TIMESTAMP) as number;
const onDay = (text: string): number => castDatum(text, VARCHAR, DATE) as number;

beforeAll(loadParser);

interface TestRow {
  readonly ts: number;
  readonly d: number;
  readonly n?: number | null;
  readonly z?: string | null;
  readonly o?: number | null;
}

/** Binds an expression over the columns of {@link TestRow} and the clock; column tz is ts as TIMESTAMPTZ. */
function bind(sql: string): Expr {
  const text = `CREATE SOURCE s (ts TIMESTAMP, d DATE, n INT, z VARCHAR, o TIME, tz TIMESTAMPTZ)
    WITH (connector = 'kafka', topic = 's')
    FORMAT PLAIN ENCODE JSON; CREATE MATERIALIZED VIEW v AS SELECT ${sql} AS r FROM s;`;
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'a.sql', text }], {});
  const plan = pipeline?.views[0]?.plan;
  if (plan?.kind !== 'project') throw new Error(JSON.stringify(diagnostics));
  return plan.exprs[0]!;
}
/** Evaluates the expression at `now_us`; a part that fails is NULL, as in a stream. */
function valueAt(e: Expr, { ts, d, n = null, z = null, o = null }: TestRow, now_us: number): Datum {
  return evaluate(
    e,
    (i) => [ts, d, n, z, o, ts][i] ?? null,
    now_us,
    () => {},
  );
}

/** Returns the next instant at which the value for this row may change, according to the clock rules. */
function nextChange(e: Expr, row: TestRow, now_us: number): number {
  const instants = clockRules([e]).map((rule) =>
    rule.next(
      rule.values.map((x) => valueAt(x, row, now_us)),
      now_us,
    ),
  );
  return Math.min(...instants);
}

const CLOCKS = [
  'now()',
  `now() - INTERVAL '90 minutes'`,
  `INTERVAL '1 day 00:00:00.000001' + now()`,
  'CURRENT_DATE',
  `CURRENT_DATE - INTERVAL '7 days'`,
  `CURRENT_DATE - INTERVAL '1 month'`,
  `CURRENT_DATE + INTERVAL '1 month -1 day 06:00'`,
  `date_trunc('month', CURRENT_DATE - INTERVAL '1 month')`,
  `CURRENT_DATE + TIME '06:30'`,
  `CURRENT_DATE - 7`,
  `3 + CURRENT_DATE`,
  ...'millisecond second minute hour day week month hour year decade century'
    .split(' ')
    .map((unit) => `date_trunc('${unit}', now())`),
  `date_trunc('week', now()) - INTERVAL '2 weeks'`,
  `date_trunc('day', now() + INTERVAL '6 hours') - INTERVAL '1 year 1 month'`,
  `(now() - INTERVAL '6 hours')::date`,
];

describe('the instant at which a comparison with the clock flips', () => {
  it.each(CLOCKS.flatMap((clock) => ['<', '<=', '>', '>='].map((op) => `ts ${op} ${clock}`)))('%s', (sql) => {
    const e = bind(sql);
    const clock = bind(`(${sql.slice(sql.indexOf(' ', 3) + 1)})::timestamp`);
    const random = randomFrom(20_260_315);
    let flips = 0;
    for (let k = 0; k < 60; k++) {
      const now = at(random.timestamp());
      // ts is near the value of the clock expression, sometimes equal to it, sometimes at midnight.
      const near = valueAt(clock, { ts: 0, d: 0 }, now) as number;
      const offset = random.pick([0, 1, random.int(-5, 5) * DAY, random.int(0, 2 ** 31) * 1000 + 7]);
      const ts = random.pick([near, Math.floor(near / DAY) * DAY]) + offset;
      const row = { ts, d: 0 };
      const before = valueAt(e, row, now);
      const next = nextChange(e, row, now);
      expect(next).toBeGreaterThan(now);
      const until = Math.min(next - 1, now + 4000 * DAY);
      for (const u of [until, now + Math.floor((until - now) / random.int(2, 1000))]) {
        expect(valueAt(e, row, u), `at ${u}, clock ${now}, ts ${ts}`).toBe(before);
      }
      if (next === Infinity) continue;
      flips++;
      expect(valueAt(e, row, next), `at ${next}, clock ${now}, ts ${ts}`).toBe(before === false);
    }
    expect(flips).toBeGreaterThan(5);
  });

  it.each([
    'd = CURRENT_DATE - 1',
    'd <> CURRENT_DATE',
    'd BETWEEN CURRENT_DATE - 7 AND CURRENT_DATE - 1',
    `now() - ts <= INTERVAL '1 hour'`,
    `ts - now() > INTERVAL '-1 hour'`,
    '7 > CURRENT_DATE - d',
    'd - CURRENT_DATE >= -3',
    `CASE WHEN d = CURRENT_DATE THEN 1 WHEN d >= CURRENT_DATE - 7 THEN 7 ELSE 0 END`,
    'EXTRACT(dow FROM CURRENT_DATE)',
    'EXTRACT(month FROM CURRENT_DATE)',
    `date_part('hours', now())`,
    'EXTRACT(week FROM now())',
    `to_char(CURRENT_DATE, 'Month')`,
    'CURRENT_DATE - d',
    `ts::date IN (CURRENT_DATE, CURRENT_DATE - 2)`,
  ])('%s changes only at the next instant that its clock rules give', (sql) => {
    const e = bind(sql);
    const random = randomFrom(7);
    let changes = 0;
    for (let k = 0; k < 60; k++) {
      let now = at('2026-02-20 13:14:15') + random.int(0, 2 ** 31) * 700;
      const row = { ts: now + random.int(-9, 9) * 900_000_000, d: Math.floor(now / DAY) + random.int(-9, 9) };
      for (let steps = 0; steps < 5; steps++) {
        const before = valueAt(e, row, now);
        const next = nextChange(e, row, now);
        expect(next).toBeGreaterThan(now);
        const until = Math.min(next - 1, now + 400 * DAY);
        for (const u of [until, now + Math.floor((until - now) / 2), now + Math.floor((until - now) / 50)]) {
          expect(valueAt(e, row, u)).toBe(before);
        }
        if (next === Infinity) break;
        if (valueAt(e, row, next) !== before) changes++;
        now = next;
      }
    }
    expect(changes).toBeGreaterThan(10);
  });

  it('of a value at the ends of the calendar is never or far ahead', () => {
    const now = at('2026-03-15 12:00:00');
    const extremes = ['0001-01-01', '0005-06-07', '2200-01-01 00:30:00.000003', '9999-12-31 23:59:59'].map(
      at,
    );
    for (const clock of CLOCKS) {
      const e = bind(`ts >= ${clock}`);
      const next = extremes.map((ts) => nextChange(e, { ts, d: 0 }, now));
      // A comparison with a value long past never flips again; one far ahead flips about when it is due.
      expect([clock, next.map((t) => (t === Infinity ? 'never' : t > at('2199-01-01')))]).toEqual([
        clock,
        ['never', 'never', true, true],
      ]);
    }
    const d = bind(`d >= CURRENT_DATE - INTERVAL '1 month'`);
    expect(nextChange(d, { ts: 0, d: onDay('9999-12-31') }, now)).toBeGreaterThan(at('9999-12-31'));
  });

  it.each([
    `date_part(NULL, now() - tz) > n`,
    `date_part(NULL, now()) > n`,
    `tz > date_bin(NULL, now(), tz)`,
    `ts > date_trunc('day', now(), NULL)`,
  ])('does not exist if the value is always NULL: %s', (sql) => {
    const e = bind(sql);
    expect(valueAt(e, { ts: 0, d: 0, n: 0 }, DAY)).toBe(null);
    expect(nextChange(e, { ts: 0, d: 0, n: 0 }, DAY)).toBe(Infinity);
  });

  it('does not exist if the clock is shifted out of the calendar', () => {
    const now = at('2026-03-15 12:00:00');
    const e = bind(`CURRENT_DATE - INTERVAL '3000 years'`);
    expect(valueAt(e, { ts: 0, d: 0 }, now)).toBeNull();
    expect(nextChange(e, { ts: 0, d: 0 }, now)).toBe(Infinity);
  });
});

const MINUTE = 60_000_000;

/** Days near which time zones change, or months and years end. */
const SCANNED = ['2026-02-24', '2026-03-25', '2026-10-21', '2026-12-27', '2028-02-26'];
const ZONES = [
  'Europe/Berlin',
  'US/Pacific',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Chatham',
  'UTC+3',
  'CET',
];

/** Expressions, each with how many instants its rules may give in twelve days although nothing changes then. */
const KEPT: readonly (readonly [string, number])[] = [
  [`ts >= now() - INTERVAL '1 month'`, 0],
  [`ts < now() - INTERVAL '2 months 3 days 01:00'`, 0],
  [`ts <= now() + INTERVAL '1 year' - INTERVAL '360 days'`, 0],
  [`date_trunc('day', ts) = date_trunc('day', now() - INTERVAL '1 month')`, 1],
  [`(tz AT TIME ZONE 'Europe/Berlin')::date = (now() AT TIME ZONE 'Europe/Berlin')::date`, 0],
  [`(tz AT TIME ZONE z)::date > (now() AT TIME ZONE z)::date - 7`, 0],
  [`(tz AT TIME ZONE z)::date = (now() AT TIME ZONE z)::date - n`, 0],
  [`tz >= date_trunc('day', now(), 'US/Pacific')`, 0],
  [`tz < date_trunc('hour', now(), z)`, 0],
  [`tz >= date_trunc('week', now(), z) - INTERVAL '1 week'`, 0],
  [`ts >= now() AT TIME ZONE z`, 0],
  [`now() > ts AT TIME ZONE z AND n >= 0`, 1],
  [`tz > LOCALTIMESTAMP AT TIME ZONE z`, 0],
  [`tz > (date_trunc('day', now() AT TIME ZONE z) - INTERVAL '1 month') AT TIME ZONE z`, 0],
  [`ts >= now() - n * INTERVAL '1 day'`, 0],
  [`ts >= now() - n * INTERVAL '1 month'`, 0],
  [`d >= CURRENT_DATE - n`, 0],
  [`CURRENT_DATE - d < n`, 0],
  [`now() - tz < n * INTERVAL '10 hours'`, 0],
  [`ts >= GREATEST(d::timestamp, now() - INTERVAL '36 hours')`, 1],
  [`ts >= LEAST(d::timestamp + INTERVAL '1 day', now() - INTERVAL '1 hour', NULL)`, 1],
  [`n + 12.5 = GREATEST(n + 12.5, EXTRACT(HOUR FROM now()))`, 30],
  [`n + 12.5 IS DISTINCT FROM LEAST(EXTRACT(HOUR FROM now()), n + 12.5)`, 30],
  [`ts < COALESCE(now() - n * INTERVAL '1 day', now())`, 1],
  [`ts < CASE WHEN d > CURRENT_DATE - 3 THEN now() ELSE now() - INTERVAL '1 day' END`, 2],
  [`NOT (date_trunc('hour', ts) IS DISTINCT FROM date_trunc('hour', now()))`, 1],
  [`age(now(), ts) < INTERVAL '5 days'`, 0],
  [`age(now(), ts) >= INTERVAL '1 month 1 day'`, 0],
  [`age(ts, now()) < INTERVAL '1 day'`, 0],
  [`DATE_PART('day', now() - ts) < 7`, 0],
  [`EXTRACT(DAY FROM now() - tz)`, 1],
  [`EXTRACT(HOUR FROM tz - now())`, 1],
  [`DATE_PART('day', age(now(), ts))`, 30],
  [`EXTRACT(EPOCH FROM now() - ts) < 3600.5`, 0],
  [`EXTRACT(EPOCH FROM now() - ts) / 3600 >= n`, 0],
  [`DATE_PART('epoch', now() - ts) / 86400 > n`, 0],
  [`ROUND(EXTRACT(EPOCH FROM now() - ts) / 3600) >= n`, 0],
  [`EXTRACT(EPOCH FROM now()) >= EXTRACT(EPOCH FROM ts)`, 0],
  [`EXTRACT(EPOCH FROM now())::bigint > EXTRACT(EPOCH FROM ts)::bigint`, 0],
  [`(EXTRACT(EPOCH FROM now()) * 1000)::bigint - 3600000 > (EXTRACT(EPOCH FROM ts) * 1000)::bigint`, 0],
  [`FLOOR(EXTRACT(EPOCH FROM now()) / 3600) = FLOOR(EXTRACT(EPOCH FROM ts) / 3600)`, 0],
  [`FLOOR(EXTRACT(EPOCH FROM now() - ts) / 3600)`, 0],
  [`FLOOR(EXTRACT(EPOCH FROM ts - now()) / 86400)::int`, 0],
  [`CEIL(EXTRACT(EPOCH FROM tz - now()) / 3600.0) * 2`, 0],
  [`ROUND(EXTRACT(EPOCH FROM now() - ts) / 86400, 1)`, 0],
  [`TRUNC(EXTRACT(EPOCH FROM ts - now()) / -7200)`, 0],
  [`(EXTRACT(EPOCH FROM now() - ts) / 3600)::int`, 0],
  [`EXTRACT(EPOCH FROM now() - ts)::int / 600`, 0],
  [`EXTRACT(EPOCH FROM now())::bigint / 3600 % 24`, 0],
  [`(EXTRACT(EPOCH FROM now() - ts) / 6)::smallint / 600`, 0],
  [`(EXTRACT(EPOCH FROM now() - ts) / 6)::smallint > n * 600`, 0],
  [`n * 600 <= 3 + (EXTRACT(EPOCH FROM ts - now()) / 6)::smallint`, 0],
  [`EXTRACT(EPOCH FROM now() - ts)::int * 10000 > n`, 0],
  [`EXTRACT(EPOCH FROM ts - now())::int * 10000 / 36000000`, 0],
  [`(EXTRACT(EPOCH FROM now() - ts)::int / 3600)::text || 'h'`, 0],
  [
    `CASE WHEN FLOOR(EXTRACT(EPOCH FROM now() - ts) / 3600) < n THEN FLOOR(EXTRACT(EPOCH FROM now() - ts) / 7200) END`,
    200,
  ],
  [`FLOOR(EXTRACT(EPOCH FROM now() - ts) / 3600) > n * FLOOR(EXTRACT(EPOCH FROM now() - tz) / 7200)`, 400],
  [`DATE_PART('day', now() - ts)`, 1],
  [`EXTRACT(HOUR FROM now() AT TIME ZONE 'Europe/Berlin')`, 0],
  [`EXTRACT(HOUR FROM now() AT TIME ZONE z) >= 18`, 0],
  [`EXTRACT(DOW FROM now() AT TIME ZONE z) IN (0, 6) AND EXTRACT(HOUR FROM now()) < n`, 30],
  [`date_bin(INTERVAL '6 hours', now(), TIMESTAMPTZ '2026-01-01 01:00Z')`, 0],
  [`ts >= date_bin(INTERVAL '15 minutes', LOCALTIMESTAMP, TIMESTAMP '2001-01-01')`, 0],
  [`to_char(now(), 'YYYY-MM-DD')`, 0],
  [`to_char(now() AT TIME ZONE z, 'HH24 Day')`, 0],
  [`to_char(ts, 'YYYY-MM') = to_char(now(), 'YYYY-MM')`, 0],
  [`now()::time >= o`, 1],
  [`ts::time < now()::time - INTERVAL '3 hours'`, 30],
  [`o >= now()::time + n * INTERVAL '1 day 5 hours'`, 30],
  [`EXTRACT(HOUR FROM now()::time - INTERVAL '3 hours')`, 30],
  [`(now() AT TIME ZONE z)::time BETWEEN o AND o + INTERVAL '2 hours'`, 40],
  [`now() - date_trunc('day', now()) > n * INTERVAL '1 hour'`, 1],
  [
    `CASE WHEN ts > now() - INTERVAL '1 hour' THEN 'hour' WHEN age(now(), ts) < INTERVAL '1 day' THEN 'day' END`,
    0,
  ],
  [`(CURRENT_DATE - INTERVAL '1 month')::date`, 2],
];

/** What a scan found. `wrong` says where the value changed at an instant that the rules did not give. */
interface Scan {
  readonly changes: number;
  /** Number of instants that the rules gave and at which nothing changed. */
  readonly idle: number;
  readonly wrong: string | undefined;
}

/** Evaluates a row over twelve days: at each hour, just before it, and at each instant that the rules give. */
function scan(e: Expr, row: TestRow, from: number): Scan {
  let [changes, idle] = [0, 0];
  let value = valueAt(e, row, from);
  let next = nextChange(e, row, from);
  const wrong = (what: string): Scan => ({
    changes,
    idle,
    wrong: `${what}: ${JSON.stringify({ ...row, from })}`,
  });
  for (let t = from; t < from + 12 * DAY;) {
    const hour = (Math.floor(t / (60 * MINUTE)) + 1) * 60 * MINUTE;
    t = t < hour - 1 ? hour - 1 : hour;
    for (let steps = 0; next <= t; steps++) {
      const after = valueAt(e, row, next);
      if (Object.is(after, value)) idle++;
      else changes++;
      value = after;
      const later = nextChange(e, row, next);
      if (later <= next || steps > 200) return wrong(`after ${next} the rules give ${later}`);
      next = later;
    }
    const found = valueAt(e, row, t);
    if (!Object.is(found, value))
      return wrong(`at ${t} it is ${String(found)}, not ${String(value)}, next ${next}`);
  }
  return { changes, idle, wrong: undefined };
}

describe('the value changes only at instants that the clock rules give', () => {
  it.each(KEPT)('%s', (sql, idle) => {
    const e = bind(sql);
    const random = randomFrom(20_261_029);
    const scans = SCANNED.flatMap((start) =>
      [0, DAY, -31 * DAY, -62 * DAY].map((past) => {
        const from = at(start) + random.int(0, 86_400) * 1_000_000;
        const row = {
          ts: from + past + random.int(-96, 480) * 15 * MINUTE,
          d: Math.floor(from / DAY) + random.int(-5, 9),
          n: random.int(-1, 4),
          z: random.pick(ZONES),
          o: random.int(0, 95) * 15 * MINUTE,
        };
        return scan(e, row, from);
      }),
    );
    expect(scans.flatMap(({ wrong }) => wrong ?? [])).toEqual([]);
    expect(scans.reduce((n, s) => n + s.idle, 0)).toBeLessThanOrEqual(idle * scans.length);
    expect(scans.reduce((n, s) => n + s.changes, 0)).toBeGreaterThan(0);
  });
});

describe('an expression that changes with every tick of the clock', () => {
  it.each([
    'now()',
    `now() - INTERVAL '1 month'`,
    'GREATEST(ts, LOCALTIMESTAMP)',
    `age(now(), ts)`,
    `now()::time`,
    `to_char(now(), 'HH24:MI:SS.MS')`,
    `sin(EXTRACT(EPOCH FROM now())::double precision) > 0`,
    `date_trunc('microsecond', now())`,
    `date_trunc('millisecond', now())`,
    'EXTRACT(second FROM now())',
    'EXTRACT(epoch FROM now())',
    'now() - ts',
    `o + (now() - ts) > TIME '12:00'`,
  ])('%s is refused', (sql) => {
    expect(() => clockRules([bind(sql)])).toThrow(ContinuousClockError);
  });
});
