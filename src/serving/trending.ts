import { nowMs, type Clock } from '../platform/clock.ts';
import type { PlainJson } from './plain-json.ts';
import type { ProfileStore } from './profile-store.ts';

/** A title that many watch now. */
export interface TrendingTitle {
  readonly content_id: string;
  readonly genre: string | undefined;
  /** From 0 to 1, the most popular title has 1. */
  readonly popularity: number;
}

/** The key of the item in which the pipeline keeps the catalogue's trending titles; viewer ids start at 1. */
const TRENDING_KEY = { viewer_id: '0', sk: 'catalogue#trending' } as const;

/** Popularity by position: falls evenly from 1 for the first. */
function rankedTitles(
  titles: readonly { readonly content_id: string; readonly genre: string | undefined }[],
): readonly TrendingTitle[] {
  return titles.map(({ content_id, genre }, i) => ({
    content_id,
    genre,
    popularity: (titles.length - i) / titles.length,
  }));
}

/**
 * Trending titles from the pipeline's item (`titles`, the most popular first, and `genres` beside it), read at most
 * once per `keep_ms`, however many ask. No item: no titles. While DynamoDB cannot be read the last answer stands.
 */
export function trendingFromTable(
  store: ProfileStore,
  options: { readonly clock: Clock; readonly keep_ms?: number | undefined },
): () => Promise<readonly TrendingTitle[]> {
  const { clock, keep_ms = 5_000 } = options;
  let answer: readonly TrendingTitle[] | undefined;
  let until_ms = -Infinity;
  let asking: Promise<readonly TrendingTitle[]> | undefined;
  const ask = async (): Promise<readonly TrendingTitle[]> => {
    try {
      const item = await store.getPlainItem(TRENDING_KEY.viewer_id, TRENDING_KEY.sk);
      answer = item === undefined ? [] : decode(item);
    } catch (error) {
      if (answer === undefined) throw error;
    } finally {
      asking = undefined;
    }
    until_ms = nowMs(clock) + keep_ms;
    return answer;
  };
  return () => {
    if (answer !== undefined && nowMs(clock) < until_ms) return Promise.resolve(answer);
    asking ??= ask();
    return asking;
  };
}

function decode(item: { readonly [name: string]: PlainJson }): readonly TrendingTitle[] {
  const { titles, genres } = item;
  if (!Array.isArray(titles)) return [];
  const genreAt = (i: number): string | undefined => {
    const genre: unknown = Array.isArray(genres) ? genres[i] : undefined;
    return typeof genre === 'string' ? genre : undefined;
  };
  return rankedTitles(
    titles.flatMap((title: PlainJson, i) =>
      typeof title === 'string' ? [{ content_id: title, genre: genreAt(i) }] : [],
    ),
  );
}
