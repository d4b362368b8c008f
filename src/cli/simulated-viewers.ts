import { backfill, runLive } from '../sources/simulator/live.ts';
import { createSimulator, type SimulatedBatch } from '../sources/simulator/simulator.ts';
import type { Pipeline } from '../plan/pipeline.ts';
import type { LocalTopic } from '../sources/log/topic.ts';
import type { ProfileLayout } from '../pipeline/profile-domains.ts';

const DAY_US = 86_400_000_000;
/** Average events per viewer and day in the history of the first start. */
const HISTORY_EVENTS_PER_VIEWER_AND_DAY = 4;
/** The simulator's first viewer is also its most active. */
export const BUSIEST_VIEWER = 8_000_001;

export interface SimulatedViewersOptions {
  /** Local topic by source. */
  readonly topics: ReadonlyMap<string, LocalTopic>;
  readonly seed: number;
  readonly viewers: number;
  readonly signal: AbortSignal;
  readonly now_us: () => number;
}

/** Simulated viewers whose events go to local topics: a history at the first start, then live events. */
export class SimulatedViewers {
  readonly #options: SimulatedViewersOptions;

  constructor(options: SimulatedViewersOptions) {
    this.#options = options;
  }

  /**
   * Simulates `days` of history up to now if all topics are empty. Resolves to the number of events. `onProgress`
   * receives the events so far and the finished part, from 0 to 1.
   */
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
      write: (batch) => this.#append(batch),
      onProgress: (at_us, events) => onProgress(events, (at_us - start_us) / (until_us - start_us)),
    });
  }

  /** Appends live events, `rate` per second on average, until the signal. Rejects if a topic cannot be written. */
  async live(rate: number): Promise<void> {
    const { seed, viewers, signal, now_us } = this.#options;
    if (rate === 0 || signal.aborted) return;
    const start_us = now_us();
    // The same viewers as before with different events: the seed stays, each start has its own stream.
    const stream = Math.floor(start_us / 1e6) % 2 ** 30;
    const simulator = createSimulator({ seed, stream, viewers, start_us, events_per_second: rate });
    await runLive(simulator, { signal, now_us, write: (batch) => this.#append(batch) });
  }

  async #append(batch: SimulatedBatch): Promise<void> {
    await this.#options.topics.get(batch.source)?.append(batch);
  }
}

/** Simulated columns that a source must have for the events to be of use. */
const NEEDED_COLUMNS = ['viewer_id', 'content_id', 'watch_duration_sec', 'watched_at'];

/** Returns true if the pipeline has a local topic `view_events` whose source reads the simulated columns. */
export function canSimulate(pipeline: Pipeline, topics: ReadonlyMap<string, LocalTopic>): boolean {
  const columns = pipeline.sources.find(({ name }) => name === 'view_events')?.columns ?? [];
  const names = new Set(columns.map(({ name }) => name));
  return topics.has('view_events') && NEEDED_COLUMNS.every((name) => names.has(name));
}

/** Returns true if profiles are those of viewers, with the minutes that the page reads back after it posts a view. */
export function showsWatching(profiles: ProfileLayout | undefined): boolean {
  if (profiles?.partitionKey.name !== 'viewer_id' || profiles.partitionKey.type !== 'N') return false;
  const watch = profiles.domains.find(({ name }) => name === 'watch');
  return watch?.view.columns.some(({ name }) => name === 'watch_minutes_28d') === true;
}
