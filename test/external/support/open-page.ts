import type { Browser, BrowserContextOptions, Page, Response } from 'playwright-core';

export interface OpenPageOptions extends BrowserContextOptions {
  /** Of the server; all else is elsewhere. */
  readonly url: string;
  readonly path?: string;
  /** Called for each response, from the first on. */
  readonly onResponse?: (response: Response) => Promise<void>;
}

export interface OpenedPage {
  readonly page: Page;
  readonly response: Response;
  /** Errors and warnings on the console, failed requests, answers of 400 and above, and requests that go elsewhere. */
  readonly troubles: readonly string[];
  close(): Promise<void>;
}

/** Opens a page in a context of its own, and notes what goes wrong on it. */
export async function openPage(browser: Browser, options: OpenPageOptions): Promise<OpenedPage> {
  const { url, path = '/', onResponse, ...settings } = options;
  const context = await browser.newContext(settings);
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) troubles.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => troubles.push(`page: ${error.message}`));
  page.on('requestfailed', (request) => troubles.push(`failed: ${request.url()}`));
  page.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`${response.status()}: ${response.url()}`);
    void onResponse?.(response);
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== url && protocol !== 'data:') troubles.push(`external: ${request.url()}`);
  });
  const response = await page.goto(url + path);
  if (response === null) throw new Error(`no response for ${url}${path}`);
  return { page, response, troubles, close: () => context.close() };
}
