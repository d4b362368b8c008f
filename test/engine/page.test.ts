import { expect, test } from 'vitest';
import type { ViewReader } from '../../src/engine/contract.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import type { Datum } from '../../src/values/datum.ts';
import { seeded } from '../storage/support/random.ts';

const SQL = `
  CREATE TABLE t (id BIGINT PRIMARY KEY, k BIGINT, n INT);
  CREATE MATERIALIZED VIEW rows_of AS SELECT id, k, n FROM t;
  CREATE MATERIALIZED VIEW sums AS SELECT k, SUM(n) AS n FROM t GROUP BY k;
  CREATE MATERIALIZED VIEW large AS SELECT k, n FROM sums WHERE n > 10;
  CREATE MATERIALIZED VIEW best AS SELECT k, id, n FROM
    (SELECT k, id, n, ROW_NUMBER() OVER (PARTITION BY k ORDER BY n DESC, id) AS r FROM t) x WHERE r <= 2;
`;

function pages(view: ViewReader, size: number, between: () => void = () => {}): string[] {
  const seen: string[] = [];
  for (let cursor: number | undefined = 0; cursor !== undefined;) {
    const { rows, next }: ReturnType<ViewReader['page']> = view.page(cursor, size);
    for (let i = 0; i < rows.n; i++) {
      expect(rows.weights[i]).toBe(1);
      seen.push(String(rows.row(i)));
    }
    cursor = next;
    between();
  }
  return seen;
}

function scanned(view: ViewReader): string[] {
  return [...view.scan()].flatMap((batch) => Array.from({ length: batch.n }, (_, i) => String(batch.row(i))));
}

test('pages hold the rows of a scan; a row that stays is in one page, whatever changes in between', async () => {
  await loadParser();
  const { pipeline } = bindPipeline('test', [{ name: 'test.sql', text: SQL }], {});
  const random = seeded(7);
  const engine = createEngine(pipeline!, { now_us: 0 });
  const table = new Map<bigint, readonly Datum[]>();
  const change = (count: number): void => {
    const batch = engine.newBatch('t', count);
    for (let i = 0; i < count; i++) {
      const old = [...table.values()][Math.floor(random() * table.size)];
      if (old !== undefined && random() < 0.45) {
        batch.append(old, -1);
        table.delete(old[0] as bigint);
      } else {
        const id = BigInt(Math.floor(random() * 1e9));
        const row = [id, BigInt(Math.floor(random() * 40)), Math.floor(random() * 9)];
        if (table.has(id)) continue;
        batch.append(row);
        table.set(id, row);
      }
    }
    engine.push('t', batch);
    engine.barrier(0);
  };
  change(500);
  for (const { name } of pipeline!.views) {
    const view = engine.view(name);
    for (const size of [1, 7, 1000]) expect(pages(view, size)).toEqual(scanned(view));
    const before = new Set(scanned(view));
    const always = new Set(before);
    const ever = new Set(before);
    const seen = pages(view, 5, () => {
      change(6);
      const now = new Set(scanned(view));
      for (const row of always) if (!now.has(row)) always.delete(row);
      for (const row of now) ever.add(row);
    });
    expect(seen.every((row) => ever.has(row))).toBe(true);
    for (const row of always) expect(seen.filter((each) => each === row)).toEqual([row]);
    expect(view.page(1e9, 10)).toMatchObject({ rows: { n: 0 }, next: undefined });
  }
});
