import type { Catalogue } from './catalogue.ts';
import { TimeHeap } from './heap.ts';
import { mixUnit, type Random } from './random.ts';
import type { Taste } from './taste.ts';

/** The viewing of one title. */
export interface View {
  viewer: number;
  /** The title's number in the catalogue. */
  content: number;
  genre: number;
  watched_sec: number;
  /** Watched share of the title in ten-thousandths, from 0 to 10,000. */
  completion: number;
  /** Position in a run of episodes of one series within a session, from 1; 1 for films and clips. */
  binge: number;
  end_us: number;
}

const NONE = -1;
/** Base probability that a session goes on after an episode of a series that the viewer watched for the most part. */
const GO_ON = 0.65;
const SECOND_US = 1_000_000;
/** Viewings longer than this are equally likely to be under way at the start. A longer limit would take more draws. */
const LONG_SEC = 4800;
/** Limit of draws for a title that is under way at the start. */
const MAX_TRIES = 20;

/**
 * The sessions under way. A session is a run of titles chosen by the viewer's taste. It ends at random after a title.
 * A viewer who likes a series goes on with its next episode (a binge), also in a later session.
 *
 * A viewer may have several sessions at once, like a household with several screens.
 */
export class Sessions {
  readonly #seed: number;
  readonly #random: Random;
  readonly #catalogue: Catalogue;
  readonly #taste: Taste;
  readonly #ends = new TimeHeap();
  /** The series that each viewer is following, as a program's index, or NONE. */
  readonly #series: Int32Array;
  /** The index of the next episode of that series. */
  readonly #episode: Uint8Array;
  // The arrays below have one slot per session under way.
  #viewer = new Int32Array(64);
  #program = new Int32Array(64);
  #title = new Int32Array(64);
  #watched = new Int32Array(64);
  #completion = new Int32Array(64);
  #binge = new Int32Array(64);
  #free: number[] = [];
  #slots = 0;
  readonly #view: View = {
    viewer: 0,
    content: 0,
    genre: 0,
    watched_sec: 0,
    completion: 0,
    binge: 0,
    end_us: 0,
  };

  constructor(options: {
    seed: number;
    random: Random;
    catalogue: Catalogue;
    taste: Taste;
    viewers: number;
  }) {
    this.#seed = options.seed;
    this.#random = options.random;
    this.#catalogue = options.catalogue;
    this.#taste = options.taste;
    this.#series = new Int32Array(options.viewers).fill(NONE);
    this.#episode = new Uint8Array(options.viewers);
  }

  /** When the next title ends; Infinity if no session is under way. */
  get nextEnd_us(): number {
    return this.#ends.time;
  }
  /** Number of sessions under way. */
  get active(): number {
    return this.#ends.size;
  }

  /** Begins a session at `time_us`. With `under` (under way), its first title began some time before. */
  begin(viewer: number, time_us: number, under = false): void {
    const slot = this.#takeSlot();
    this.#viewer[slot] = viewer;
    this.#program[slot] = NONE;
    this.#binge[slot] = 0;
    this.#watch(slot, time_us, under);
  }

  /** Ends the title that ends next and returns its view, which the next call overwrites. */
  end(): View {
    const end_us = this.#ends.time;
    const slot = this.#ends.pop();
    const view = this.#view;
    view.viewer = this.#viewer[slot]!;
    view.content = this.#title[slot]!;
    view.genre = this.#catalogue.programs[this.#program[slot]!]!.genre;
    view.watched_sec = this.#watched[slot]!;
    view.completion = this.#completion[slot]!;
    view.binge = this.#binge[slot]!;
    view.end_us = end_us;
    if (this.#random.next() < this.#chanceToGoOn(slot)) {
      this.#watch(slot, end_us + (4 + this.#random.below(40)) * SECOND_US, false);
    } else {
      this.#free.push(slot);
    }
    return view;
  }

  #chanceToGoOn(slot: number): number {
    const { kind } = this.#catalogue.programs[this.#program[slot]!]!;
    const bored = this.#completion[slot]! < 5000;
    if (kind === 'clip') return 0.8;
    if (kind === 'film') return bored ? 0.7 : 0.25;
    // Viewers differ in how much they binge.
    const binger = mixUnit(this.#seed, this.#viewer[slot]!, 13);
    return bored ? 0.5 : GO_ON * (0.6 + 0.8 * binger);
  }

  /** Chooses the slot's next title and schedules its end. */
  #watch(slot: number, start_us: number, under: boolean): void {
    const random = this.#random;
    const viewer = this.#viewer[slot]!;
    let program = 0;
    let completion = 0;
    let watched_sec = 0;
    // Long viewings make up a larger share of those under way at an instant than of those that begin. Rejection
    // sampling gives each viewing a chance in proportion to its length.
    for (
      let tries = 0;
      tries === 0 || (under && tries < MAX_TRIES && random.next() > watched_sec / LONG_SEC);
      tries++
    ) {
      program = this.#choose(slot, viewer, start_us);
      const { genre, duration_sec } = this.#catalogue.programs[program]!;
      const liked =
        genre === this.#taste.mood(viewer, start_us) || genre === this.#taste.favourite(viewer, start_us, 0);
      completion = completionOf(random, liked);
      watched_sec = Math.max(1, Math.round((duration_sec * completion) / 10_000));
    }
    const { kind, first, episodes } = this.#catalogue.programs[program]!;
    const isSeries = kind === 'series';
    const episode = isSeries && this.#series[viewer] === program ? this.#episode[viewer]! % episodes : 0;
    this.#binge[slot] = isSeries && this.#program[slot] === program ? this.#binge[slot]! + 1 : 1;
    this.#program[slot] = program;
    this.#title[slot] = first + episode;
    this.#completion[slot] = completion;
    this.#watched[slot] = watched_sec;
    if (isSeries && completion > 6000) {
      this.#series[viewer] = program;
      this.#episode[viewer] = (episode + 1) % episodes;
    } else if (isSeries && this.#series[viewer] === program) {
      this.#series[viewer] = NONE; // given up
    }
    const rest_us = watched_sec * SECOND_US * (under ? random.next() : 1);
    this.#ends.push(start_us + Math.floor(rest_us), slot);
  }

  #choose(slot: number, viewer: number, time_us: number): number {
    const random = this.#random;
    const series = this.#series[viewer]!;
    // The next episode follows nearly always within a session, and often at the beginning of one.
    const again = this.#program[slot] === series ? 0.92 : 0.35;
    if (series !== NONE && random.next() < again) return series;
    return this.#catalogue.pick(this.#taste.pick(viewer, time_us, random.next()), random);
  }

  #takeSlot(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#slots === this.#viewer.length) {
      this.#viewer = doubled(this.#viewer);
      this.#program = doubled(this.#program);
      this.#title = doubled(this.#title);
      this.#watched = doubled(this.#watched);
      this.#completion = doubled(this.#completion);
      this.#binge = doubled(this.#binge);
    }
    return this.#slots++;
  }
}

/** Draws a completion in ten-thousandths. Viewers finish most titles that they like and leave others early. */
function completionOf(random: Random, liked: boolean): number {
  const unit = random.next();
  const finished = liked ? 0.72 : 0.4;
  if (unit < finished) return random.next() < 0.5 ? 10_000 : 9000 + random.below(1000);
  return 200 + Math.floor(9000 * random.next() ** (liked ? 1 : 2));
}

function doubled(a: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(a.length * 2);
  grown.set(a);
  return grown;
}
