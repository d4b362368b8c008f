import { Catalogue } from './catalogue.ts';
import { EVENT_TYPES, EventWriter } from './event-writer.ts';
import { TimeHeap } from './heap.ts';
import { Random, WeightedChoice, zipfWeights } from './random.ts';
import { MAX_RHYTHM, rhythm } from './rhythm.ts';
import { Sessions, type View } from './sessions.ts';
import { Taste } from './taste.ts';

export interface SimulatorOptions {
  readonly seed: number;
  /**
   * Distinguishes runs with the same seed: another stream has other events of the same viewers and titles, for a run
   * that continues at a later time. Default: 0.
   */
  readonly stream?: number | undefined;
  /**
   * Number of viewers. Their ids begin at 8000001, the most active first; those watch about four times as much as the
   * average. Default: 10,000.
   */
  readonly viewers?: number | undefined;
  /** Number of titles in the catalogue. Default: 5,000. */
  readonly titles?: number | undefined;
  /** When the simulation begins, in microseconds since 1970. */
  readonly start_us: number;
  /** Events of both sources per second, averaged over a week: evenings have more, nights fewer. Default: 50. */
  readonly events_per_second?: number | undefined;
  /** The share of events that arrive a minute to three days after they happened. Default: 0.01. */
  readonly late_ratio?: number | undefined;
  /** The share of events that arrive twice. Default: 0.005. */
  readonly duplicate_ratio?: number | undefined;
}

/** Events of one source as NDJSON, in the order of arrival. Event i is `bytes[starts[i], ends[i])`. */
export interface SimulatedBatch {
  readonly source: 'view_events' | 'content_interactions';
  /** Complete lines. The underlying buffer has padding after them, which scanners require, and is not reused. */
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly count: number;
}

export interface Simulator {
  /** The simulated time: `next` has returned every event that arrives before it. */
  readonly now_us: number;
  /** A time before which no further event arrives. */
  readonly quietUntil_us: number;
  /**
   * Returns the events that arrive from `now_us` up to `until_us`, in one batch per source that has any, and advances
   * `now_us`. Stops early after about `maxEvents`: `now_us` is then earlier than `until_us`, and the next call goes on.
   * Splitting a span of time into several calls gives the same events.
   */
  next(until_us: number, maxEvents?: number): readonly SimulatedBatch[];
}

/**
 * Creates a simulation of the viewers of a streaming service. The same options give the same bytes.
 *
 * A late event keeps its bytes, and a duplicate repeats the bytes of its original, so tests can detect a pipeline that
 * drops late events or counts duplicates twice.
 */
export function createSimulator(options: SimulatorOptions): Simulator {
  return new ViewerSimulator(options);
}

const FIRST_VIEWER = 8_000_001;
const AUDIENCE_EXPONENT = 0.7;
/** Zipf ranks begin at 1/20 of the audience, so that the most active viewer does not watch more than 24 hours a day. */
const AUDIENCE_SHIFT = 20;
const SECOND_US = 1_000_000;
/** Distance between the generator streams of two runs. Streams 1 and 3 are the same in all runs of a seed. */
const STREAM_STEP = 8;
const VIEWS = 0;
const INTERACTIONS = 1;
const [LIKE, SHARE, SEARCH, COMMENT, FOLLOW] = EVENT_TYPES.map((_, i) => i) as [
  number,
  number,
  number,
  number,
  number,
];

class ViewerSimulator implements Simulator {
  readonly #random: Random;
  readonly #catalogue: Catalogue;
  readonly #sessions: Sessions;
  readonly #audience: WeightedChoice;
  readonly #late: number;
  readonly #duplicate: number;
  readonly #writers = [new EventWriter(), new EventWriter()] as const;
  /** Average number of sessions that begin per microsecond. */
  readonly #sessionRate: number;
  #nextSession_us: number;
  #now_us: number;
  /** Slots of the events that arrive later, by time of arrival; the arrays below have their bytes and free slots. */
  readonly #delayed = new TimeHeap();
  readonly #delayedEvents: { readonly source: number; readonly event: Uint8Array }[] = [];
  readonly #delayedFree: number[] = [];

  constructor(options: SimulatorOptions) {
    const { seed, start_us, viewers = 10_000, titles = 5000, events_per_second = 50 } = options;
    this.#catalogue = new Catalogue(seed, titles);
    const taste = new Taste(seed);
    const parts = { seed, catalogue: this.#catalogue, taste, viewers };
    this.#random = new Random(seed, 2 + STREAM_STEP * (options.stream ?? 0));
    this.#sessions = new Sessions({ ...parts, random: this.#random });
    this.#audience = new WeightedChoice(zipfWeights(viewers, AUDIENCE_EXPONENT, viewers / AUDIENCE_SHIFT));
    this.#late = options.late_ratio ?? 0.01;
    this.#duplicate = options.duplicate_ratio ?? 0.005;
    this.#now_us = start_us;
    const average = averageSession({ ...parts, start_us, audience: this.#audience });
    this.#sessionRate = events_per_second / SECOND_US / (average.events * (1 + this.#duplicate));
    const under = Math.round(this.#sessionRate * average.under_us);
    for (let i = 0; i < under; i++) this.#sessions.begin(this.#viewer(), start_us, true);
    this.#nextSession_us = this.#arrival(start_us);
  }

  get now_us(): number {
    return this.#now_us;
  }

  get quietUntil_us(): number {
    return Math.min(this.#sessions.nextEnd_us, this.#nextSession_us, this.#delayed.time);
  }

  next(until_us: number, maxEvents = 50_000): readonly SimulatedBatch[] {
    const [views, interactions] = this.#writers;
    for (;;) {
      const next = this.quietUntil_us;
      if (next >= until_us) {
        this.#now_us = Math.max(this.#now_us, until_us);
        break;
      }
      if (views.count + interactions.count >= maxEvents) {
        this.#now_us = next;
        break;
      }
      if (next === this.#delayed.time) this.#deliver();
      else if (next === this.#nextSession_us) this.#startSession(next);
      else this.#endView(this.#sessions.end());
    }
    const batches: SimulatedBatch[] = [];
    if (views.count > 0) batches.push({ source: 'view_events', ...views.take() });
    if (interactions.count > 0) batches.push({ source: 'content_interactions', ...interactions.take() });
    return batches;
  }

  #viewer(): number {
    return this.#audience.pick(this.#random.next());
  }

  #startSession(time_us: number): void {
    this.#sessions.begin(this.#viewer(), time_us);
    this.#nextSession_us = this.#arrival(time_us);
  }

  /** Draws when the next session begins: a Poisson process at the busiest rate, thinned to the rate of the time. */
  #arrival(after_us: number): number {
    const random = this.#random;
    const gap_us = 1 / (this.#sessionRate * MAX_RHYTHM);
    let time_us = after_us;
    do time_us += Math.max(1, random.exponential(gap_us));
    while (random.next() * MAX_RHYTHM > rhythm(time_us));
    return time_us;
  }

  #endView(view: View): void {
    const random = this.#random;
    const id = FIRST_VIEWER + view.viewer;
    const content = this.#catalogue.contentIds[view.content]!;
    // Clients send with a delay, so events may arrive out of order.
    const at_us = view.end_us - (50 + random.below(2450)) * 1000;
    const writer = this.#writers[VIEWS];
    writer.begin(random.int32(), random.int32(), random.int32(), random.int32());
    writer.view(id, content, view.genre, view.watched_sec, view.completion, at_us);
    this.#output(VIEWS, view.end_us);
    for (const { type, chance } of INTERACTION_CHANCES) {
      if (random.next() < chance(view)) this.#interact(type, id, content, at_us, view.end_us);
    }
  }

  #interact(type: number, id: number, content: Uint8Array, at_us: number, now_us: number): void {
    const random = this.#random;
    const writer = this.#writers[INTERACTIONS];
    writer.begin(random.int32(), random.int32(), random.int32(), random.int32());
    writer.interaction(id, content, type, at_us - random.below(1000) * 1000);
    this.#output(INTERACTIONS, now_us);
  }

  /** Decides whether the last event written arrives now, arrives late, or arrives now and again later. */
  #output(source: number, now_us: number): void {
    const random = this.#random;
    const unit = random.next();
    if (unit >= this.#late + this.#duplicate) return;
    const writer = this.#writers[source]!;
    const isLate = unit < this.#late;
    const delay_sec = isLate ? random.logUniform(60, 259_200) : random.logUniform(0.05, 600);
    this.#delay(source, writer.last(isLate), now_us + Math.ceil(delay_sec * SECOND_US));
  }

  #delay(source: number, event: Uint8Array, arrival_us: number): void {
    const slot = this.#delayedFree.pop() ?? this.#delayedEvents.length;
    this.#delayedEvents[slot] = { source, event };
    this.#delayed.push(arrival_us, slot);
  }

  #deliver(): void {
    const slot = this.#delayed.pop();
    const { source, event } = this.#delayedEvents[slot]!;
    this.#delayedFree.push(slot);
    this.#writers[source]!.copy(event);
  }
}

/** The probability of each interaction after a view. Most are likelier if the viewer watched the title to the end. */
const INTERACTION_CHANCES: readonly { readonly type: number; readonly chance: (view: View) => number }[] = [
  { type: LIKE, chance: (view) => (view.completion >= 9000 ? 0.12 : view.completion >= 5000 ? 0.03 : 0.004) },
  { type: SHARE, chance: (view) => (view.completion >= 9000 ? 0.02 : 0.002) },
  { type: SEARCH, chance: (view) => (view.completion < 3000 ? 0.12 : 0.02) },
  { type: COMMENT, chance: (view) => (view.completion >= 9000 ? 0.025 : 0.004) },
  { type: FOLLOW, chance: (view) => (view.binge >= 2 && view.completion >= 9000 ? 0.04 : 0.001) },
];

/**
 * Estimates an average session by simulating sample sessions. Returns the number of its `events`, duplicates excluded,
 * and `under_us`: times the average number of sessions begun per microsecond, it is the number under way at the start.
 */
function averageSession(options: {
  readonly seed: number;
  readonly catalogue: Catalogue;
  readonly taste: Taste;
  readonly viewers: number;
  readonly start_us: number;
  readonly audience: WeightedChoice;
}): { readonly events: number; readonly under_us: number } {
  const random = new Random(options.seed, 3);
  const sessions = new Sessions({ ...options, random });
  const n = 4000;
  let events = 0;
  let under_us = 0;
  for (let i = 0; i < n; i++) {
    // The samples are spread over the day because tastes differ by hour.
    const start_us = options.start_us + (i / n) * 86_400 * SECOND_US;
    sessions.begin(options.audience.pick(random.next()), start_us);
    let end_us = start_us;
    while (sessions.active > 0) {
      const view = sessions.end();
      end_us = view.end_us;
      events += 1 + INTERACTION_CHANCES.reduce((sum, { chance }) => sum + chance(view), 0);
    }
    // A session of this length is under way at the start if it began at most this long before. The rate at the middle
    // of that span approximates how many began then.
    const length_us = end_us - start_us;
    under_us += length_us * rhythm(options.start_us - length_us / 2);
  }
  return { events: events / n, under_us: under_us / n };
}
