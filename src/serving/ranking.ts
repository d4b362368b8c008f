/** A title that could be recommended, with what is known of it. */
export interface Candidate {
  readonly content_id: string;
  readonly genre: string | undefined;
  /** From 0 to 1. */
  readonly popularity: number;
}

/** What is known of a viewer. */
export interface Taste {
  /** Genre to share of watch time; empty for a new viewer. */
  readonly affinity: ReadonlyMap<string, number>;
  /** The genre of the session that is going on. */
  readonly current_genre: string | undefined;
  /** Titles not to recommend again. */
  readonly watched: ReadonlySet<string>;
}

/** The parts of a score, each from 0 to 1. */
export interface Features {
  /** The viewer's share of the title's genre, as a fraction of the share of their favourite genre. */
  readonly affinity: number;
  /** How popular the title is in the catalogue. */
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

/** The score is the sum of features times these. */
export const WEIGHTS: Features = { affinity: 0.5, popularity: 0.3, session: 0.2 };

/**
 * The best `limit` candidates by a linear score, the best first; equal scores in the order of content_id, so that
 * equal input gives equal lists. A viewer of whom nothing is known gets the most popular titles: their other
 * features are all 0. Of candidates with the same id the first counts.
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

/** To six digits: enough to order by, and the same text on every machine. */
function round(x: number): number {
  return Math.round(x * 1e6) / 1e6;
}
