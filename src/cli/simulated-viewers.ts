import { backfill, runLive } from '../sources/simulator/live.ts';
import { createSimulator, type SimulatedBatch } from '../sources/simulator/simulator.ts';
import type { Pipeline } from '../plan/pipeline.ts';
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
  readonly signal: AbortSignal;
  readonly now_us: () => number;
}

/** Viewers who watch into local topics: a history at the first start, then live until the signal. */
export class SimulatedViewers {
  readonly #options: SimulatedViewersOptions;

  constructor(options: SimulatedViewersOptions) {
    this.#options = options;
  }

  /** Makes up so many days until now if the topics are empty; resolves to the number of events. */
  async makeHistory(days: number, onProgress: (events: number, progress: number) => void): Promise<number> {
    const { topics, seed, viewers, signal, now_us } = this.#options;
    const isFirstStart = [...topics.values()].every((topic) => topic.nextOffset === 0);
    if (!isFirstStart || days === 0) return 0;
    const until_us = now_us();
    const start_us = until_us - days * DAY_US;
    const events_per_second = (viewers * HISTORY_EVENTS_PER_VIEWER_AND_DAY) / 86_400;
    const history = createSimulator({ seed, viewers, start_us, events_per_second });
    return backfill(history, {
      until_us,
      signal,
      emit: (batch) => this.#append(batch),
      onProgress: (at_us, events) => onProgress(events, (at_us - start_us) / (until_us - start_us)),
    });
  }

  /** Events per second on the average, from now on until the signal. Rejects when the topics cannot be written. */
  async live(rate: number): Promise<void> {
    const { seed, viewers, signal, now_us } = this.#options;
    if (rate === 0 || signal.aborted) return;
    const start_us = now_us();
    // The same people as before, but other evenings: each start has a stream of events of its own.
    const stream = Math.floor(start_us / 1e6) % 2 ** 30;
    const simulator = createSimulator({ seed, stream, viewers, start_us, events_per_second: rate });
    await runLive(simulator, { signal, now_us, emit: (batch) => this.#append(batch) });
  }

  async #append(batch: SimulatedBatch): Promise<void> {
    await this.#options.topics.get(batch.source)?.append(batch);
  }
}

/** What is simulated, and without which nothing could be made of it. */
const NEEDED_COLUMNS = ['viewer_id', 'content_id', 'watch_duration_sec', 'watched_at'];

/** True if the simulated events have a source to go to that reads them. */
export function canSimulate(pipeline: Pipeline, topics: ReadonlyMap<string, LocalTopic>): boolean {
  const columns = pipeline.sources.find(({ name }) => name === 'view_events')?.columns ?? [];
  const names = new Set(columns.map(({ name }) => name));
  return topics.has('view_events') && NEEDED_COLUMNS.every((name) => names.has(name));
}
