import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { htmlPage } from '../../src/layouts/page/page.ts';
import type { LayoutsReport } from '../../src/layouts/report.ts';
import { tableLines } from '../../src/layouts/table.ts';
import { measure, pipelineOf } from './support/measure.ts';

// Names that would break out of the page if they were not escaped, wherever they come from: the pipeline's folder, its
// sinks, its sources, and partition keys.

const HOSTILE = `"><img src=x onerror="alert('&')">`;
const SQL = `
  CREATE TABLE "<b>views</b>" (viewer VARCHAR, at TIMESTAMP) APPEND ONLY;
  CREATE MATERIALIZED VIEW counts AS SELECT viewer, COUNT(*) AS n FROM "<b>views</b>" GROUP BY viewer;
  CREATE SINK "<i>sink</i>" FROM counts WITH (connector = 'dynamodb', table = 'counts', region = 'x',
    primary_key = 'viewer');
`;

let folder: string;
let report: LayoutsReport;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-layouts-page-'));
  const path = join(folder, 'views.ndjson');
  writeFileSync(path, `${JSON.stringify({ viewer: HOSTILE, at: '2026-03-01T10:00:00' })}\n`);
  report = await measure({
    pipeline: await pipelineOf(`<script>alert(1)</script>`, SQL),
    traffic: { kind: 'files', inputs: [{ source: '<b>views</b>', path }], warmUpDays: 0 },
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('the page escapes names and needs nothing from elsewhere', () => {
  const page = htmlPage(report);
  expect(report.layouts[0]!.hot_keys[0]!.key).toBe(HOSTILE);
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(page).toContain(
    HOSTILE.slice(0, 14).replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  );
  expect(page).not.toMatch(/<(?:script|img|b|i)>|<(?:script|img|link|iframe)\b/);
  expect(page).not.toMatch(/<[a-z]+[^>]*(?:src|href)=|url\(|@import/);
  expect(page).toContain("default-src 'none'");
});

it('the page and the table show every layout and every reason', () => {
  const page = htmlPage(report);
  const table = tableLines(report, { isBold: false });
  for (const { layout } of report.layouts) expect(page).toContain(`<th scope="col">${layout}</th>`);
  expect(table.filter((line) => line.length > 120)).toEqual([]);
  const refusals = report.layouts.flatMap(({ sinks }) => sinks.flatMap(({ refusal }) => refusal ?? []));
  // The table has no sort key, which most layouts need.
  expect(refusals.length).toBeGreaterThan(0);
  const text = table.join(' ').replaceAll(/\s+/g, ' ');
  for (const refusal of refusals) expect(text).toContain(refusal.replaceAll(/\s+/g, ' '));
});
