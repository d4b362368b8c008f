import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listenApi } from '../../src/serving/api.ts';
import { item, openProfiles, type Profiles } from '../serving/support.ts';
import { launchChromium } from './support/chromium.ts';
import { openPage } from './support/open-page.ts';

let browser: Browser;
let profiles: Profiles;
beforeAll(async () => {
  browser = await launchChromium();
  profiles = await openProfiles();
});
afterAll(async () => {
  await profiles.close();
  await browser.close();
});

it('says of an item that another program wrote that its age is unknown', async () => {
  await profiles.put([
    item(42, 'engagement#watch', { titles_7d: { N: '3' } }),
    { viewer_id: { N: '42' }, sk: { S: 'engagement#session' }, binge_length: { N: '2' } },
  ]);
  const app = await profiles.api();
  const url = await listenApi(app);
  const { page, close } = await openPage(browser, { url, path: '/#42' });
  const notes = () => page.locator('#domains .card .note').allTextContents();
  await expect
    .poll(notes, { timeout: 240_000 })
    .toEqual(['written 2 s ago', 'age unknown', 'absent', 'absent', 'absent', 'trending']);
  await close();
  await app.close();
});
