import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openPipeline } from '../../src/testing/index.ts';

const FOLDER = fileURLToPath(new URL('../../pipelines/viewer-engagement/', import.meta.url));
const NOW = '2022-04-01T12:00:00Z';
const EVENT = {
  event_id: 'e1',
  viewer_id: 7,
  content_id: 'a',
  genre: 'drama',
  watch_duration_sec: 600,
  completion_pct: 1,
  watched_at: '2022-04-01T11:00:00',
};

/** Returns the shipped SQL; `keyed` turns its sources into tables keyed by event_id, as 01_sources.sql describes. */
function sql(keyed: boolean): Record<string, string> {
  const files = Object.fromEntries(
    readdirSync(FOLDER).map((name) => [name, readFileSync(FOLDER + name, 'utf8')] as const),
  );
  if (!keyed) return files;
  const sources = files['01_sources.sql']!.replaceAll('CREATE SOURCE', 'CREATE TABLE')
    .replace(/event_id\s+VARCHAR/g, 'event_id VARCHAR PRIMARY KEY')
    .replace(/\) WITH \(/g, ') APPEND ONLY WITH (');
  expect(sources).not.toBe(files['01_sources.sql']);
  return { ...files, '01_sources.sql': sources };
}

test('an event sent twice counts twice in a source, and once in a table keyed by event_id', async () => {
  for (const { keyed, minutes } of [
    { keyed: false, minutes: 30 },
    { keyed: true, minutes: 10 },
  ]) {
    const pipeline = await openPipeline(sql(keyed), { now: NOW });
    pipeline.insert('view_events', [EVENT]);
    expect(pipeline.rows('viewer_engagement_rolling')).toMatchObject([{ watch_minutes_7d: 10 }]);
    // A record whose key is NULL is refused.
    pipeline.insert('view_events', [EVENT, { ...EVENT, event_id: null }]);
    expect(pipeline.rows('viewer_engagement_rolling')).toMatchObject([{ watch_minutes_7d: minutes }]);
    expect(pipeline.problems().filter((p) => p.refused)).toHaveLength(keyed ? 1 : 0);
  }
});
