import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openPipeline, type TestPipeline } from '../../src/testing/index.ts';

// What docs/pipelines.md promises about dirty events, with results computed by hand.

const FOLDER = fileURLToPath(new URL('../../pipelines/viewer-engagement/', import.meta.url));

const open = (): Promise<TestPipeline> => openPipeline(FOLDER, { now: '2022-04-01T12:00:00Z' });

const view = (watched_at: string, rest: object = {}) => ({
  viewer_id: 7,
  content_id: 'a',
  genre: 'drama',
  watch_duration_sec: 600,
  watched_at,
  ...rest,
});

test('an empty title or genre counts as unknown: its minutes count, and no list contains it', async () => {
  const pipeline = await open();
  pipeline.insert('view_events', [
    view('2022-04-01T11:30:00'),
    view('2022-04-01T11:40:00', { content_id: '', genre: '', watch_duration_sec: 1200 }),
  ]);
  expect(pipeline.rows('viewer_engagement_rolling')).toMatchObject([
    { watch_minutes_1d: 30, titles_1d: 1, genres_watched_1d: 1 },
  ]);
  expect(pipeline.rows('viewer_session_rolling')).toMatchObject([
    { watch_minutes_1h: 30, current_genre: 'drama', binge_length: 1 },
  ]);
  expect(pipeline.rows('viewer_preferences_rolling')).toMatchObject([
    { top_genres: ['drama'], genre_affinity: { drama: 1 } },
  ]);
  expect(pipeline.rows('viewer_history')).toMatchObject([{ recent_titles: ['a'] }]);
  expect(pipeline.rows('catalogue_trending')).toMatchObject([{ titles: ['a'], genres: ['drama'] }]);
});

test('an event ahead of the clock counts in sessions from its minute on, and in days from its day on', async () => {
  const pipeline = await open();
  const session = (): unknown => pipeline.rows('viewer_session_rolling')[0];
  const watched = (): unknown => pipeline.rows('viewer_engagement_rolling')[0];
  pipeline.insert('view_events', [
    view('2022-04-01T15:00:30'),
    view('2022-04-02T00:00:00', { content_id: 'b' }),
  ]);
  expect(session()).toMatchObject({ watch_minutes_1h: 0, watch_minutes_6h: 0, current_genre: null });
  expect(watched()).toMatchObject({ watch_minutes_1d: 10, titles_1d: 1 });

  pipeline.advanceTo('2022-04-01T14:59:59.999999Z');
  expect(session()).toMatchObject({ watch_minutes_1h: 0, binge_length: 0 });
  pipeline.advanceTo('2022-04-01T15:00:00Z');
  expect(session()).toMatchObject({ watch_minutes_1h: 10, current_genre: 'drama', binge_length: 1 });
  pipeline.advanceTo('2022-04-01T15:59:59Z');
  expect(session()).toMatchObject({ watch_minutes_1h: 10 });
  pipeline.advanceTo('2022-04-01T16:00:00Z');
  expect(session()).toMatchObject({ watch_minutes_1h: 0, watch_minutes_6h: 10 });

  pipeline.advanceTo('2022-04-01T23:59:59.999999Z');
  expect(watched()).toMatchObject({ titles_1d: 1, titles_7d: 1 });
  pipeline.advanceTo('2022-04-02T00:00:00Z');
  expect(watched()).toMatchObject({ watch_minutes_1d: 10, titles_1d: 1, titles_7d: 2 });
});
