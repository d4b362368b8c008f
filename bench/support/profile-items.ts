import type { AttributeMap } from '../../src/dynamodb/wire.ts';

export const GENRES = ['drama', 'comedy', 'thriller', 'sci-fi', 'documentary', 'animation'];

/** The five items of a viewer, with attributes of the same number and length as those of the shipped pipeline. */
export function itemsOf(viewer: number): readonly AttributeMap[] {
  const number = (salt: number): AttributeMap[string] => ({ N: String((viewer * salt) % 997) });
  const numbers = (names: readonly string[]): AttributeMap =>
    Object.fromEntries(names.map((name, i) => [name, number(i + 3)]));
  const windows = (name: string): readonly string[] => ['1d', '7d', '28d'].map((days) => `${name}_${days}`);
  const texts = (values: readonly string[]): AttributeMap[string] => ({ L: values.map((S) => ({ S })) });
  const domains: Readonly<Record<string, AttributeMap>> = {
    watch: numbers(
      ['watch_minutes', 'titles', 'completions', 'completion_rate', 'genres_watched'].flatMap(windows),
    ),
    session: {
      ...numbers(['watch_minutes_1h', 'watch_minutes_6h', 'binge_length']),
      current_genre: { S: GENRES[viewer % GENRES.length]! },
      last_watched_at: { S: '2026-03-15 12:00:00' },
    },
    interactions: numbers(['likes_28d', 'shares_28d', 'searches_28d', 'comments_28d', 'follows_28d']),
    preferences: {
      top_genres: texts(GENRES.slice(0, 5)),
      genre_affinity: { M: Object.fromEntries(GENRES.map((genre, i) => [genre, { N: `0.${6 - i}` }])) },
    },
    history: {
      recent_titles: texts(Array.from({ length: 20 }, (_, i) => `title-${(viewer + i * 37) % 5000}`)),
    },
  };
  return Object.entries(domains).map(([domain, attributes]) => ({
    viewer_id: { N: String(viewer) },
    sk: { S: `engagement#${domain}` },
    ...attributes,
    _v: { N: '17' },
    _w: { N: String(Date.now()) },
  }));
}
