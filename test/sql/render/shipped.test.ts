import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readFolder } from '../../../src/pipeline/load.ts';
import { renderFiles } from '../../../src/pipeline/render.ts';
import { renderTargetState } from '../../../src/cli/format/target-state.ts';
import { stateTables } from '../../../src/sql/target/risingwave/state-tables.ts';
import { loadParser } from '../../../src/sql/parser.ts';
import { openPipeline } from '../../../src/testing/index.ts';
import type { TestPipeline } from '../../../src/testing/index.ts';
import { ROOT } from '../../house/files.ts';
import { Random } from '../../oracle/support/random.ts';
import { OPTIONS } from './support/render.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 1, 12);
const env = { KAFKA_BROKERS: 'localhost:9092' };

beforeAll(loadParser);

describe.each(['viewer-engagement', 'as-published'])('pipelines/%s', (name) => {
  const render = async (): Promise<ReadonlyMap<string, string>> => {
    const folder = await readFolder(join(ROOT, 'pipelines', name));
    const { files, diagnostics } = await renderFiles(folder, { env, target: 'risingwave', options: OPTIONS });
    expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
    return files;
  };

  test('is rendered as the files in docs/risingwave', async () => {
    const files = await render();
    const folder = join(ROOT, 'docs/risingwave', name);
    for (const [file, text] of files) await expect(text).toMatchFileSnapshot(join(folder, file));
    expect((await readdir(folder)).toSorted()).toEqual([...files.keys()].toSorted());
  });

  test('has the same rows when it is rendered, over a year with late events and events of the future', async () => {
    const r = new Random(20_260_101);
    const views = [...(await render())].filter(([file]) => !file.includes('sinks'));
    const one = await openPipeline(join(ROOT, 'pipelines', name), { now: new Date(START_MS), env });
    const other = await openPipeline(Object.fromEntries(views), { now: new Date(START_MS), env });
    let now_ms = START_MS;
    while (now_ms < START_MS + 366 * DAY_MS) {
      const sources = [
        ['view_events', r.times(0, 6, () => view(r, now_ms))],
        ['content_interactions', r.times(0, 3, () => interaction(r, now_ms))],
      ] as const;
      for (const each of [one, other]) for (const [source, events] of sources) each.insert(source, events);
      compare(one, other, now_ms);
      now_ms += r.pick([60_000, 3_600_000, DAY_MS - (now_ms % DAY_MS), DAY_MS, 6 * DAY_MS, 20 * DAY_MS]);
      for (const each of [one, other]) each.advanceTo(new Date(now_ms));
      compare(one, other, now_ms);
    }
    expect(other.errors()).toEqual([]);
  });
});

test('the page about RisingWave shows what is rendered, and the estimate of its state', async () => {
  const page = await readFile(join(ROOT, 'docs/risingwave.md'), 'utf8');
  const folder = await readFolder(join(ROOT, 'pipelines/viewer-engagement'));
  const { files, pipeline } = await renderFiles(folder, { env, target: 'risingwave', options: OPTIONS });
  const state = pipeline!.views.flatMap((each) => renderTargetState(each.name, stateTables(each, pipeline!)));
  for (const [block, whole] of [
    [/```sql\n(viewer_genres_by[\s\S]*?)```/.exec(page)?.[1], files.get('20_watch.sql')!],
    [/```text\n(viewer_engagement_rolling\n[\s\S]*?)```/.exec(page)?.[1], state.join('\n')],
  ] as const) {
    const lines = block!.split('\n').filter((line) => !/^ *(?:\.\.\.)?$/.test(line));
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter((line) => !whole.includes(line))).toEqual([]);
  }
});

function compare(one: TestPipeline, other: TestPipeline, now_ms: number): void {
  for (const { name } of one.pipeline.views) {
    expect(other.rows(name), `${name} at ${new Date(now_ms).toISOString()}`).toEqual(one.rows(name));
  }
}

/** A time up to 40 days late, or up to two days in the future. */
function time(r: Random, now_ms: number): string {
  const at = now_ms - (r.chance(70) ? r.int(3_600_000) : r.between(-2 * 24, 40 * 24) * 3_600_000);
  return new Date(at).toISOString().slice(0, -1);
}

function view(r: Random, now_ms: number): object {
  return {
    viewer_id: r.chance(3) ? null : r.int(6),
    content_id: r.chance(5) ? '' : `t${r.int(12)}`,
    genre: r.pick(['drama', 'comedy', 'news', null]),
    watch_duration_sec: r.chance(10) ? null : r.between(-5, 4000),
    completion_pct: r.pick([0.1, 0.95, 1, null]),
    watched_at: time(r, now_ms),
  };
}

function interaction(r: Random, now_ms: number): object {
  return {
    viewer_id: r.int(6),
    content_id: 't1',
    event_type: r.pick(['like', 'share', 'search', 'comment', 'follow', 'other']),
    event_ts: time(r, now_ms),
  };
}
