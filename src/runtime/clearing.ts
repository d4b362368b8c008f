import type { Kernel } from '../engine/contract.ts';
import type { Clock } from '../platform/clock.ts';
import type { KeyedDelivery } from './keyed-delivery.ts';
import { messageOf } from './errors.ts';
import type { Log } from './log.ts';
import type { RuntimeMetrics } from './metrics.ts';
import type { SinkState } from './sink-state.ts';

const RETRY_MS = 30_000;

/**
 * Deletes items without a row from destinations that have every row, while the stream goes on. A viewer who left the
 * view leaves DynamoDB as well.
 */
export class Clearing {
  readonly #delivery: KeyedDelivery;
  readonly #kernel: Kernel;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #metrics: RuntimeMetrics;
  /** Being cleared, or waiting to be tried again. */
  readonly #busy = new Set<SinkState>();
  /** What cancels a further attempt, while it waits. */
  readonly #retries = new Set<() => void>();
  #isStopped = false;

  constructor(options: {
    delivery: KeyedDelivery;
    kernel: Kernel;
    clock: Clock;
    log: Log;
    metrics: RuntimeMetrics;
  }) {
    this.#delivery = options.delivery;
    this.#kernel = options.kernel;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#metrics = options.metrics;
  }

  /** Call it only while the views have caught up, or items whose rows are yet to come are deleted. Returns at once. */
  start(epoch: () => number): void {
    for (const state of this.#delivery.clearing) {
      if (this.#busy.has(state) || this.#isStopped) continue;
      this.#busy.add(state);
      void this.#clear(state, epoch);
    }
  }

  stop(): void {
    this.#isStopped = true;
    for (const cancel of this.#retries) cancel();
    this.#retries.clear();
  }

  async #clear(state: SinkState, epoch: () => number): Promise<void> {
    const { sink, key, since_epoch, destination } = state;
    const view = this.#kernel.view(sink.view);
    try {
      await sink.flush();
      const report = await sink.clear({
        since_epoch,
        epoch,
        hasRows: (keys) => view.lookup(key, keys).map((rows) => rows.length > 0),
        isCancelled: () => this.#isStopped || state.destination !== destination,
      });
      const { found, deleted, kept, isComplete } = report;
      if (deleted > 0) this.#metrics.goneItems.inc({ sink: sink.name }, deleted);
      if (deleted > 0 || kept > 0)
        this.#log.info({ sink: sink.name, found, deleted, kept }, 'items that no row stands for');
      if (isComplete && state.destination === destination) state.finishClearing();
      this.#busy.delete(state);
    } catch (error) {
      if (this.#isStopped) return;
      this.#log.warn(
        { sink: sink.name, error: messageOf(error), retry_ms: RETRY_MS },
        'items that no row stands for cannot be looked for',
      );
      const cancel = this.#clock.setTimer(RETRY_MS, () => {
        this.#retries.delete(cancel);
        this.#busy.delete(state);
      });
      this.#retries.add(cancel);
    }
  }
}
