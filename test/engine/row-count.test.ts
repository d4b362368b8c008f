import { beforeAll, expect, test, vi } from 'vitest';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { AggregateOperator } from '../../src/engine/operators/aggregate.ts';
import { KeyedOperator } from '../../src/engine/operators/keyed.ts';
import { MapOperator } from '../../src/engine/operators/map.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import type { Datum } from '../../src/values/datum.ts';
import { Random } from '../oracle/support/random.ts';

beforeAll(() => loadParser());

const SQL = `CREATE TABLE t (id INT PRIMARY KEY, k INT, n NUMERIC, at TIMESTAMPTZ);
  CREATE MATERIALIZED VIEW per_k AS SELECT k, COUNT(*) AS c, SUM(n) AS n FROM t GROUP BY k;
  CREATE MATERIALIZED VIEW many AS SELECT k, SUM(n) AS n FROM t GROUP BY k HAVING COUNT(*) > 2;
  CREATE MATERIALIZED VIEW few AS SELECT k, c FROM per_k WHERE c > 1 AND n > 3;
  CREATE MATERIALIZED VIEW fewer AS SELECT k FROM few WHERE c < 4;
  CREATE MATERIALIZED VIEW failing AS SELECT k FROM per_k WHERE n / (c - 2) > 0;
  CREATE MATERIALIZED VIEW kept AS SELECT id, n FROM t WHERE n >= 2;
  CREATE MATERIALIZED VIEW bag AS SELECT n FROM t WHERE n >= 1;
  CREATE MATERIALIZED VIEW recent AS SELECT id FROM t WHERE at > now() - INTERVAL '1 day';
  CREATE MATERIALIZED VIEW total AS SELECT SUM(n) AS n FROM t;`;

test.each([false, true])(
  'the row count equals the rows of a scan, also for views without stored rows and after saves (interpret: %s)',
  (interpret) => {
    const { pipeline } = bindPipeline('test', [{ name: 'a.sql', text: SQL }], {});
    for (const observe of ['all', []] as const) {
      const r = new Random(3);
      let now_us = 1e15;
      const open = (): Engine => createEngine(pipeline!, { now_us, interpret, observe });
      let engine = open();
      const rows = new Map<number, Datum[]>();
      for (let step = 0; step < 30; step++) {
        const batch = engine.newBatch('t', 8);
        for (let i = 0; i < 8; i++) {
          const id = r.int(40);
          const known = rows.get(id);
          if (known !== undefined && r.chance(40)) {
            batch.append(known, -1);
            rows.delete(id);
            continue;
          }
          const n = r.chance(10) ? null : BigInt(r.int(5)) * 10n ** 28n;
          const row = [id, r.int(9), n, now_us - r.int(40) * 3.6e9];
          rows.set(id, row);
          batch.append(row);
        }
        engine.push('t', batch);
        now_us += r.int(10) * 3.6e9;
        engine.barrier(now_us);
        const counts = pipeline!.views.map(({ name }) => [name, engine.view(name).rowCount]);
        const scanned = pipeline!.views.map(({ name }) => {
          let n = 0;
          for (const rowsOf of engine.view(name).scan()) n += rowsOf.n;
          return [name, n];
        });
        expect({ step, counts }).toEqual({ step, counts: scanned });
        if (r.chance(30)) engine = restored(engine, open());
      }
      expect(engine.view('many').rowCount).toBeGreaterThan(0);
    }
  },
);

test('the row count is returned without reading rows', () => {
  const { pipeline } = bindPipeline('test', [{ name: 'a.sql', text: SQL }], {});
  const engine = createEngine(pipeline!, { now_us: 1e15 });
  const batch = engine.newBatch('t', 100);
  for (let id = 0; id < 100; id++) batch.append([id, id % 9, 10n ** 28n, 1e15]);
  engine.push('t', batch);
  engine.barrier(1e15);
  const kinds = [AggregateOperator, KeyedOperator, MapOperator];
  const spies = kinds.flatMap(({ prototype }) => [
    vi.spyOn(prototype, 'gather'),
    vi.spyOn(prototype, 'liveSlots'),
  ]);
  const counts = pipeline!.views.map(({ name }) => engine.view(name).rowCount);
  const calls = spies.map((spy) => spy.mock.calls.length);
  for (const spy of spies) spy.mockRestore();
  expect(counts).toEqual([9, 9, 9, 0, 9, 0, 100, 100, 1]);
  expect(calls).toEqual(calls.map(() => 0));
});

function restored(engine: Engine, into: Engine): Engine {
  const blocks = new Map<string, Uint8Array>();
  engine.save({ block: (name, bytes) => blocks.set(name, bytes.slice()) });
  into.restore({ block: (name) => blocks.get(name)!, has: (name) => blocks.has(name) });
  return into;
}
