import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { launchChromium } from './support/chromium.ts';
import { startDev, type DevServer } from './support/dev-server.ts';
import { openPage } from './support/open-page.ts';

// The page of a pipeline that is not the shipped one: it speaks of customers.

const SLOW = { timeout: 240_000, interval: 50 };

let browser: Browser;
let server: DevServer;
beforeAll(async () => {
  browser = await launchChromium();
  server = await startDev([], {}, 'examples/shop');
  const order = { category: 'hats', amount: '12.50', ordered_at: new Date().toISOString() };
  const orders = [
    { order_id: 'o-1', customer_id: 'c/1', ...order },
    { order_id: 'o-2', customer_id: ' c 2', ...order },
  ];
  await fetch(`${server.url}/v1/sources/orders/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(orders),
  });
  await vi.waitFor(async () => {
    const { ok } = await fetch(`${server.url}/v1/viewers/%20c%202/profile`);
    if (!ok) throw new Error('no profile yet');
  }, SLOW);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

it("has the pipeline's words, and nothing of viewers and recommendations", async () => {
  const { page, troubles, close } = await openPage(browser, { url: server.url, path: '/#c%2F1' });
  await expect.poll(() => page.locator('#said').textContent(), SLOW).toBe('Customer c/1');
  expect(await page.locator('#profile-title').textContent()).toBe('Customer profile');
  expect(await page.getByLabel('customer_id').inputValue()).toBe('c/1');
  expect(await page.locator('#domains h3').allTextContents()).toEqual(['orders', 'browsing', 'returns']);
  const words = (await page.locator('body').innerText()).replaceAll('/v1/viewers/', '');
  expect(words).not.toMatch(/viewer|watch|title|recommend/i);
  expect(troubles).toEqual([]);
  await close();
});

it('looks a text up as it was typed, with its blanks', async () => {
  const { page, troubles, close } = await openPage(browser, { url: server.url });
  await expect.poll(() => page.locator('#found').isVisible(), SLOW).toBe(true);
  await page.getByLabel('customer_id').fill(' c 2');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await expect.poll(() => page.locator('#said').textContent(), SLOW).toBe('Customer  c 2');
  expect(troubles).toEqual([]);
  await close();
});
