import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatedBatch, Simulator } from './simulator.ts';

/** Writes a batch to a destination (a topic, Kafka, a file). The simulation waits until it resolves. */
export type WriteBatch = (batch: SimulatedBatch) => Promise<void>;

export interface BackfillOptions {
  readonly until_us: number;
  readonly write: WriteBatch;
  readonly onProgress?: ((now_us: number, events: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Plays the simulation up to `until_us` as fast as `write` resolves. Resolves to the number of events written. */
export async function backfill(simulator: Simulator, options: BackfillOptions): Promise<number> {
  let events = 0;
  while (simulator.now_us < options.until_us && options.signal?.aborted !== true) {
    for (const batch of simulator.next(options.until_us)) {
      await options.write(batch);
      events += batch.count;
    }
    options.onProgress?.(simulator.now_us, events);
  }
  return events;
}

export interface LiveOptions {
  readonly write: WriteBatch;
  readonly signal: AbortSignal;
  /** The clock to follow. Default: the machine's. */
  readonly now_us?: (() => number) | undefined;
  /** The pause after each round of writes. Default: 200. */
  readonly interval_ms?: number | undefined;
}

/** Plays the simulation in step with the clock until `signal` is aborted. Rejects with the error of `write`, if any. */
export async function runLive(simulator: Simulator, options: LiveOptions): Promise<void> {
  const now_us = options.now_us ?? (() => Date.now() * 1000);
  while (!options.signal.aborted) {
    await backfill(simulator, { until_us: now_us(), write: options.write, signal: options.signal });
    await sleep(options.interval_ms ?? 200, undefined, { signal: options.signal }).catch(() => undefined);
  }
}
