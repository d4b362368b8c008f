import { Random, WeightedChoice } from './random.ts';

export const GENRES = [
  'drama',
  'comedy',
  'documentary',
  'thriller',
  'scifi',
  'kids',
  'sport',
  'news',
  'reality',
  'horror',
  'romance',
  'anime',
] as const;
/** The share of each genre in the programs of a catalogue. */
const GENRE_SHARES = [0.2, 0.16, 0.09, 0.1, 0.07, 0.08, 0.06, 0.05, 0.07, 0.04, 0.05, 0.03] as const;
const POPULARITY_EXPONENT = 0.9;

/** A series, a film or a clip. A film and a clip have one title; each episode of a series is a title. */
export interface Program {
  readonly kind: 'series' | 'film' | 'clip';
  /** An index into {@link GENRES}. */
  readonly genre: number;
  /** The number of the first title; further episodes have the numbers after it. */
  readonly first: number;
  readonly episodes: number;
  /** Length of each title in seconds. */
  readonly duration_sec: number;
}

/**
 * The programs that viewers choose from. Their popularity follows a Zipf distribution: many viewers watch a few
 * programs. `contentIds` has the UTF-8 content id of each title, by title number.
 */
export class Catalogue {
  readonly programs: readonly Program[];
  readonly contentIds: readonly Uint8Array[];
  readonly #byGenre: readonly { readonly programs: readonly number[]; readonly choice: WeightedChoice }[];

  constructor(seed: number, titles: number) {
    const random = new Random(seed, 1);
    const shares = new WeightedChoice(GENRE_SHARES);
    const programs: Program[] = [];
    const ids: Uint8Array[] = [];
    const encoder = new TextEncoder();
    while (ids.length < titles) {
      // The first programs cover one genre each, so that a small catalogue has all genres.
      const genre = programs.length < GENRES.length ? programs.length : shares.pick(random.next());
      const kind = kindOf(genre, random.next());
      const episodes =
        kind === 'series' ? Math.min(6 + random.below(19), Math.max(1, titles - ids.length)) : 1;
      const duration_sec = Math.round(
        kind === 'clip'
          ? random.logUniform(15, 240)
          : kind === 'film'
            ? random.logUniform(4200, 9600)
            : random.logUniform(1200, 3600),
      );
      const number = String(programs.length).padStart(5, '0');
      programs.push({ kind, genre, first: ids.length, episodes, duration_sec });
      for (let e = 0; e < episodes; e++) {
        const season = 1 + Math.floor(e / 8);
        const episode = String(1 + (e % 8)).padStart(2, '0');
        ids.push(
          encoder.encode(
            kind === 'series' ? `${kind}-${number}-s0${season}e${episode}` : `${kind}-${number}`,
          ),
        );
      }
    }
    this.programs = programs;
    this.contentIds = ids;
    this.#byGenre = GENRES.map((_, genre) => {
      const mine = programs.flatMap((program, i) => (program.genre === genre ? [i] : []));
      // A program's index is its popularity rank: earlier programs are more popular.
      const weights = mine.map((i) => 1 / (i + 1) ** POPULARITY_EXPONENT);
      return { programs: mine, choice: new WeightedChoice(weights) };
    });
  }

  /** Picks a program of the genre by popularity, or any program if the genre has none. Returns its index. */
  pick(genre: number, random: Random): number {
    const { programs, choice } = this.#byGenre[genre]!;
    if (programs.length === 0) return random.below(this.programs.length);
    return programs[choice.pick(random.next())]!;
  }
}

function kindOf(genre: number, unit: number): Program['kind'] {
  const name = GENRES[genre]!;
  const clips = name === 'news' || name === 'sport' ? 0.7 : name === 'kids' || name === 'comedy' ? 0.4 : 0.2;
  if (unit < clips) return 'clip';
  return unit < clips + (1 - clips) * 0.6 ? 'series' : 'film';
}
