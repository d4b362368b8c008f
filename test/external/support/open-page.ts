import type { Browser, BrowserContextOptions, Page, Response } from 'playwright-core';

export interface OpenPageOptions extends BrowserContextOptions {
  /** The server's URL; requests to any other origin are troubles. */
  readonly url: string;
  readonly path?: string;
  /** Called for each response, including the first. */
  readonly onResponse?: (response: Response) => Promise<void>;
}

export interface OpenedPage {
  readonly page: Page;
  readonly response: Response;
  /** Errors and warnings on the console, failed requests, status codes from 400, and requests to other origins. */
  readonly troubles: readonly string[];
  close(): Promise<void>;
}

/** Opens a page in a browser context of its own and records its troubles. */
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
