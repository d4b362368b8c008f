import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli } from '../cli/support/run-cli.ts';
import { launchChromium } from './support/chromium.ts';
import { CONTRASTS } from './support/contrast.ts';

let folder: string;
let browser: Browser;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-layouts-browser-'));
  const simulation = ['--simulate', '--viewers', '20', '--days', '1', '--warm-up', '2'];
  const argv = [
    'layouts',
    'pipelines/viewer-engagement',
    ...simulation,
    '--html',
    join(folder, 'layouts.html'),
  ];
  const { code, stderr } = await cli(argv);
  if (code !== 0) throw new Error(stderr);
  browser = await launchChromium();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the page of freshet layouts', () => {
  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
    ['dark', 390],
  ] as const)('can be read in %s colours on a screen of %i pixels', async (colorScheme, width) => {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
    const page = await context.newPage();
    const troubles: string[] = [];
    page.on('console', (message) => troubles.push(message.text()));
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) troubles.push(request.url());
    });
    await page.goto(pathToFileURL(join(folder, 'layouts.html')).href);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    // Every bar has a line of its own: label, bar and figure do not overlap.
    const overlaps = await page.evaluate(OVERLAPS);
    expect(overlaps).toEqual([]);
    const contrasts = (await page.evaluate(CONTRASTS)) as { text: string; contrast: number }[];
    expect(contrasts.length).toBeGreaterThan(100);
    expect(contrasts.filter(({ contrast }) => contrast < 4.5)).toEqual([]);
    expect(troubles).toEqual([]);
    await context.close();
  });
});

/** A script for the page: returns the labels of bars whose parts overlap, or are outside of their card. */
const OVERLAPS = `
(() => [...document.querySelectorAll('.bar')].filter((bar) => {
  const card = bar.closest('.card').getBoundingClientRect();
  const [label, drawn, value] = [...bar.children].map((part) => part.getBoundingClientRect());
  return label.right > drawn.left || drawn.right > value.left || value.right > card.right || label.left < card.left;
}).map((bar) => bar.textContent))()
`;
