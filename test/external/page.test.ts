import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { launchChromium } from './support/chromium.ts';
import { CONTRASTS } from './support/contrast.ts';
import { startDev, type DevServer } from './support/dev-server.ts';
import { openPage, type OpenPageOptions } from './support/open-page.ts';
import {
  eventsOf,
  nextStatus,
  rowsOf,
  shownProfile,
  totalOf,
  writesOf,
  type Status,
} from './support/shown.ts';

const BUSIEST_VIEWER = '8000001';
const SLOW = { timeout: 240_000, interval: 50 };
/** The period over which the page computes its rates. */
const RATE_OVER_MS = 10_000;
/** Shorter than the page's interval between two requests for /v1/status. */
const AT_ONCE = { timeout: 800, interval: 20 };

interface Profile {
  readonly domains: Record<
    string,
    { readonly status: string; readonly attributes?: Record<string, unknown> }
  >;
}

let server: DevServer;
let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
  server = await startDev(['--viewers', '20', '--rate', '20', '--backfill-days', '10']);
  await vi.waitFor(async () => {
    const response = await fetch(`${server.url}/v1/viewers/${BUSIEST_VIEWER}/profile`);
    const { domains = {} } = (await response.json()) as Partial<Profile>;
    const statuses = Object.values(domains).map(({ status: each }) => each);
    if (statuses.length === 0 || statuses.includes('absent')) throw new Error('no whole profile');
  }, SLOW);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

type Options = Omit<OpenPageOptions, 'url'> & { readonly url?: string };
const open = (options: Options = {}) => openPage(browser, { url: server.url, ...options });

const status = async () => (await (await fetch(`${server.url}/v1/status`)).json()) as Status;
/** Waits until the page shows an answer of /v1/status. Tries again if a newer answer has come in between. */
async function agrees(
  page: Page,
  shown: () => Promise<unknown>,
  expected: (status: Status) => unknown,
): Promise<void> {
  await vi.waitFor(async () => {
    const wanted = expected(await nextStatus(page));
    await expect.poll(shown, AT_ONCE).toEqual(wanted);
  }, SLOW);
}

async function watch(url: string, viewer: number, seconds: number): Promise<void> {
  const watched_at = new Date().toISOString().replace('Z', '');
  const event = {
    viewer_id: viewer,
    content_id: 'a',
    genre: 'drama',
    watch_duration_sec: seconds,
    watched_at,
  };
  const body = JSON.stringify({ event_id: `${viewer}-${watched_at}`, ...event });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/v1/sources/view_events/events`, { method: 'POST', headers, body });
  expect(response.status).toBe(202);
}

async function lookUp(page: Page, viewer: string): Promise<void> {
  await page.getByLabel('viewer_id').fill(viewer);
  await page.keyboard.press('Enter');
}

describe('the page', () => {
  it('shows the numbers of /v1/status, which change as events arrive', async () => {
    const { page, troubles, close } = await open();
    await expect.poll(() => page.locator('#state').textContent(), SLOW).toBe('running');
    expect(await page.locator('#running').textContent()).toMatch(/^Pipeline viewer-engagement, version \d/);

    const shown = async () => ({
      totals: [await totalOf(page, 'events'), await totalOf(page, 'views'), await totalOf(page, 'writes')],
      events: await rowsOf(page, 'events'),
      views: await rowsOf(page, 'views'),
      writes: await rowsOf(page, 'writes'),
    });
    await agrees(page, shown, (exact) => ({
      totals: [eventsOf(exact), exact.views.reduce((sum, { rows }) => sum + rows, 0), writesOf(exact)],
      events: exact.sources.map(({ name, rows }) => [name, rows]),
      views: exact.views.map(({ name, rows }) => [name, rows]),
      writes: exact.sinks.map(({ name, upserts, deletes }) => [name, upserts + deletes]),
    }));
    expect(await page.locator('#views tbody tr').count()).toBe(17);

    const before = await status();
    await expect.poll(() => totalOf(page, 'events'), SLOW).toBeGreaterThan(eventsOf(before));
    await expect.poll(() => totalOf(page, 'writes'), SLOW).toBeGreaterThan(writesOf(before));
    expect(await totalOf(page, 'events')).toBeLessThanOrEqual(eventsOf(await status()));
    expect(troubles).toEqual([]);
    await close();
  });

  it("shows rates over the last seconds, and the time in the browser's time zone", async () => {
    const seen: Status[] = [];
    const { page, troubles, close } = await open({
      timezoneId: 'Asia/Tokyo',
      locale: 'en-US',
      // `seen` must hold every answer that the page has seen.
      onResponse: async (response) => {
        if (response.url().endsWith('/v1/status')) seen.push((await response.json()) as Status);
      },
    });
    const perSecond = (last: Status) => {
      const first = seen.find(({ now }) => Date.parse(last.now) - Date.parse(now) <= RATE_OVER_MS)!;
      const seconds = (Date.parse(last.now) - Date.parse(first.now)) / 1000;
      return `${((eventsOf(last) - eventsOf(first)) / seconds).toFixed(1)} per second`;
    };
    await expect.poll(() => seen.length, SLOW).toBeGreaterThan(5);
    await agrees(page, () => page.locator('#events .rate').textContent(), perSecond);
    expect(parseFloat(perSecond(seen.at(-1)!))).toBeGreaterThan(0);
    await agrees(
      page,
      () => page.locator('#now').textContent(),
      ({ now }) =>
        new Date(now).toLocaleString('en-US', {
          timeZone: 'Asia/Tokyo',
          dateStyle: 'medium',
          timeStyle: 'long',
        }),
    );
    expect(troubles).toEqual([]);
    await close();
  });

  it('shows every domain of a viewer and follows changes', async () => {
    const { page, troubles, close } = await open();
    const { domains } = await status();
    await lookUp(page, BUSIEST_VIEWER);
    await expect.poll(() => page.locator('#said').textContent(), SLOW).toBe(`Viewer ${BUSIEST_VIEWER}`);
    expect(await page.locator('#domains h3').allTextContents()).toEqual([...domains, 'recommendations']);
    expect(await page.locator('#domains .card li').count()).toBe(10);
    const agreed = async () => {
      const response = await fetch(`${server.url}/v1/viewers/${BUSIEST_VIEWER}/profile`);
      const profile = (await response.json()) as Profile;
      const expected = Object.entries(profile.domains).map(([name, { attributes }]) => [name, attributes]);
      return [await shownProfile(page), Object.fromEntries(expected)] as const;
    };
    await expect
      .poll(async () => agreed().then(([a, b]) => JSON.stringify(a) === JSON.stringify(b)), SLOW)
      .toBe(true);

    await watch(server.url, 42, 90);
    await expect.poll(async () => (await fetch(`${server.url}/v1/viewers/42/profile`)).ok, SLOW).toBe(true);
    await lookUp(page, '42');
    const minutes = async () =>
      ((await shownProfile(page))['watch'] as { watch_minutes_28d?: number } | undefined)?.watch_minutes_28d;
    await expect.poll(minutes, SLOW).toBe(1.5);
    expect(await page.locator('#domains [data-name=interactions]').textContent()).toContain('absent');
    await watch(server.url, 42, 30);
    await expect.poll(minutes, SLOW).toBe(2);

    expect(page.url()).toBe(`${server.url}/#42`);
    const again = await open({ path: '/#42' });
    await expect.poll(() => again.page.locator('#said').textContent(), SLOW).toBe('Viewer 42');
    const links = again.page.locator('#found p a');
    for (const [i, path] of ['profile', 'recommendations'].entries()) {
      const href = String(await links.nth(i).getAttribute('href'));
      expect(href).toContain(`/v1/viewers/42/${path}`);
      expect((await fetch(server.url + href)).status).toBe(200);
    }
    expect([...troubles, ...again.troubles]).toEqual([]);
    await again.close();
    await close();
  });

  it('shows an active viewer until it is asked for another', async () => {
    const { page, troubles, close } = await open();
    await expect
      .poll(() => page.locator('#said').textContent(), SLOW)
      .toMatch(/^Viewer 80000\d\d, whose profile has just changed$/);
    const shown = await page.locator('#key').inputValue();
    const { recent_viewers } = (await (await fetch(`${server.url}/v1/status`)).json()) as {
      recent_viewers: { viewer_id: string }[];
    };
    expect(recent_viewers.length).toBeGreaterThan(0);
    expect(Number(shown)).toBeGreaterThanOrEqual(8_000_001);
    await lookUp(page, BUSIEST_VIEWER);
    await expect.poll(() => page.locator('#said').textContent(), SLOW).toBe(`Viewer ${BUSIEST_VIEWER}`);
    expect(troubles).toEqual([]);
    await close();
  });

  it('posts a view when the button is pressed, and says how long it took to reach DynamoDB', async () => {
    const { page, troubles, close } = await open({ path: '/#4242' });
    await expect.poll(() => page.locator('#watch-button').isVisible(), SLOW).toBe(true);
    await page.locator('#watch-button').click();
    await expect
      .poll(() => page.locator('#watched').textContent(), SLOW)
      .toMatch(/^10 minutes of \S+ \(.+\): durable after \d+ ms, read back from DynamoDB after [\d.]+ s$/);
    const response = await fetch(`${server.url}/v1/viewers/4242/profile`);
    const { domains } = (await response.json()) as Profile;
    expect(domains['watch']!.attributes!['watch_minutes_28d']).toBe(10);
    expect(troubles.filter((trouble) => !trouble.includes('404'))).toEqual([]);
    await close();
  });

  it('says that a viewer does not exist, and sends no request for an invalid id', async () => {
    const { page, troubles, close } = await open();
    await expect.poll(() => page.locator('#found').isVisible(), SLOW).toBe(true);
    await lookUp(page, '4711');
    await expect
      .poll(() => page.locator('#said').textContent(), SLOW)
      .toBe('there is no profile with viewer_id 4711');
    expect(await page.locator('#found').isVisible()).toBe(false);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await lookUp(page, '<b>1</b>');
    await nextStatus(page);
    expect(asked.filter((url) => /viewers\/(?!4711)/.test(url))).toEqual([]);
    expect(troubles.filter((trouble) => !trouble.includes('404'))).toEqual([]);
    await close();
  });

  it('has a content security policy that allows its own script, style and server only', async () => {
    const { page, troubles, response, close } = await open();
    const policy = String(response.headers()['content-security-policy']);
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-\S+'; style-src 'sha256-\S+'; connect-src 'self';/,
    );
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(troubles).toEqual([]);
    await page.evaluate(`
      addEventListener('securitypolicyviolation', (event) => {
        document.title += ' ' + event.effectiveDirective;
      });
      const script = document.createElement('script');
      try { script.textContent = 'document.title = "run"'; } catch { document.title += ' refused'; }
      document.head.append(Object.assign(document.createElement('style'), { textContent: 'body { color: red }' }));
      fetch('http://127.0.0.1:9/').catch(() => {});
    `);
    await expect
      .poll(async () => (await page.title()).split(' ').sort(), SLOW)
      .toEqual(['Freshet', 'connect-src', 'refused', 'require-trusted-types-for', 'style-src-elem']);
    await close();
  });

  it.each(['light', 'dark'] as const)(
    'fits a narrow screen with legible contrast, %s',
    async (colorScheme) => {
      const { page, troubles, close } = await open({ colorScheme, viewport: { width: 390, height: 844 } });
      await expect.poll(() => page.locator('#found').isVisible(), SLOW).toBe(true);
      for (const summary of await page.locator('summary').all()) await summary.press('Enter');
      expect(await page.locator('details[open]').count()).toBe(3);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
      // Animations would show intermediate colours.
      await page.emulateMedia({ reducedMotion: 'reduce', colorScheme });
      const contrasts = (await page.evaluate(CONTRASTS)) as { text: string; contrast: number }[];
      expect(contrasts.length).toBeGreaterThan(50);
      expect(contrasts.filter(({ contrast }) => contrast < 4.5)).toEqual([]);
      expect(troubles).toEqual([]);
      await close();
    },
  );

  it('can be used with the keyboard alone', async () => {
    const { page, close } = await open();
    await expect.poll(() => page.locator('#found').isVisible(), SLOW).toBe(true);
    for (const last of ['#watch-button', '#recommendations-link'])
      await expect.poll(() => page.locator(last).isVisible(), SLOW).toBe(true);
    const reached: string[] = [];
    for (let i = 0; i < 16; i++) {
      await page.keyboard.press('Tab');
      reached.push(
        String(await page.evaluate('document.activeElement.id || document.activeElement.textContent')),
      );
    }
    expect(reached).toEqual([
      'tab-overview',
      '2 sources',
      '17 views',
      '6 sinks',
      'key',
      'Show',
      'follow',
      'watch-button',
      'profile-link',
      'recommendations-link',
      '/docs',
      '/openapi.json',
      '/v1/status',
      '/metrics',
      '/healthz',
      '/readyz',
    ]);
    await close();
  });
});

describe('/docs', () => {
  it('shows every route and can call it, without requests to other hosts', async () => {
    const { page, troubles, close } = await open({ path: '/docs' });
    const routes = page.locator('.opblock-summary-path');
    await expect.poll(() => routes.count(), SLOW).toBe(5);
    await page.locator('#operations-profiles-profile, .opblock-get').first().click();
    await page.locator('input[placeholder="id"]').fill(BUSIEST_VIEWER);
    await page.getByRole('button', { name: 'Execute' }).click();
    const answer = page.locator('.live-responses-table tbody .response-col_description');
    await expect.poll(() => answer.first().textContent(), SLOW).toContain('watch_minutes_7d');
    expect(troubles).toEqual([]);
    await close();
  });
});

describe('the page', () => {
  it('asks for a token if the server requires one', async () => {
    const guarded = await startDev(['--no-simulate'], { FRESHET_READ_TOKEN: 'sesame' });
    try {
      await watch(guarded.url, 7, 60);
      const { page, close } = await open({ url: guarded.url, path: '/#7' });
      await expect.poll(() => page.getByLabel('Access token').isVisible(), SLOW).toBe(true);
      expect(await page.locator('#said').textContent()).toContain('Authorization: Bearer');
      await page.getByLabel('Access token').fill('sesame');
      await page.keyboard.press('Enter');
      await expect.poll(() => page.locator('#said').textContent(), SLOW).toBe('Viewer 7');
      await close();
    } finally {
      expect(await guarded.stop()).toBe(0);
    }
  });

  it('says that the server does not answer', async () => {
    const short = await startDev(['--no-simulate']);
    const { page, close } = await open({ url: short.url });
    await expect.poll(() => page.locator('#state').textContent(), SLOW).toBe('running');
    expect(await short.stop()).toBe(0);
    await expect.poll(() => page.locator('#state').textContent(), SLOW).toContain('not answering');
    await close();
  });
});
