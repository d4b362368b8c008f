import { beforeAll, expect, test } from 'vitest';
import { loadParser } from '../../../src/sql/parser.ts';
import { openPipeline } from '../../../src/testing/index.ts';
import type { TestPipeline } from '../../../src/testing/index.ts';
import { RISINGWAVE_RULES } from '../../../src/sql/target/risingwave/rules.ts';
import { targetFindings } from '../../../src/sql/target/findings.ts';
import { Random } from '../../oracle/support/random.ts';
import { DAY_MS, HOUR_MS, event, iso, people, rowsOf } from './support/events.ts';
import { checked, rendered, rendering } from './support/render.ts';
import { TABLES, randomClockView } from './support/random-clock-sql.ts';

// Views that use the clock in random ways are rendered for RisingWave. The rendered SQL runs here beside the original,
// over random events, late ones, updates, and jumps of the clock to and over the ends of windows: after every step the
// rows of each view are equal. RisingWave's rules find nothing in the rendered SQL.

const SEED = Number(process.env['FRESHET_RENDER_SEED'] ?? 1);
const RUNS = Number(process.env['FRESHET_RENDER_RUNS'] ?? 6);
const VIEWS = 10;
const STEPS = 14;

beforeAll(loadParser);

test.each(Array.from({ length: RUNS }, (_, i) => SEED + i))('rows stay equal, seed %i', async (seed) => {
  const r = new Random(seed);
  const originals: string[] = [];
  const texts: string[] = [];
  for (let i = 0; i < VIEWS; i++) {
    const sql = randomClockView(`v${originals.length}`, r);
    const text = (await rendered(TABLES + sql)).slice(TABLES.length);
    // Some have too many nested bands to be bound here, where a CTE counts each time that it is read.
    if ((await rendering(TABLES + sql)).pipeline === undefined) continue;
    originals.push(sql);
    texts.push(text);
  }
  const open = (sql: readonly string[]): Promise<TestPipeline> =>
    openPipeline({ 'test.sql': TABLES + sql.join('\n') }, { now: new Date(START_MS) });
  const [one, other] = [await open(originals), await open(texts)];
  expect(refusals(TABLES + texts.join('\n'))).toEqual([]);
  let now_ms = START_MS;
  for (const each of [one, other]) each.insert('p', people(now_ms));
  for (let step = 0; step < STEPS; step++) {
    if (r.chance(55)) {
      const events = r.times(1, 4, () => event(r, now_ms));
      for (const each of [one, other]) each.insert('e', events);
    } else {
      now_ms += jump(r, now_ms);
      for (const each of [one, other]) each.advanceTo(new Date(now_ms));
    }
    for (let i = 0; i < originals.length; i++) {
      const [found, wanted] = [rowsOf(other, `v${i}`), rowsOf(one, `v${i}`)];
      expect(found, `step ${step} at ${iso(now_ms)}\n${originals[i]}\n${texts[i]}`).toEqual(wanted);
    }
  }
});

const START_MS = Date.UTC(2026, 2, 1, 12);
function jump(r: Random, now_ms: number): number {
  const toMidnight = DAY_MS - (now_ms % DAY_MS);
  const toHour = HOUR_MS - (now_ms % HOUR_MS);
  const lengths = [1, 1000, HOUR_MS - 1, HOUR_MS, 6 * HOUR_MS, DAY_MS, 3 * DAY_MS, 10 * DAY_MS, 31 * DAY_MS];
  return r.pick([...lengths, toMidnight, toMidnight - 1, toHour]);
}

/** Returns what RisingWave would refuse. */
function refusals(sql: string): readonly string[] {
  const { statements, pipeline } = checked(sql);
  return targetFindings(
    RISINGWAVE_RULES,
    statements.map(({ statement }) => statement),
    pipeline,
  )
    .filter((d) => d.severity === 'error')
    .map((d) => `${d.code} ${d.message}: ${sql.slice(d.span.start, d.span.end)}`);
}
