import { nowMs, type Clock } from '../platform/clock.ts';
import type { PlainJson } from '../client/plain-json.ts';
import type { ProfileStore } from './profile-store.ts';
import type { TrendingItem } from './recommendation-parts.ts';

/** A title that many viewers are watching. */
export interface TrendingTitle {
  readonly content_id: string;
  readonly genre: string | undefined;
  /** From 0 to 1; 1 for the most popular title. */
  readonly popularity: number;
}

/** Assigns popularities by position, falling evenly from 1 for the first. */
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
 * Returns a function that loads the trending titles from an item (`titles`, the most popular first, and
 * their `genres` at the same positions). It reads the item at most once per `keep_ms` (default 5 s), returns no titles
 * if there is no item, and the last result while DynamoDB cannot be read. Rejects if it has no earlier result.
 */
export function trendingFromTable(
  store: ProfileStore,
  item: TrendingItem,
  options: { readonly clock: Clock; readonly keep_ms?: number | undefined },
): () => Promise<readonly TrendingTitle[]> {
  const { clock, keep_ms = 5_000 } = options;
  let answer: readonly TrendingTitle[] | undefined;
  let until_ms = -Infinity;
  let asking: Promise<readonly TrendingTitle[]> | undefined;
  const ask = async (): Promise<readonly TrendingTitle[]> => {
    try {
      const found = await store.getItem(item.partition, item.domain);
      answer = found === undefined ? [] : decode(found);
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
