import { join } from 'node:path';
import type { Kernel } from '../engine/contract.ts';
import { CheckpointStore } from '../storage/checkpoint-store.ts';
import { DeliveryLog } from '../storage/delivery-log.ts';
import { BarrierLoop } from './barrier-loop.ts';
import { Checkpointer } from './checkpointer.ts';
import { Clearing } from './clearing.ts';
import { CommitDelivery } from './commit-delivery.ts';
import { within, type Clock } from '../platform/clock.ts';
import { KeyedDelivery } from './keyed-delivery.ts';
import { messageOf } from '../values/error-message.ts';
import type { Log } from './log.ts';
import type { RuntimeMetrics } from './metrics.ts';
import type { ErrorReporter } from './error-reporter.ts';
import { recoverState } from './recover-state.ts';
import type { RecoveredState } from './recover-state.ts';
import { RUNNER_DEFAULTS } from './runner-options.ts';
import type { RunnerOptions, RunnerSettings } from './runner-options.ts';
import { openPumps } from './open-pumps.ts';
import type { SourcePump } from './source-pump.ts';
import { sourceStatus } from './source-status.ts';
import type { RecoveryReport, RunnerState, RunnerStatus } from './status.ts';
import { Wakeup } from './wakeup.ts';

const CLOSE_TIMEOUT_MS = 2_000;

const NO_DESTINATIONS = { known: new Map<string, string>(), clearing: new Map<string, number>() };

/**
 * Runs one pipeline: reads, decodes and pushes the records of its sources, hands the changes of its views to the sinks
 * at each barrier, and takes checkpoints.
 *
 *   start() -> running -> stop() -> stopped        an error outside sources and sinks -> failed
 *
 * State is exactly-once: after a restart it is that of the checkpoint, and each record after its positions is applied
 * once. Delivery to keyed sinks is at-least-once: keys that were unacknowledged at the checkpoint, or handed over
 * later, are delivered again with their current rows. Delivery to commit sinks is exactly-once.
 */
export class PipelineRunner {
  readonly #options: RunnerOptions;
  readonly #settings: RunnerSettings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #metrics: RuntimeMetrics;
  readonly #problems: ErrorReporter;
  readonly #wakeup: Wakeup;
  readonly #kernel: Kernel;
  readonly #deliveryLog: DeliveryLog;
  readonly #delivery: KeyedDelivery;
  readonly #commits: CommitDelivery;
  readonly #clearing: Clearing;
  #pumps: readonly SourcePump[] = [];
  #checkpointer: Checkpointer | undefined;
  #running: BarrierLoop | undefined;
  #state: RunnerState = 'starting';
  #error: string | undefined;
  #recovery: RecoveryReport | undefined;
  #finished: Promise<void> = Promise.resolve();
  readonly #started_us: number;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #fault: Error | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#settings = { ...RUNNER_DEFAULTS, ...options.settings };
    this.#clock = options.clock;
    this.#log = options.log;
    this.#metrics = options.metrics;
    this.#problems = options.problems;
    this.#wakeup = new Wakeup(options.clock);
    this.#started_us = options.clock.now_us();
    this.#kernel = options.createKernel(this.#started_us);
    this.#deliveryLog = new DeliveryLog({
      disk: options.disk,
      directory: join(options.directory, 'delivery'),
    });
    this.#delivery = new KeyedDelivery({
      kernel: this.#kernel,
      log: this.#deliveryLog,
      sinks: options.sinks.flatMap(({ def, sink }) => (sink.kind === 'keyed' ? [{ def, sink }] : [])),
    });
    const { clock, log, metrics } = options;
    this.#commits = new CommitDelivery({
      kernel: this.#kernel,
      clock,
      log,
      sinks: options.sinks.flatMap(({ sink }) => (sink.kind === 'commit' ? [sink] : [])),
    });
    this.#clearing = new Clearing({
      delivery: this.#delivery,
      kernel: this.#kernel,
      clock,
      log,
      metrics,
      mayClear: (view) => options.mayClear?.(view) ?? true,
    });
    options.metrics.watch({
      status: () => this.status(),
      stateBytes: () => this.#kernel.stateBytes(),
      textBytes: () => this.#kernel.pool.bytesUsed,
      texts: () => this.#kernel.pool.size,
      viewRows: () =>
        new Map(options.pipeline.views.map(({ name }) => [name, this.#kernel.view(name).rowCount])),
    });
  }

  /** The kernel, from which views can be read as of the last barrier. */
  get kernel(): Kernel {
    return this.#kernel;
  }

  /** Resolves when the pipeline has stopped; rejects if it failed. */
  get finished(): Promise<void> {
    return this.#finished;
  }

  /**
   * Restores the state, opens sinks and sources, and begins to run. If the state cannot be read or a sink cannot be
   * opened, closes everything and rejects. A source that cannot be opened is retried while the others run.
   */
  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    try {
      await this.#begin();
    } catch (error) {
      this.#state = 'failed';
      this.#error = messageOf(error);
      await this.#close();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    const { disk, directory, sinks, sources } = this.#options;
    const store = new CheckpointStore({ disk, directory: join(directory, 'checkpoints') });
    const recovered = await recoverState({
      store,
      deliveryLog: this.#deliveryLog,
      kernel: this.#kernel,
      delivery: this.#delivery,
      sinkNames: sinks.map(({ sink }) => sink.name),
      log: this.#log,
      directory,
      now_us: this.#clock.now_us(),
    });
    this.#recovery = recovered.report;
    const opened = await Promise.allSettled(sinks.map(({ sink }) => sink.open()));
    const refused = opened.find((outcome) => outcome.status === 'rejected');
    if (refused !== undefined) throw refused.reason;
    await this.#startDeliveries(recovered);
    this.#throwFault();
    await this.#delivery.checkpointing(recovered.epoch);
    this.#pumps = openPumps(sources, recovered, {
      kernel: this.#kernel,
      maxRecords: this.#settings.batch_records,
      clock: this.#clock,
      wakeup: this.#wakeup,
      problems: this.#problems,
      log: this.#log,
    });
    this.#checkpointer = new Checkpointer({
      store,
      deliveryLog: this.#deliveryLog,
      delivery: this.#delivery,
      commits: this.#commits,
      problems: this.#problems,
      kernel: this.#kernel,
      pumps: this.#pumps,
      clock: this.#clock,
      log: this.#log,
      metrics: this.#metrics,
      rebuilding: recovered.rebuilding,
    });
    await Promise.all(this.#pumps.map((pump) => pump.start()));
    this.#throwFault();
    this.#running = new BarrierLoop({
      kernel: this.#kernel,
      pumps: this.#pumps,
      sinks: sinks.map(({ sink }) => sink),
      delivery: this.#delivery,
      commits: this.#commits,
      checkpointer: this.#checkpointer,
      clearing: this.#clearing,
      settings: this.#settings,
      clock: this.#clock,
      wakeup: this.#wakeup,
      log: this.#log,
      metrics: this.#metrics,
      problems: this.#problems,
      onChanges: (...changed) => this.#options.onChanges?.(...changed),
      epoch: recovered.epoch,
      // A view that is being rebuilt lacks rows, whose keys would be delivered as deletions.
      settleBy_us: recovered.rebuilding
        ? Infinity
        : this.#clock.now_us() + this.#settings.settle_timeout_ms * 1000,
    });
    this.#state = 'running';
    this.#finished = this.#run(this.#running);
    this.#finished.catch(() => {}); // callers see the rejection through `finished`
  }

  /** Finds the sinks whose destinations lack rows, which receive all rows of their views. */
  async #startDeliveries(recovered: RecoveredState): Promise<void> {
    const known = this.#settings.writes_all_rows ? NO_DESTINATIONS : recovered.destinations;
    const added = [
      ...this.#delivery.startNewDestinations(known, recovered.epoch + 1),
      ...(await this.#commits.recover(recovered.commits)),
    ];
    if (added.length > 0 && recovered.report.kind === 'restored')
      this.#log.info(
        { sinks: added },
        this.#settings.writes_all_rows
          ? 'all sinks receive all rows of their views'
          : 'sinks with a new destination receive all rows of their views',
      );
  }

  /**
   * Stops cleanly: runs a last barrier, drains the sinks (for at most `flush_timeout_ms`), takes a checkpoint and
   * closes everything. Keys that the sinks have not delivered are in the checkpoint, and are delivered after the next
   * start. Never rejects.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /**
   * Ends without writing to the state folder, for example because another process has taken it over. {@link finished}
   * rejects, or {@link start} if it has not resolved yet. A {@link stop} that is under way writes no checkpoint.
   */
  fail(fault: Error): void {
    this.#fault ??= fault;
    this.#running?.fail(fault);
  }

  #throwFault(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }

  status(): RunnerStatus {
    return {
      state: this.#state,
      error: this.#error ?? this.#running?.diskError,
      wall_us: this.#clock.now_us(),
      started_us: this.#started_us,
      now_us: this.#kernel.now_us,
      epoch: this.#running?.epoch ?? 0,
      caught_up: this.#running?.hasCaughtUp ?? false,
      recovery: this.#recovery,
      sources: this.#pumps.map((pump) => sourceStatus(pump, this.#running?.rowsOf(pump.name) ?? 0)),
      sinks: this.#options.sinks.map(({ sink }) => ({
        name: sink.name,
        view: sink.view,
        kind: sink.kind,
        delivery: sink.kind === 'keyed' ? this.#delivery.phaseOf(sink) : this.#commits.phaseOf(sink),
        stats: sink.kind === 'keyed' ? sink.stats() : this.#commits.statsOf(sink),
      })),
      backfill: this.#delivery.backfill,
      held_back_by: this.#running?.heldBackBy,
      checkpoint: this.#checkpointer?.last,
      checkpoint_error: this.#checkpointer?.error,
    };
  }

  async #run(loop: BarrierLoop): Promise<void> {
    try {
      await loop.run();
    } catch (error) {
      this.#state = 'failed';
      this.#error = messageOf(error);
      this.#log.error(
        { error: this.#error, stack: error instanceof Error ? error.stack : undefined },
        'the pipeline failed; it continues from its last checkpoint when started again',
      );
      await this.#close();
      throw error;
    }
  }

  async #stop(): Promise<void> {
    await this.#started?.catch(() => {});
    this.#running?.stop();
    await this.#finished.catch(() => {});
    if (this.#state !== 'running') return; // never started, or failed and closed already
    this.#state = 'stopping';
    try {
      await this.#drain(this.#running!, this.#checkpointer!);
      this.#state = 'stopped';
    } catch (error) {
      this.#state = 'failed';
      this.#error = messageOf(error);
      this.#log.error({ error: this.#error }, 'the pipeline did not stop cleanly; nothing is lost');
    }
    await this.#close();
  }

  async #drain(loop: BarrierLoop, checkpointer: Checkpointer): Promise<void> {
    await checkpointer.settled();
    this.#throwFault();
    if (!loop.undelivered) await loop.barrier();
    const keyed = this.#options.sinks.flatMap(({ sink }) => (sink.kind === 'keyed' ? [sink] : []));
    const flushed = Promise.all(keyed.map((sink) => sink.flush()));
    if (!(await within(this.#clock, this.#settings.flush_timeout_ms, flushed))) {
      this.#log.warn({}, 'sinks did not drain in time; the rest is delivered after the next start');
    }
    if (loop.undelivered) return;
    await checkpointer.settled();
    this.#throwFault();
    await checkpointer.take(loop.epoch);
    await checkpointer.settled();
  }

  async #close(): Promise<void> {
    this.#clearing.stop();
    // The next process must not find a checkpoint that is still being written.
    if (this.#checkpointer !== undefined)
      await within(this.#clock, CLOSE_TIMEOUT_MS, this.#checkpointer.settled());
    const closing = [
      ...this.#pumps.map((pump) => pump.close()),
      ...this.#options.sinks.map(({ sink }) => sink.close()),
      this.#deliveryLog.close(),
      this.#problems.close(),
    ];
    await within(this.#clock, CLOSE_TIMEOUT_MS, Promise.allSettled(closing));
  }
}
