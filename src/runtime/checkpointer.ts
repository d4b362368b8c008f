import type { Kernel } from '../engine/contract.ts';
import type { CheckpointContents, CheckpointStore, WrittenCheckpoint } from '../storage/checkpoint-store.ts';
import type { DeliveryLog } from '../storage/delivery-log.ts';
import { SnapshotBuffer } from '../storage/snapshot-file.ts';
import type { Clock } from '../platform/clock.ts';
import type { CommitDelivery } from './commit-delivery.ts';
import type { KeyedDelivery } from './keyed-delivery.ts';
import { messageOf } from '../values/error-message.ts';
import type { Log } from './log.ts';
import type { RuntimeMetrics } from './metrics.ts';
import type { ErrorReporter } from './error-reporter.ts';
import type { SourcePump } from './source-pump.ts';
import type { CheckpointStatus } from './status.ts';

/**
 * Takes checkpoints, one at a time. The state of a barrier is copied in memory at once; its files are written while the
 * stream goes on.
 */
export class Checkpointer {
  readonly #store: CheckpointStore;
  readonly #deliveryLog: DeliveryLog;
  readonly #delivery: KeyedDelivery;
  readonly #commits: CommitDelivery;
  readonly #problems: ErrorReporter;
  readonly #kernel: Kernel;
  readonly #pumps: readonly SourcePump[];
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #metrics: RuntimeMetrics;
  readonly #rebuilding: boolean;
  readonly #state = new SnapshotBuffer();
  #writing: Promise<void> | undefined;
  last: CheckpointStatus | undefined;
  error: string | undefined;

  constructor(options: {
    store: CheckpointStore;
    deliveryLog: DeliveryLog;
    delivery: KeyedDelivery;
    commits: CommitDelivery;
    problems: ErrorReporter;
    kernel: Kernel;
    pumps: readonly SourcePump[];
    clock: Clock;
    log: Log;
    metrics: RuntimeMetrics;
    /** True if destinations may hold rows that the views lack until the sources have caught up. */
    rebuilding: boolean;
  }) {
    this.#store = options.store;
    this.#deliveryLog = options.deliveryLog;
    this.#delivery = options.delivery;
    this.#commits = options.commits;
    this.#problems = options.problems;
    this.#kernel = options.kernel;
    this.#pumps = options.pumps;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#metrics = options.metrics;
    this.#rebuilding = options.rebuilding;
  }

  get busy(): boolean {
    return this.#writing !== undefined;
  }

  /**
   * Begins a checkpoint of the barrier `epoch`. Call it after the barrier's changes are with the sinks, while not
   * {@link busy}. Resolves when the state is copied; {@link settled} resolves when the files are written. A failure is
   * logged and kept in `error`, and the stream goes on.
   */
  async take(epoch: number): Promise<void> {
    const started_us = this.#clock.now_us();
    try {
      // Keys of later barriers go to a new segment, so that the old one can be removed with this checkpoint.
      await this.#delivery.checkpointing(epoch);
      this.#state.reset();
      this.#kernel.save(this.#state);
    } catch (error) {
      this.#failed(error);
      return;
    }
    const { known, clearing } = this.#delivery.destinations();
    const contents = {
      epoch,
      now_us: this.#kernel.now_us,
      fingerprint: this.#kernel.fingerprint,
      positions: new Map(this.#pumps.map((pump) => [pump.name, new Map(pump.positions)])),
      memos: new Map(this.#pumps.flatMap(({ name, memo }) => (memo === undefined ? [] : [[name, memo]]))),
      lost: new Map(this.#pumps.flatMap(({ name, lost }) => (lost === undefined ? [] : [[name, lost]]))),
      pending: this.#delivery.pending(),
      sinks: new Map([...known, ...this.#commits.destinations()]),
      clearing,
      rebuilding: this.#rebuilding && (this.#delivery.hasUndelivered || this.#commits.hasUndelivered),
      state: this.#state,
    };
    this.#writing = this.#write(contents, this.#commits.prepare(epoch), started_us).finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when no checkpoint is being written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #write(
    contents: Omit<CheckpointContents, 'commits'>,
    prepared: Promise<CheckpointContents['commits']>,
    started_us: number,
  ): Promise<void> {
    try {
      // Records before the positions are never read again, so their dead letters and rows must be durable first.
      const [commits] = await Promise.all([prepared, this.#problems.persist()]);
      const written = await this.#store.write({ ...contents, commits });
      const at_us = this.#clock.now_us();
      const duration_ms = (at_us - started_us) / 1000;
      this.last = { id: written.id, epoch: contents.epoch, at_us, bytes: written.bytes, duration_ms };
      this.error = undefined;
      this.#metrics.checkpointSeconds.observe(duration_ms / 1000);
      this.#log.debug({ ...this.last }, 'checkpoint written');
      await this.#commits.commit(commits);
      await this.#release(written);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Removes what no retained checkpoint needs; a restart may fall back to the oldest. Never rejects. */
  async #release({ oldest }: WrittenCheckpoint): Promise<void> {
    try {
      await this.#store.collect();
      await this.#deliveryLog.collect(oldest.epoch);
      for (const pump of this.#pumps) {
        pump.checkpointed(oldest.positions.get(pump.name) ?? new Map());
      }
    } catch (error) {
      this.#log.warn({ error: messageOf(error) }, 'cannot remove files that only old checkpoints need');
    }
  }

  #failed(error: unknown): void {
    this.error = messageOf(error);
    this.#metrics.checkpointFailures.inc();
    this.#log.error({ error: this.error }, 'checkpoint failed; it is tried again at the next interval');
  }
}
