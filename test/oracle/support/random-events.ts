import fc from 'fast-check';
import type { InteractionEvent, ViewEvent } from './events.ts';

/** 2022-04-01T00:00:00Z. */
export const EPOCH_MS = Date.UTC(2022, 3, 1);
const DAY_MS = 86_400_000;

/** Returns a time as producers write it, such as `2022-04-01T00:00:00.000`. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1);
}

/**
 * A step of a random run: events arrive in any order, or the clock moves by seconds up to weeks. Domains are small, so
 * that the same viewer, title, second and day occur together often.
 */
export type Step =
  | { readonly kind: 'views'; readonly events: readonly ViewEvent[] }
  | { readonly kind: 'interactions'; readonly events: readonly InteractionEvent[] }
  | { readonly kind: 'advance'; readonly to_ms: number };

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** The window lengths of the pipelines, and one unit less and more, where off-by-one errors show. */
const EDGES_MS = [
  ...[0, 1, 59, 60, 61, 359, 360, 361].map((minutes) => minutes * MINUTE_MS),
  ...[22, 23, 24, 25].map((hours) => hours * HOUR_MS),
  ...[1, 2, 6, 7, 8, 27, 28, 29].map((days) => days * DAY_MS),
];

/** Distance of an event's time from the clock: recent, at or beside the edge of a window, anywhere, or ahead. */
const lateness_ms: fc.Arbitrary<number> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -90 * MINUTE_MS, max: 0 }) },
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.constantFrom(...EDGES_MS), fc.constantFrom(0, 0, 1, -1, 30_000, -30_000))
      .map(([edge, beside]) => beside - edge),
  },
  { weight: 2, arbitrary: fc.integer({ min: -30 * DAY_MS, max: 0 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 * DAY_MS }) },
);

const advance_ms: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 2 * MINUTE_MS }) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 420 }).map((minutes) => minutes * MINUTE_MS) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 25 }).map((hours) => hours * HOUR_MS) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 8 }).map((days) => days * DAY_MS) },
  { weight: 1, arbitrary: fc.constantFrom(27, 28, 29).map((days) => days * DAY_MS) },
);

const nullable = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { nil: null, freq: 8 });

const view = fc.record({
  viewer_id: fc.option(fc.integer({ min: 1, max: 3 }), { nil: null, freq: 15 }),
  content_id: nullable(fc.constantFrom('a', 'b', 'c', 'Zoë', '')),
  genre: nullable(fc.constantFrom('drama', 'comedy', 'B', 'crime', 'doc', 'kids', 'été', '')),
  watch_duration_sec: nullable(fc.constantFrom(0, 0, 1, 7, 60, 60, 100, 3_600, 7_201, -5)),
  completion_pct: nullable(fc.constantFrom(0, 0.5, 0.8999, 0.9, 1)),
  late_ms: fc.option(lateness_ms, { nil: null, freq: 20 }),
});
const interaction = fc.record({
  viewer_id: fc.option(fc.integer({ min: 1, max: 3 }), { nil: null, freq: 15 }),
  content_id: nullable(fc.constantFrom('a', 'b')),
  event_type: nullable(fc.constantFrom('like', 'share', 'search', 'comment', 'follow', 'other')),
  late_ms: fc.option(lateness_ms, { nil: null, freq: 20 }),
});
/** One viewer watches more titles and genres than the lists of an item hold. */
const tour = fc.record({
  viewer_id: fc.integer({ min: 1, max: 3 }),
  titles: fc.integer({ min: 18, max: 60 }),
  genres: fc.integer({ min: 3, max: 25 }),
  watch_duration_sec: fc.constantFrom(0, 60),
  late_ms: lateness_ms,
  /** Time between two titles; 0 makes the order depend on the names of the titles. */
  apart_ms: fc.constantFrom(0, 1_000, MINUTE_MS),
});
const duplicate = fc.integer({ min: 1, max: 5 }).map((n) => (n === 5 ? 2 : 1));

/** Returns scripts of `length` steps that start at {@link EPOCH_MS}. */
export function script(length: number): fc.Arbitrary<readonly Step[]> {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .array(fc.tuple(view, duplicate), { minLength: 1, maxLength: 10 })
        .map((views) => ({ views })),
    },
    {
      weight: 2,
      arbitrary: fc
        .array(fc.tuple(interaction, duplicate), { minLength: 1, maxLength: 8 })
        .map((interactions) => ({
          interactions,
        })),
    },
    { weight: 1, arbitrary: tour.map((made) => ({ tour: made })) },
    { weight: 4, arbitrary: advance_ms.map((by_ms) => ({ by_ms })) },
  );
  return fc.array(step, { minLength: length, maxLength: length }).map((steps) => {
    let now_ms = EPOCH_MS;
    let serial = 0;
    const at = (late_ms: number | null): string | null =>
      late_ms === null ? null : timestamp(now_ms + late_ms);
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
      if ('tour' in s) {
        const { viewer_id, titles, genres, watch_duration_sec, late_ms, apart_ms } = s.tour;
        return {
          kind: 'views',
          events: Array.from({ length: titles }, (_, i) => ({
            event_id: `t${serial++}`,
            viewer_id,
            content_id: `tour-${i}`,
            genre: `genre-${i % genres}`,
            watch_duration_sec,
            completion_pct: 1,
            watched_at: at(late_ms - i * apart_ms),
          })),
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
