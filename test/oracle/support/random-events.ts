import fc from 'fast-check';
import type { InteractionEvent, ViewEvent } from './events.ts';

/** 2022-04-01T00:00:00Z. */
export const EPOCH_MS = Date.UTC(2022, 3, 1);
const DAY_MS = 86_400_000;

/** `2022-04-01T00:00:00.000`, as producers write it. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1);
}

/**
 * What happens to a pipeline: events come, in whatever order, and time passes, in steps of seconds up to jumps over
 * weeks. Domains are small, so that the same viewer, title, second and day meet often.
 */
export type Step =
  | { readonly kind: 'views'; readonly events: readonly ViewEvent[] }
  | { readonly kind: 'interactions'; readonly events: readonly InteractionEvent[] }
  | { readonly kind: 'advance'; readonly to_ms: number };

/** An offset to the clock: mostly now, often hours or days late, at times ahead; on whole minutes and days as well. */
const lateness_ms: fc.Arbitrary<number> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -3_600_000, max: 0 }) },
  { weight: 3, arbitrary: fc.integer({ min: -7 * 60, max: 0 }).map((minutes) => minutes * 60_000) },
  { weight: 3, arbitrary: fc.integer({ min: -30, max: 0 }).map((days) => days * DAY_MS) },
  { weight: 1, arbitrary: fc.integer({ min: -30 * DAY_MS, max: 2 * DAY_MS }) },
);

const advance_ms: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 120_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 7 }).map((hours) => hours * 3_600_000) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 8 }).map((days) => days * DAY_MS) },
  { weight: 1, arbitrary: fc.constant(29 * DAY_MS) },
);

const nullable = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { nil: null, freq: 8 });

const view = fc.record({
  viewer_id: fc.option(fc.integer({ min: 1, max: 3 }), { nil: null, freq: 15 }),
  content_id: nullable(fc.constantFrom('a', 'b', 'c', 'Zoë')),
  genre: nullable(fc.constantFrom('drama', 'comedy', 'B')),
  watch_duration_sec: nullable(fc.constantFrom(0, 1, 7, 60, 100, 3_600, 7_201, -5)),
  completion_pct: nullable(fc.constantFrom(0, 0.5, 0.8999, 0.9, 1)),
  late_ms: fc.option(lateness_ms, { nil: null, freq: 20 }),
});
const interaction = fc.record({
  viewer_id: fc.option(fc.integer({ min: 1, max: 3 }), { nil: null, freq: 15 }),
  content_id: nullable(fc.constantFrom('a', 'b')),
  event_type: nullable(fc.constantFrom('like', 'share', 'search', 'comment', 'follow', 'other')),
  late_ms: fc.option(lateness_ms, { nil: null, freq: 20 }),
});
const duplicate = fc.integer({ min: 1, max: 5 }).map((n) => (n === 5 ? 2 : 1));

/** A script of `length` steps from {@link EPOCH_MS} on. */
export function script(length: number): fc.Arbitrary<readonly Step[]> {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.array(fc.tuple(view, duplicate), { minLength: 1, maxLength: 5 }).map((views) => ({ views })) },
    {
      weight: 2,
      arbitrary: fc.array(fc.tuple(interaction, duplicate), { minLength: 1, maxLength: 4 }).map((interactions) => ({
        interactions,
      })),
    },
    { weight: 4, arbitrary: advance_ms.map((by_ms) => ({ by_ms })) },
  );
  return fc.array(step, { minLength: length, maxLength: length }).map((steps) => {
    let now_ms = EPOCH_MS;
    let serial = 0;
    const at = (late_ms: number | null): string | null => (late_ms === null ? null : timestamp(now_ms + late_ms));
    return steps.map((s): Step => {
      if ('by_ms' in s) {
        now_ms += s.by_ms;
        return { kind: 'advance', to_ms: now_ms };
      }
      if ('views' in s) {
        return {
          kind: 'views',
          events: s.views.flatMap(([{ late_ms, ...rest }, copies]) => {
            const event = { event_id: `v${serial++}`, ...rest, watched_at: at(late_ms) };
            return Array.from({ length: copies }, () => event);
          }),
        };
      }
      return {
        kind: 'interactions',
        events: s.interactions.flatMap(([{ late_ms, ...rest }, copies]) => {
          const event = { event_id: `i${serial++}`, ...rest, event_ts: at(late_ms) };
          return Array.from({ length: copies }, () => event);
        }),
      };
    });
  });
}
