import { backfill, runLive } from '../sources/simulator/live.ts';
import { createSimulator, type SimulatedBatch } from '../sources/simulator/simulator.ts';
import type { LocalTopic } from '../sources/log/topic.ts';

const DAY_US = 86_400_000_000;
/** How much the average viewer does in the history that is made up at the first start. */
const HISTORY_EVENTS_PER_VIEWER_AND_DAY = 4;
/** The simulator's first viewer is also its most active. */
export const BUSIEST_VIEWER = 8_000_001;

export interface SimulatedViewersOptions {
  /** By source. */
  readonly topics: ReadonlyMap<string, LocalTopic>;
  readonly seed: number;
  readonly viewers: number;
  /** Events per second from now on. */
  readonly rate: number;
  /** Days of history, made up if the topics are empty. */
  readonly backfillDays: number;
  readonly signal: AbortSignal;
  readonly now_us: () => number;
}

/** What the simulated viewers are doing, for the status line. */
export interface SimulationStatus {
  readonly phase: 'history' | 'live';
  readonly events: number;
  /** How far the history is, from 0 to 1. */
  readonly progress: number;
}

/** Viewers who watch into local topics: a history at the first start, then live until the signal. */
export class SimulatedViewers {
  readonly #options: SimulatedViewersOptions;
  #status: SimulationStatus = { phase: 'live', events: 0, progress: 1 };
  /** Rejects when the topics cannot be written. */
  readonly done: Promise<void>;

  constructor(options: SimulatedViewersOptions) {
    this.#options = options;
    this.done = this.#run();
    this.done.catch(() => {}); // told to whoever waits for `done`
  }

  get status(): SimulationStatus {
    return this.#status;
  }

  async #run(): Promise<void> {
    const { topics, seed, viewers, rate, backfillDays, signal, now_us } = this.#options;
    const isFirstStart = [...topics.values()].every((topic) => topic.nextOffset === 0);
    if (isFirstStart && backfillDays > 0) {
      const until_us = now_us();
      const start_us = until_us - backfillDays * DAY_US;
      const events_per_second = (viewers * HISTORY_EVENTS_PER_VIEWER_AND_DAY) / 86_400;
      const history = createSimulator({ seed, viewers, start_us, events_per_second });
      await backfill(history, {
        until_us,
        signal,
        emit: (batch) => this.#append(batch),
        onProgress: (at_us, events) => {
          this.#status = { phase: 'history', events, progress: (at_us - start_us) / (until_us - start_us) };
        },
      });
    }
    this.#status = { phase: 'live', events: this.#status.events, progress: 1 };
    if (rate === 0 || signal.aborted) return;
    const start_us = now_us();
    // The same people as before, but other evenings: each start has a stream of events of its own.
    const stream = Math.floor(start_us / 1e6) % 2 ** 30;
    const live = createSimulator({ seed, stream, viewers, start_us, events_per_second: rate });
    await runLive(live, { signal, now_us, emit: (batch) => this.#append(batch) });
  }

  async #append(batch: SimulatedBatch): Promise<void> {
    const topic = this.#options.topics.get(batch.source);
    if (topic === undefined) return;
    await topic.append(batch);
    this.#status = { ...this.#status, events: this.#status.events + batch.count };
  }
}

/** True if the simulated events have a source to go to. */
export function canSimulate(topics: ReadonlyMap<string, LocalTopic>): boolean {
  return topics.has('view_events');
}
