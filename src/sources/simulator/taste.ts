import { GENRES } from './catalogue.ts';
import { mix32, mixUnit } from './random.ts';

const HOUR_US = 3_600_000_000;
const DAY_US = 24 * HOUR_US;
/** How long a mood lasts. */
const MOOD_US = 4 * HOUR_US;
/** How long a favourite genre lasts; the first favourite lasts twice as long. */
const FAVOURITE_US = 14 * DAY_US;

const FAVOURITE_WEIGHTS = [6, 3, 1.5] as const;
const OTHER_WEIGHT = 0.25;
/** The weight that a mood adds to its genre. */
const MOOD_WEIGHT = 8;
/** The probability that a mood is for one of the favourites. */
const MOOD_IS_FAVOURITE = 0.6;

/** Hours of the day (UTC) in which a genre is watched more, and the factor. */
const DAYPARTS: Readonly<
  Partial<Record<(typeof GENRES)[number], readonly (readonly [from: number, to: number, factor: number])[]>>
> = {
  kids: [
    [6, 9, 4],
    [14, 18, 3],
  ],
  news: [
    [6, 9, 4],
    [18, 20, 2],
  ],
  sport: [[15, 22, 2]],
  documentary: [[12, 17, 2]],
  drama: [[19, 23, 1.6]],
  thriller: [[20, 24, 1.8]],
  horror: [
    [22, 24, 4],
    [0, 3, 4],
  ],
  anime: [[16, 24, 1.5]],
};

const DAYPART_FACTORS: readonly Float64Array[] = Array.from({ length: 24 }, (_, hour) =>
  Float64Array.from(GENRES, (genre) => {
    const part = DAYPARTS[genre]?.find(([from, to]) => hour >= from && hour < to);
    return part === undefined ? 1 : part[2];
  }),
);

/**
 * The taste of each viewer: three favourite genres that change over weeks, a mood that changes within a day, and an
 * influence of the time of day. Depends only on seed, viewer and time.
 */
export class Taste {
  readonly #seed: number;
  readonly #weights = new Float64Array(GENRES.length);

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Returns the viewer's favourite genre of `rank` 0, 1 or 2 at the time. */
  favourite(viewer: number, time_us: number, rank: number): number {
    const phase = mixUnit(this.#seed, viewer, 101 + rank) * FAVOURITE_US;
    // The first favourite changes half as often.
    const age = Math.floor((time_us + phase) / (rank === 0 ? 2 * FAVOURITE_US : FAVOURITE_US));
    return (mix32(this.#seed ^ (rank + 1), viewer, age) >>> 0) % GENRES.length;
  }

  /** Returns the genre of the viewer's mood at the time. */
  mood(viewer: number, time_us: number): number {
    const block = Math.floor((time_us + mixUnit(this.#seed, viewer, 7) * MOOD_US) / MOOD_US);
    const unit = mixUnit(this.#seed ^ 0x5bd1, viewer, block);
    if (unit < MOOD_IS_FAVOURITE)
      return this.favourite(viewer, time_us, Math.floor((unit / MOOD_IS_FAVOURITE) * 3));
    return (mix32(this.#seed ^ 0x2c1b, viewer, block) >>> 0) % GENRES.length;
  }

  /** Picks a genre to watch at the time. `unit` is a random number 0 <= x < 1. */
  pick(viewer: number, time_us: number, unit: number): number {
    const weights = this.#weights;
    weights.fill(OTHER_WEIGHT);
    for (let rank = 0; rank < 3; rank++)
      weights[this.favourite(viewer, time_us, rank)]! += FAVOURITE_WEIGHTS[rank]!;
    weights[this.mood(viewer, time_us)]! += MOOD_WEIGHT;
    const hours = Math.floor(time_us / HOUR_US);
    const factors = DAYPART_FACTORS[hours - 24 * Math.floor(hours / 24)]!;
    let sum = 0;
    for (let g = 0; g < weights.length; g++) sum += weights[g]! *= factors[g]!;
    let target = unit * sum;
    for (let g = 0; g < weights.length; g++) {
      target -= weights[g]!;
      if (target < 0) return g;
    }
    return weights.length - 1;
  }
}
