import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cli } from './support/run-cli.ts';

let folder: string;

const event = (viewer: number, seconds: number, at: string, title = 'a'): string =>
  JSON.stringify({
    viewer_id: viewer,
    content_id: title,
    genre: 'drama',
    watch_duration_sec: seconds,
    watched_at: at,
  });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-replay-'));
  const first = [
    event(7, 60, '2026-03-01T10:00:00'),
    event(7, 30, '2026-03-14T10:00:00', 'b'),
    event(8, 90, '2026-03-14T11:00:00'),
  ];
  const second = [
    event(7, 600, '2026-03-16T10:00:00'),
    '{"viewer_id": 9',
    event(7, 15, '2026-03-13T10:00:00'),
  ];
  writeFileSync(join(folder, 'first.ndjson'), `${first.join('\n')}\n`);
  writeFileSync(join(folder, 'second.ndjson'), `${second.join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function replay(asOf: string, ...flags: string[]) {
  const argv = ['replay', 'pipelines/viewer-engagement', '--as-of', asOf];
  const inputs = ['--input', `view_events=${join(folder, 'first.ndjson')}`, join(folder, 'second.ndjson')];
  return cli([...argv, ...inputs, ...flags]);
}

const minutes = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>)
    .map((row) => [row['viewer_id'], row['watch_minutes_7d'], row['watch_minutes_28d'], row['titles_28d']]);

it('prints the rows of a view as of a given time, from several files of a source', async () => {
  const { code, stdout, stderr } = await replay(
    '2026-03-15T12:00:00Z',
    '--select',
    'viewer_engagement_rolling',
  );
  expect(code).toBe(0);
  // Computed by hand: 30 + 15 s within 7 days, 60 s more within 28; the event of the 16th is in the future.
  expect(minutes(stdout)).toEqual([
    [7, 0.75, 1.75, 2],
    [8, 1.5, 1.5, 1],
  ]);
  expect(stderr).toMatch(/refused: view_events: second\.ndjson at byte \d+: /);
  expect(stderr).toContain('warning: view_events: 1 record refused\n');
});

it('moves windows to the as-of date, without further events', async () => {
  const { stdout } = await replay('2026-03-29', '--select', 'viewer_engagement_rolling');
  expect(minutes(stdout)).toEqual([
    [7, 0, 10.75, 2],
    [8, 0, 1.5, 1],
  ]);
});

it('includes events at the as-of time itself, also at the first instant of a day', async () => {
  const edge = join(folder, 'edge.ndjson');
  const events = [
    event(5, 60, '2026-03-14T23:59:59.999999'),
    event(5, 120, '2026-03-15T00:00:00', 'b'),
    event(5, 240, '2026-03-15T00:00:00.000001', 'c'),
  ];
  writeFileSync(edge, `${events.join('\n')}\n`);
  const oneDay = async (asOf: string): Promise<unknown> => {
    const argv = ['replay', 'pipelines/viewer-engagement', '--input', `view_events=${edge}`, '--as-of', asOf];
    const { stdout } = await cli([...argv, '--select', 'viewer_engagement_rolling']);
    const row = JSON.parse(stdout) as Record<string, unknown>;
    return [row['watch_minutes_1d'], row['watch_minutes_7d'], row['titles_1d'], row['titles_7d']];
  };
  expect(await oneDay('2026-03-14T23:59:59.999999Z')).toEqual([1, 1, 1, 1]);
  expect(await oneDay('2026-03-15')).toEqual([2, 3, 1, 2]);
  expect(await oneDay('2026-03-15T00:00:00.000001Z')).toEqual([6, 7, 2, 3]);
});

it('prints the same bytes in each run, whatever the order of the files', async () => {
  const files = [
    `view_events=${join(folder, 'first.ndjson')}`,
    `view_events=${join(folder, 'second.ndjson')}`,
    `content_interactions=${join(folder, 'likes.ndjson')}`,
  ];
  const like = { viewer_id: 7, event_type: 'like', event_ts: '2026-03-14T10:00:00' };
  writeFileSync(join(folder, 'likes.ndjson'), `${JSON.stringify(like)}\n`);
  const run = async (order: readonly string[], view: string): Promise<string> => {
    const argv = ['replay', 'pipelines/viewer-engagement', '--as-of', '2026-03-15T12:00:00Z'];
    const inputs = order.flatMap((file) => ['--input', file]);
    return (await cli([...argv, ...inputs, '--select', view])).stdout;
  };
  for (const view of ['viewer_engagement_rolling', 'content_interactions_rolling', 'catalogue_trending']) {
    const text = await run(files, view);
    expect(text).not.toBe('');
    expect(await run(files, view)).toBe(text);
    expect(await run(files.toReversed(), view)).toBe(text);
  }
});

it('says why a row cannot become an item', async () => {
  const sql = `CREATE SOURCE s (k VARCHAR, j JSONB, at TIMESTAMPTZ)
    WITH (connector = 'kafka', topic = 's', scan.startup.mode = 'earliest') FORMAT PLAIN ENCODE JSON;
  CREATE MATERIALIZED VIEW v AS SELECT k, 'engagement#x' AS sk, MAX(at) AS at, JSONB_OBJECT_AGG(COALESCE(k, ''), 1) AS j
    FROM s GROUP BY k;
  CREATE SINK out FROM v WITH (connector = 'dynamodb', table = 'profiles', region = 'x', primary_key = 'k,sk');`;
  const pipeline = mkdtempSync(join(folder, 'pipeline-'));
  writeFileSync(join(pipeline, 'a.sql'), sql);
  const input = join(folder, 'empty-key.ndjson');
  writeFileSync(input, '{"k":"","at":"2026-03-14T10:00:00Z"}\n');
  const argv = ['replay', pipeline, '--input', `s=${input}`, '--as-of', '2026-03-15'];
  const { code, stdout, stderr } = await cli([...argv, '--select', 'out', '--items']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^error: .*key "k" is empty\n$/);
});

it('prints the items of a sink, selected by its own name or its view', async () => {
  const byView = await replay('2026-03-15T12:00:00Z', '--select', 'viewer_history', '--items');
  expect(byView.stdout.split('\n')[0]).toBe(
    '{"viewer_id":{"N":"7"},"sk":{"S":"engagement#history"},"recent_titles":{"L":[{"S":"b"},{"S":"a"}]}}',
  );
  const bySink = await replay('2026-03-15T12:00:00Z', '--select', 'viewer_history_sink', '--items');
  expect(bySink).toEqual(byView);
});
