import { appendFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from './support/chromium.ts';
import { startDev, type DevServer } from './support/dev-server.ts';
import { openPage } from './support/open-page.ts';

const SLOW = { timeout: 120_000, interval: 100 };

let folder: string;
let server: DevServer;
let browser: Browser;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshet-letters-'));
  await mkdir(join(folder, 'in'));
  await writeFile(
    join(folder, 'plays.sql'),
    `CREATE SOURCE plays (id INT) WITH (
       connector = 'posix_fs', posix_fs.root = 'in', match_pattern = '*.ndjson', refresh.interval.sec = '1'
     ) FORMAT PLAIN ENCODE JSON;
     CREATE MATERIALIZED VIEW counted AS SELECT id, COUNT(*) AS n FROM plays GROUP BY id;`,
  );
  await writeFile(join(folder, 'in/a.ndjson'), '{"id":1}\n');
  browser = await launchChromium();
  server = await startDev(['--no-simulate'], {}, folder);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await rm(folder, { recursive: true });
});

it('the page has a tab that shows new dead letters, with payloads as text', async () => {
  const { page, troubles, close } = await openPage(browser, { url: server.url });
  const tab = page.getByRole('tab', { name: 'Dead letters' });
  await tab.click();
  await expect.poll(() => page.locator('#letters-said').textContent(), SLOW).toBe('None.');
  expect(await page.locator('#overview').isVisible()).toBe(false);
  await appendFile(join(folder, 'in/a.ndjson'), '<b>no json</b>\n');
  const cells = () => page.locator('#letters-table tbody td').allTextContents();
  await expect
    .poll(async () => (await cells()).slice(1), SLOW)
    .toEqual(['plays, a.ndjson:2', 'malformed: expected an object, got "<" at byte 0', '<b>no json</b>']);
  expect(await page.locator('#letters-said').textContent()).toBe('1 dead letter, the newest first.');
  await page.keyboard.press('ArrowLeft');
  expect(await page.locator('#overview').isVisible()).toBe(true);
  expect(await page.locator('#letters').isVisible()).toBe(false);
  expect(troubles).toEqual([]);
  await close();
});

it('the header of the page names a file that the source does not read', async () => {
  await writeFile(join(folder, 'outside'), '{"id":2}\n');
  await symlink(join(folder, 'outside'), join(folder, 'in/b.ndjson'));
  const { page, troubles, close } = await openPage(browser, { url: server.url });
  await expect
    .poll(() => page.locator('#why').textContent(), SLOW)
    .toBe('source plays does not read b.ndjson: the link points outside posix_fs.root');
  expect(troubles).toEqual([]);
  await close();
});
