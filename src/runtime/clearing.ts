import type { Kernel } from '../engine/contract.ts';
import type { Clock } from '../platform/clock.ts';
import type { KeyedDelivery } from './keyed-delivery.ts';
import { messageOf } from '../values/error-message.ts';
import type { Log } from './log.ts';
import type { RuntimeMetrics } from './metrics.ts';
import type { SinkState } from './sink-state.ts';

const RETRY_MS = 30_000;

/**
 * Deletes items that no row stands for from destinations that have every row, while the stream goes on. So a viewer who
 * is no longer in the view is not in DynamoDB either.
 */
export class Clearing {
  readonly #delivery: KeyedDelivery;
  readonly #kernel: Kernel;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #metrics: RuntimeMetrics;
  readonly #mayClear: (view: string) => boolean;
  /** Sinks that are being cleared, or wait for the next attempt. */
  readonly #busy = new Set<SinkState>();
  /** Functions that cancel the timers of next attempts. */
  readonly #retries = new Set<() => void>();
  #isStopped = false;

  constructor(options: {
    delivery: KeyedDelivery;
    kernel: Kernel;
    clock: Clock;
    log: Log;
    metrics: RuntimeMetrics;
    mayClear: (view: string) => boolean;
  }) {
    this.#delivery = options.delivery;
    this.#kernel = options.kernel;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#metrics = options.metrics;
    this.#mayClear = options.mayClear;
  }

  /**
   * Starts to clear the destinations that need it, and returns at once. Call it only when the views have caught up:
   * otherwise items are deleted whose rows are yet to come. `epoch` returns the epoch of the last barrier.
   */
  start(epoch: () => number): void {
    for (const state of this.#delivery.clearing) {
      if (this.#busy.has(state) || this.#isStopped || !this.#mayClear(state.sink.view)) continue;
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
        this.#log.info({ sink: sink.name, found, deleted, kept }, 'found items that no row stands for');
      if (isComplete && state.destination === destination) state.finishClearing();
      this.#busy.delete(state);
    } catch (error) {
      if (this.#isStopped) return;
      this.#log.warn(
        { sink: sink.name, error: messageOf(error), retry_ms: RETRY_MS },
        'cannot look for items that no row stands for; it is tried again',
      );
      const cancel = this.#clock.setTimer(RETRY_MS, () => {
        this.#retries.delete(cancel);
        this.#busy.delete(state);
      });
      this.#retries.add(cancel);
    }
  }
}
