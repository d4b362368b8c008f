import { beforeAll, describe, expect, it } from 'vitest';
import { clockRules, ContinuousClockError, nextFlip, nextStep } from '../../src/plan/clock-rules.ts';
import { evaluate } from '../../src/plan/evaluate.ts';
import type { Expr } from '../../src/plan/expr.ts';
import { bindPipeline } from '../../src/sql/bind-pipeline.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { castDatum } from '../../src/values/cast.ts';
import type { Datum } from '../../src/values/datum.ts';
import { DATE, TIMESTAMP, VARCHAR } from '../../src/values/types.ts';
import { randomFrom } from '../functions/support/random.ts';

const DAY = 86_400_000_000;
const at = (text: string): number => castDatum(text, VARCHAR, TIMESTAMP) as number;
const onDay = (text: string): number => castDatum(text, VARCHAR, DATE) as number;

beforeAll(loadParser);

/** An expression over the columns ts (0) and d (1) and the clock. */
function bind(sql: string): Expr {
  const text = `CREATE SOURCE s (ts TIMESTAMP, d DATE) WITH (connector = 'kafka', topic = 's')
    FORMAT PLAIN ENCODE JSON; CREATE MATERIALIZED VIEW v AS SELECT ${sql} AS r FROM s;`;
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'a.sql', text }], {});
  const plan = pipeline?.views[0]?.plan;
  if (plan?.kind !== 'project') throw new Error(JSON.stringify(diagnostics));
  return plan.exprs[0]!;
}
/** By the interpreter; a failing part is NULL, as in a stream. */
function valueAt(e: Expr, row: { ts: number; d: number }, now_us: number): Datum {
  return evaluate(
    e,
    (i) => (i === 0 ? row.ts : row.d),
    now_us,
    () => {},
  );
}

/** When the value for this row changes next, as the engine's calendar is told. */
function nextChange(e: Expr, row: { ts: number; d: number }, now_us: number): number {
  const instants = clockRules([e]).map((rule) =>
    rule.kind === 'every'
      ? nextStep(rule.chain, now_us)
      : nextFlip(rule, valueAt(rule.value, row, now_us) as number, now_us),
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
  ...'millisecond second minute hour day week month quarter year decade century'
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
      // Values around the clock's, some exactly on it, some on midnights.
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
  ])('%s changes at no instant but the next one told', (sql) => {
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

  it('passes over values at the ends of the calendar', () => {
    const now = at('2026-03-15 12:00:00');
    const extremes = ['0001-01-01', '0005-06-07', '2200-01-01 00:30:00.000003', '9999-12-31 23:59:59'].map(
      at,
    );
    for (const clock of CLOCKS) {
      const e = bind(`ts >= ${clock}`);
      const next = extremes.map((ts) => nextChange(e, { ts, d: 0 }, now));
      // Those long past never change again, those far ahead do so about when they are due.
      expect([clock, next.map((t) => (t === Infinity ? 'never' : t > at('2199-01-01')))]).toEqual([
        clock,
        ['never', 'never', true, true],
      ]);
    }
    const d = bind(`d >= CURRENT_DATE - INTERVAL '1 month'`);
    expect(nextChange(d, { ts: 0, d: onDay('9999-12-31') }, now)).toBeGreaterThan(at('9999-12-31'));
  });

  it('a clock shifted out of the calendar never steps', () => {
    const now = at('2026-03-15 12:00:00');
    const e = bind(`CURRENT_DATE - INTERVAL '3000 years'`);
    expect(valueAt(e, { ts: 0, d: 0 }, now)).toBeNull();
    expect(nextChange(e, { ts: 0, d: 0 }, now)).toBe(Infinity);
  });
});

describe('a clock that flows', () => {
  it.each([
    'now()',
    `now() - INTERVAL '1 month'`,
    `date_trunc('microsecond', now())`,
    `date_trunc('millisecond', now())`,
    'EXTRACT(second FROM now())',
    'EXTRACT(epoch FROM now())',
    'now() - ts',
    `ts >= date_trunc('millisecond', now()) - INTERVAL '1 month'`,
  ])('%s is refused', (sql) => {
    expect(() => clockRules([bind(sql)])).toThrow(ContinuousClockError);
  });
});
