import { tagOf, type DomainSchema } from '../client/schema.ts';

/** The item that holds the trending titles, which are candidates for everybody. */
export interface TrendingItem {
  /** Its partition key, as text. */
  readonly partition: string;
  /** How it is written; it is a domain of nobody's profile. */
  readonly domain: DomainSchema;
}

/**
 * What a pipeline has for recommendations. The API offers what makes sense: with trending titles GET and POST, with a
 * taste alone POST, which ranks the caller's candidates by it; with neither nothing, since a score would hold nothing
 * but what the caller has sent. Offered means that the OpenAPI document and the page show it; POST with candidates
 * works for every pipeline with profiles.
 */
export interface RecommendationParts {
  readonly trending: TrendingItem | undefined;
  /** True if profiles tell a taste: a domain has one of the columns by which titles are ranked. */
  readonly taste: boolean;
}

/** The sort key of the item with the trending titles, in every pipeline that has one. */
export const TRENDING_SORT_KEY = 'catalogue#trending';

/** What the shipped pipeline has. Viewer ids start at 1, so 0 is free. */
export const SHIPPED_RECOMMENDATIONS: RecommendationParts = {
  trending: {
    partition: '0',
    domain: { layout: 'domain', sortKey: TRENDING_SORT_KEY, tag: tagOf(TRENDING_SORT_KEY), columns: [] },
  },
  taste: true,
};

/** The columns by which titles are ranked, with the domain that holds each. */
export const TASTE_COLUMNS: ReadonlyMap<string, string> = new Map([
  ['preferences', 'genre_affinity'],
  ['session', 'current_genre'],
  ['history', 'recent_titles'],
]);
