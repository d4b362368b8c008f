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

it('prints what a view held at a moment, from several files of a source', async () => {
  const { code, stdout, stderr } = await replay(
    '2026-03-15T12:00:00Z',
    '--select',
    'viewer_engagement_rolling',
  );
  expect(code).toBe(0);
  // Worked out by hand: 30 + 15 s within 7 days, 60 s more within 28; the event of the 16th has not happened.
  expect(minutes(stdout)).toEqual([
    [7, 0.75, 1.75, 2],
    [8, 1.5, 1.5, 1],
  ]);
  expect(stderr).toMatch(/refused: view_events: second\.ndjson at byte \d+: /);
  expect(stderr).toContain('warning: view_events: 1 record refused\n');
});

it('moves windows with the date alone', async () => {
  const { stdout } = await replay('2026-03-29', '--select', 'viewer_engagement_rolling');
  expect(minutes(stdout)).toEqual([
    [7, 0, 10.75, 2],
    [8, 0, 1.5, 1],
  ]);
});

it('prints the items of a sink, named by itself or by its view', async () => {
  const byView = await replay('2026-03-15T12:00:00Z', '--select', 'viewer_history', '--items');
  expect(byView.stdout.split('\n')[0]).toBe(
    '{"viewer_id":{"N":"7"},"sk":{"S":"engagement#history"},"recent_titles":{"L":[{"S":"b"},{"S":"a"}]}}',
  );
  const bySink = await replay('2026-03-15T12:00:00Z', '--select', 'viewer_history_sink', '--items');
  expect(bySink).toEqual(byView);
});
