import type { TestPipeline } from '../../../../src/testing/index.ts';
import type { Random } from '../../../oracle/support/random.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Returns a time as text, such as `2026-03-01T12:00:00.000Z`. */
export const iso = (ms: number): string => new Date(ms).toISOString();

/** A row for each person. */
export function people(now_ms: number): object[] {
  return [0, 1, 2, 3].map((k) => ({
    k,
    name: `p${k}`,
    since: iso(now_ms - k * 3 * DAY_MS).slice(0, 10),
    days: k,
  }));
}

/** An event up to twelve days late or three days early, often at a full hour or day, now and then without a time. */
export function event(r: Random, now_ms: number): object {
  const at =
    now_ms + r.between(-12 * 24, 3 * 24) * HOUR_MS + (r.chance(30) ? -now_ms % HOUR_MS : r.int(HOUR_MS));
  const onGrid = r.chance(40) ? Math.floor(at / DAY_MS) * DAY_MS : at;
  return {
    id: r.int(8),
    k: r.int(4),
    g: r.pick(['a', 'b', null]),
    n: r.int(6),
    v: r.chance(30) ? Math.floor(at / HOUR_MS) : r.int(100),
    d: r.chance(15) ? null : iso(at).slice(0, 10),
    ts: r.chance(10) ? null : iso(onGrid).slice(0, -1),
    tz: r.chance(10) ? null : iso(at),
  };
}

/** Returns the rows of a view as JSON texts, sorted. */
export function rowsOf(pipeline: TestPipeline, view: string): readonly string[] {
  const text = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
  return pipeline
    .rows(view)
    .map((row) => JSON.stringify(row, text))
    .toSorted();
}
