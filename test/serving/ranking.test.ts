import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rank, WEIGHTS, type Candidate, type Taste } from '../../src/serving/ranking.ts';

const taste = (change: Partial<Taste> = {}): Taste => ({
  affinity: new Map(),
  current_genre: undefined,
  watched: new Set(),
  ...change,
});
const titles: readonly Candidate[] = [
  { content_id: 'hit', genre: 'drama', popularity: 1 },
  { content_id: 'niche', genre: 'opera', popularity: 0.1 },
  { content_id: 'unknown', genre: undefined, popularity: 0.5 },
  { content_id: 'war', genre: 'war', popularity: 0.5 },
];
const ids = (list: readonly { readonly content_id: string }[]) => list.map(({ content_id }) => content_id);

describe('ranking', () => {
  it('ranks by popularity for a new viewer, equal scores by id', () => {
    expect(ids(rank(titles, taste(), 10))).toEqual(['hit', 'unknown', 'war', 'niche']);
  });

  it('equals a sum of features computed by hand', () => {
    const viewer = taste({
      affinity: new Map([
        ['opera', 0.6],
        ['drama', 0.3],
      ]),
      current_genre: 'war',
    });
    expect(rank(titles, viewer, 10)).toEqual([
      {
        content_id: 'hit',
        genre: 'drama',
        score: 0.55,
        features: { affinity: 0.5, popularity: 1, session: 0 },
      },
      {
        content_id: 'niche',
        genre: 'opera',
        score: 0.53,
        features: { affinity: 1, popularity: 0.1, session: 0 },
      },
      {
        content_id: 'war',
        genre: 'war',
        score: 0.35,
        features: { affinity: 0, popularity: 0.5, session: 1 },
      },
      {
        content_id: 'unknown',
        genre: undefined,
        score: 0.15,
        features: { affinity: 0, popularity: 0.5, session: 0 },
      },
    ]);
  });

  it('leaves out watched titles, and lists each title once', () => {
    const twice = [...titles, { content_id: 'niche', genre: 'drama', popularity: 1 }];
    expect(ids(rank(twice, taste({ watched: new Set(['hit']) }), 2))).toEqual(['unknown', 'war']);
    expect(ids(rank(twice, taste(), 10))).toHaveLength(4);
  });

  it('does not depend on the order of the candidates', () => {
    const genre = fc.constantFrom('a', 'b', 'c', undefined);
    const candidate = fc.record({
      content_id: fc.string({ maxLength: 3 }),
      genre,
      popularity: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const candidates = fc.uniqueArray(candidate, { selector: (c) => c.content_id, maxLength: 20 });
    fc.assert(
      fc.property(
        candidates,
        fc.double({ min: 0, max: 1, noNaN: true }),
        genre,
        (list, share, current_genre) => {
          const viewer = taste({
            affinity: new Map([
              ['a', share],
              ['b', 0.2],
            ]),
            current_genre,
          });
          const ranked = rank(list, viewer, 100);
          expect(rank([...list].reverse(), viewer, 100)).toEqual(ranked);
          for (const [i, { score, features }] of ranked.entries()) {
            expect(score).toBeLessThanOrEqual(ranked[i - 1]?.score ?? 1);
            const sum =
              WEIGHTS.affinity * features.affinity +
              WEIGHTS.popularity * features.popularity +
              WEIGHTS.session * features.session;
            expect(score).toBeCloseTo(sum, 5);
          }
        },
      ),
      { seed: 7 },
    );
  });
});
