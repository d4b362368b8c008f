import type { PlainJson } from '../client/plain-json.ts';
import type { AnyDomain } from '../client/profile-reads.ts';
import type { Profile, ProfileStore } from './profile-store.ts';
import { rank, type Candidate, type RankedTitle, type Taste } from './ranking.ts';
import type { TrendingTitle } from './trending.ts';

export interface RecommendationRequest {
  readonly limit: number;
  /** Titles to rank; the trending titles if undefined. Genre and popularity default to those of the trending title. */
  readonly candidates?:
    | readonly { readonly content_id: string; readonly genre?: string; readonly popularity?: number }[]
    | undefined;
  readonly context?:
    | {
        /** Replaces the genre of the current session. */
        readonly genre?: string;
        readonly exclude?: readonly string[];
        /** Includes titles watched recently. */
        readonly include_watched?: boolean;
      }
    | undefined;
}

export interface Recommendations {
  readonly viewer_id: string;
  /** `trending` if the viewer's taste is unknown, so that only popularity counts. */
  readonly strategy: 'personalised' | 'trending';
  readonly items: readonly RankedTitle[];
}

/** A simple recommender: ranks candidates by the viewer's preferences and session, and by popularity. */
export class Recommender {
  readonly #store: ProfileStore;
  readonly #trending: () => Promise<readonly TrendingTitle[]>;

  constructor(store: ProfileStore, trending: () => Promise<readonly TrendingTitle[]>) {
    this.#store = store;
    this.#trending = trending;
  }

  /** Ranks titles for a viewer; an unknown viewer counts as new. Rejects with DynamoDbError if a read fails. */
  async recommend(viewerId: string, request: RecommendationRequest): Promise<Recommendations> {
    const [profile, trending] = await Promise.all([
      this.#store.getProfile(viewerId, ['preferences', 'session', 'history']),
      this.#trending(),
    ]);
    const taste = tasteOf(profile, request);
    const items = rank(candidatesOf(request, trending), taste, request.limit);
    const known = taste.affinity.size > 0 || taste.current_genre !== undefined;
    return { viewer_id: viewerId, strategy: known ? 'personalised' : 'trending', items };
  }
}

function candidatesOf(
  { candidates }: RecommendationRequest,
  trending: readonly TrendingTitle[],
): readonly Candidate[] {
  if (candidates === undefined) return trending;
  const known = new Map(trending.map((title) => [title.content_id, title]));
  return candidates.map(({ content_id, genre, popularity }) => ({
    content_id,
    genre: genre ?? known.get(content_id)?.genre,
    popularity: popularity ?? known.get(content_id)?.popularity ?? 0,
  }));
}

function tasteOf(profile: Profile, { context }: RecommendationRequest): Taste {
  const affinity = new Map<string, number>();
  const shares = attribute(profile.domains.get('preferences'), 'genre_affinity');
  if (typeof shares === 'object' && shares !== null) {
    for (const [genre, exact] of Object.entries(shares)) {
      const share = typeof exact === 'string' ? Number(exact) : exact; // a string has more digits than a double
      if (typeof share === 'number' && share > 0) affinity.set(genre, share);
    }
  }
  const current = context?.genre ?? attribute(profile.domains.get('session'), 'current_genre');
  const recent = attribute(profile.domains.get('history'), 'recent_titles');
  const watched = context?.include_watched !== true && Array.isArray(recent) ? recent : [];
  return {
    affinity,
    current_genre: typeof current === 'string' ? current : undefined,
    watched: new Set([...watched, ...(context?.exclude ?? [])].filter((title) => typeof title === 'string')),
  };
}

function attribute(domain: AnyDomain | undefined, name: string): PlainJson | undefined {
  return domain !== undefined && 'metrics' in domain ? domain.metrics[name] : undefined;
}
