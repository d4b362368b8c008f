/** A title that may be recommended. */
export interface Candidate {
  readonly content_id: string;
  readonly genre: string | undefined;
  /** From 0 to 1. */
  readonly popularity: number;
}

/** A viewer's taste. */
export interface Taste {
  /** Genre to share of watch time; empty for a new viewer. */
  readonly affinity: ReadonlyMap<string, number>;
  /** Genre of the current session. */
  readonly current_genre: string | undefined;
  /** Titles not to recommend again. */
  readonly watched: ReadonlySet<string>;
}

/** The parts of a score, each from 0 to 1. */
export interface Features {
  /** The viewer's share of the title's genre, divided by the share of their favourite genre. */
  readonly affinity: number;
  /** Popularity of the title in the catalogue. */
  readonly popularity: number;
  /** 1 when the title's genre is the one being watched now. */
  readonly session: number;
}

export interface RankedTitle {
  readonly content_id: string;
  readonly genre: string | undefined;
  readonly score: number;
  readonly features: Features;
}

/** Weights of the features; a score is the weighted sum. */
export const WEIGHTS: Features = { affinity: 0.5, popularity: 0.3, session: 0.2 };

/**
 * Returns the `limit` candidates with the highest linear scores, the best first. Equal scores are ordered by
 * content_id, so that the result is deterministic. For a viewer without a known taste only popularity counts. Of
 * candidates with the same id, the first counts.
 */
export function rank(candidates: readonly Candidate[], taste: Taste, limit: number): readonly RankedTitle[] {
  const favourite = Math.max(0, ...taste.affinity.values());
  const seen = new Set(taste.watched);
  const ranked: RankedTitle[] = [];
  for (const { content_id, genre, popularity } of candidates) {
    if (seen.has(content_id)) continue;
    seen.add(content_id);
    const share = genre === undefined ? 0 : (taste.affinity.get(genre) ?? 0);
    const features: Features = {
      affinity: favourite > 0 ? round(share / favourite) : 0,
      popularity: round(popularity),
      session: genre !== undefined && genre === taste.current_genre ? 1 : 0,
    };
    const score = round(
      WEIGHTS.affinity * features.affinity +
        WEIGHTS.popularity * features.popularity +
        WEIGHTS.session * features.session,
    );
    ranked.push({ content_id, genre, score, features });
  }
  ranked.sort((a, b) => b.score - a.score || (a.content_id < b.content_id ? -1 : 1));
  return ranked.slice(0, limit);
}

/** Rounds to six decimals: enough to order by, with the same text on every machine. */
function round(x: number): number {
  return Math.round(x * 1e6) / 1e6;
}
