import { Batch } from '../../../src/engine/batch.ts';
import type {
  Kernel,
  StateReader,
  StateWriter,
  ViewChanges,
  ViewReader,
} from '../../../src/engine/contract.ts';
import { StringPool } from '../../../src/engine/text/string-pool.ts';
import type { Datum } from '../../../src/values/datum.ts';
import { TINY_PIPELINE } from './tiny-pipeline.ts';

const RECENT_US = 10_000_000;

interface Event {
  readonly viewer: bigint;
  readonly amount: bigint;
  readonly at_us: number;
}

/** Returns the rows of both views at `now_us` from all events. The oracle of the tests and the base of the kernel. */
export function tinyViews(events: readonly Event[], now_us: number): Map<string, Map<bigint, Datum[]>> {
  const totals = new Map<bigint, Datum[]>();
  const recent = new Map<bigint, Datum[]>();
  for (const { viewer, amount, at_us } of events) {
    const [, n, sum] = totals.get(viewer) ?? [viewer, 0n, 0n];
    totals.set(viewer, [viewer, (n as bigint) + 1n, (sum as bigint) + amount]);
    if (at_us > now_us - RECENT_US && at_us <= now_us) {
      recent.set(viewer, [viewer, ((recent.get(viewer)?.[1] ?? 0n) as bigint) + 1n]);
    }
  }
  return new Map([
    ['totals', totals],
    ['recent', recent],
  ]);
}

/** A kernel simple enough to be obviously right: it keeps all events and recomputes both views at each barrier. */
export function createTinyKernel(now_us: number, fingerprint = 'format 3\nview "totals" 1'): Kernel {
  const pool = new StringPool();
  let clock_us = now_us;
  let events: Event[] = [];
  let rows = tinyViews([], now_us);
  const viewDef = (name: string) => TINY_PIPELINE.views.find((v) => v.name === name)!;
  const typesOf = (name: string) => viewDef(name).columns.map((c) => c.type);

  const reader = (name: string): ViewReader => ({
    name,
    columns: viewDef(name).columns,
    get rowCount() {
      return rows.get(name)!.size;
    },
    *scan() {
      const batch = new Batch(typesOf(name), 16, pool);
      for (const row of rows.get(name)!.values()) batch.append(row);
      yield batch;
    },
    page: (cursor, limit) => {
      const all = [...rows.get(name)!].filter(([viewer]) => viewer >= cursor);
      all.sort(([a], [b]) => Number(a - b));
      const batch = new Batch(typesOf(name), 16, pool);
      for (const [, row] of all.slice(0, limit)) batch.append(row);
      return { rows: batch, next: all[limit] === undefined ? undefined : Number(all[limit][0]) };
    },
    lookup: (positions, keys) =>
      keys.map((key) =>
        [...rows.get(name)!.values()].filter((row) => positions.every((p, i) => row[p] === key[i])),
      ),
  });

  return {
    pool,
    fingerprint,
    get now_us() {
      return clock_us;
    },
    wanted: () => [true, true, true],
    newBatch: (source, capacity) =>
      new Batch(
        TINY_PIPELINE.sources.find((s) => s.name === source)!.columns.map((c) => c.type),
        capacity,
        pool,
      ),
    push: (_, batch) => {
      for (let i = 0; i < batch.n; i++) {
        const [viewer, amount, at_us] = batch.row(i);
        events.push({ viewer: viewer as bigint, amount: amount as bigint, at_us: at_us as number });
      }
    },
    clear: (table) => {
      throw new RangeError(`'${table}' is no table with a primary key`);
    },
    barrier: (to_us) => {
      if (to_us < clock_us) throw new Error('the clock went back');
      clock_us = to_us;
      const before = rows;
      rows = tinyViews(events, clock_us);
      return [...rows].map(([view, after]): ViewChanges => {
        const changes = new Batch(typesOf(view), 16, pool);
        const old = before.get(view)!;
        for (const key of new Set([...old.keys(), ...after.keys()])) {
          const [a, b] = [old.get(key), after.get(key)];
          if (a?.join() === b?.join()) continue;
          if (a !== undefined) changes.append(a, -1);
          if (b !== undefined) changes.append(b, 1);
        }
        return { view, changes };
      });
    },
    view: reader,
    takeErrors: () => [],
    sweepTexts: () => 0,
    stateBytes: () => new Map([['totals', events.length * 24]]),
    save: (to: StateWriter) => {
      const numbers = new Float64Array(1 + events.length * 3);
      numbers[0] = clock_us;
      events.forEach((e, i) => numbers.set([Number(e.viewer), Number(e.amount), e.at_us], 1 + 3 * i));
      to.block('events', new Uint8Array(numbers.buffer));
    },
    restore: (from: StateReader) => {
      const bytes = from.block('events');
      const numbers = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
      clock_us = numbers[0]!;
      events = [];
      for (let i = 1; i < numbers.length; i += 3) {
        events.push({ viewer: BigInt(numbers[i]!), amount: BigInt(numbers[i + 1]!), at_us: numbers[i + 2]! });
      }
      rows = tinyViews(events, clock_us);
    },
  };
}
