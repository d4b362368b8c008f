import type { Page } from 'playwright-core';

/** The part of /v1/status that the page reads. */
export interface Status {
  readonly now: string;
  readonly domains: readonly string[];
  readonly sources: readonly { readonly name: string; readonly rows: number }[];
  readonly views: readonly { readonly name: string; readonly rows: number }[];
  readonly sinks: readonly { readonly name: string; readonly upserts: number; readonly deletes: number }[];
}

export const eventsOf = ({ sources }: Status) => sources.reduce((sum, { rows }) => sum + rows, 0);
export const writesOf = ({ sinks }: Status) =>
  sinks.reduce((sum, { upserts, deletes }) => sum + upserts + deletes, 0);
const number = (text: string) => Number(text.replaceAll(',', ''));
export const totalOf = async (page: Page, card: string) =>
  number(await page.locator(`#${card} .total`).textContent().then(String));

/** Waits for the next answer of /v1/status to the page itself and returns it. */
export async function nextStatus(page: Page): Promise<Status> {
  const response = await page.waitForResponse((answer) => answer.url().endsWith('/v1/status'));
  return (await response.json()) as Status;
}

/** Returns the names and numbers in a card's table. */
export async function rowsOf(page: Page, card: string): Promise<[string, number][]> {
  const texts = await page.locator(`#${card} tbody tr`).locator('th, td').allTextContents();
  return Array.from({ length: texts.length / 2 }, (_, i) => [texts[2 * i]!, number(texts[2 * i + 1]!)]);
}

/** Returns the JSON in the card of each domain, by the card's heading. */
export async function shownProfile(page: Page): Promise<Record<string, unknown>> {
  const cards = await page.locator('#domains .card:has(pre)').all();
  const read = cards.map(async (card) => [
    await card.getByRole('heading').textContent(),
    JSON.parse(String(await card.locator('pre').textContent())) as unknown,
  ]);
  return Object.fromEntries(await Promise.all(read)) as Record<string, unknown>;
}
