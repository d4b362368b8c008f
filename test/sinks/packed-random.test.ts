import { beforeAll, expect, it } from 'vitest';
import { createEngine } from '../../src/engine/engine.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { checkPipeline } from '../../src/pipeline/check.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { DAY_US, dayOf, daysFromCivil } from '../../src/values/civil.ts';
import type { Row } from '../oracle/row-order.ts';
import { Random } from '../oracle/support/random.ts';
import { expectedItems, unpackedItems } from './support/packed-items.ts';
import { aggregate, condition, TABLES } from '../sql/render/support/random-clock-sql.ts';

// Random aggregates over random conditions on the clock. `check` either refuses to pack the view, or the unpacked items
// equal the rows of a naive evaluation on every day after the pipeline stopped, at any time of that day.

const FIRST_SEED = Number(process.env['FRESHET_PACKED_SEED'] ?? 1);
const RUNS = Number(process.env['FRESHET_PACKED_RUNS'] ?? 400);
const NOW_DAY = daysFromCivil(2026, 2, 27);

beforeAll(() => loadParser());

function queryOf(random: Random): string {
  const calls = random.times(1, 3, (i) => `${aggregate(random)} AS a${i}`);
  const where = random.chance(25) ? ` WHERE ${condition(random)}` : '';
  return `SELECT k, ${calls.join(', ')} FROM e${where} GROUP BY k`;
}

/** Returns the pipeline; undefined if the view cannot be packed, or not be computed at all. */
function bind(query: string): Pipeline | undefined {
  const sink = (name: string, layout: string): string =>
    `CREATE SINK ${name} FROM v WITH (connector = 'dynamodb', table = '${name}_items', region = 'x',
       primary_key = 'k', freshet.sort_key = 'p#v', freshet.layout = '${layout}');`;
  const text = `${TABLES} CREATE MATERIALIZED VIEW v AS ${query}; ${sink('plain', 'domain')} ${sink('packed', 'packed')}`;
  return checkPipeline(bindPipeline('test', [{ name: 'test.sql', text }], {})).pipeline;
}

function randomRow(random: Random, id: number): Row {
  const at = (): number =>
    (NOW_DAY - random.pick([-2, -1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 28, 31, 60])) * DAY_US +
    random.pick([0, 1, DAY_US / 4, DAY_US - 1]);
  const orNull = <T>(value: T): T | null => (random.chance(10) ? null : value);
  return [
    BigInt(id),
    1 + random.int(2),
    orNull(random.pick(['a', 'b', 'c'])),
    orNull(random.int(4)),
    orNull(BigInt(random.pick([0, 1, -5, 490_000]))),
    orNull(dayOf(at())),
    orNull(at()),
    orNull(at()),
  ];
}

it(`random views are packed exactly, or refused (${RUNS} from seed ${FIRST_SEED})`, () => {
  let packed = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    const random = new Random(seed);
    const query = queryOf(random);
    const pipeline = bind(query);
    if (pipeline === undefined) continue;
    packed++;
    const rows = Array.from({ length: 40 }, (_, id) => randomRow(random, id));
    const engine = createEngine(pipeline, { now_us: NOW_DAY * DAY_US });
    const batch = engine.newBatch('e', rows.length);
    for (const row of rows) batch.append(row);
    engine.push('e', batch);
    engine.barrier(NOW_DAY * DAY_US + 5);
    for (const later of [0, 1, 2, 3, 6, 9, 30, 40]) {
      const now_us = (NOW_DAY + later) * DAY_US + random.pick([5, DAY_US / 2, DAY_US - 1]);
      expect([seed, query, later, unpackedItems(pipeline, engine, NOW_DAY + later)]).toEqual([
        seed,
        query,
        later,
        expectedItems(pipeline, new Map([['e', rows]]), now_us),
      ]);
    }
  }
  // The grammar has many conditions on hours and months, which are refused.
  expect(packed).toBeGreaterThan(RUNS * 0.05);
}, 600_000);
