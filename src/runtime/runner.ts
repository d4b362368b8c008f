import { join } from 'node:path';
import type { Kernel } from '../engine/contract.ts';
import { CheckpointStore } from '../storage/checkpoint-store.ts';
import { DeliveryLog } from '../storage/delivery-log.ts';
import { Checkpointer } from './checkpointer.ts';
import type { RuntimeClock } from './clock.ts';
import { Delivery } from './delivery.ts';
import { messageOf } from './errors.ts';
import type { Log } from './log.ts';
import type { RuntimeMetrics } from './metrics.ts';
import { ProblemDesk } from './problem-desk.ts';
import { recoverState } from './recover-state.ts';
import { RUNNER_DEFAULTS } from './runner-options.ts';
import type { RunnerOptions, RunnerSettings } from './runner-options.ts';
import { SourcePump } from './source-pump.ts';
import type { RecoveryReport, RunnerState, RunnerStatus } from './status.ts';
import { Wakeup } from './wakeup.ts';

const CLOSE_TIMEOUT_MS = 5_000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

/**
 * One pipeline running: sources are polled, decoded and pushed; at each barrier the views' changes go to the sinks;
 * now and then everything is checkpointed.
 *
 *   start() -> running -> stop() -> stopped        a fault that is not a source's or a sink's -> failed
 *
 * State is exactly-once: it is that of the checkpoint plus every record after the checkpoint's positions, once.
 * Delivery is at least once: what a sink had not acknowledged, or was handed after the checkpoint, is delivered again
 * with the row as it is then.
 */
export class PipelineRunner {
  readonly #options: RunnerOptions;
  readonly #settings: RunnerSettings;
  readonly #clock: RuntimeClock;
  readonly #log: Log;
  readonly #metrics: RuntimeMetrics;
  readonly #problems: ProblemDesk;
  readonly #wakeup: Wakeup;
  readonly #kernel: Kernel;
  readonly #deliveryLog: DeliveryLog;
  readonly #delivery: Delivery;
  #pumps: readonly SourcePump[] = [];
  #checkpointer: Checkpointer | undefined;
  readonly #rows = new Map<string, number>();
  readonly #earliest_us = new Map<string, number>();
  #state: RunnerState = 'starting';
  #error: string | undefined;
  #recovery: RecoveryReport | undefined;
  #epoch = 0;
  #turn = 0;
  #heldBackBy: string | undefined;
  /** Something happened since the last checkpoint. */
  #dirty = false;
  /** Changes of the last barrier did not reach the sinks: the state must not be checkpointed as if they had. */
  #undelivered = false;
  #checkpointDue_us = 0;
  #settleBy_us = Infinity;
  #loop: Promise<void> = Promise.resolve();
  #stopping = false;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#settings = { ...RUNNER_DEFAULTS, ...options.settings };
    this.#clock = options.clock;
    this.#log = options.log;
    this.#metrics = options.metrics;
    this.#problems = new ProblemDesk(options);
    this.#wakeup = new Wakeup(options.clock);
    this.#kernel = options.createKernel(options.clock.now_us());
    this.#deliveryLog = new DeliveryLog({ disk: options.disk, directory: join(options.directory, 'delivery') });
    this.#delivery = new Delivery({
      kernel: this.#kernel,
      log: this.#deliveryLog,
      views: options.pipeline.views,
      sinks: options.sinks,
    });
    options.metrics.watch({
      status: () => this.status(),
      stateBytes: () => this.#kernel.stateBytes(),
      viewRows: () => new Map(options.pipeline.views.map(({ name }) => [name, this.#kernel.view(name).rowCount])),
    });
  }

  /** To read views from. Rows are those of the last barrier. */
  get kernel(): Kernel {
    return this.#kernel;
  }

  /** Resolves when the pipeline was stopped, rejects when it failed. */
  get finished(): Promise<void> {
    return this.#loop;
  }

  /**
   * Restores the state, opens sinks and sources, and begins to run. Rejects, with everything closed again, if the
   * state cannot be read or a sink cannot be opened; a source that cannot be opened is retried while others run.
   */
  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    const { disk, directory, sinks, sources } = this.#options;
    const store = new CheckpointStore({ disk, directory: join(directory, 'checkpoints') });
    const recovered = await recoverState({
      store,
      deliveryLog: this.#deliveryLog,
      kernel: this.#kernel,
      delivery: this.#delivery,
      log: this.#log,
      directory,
    });
    this.#recovery = recovered.report;
    this.#epoch = recovered.epoch;
    const opened = await Promise.allSettled(sinks.map(({ sink }) => sink.open()));
    const refused = opened.find((outcome) => outcome.status === 'rejected');
    if (refused !== undefined) {
      this.#state = 'failed';
      this.#error = messageOf(refused.reason);
      await Promise.allSettled(sinks.map(({ sink }) => sink.close()));
      throw refused.reason;
    }
    await this.#delivery.checkpointing(this.#epoch);
    this.#pumps = sources.map(
      ({ def, reader, createDecoder }) =>
        new SourcePump({
          name: def.name,
          reader,
          decoder: createDecoder(this.#kernel),
          kernel: this.#kernel,
          positions: recovered.positions.get(def.name) ?? new Map(),
          maxRecords: this.#settings.batch_records,
          clock: this.#clock,
          events: {
            wake: () => this.#wakeup.notify(),
            problem: (...problem) => this.#problems.sourceProblem(...problem),
            failed: (...failure) => this.#problems.sourceFailed(...failure),
            recovered: (source) => this.#log.info({ source }, 'source is read again'),
          },
        }),
    );
    this.#checkpointer = new Checkpointer({
      store,
      deliveryLog: this.#deliveryLog,
      delivery: this.#delivery,
      deadLetters: this.#options.deadLetters,
      kernel: this.#kernel,
      pumps: this.#pumps,
      clock: this.#clock,
      log: this.#log,
      metrics: this.#metrics,
    });
    await Promise.all(this.#pumps.map((pump) => pump.start()));
    const now_us = this.#clock.now_us();
    this.#checkpointDue_us = now_us + this.#settings.checkpoint_interval_ms * 1000;
    // A rebuilt view lacks rows until it has caught up: what is owed must not be told as deletions before.
    if (recovered.report.kind === 'restored') this.#settleBy_us = now_us + this.#settings.settle_timeout_ms * 1000;
    this.#state = 'running';
    this.#loop = this.#run();
    this.#loop.catch(() => {}); // `finished` hands it to whoever asks
  }

  /**
   * Ends cleanly: a last barrier, sinks drained (for at most `flush_timeout_ms`), a checkpoint, everything closed.
   * What was not drained is in the checkpoint and delivered after the next start. Never rejects.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  status(): RunnerStatus {
    return {
      state: this.#state,
      error: this.#error,
      wall_us: this.#clock.now_us(),
      now_us: this.#kernel.now_us,
      epoch: this.#epoch,
      caught_up: this.#caughtUp(),
      recovery: this.#recovery,
      sources: this.#pumps.map((pump) => ({
        name: pump.name,
        state: pump.state,
        error: pump.error,
        rows: this.#rows.get(pump.name) ?? 0,
        positions: Object.fromEntries(pump.positions),
        lag: pump.lag(),
        caught_up: pump.caughtUp,
      })),
      sinks: this.#options.sinks.map(({ sink }) => ({ name: sink.name, view: sink.view, stats: sink.stats() })),
      held_back_by: this.#heldBackBy,
      checkpoint: this.#checkpointer?.last,
      checkpoint_error: this.#checkpointer?.error,
    };
  }

  async #run(): Promise<void> {
    try {
      const interval_us = this.#settings.barrier_interval_ms * 1000;
      let next_us = this.#clock.now_us();
      while (!this.#stopping) {
        const now_us = this.#clock.now_us();
        if (now_us >= next_us || next_us > now_us + interval_us) {
          await this.#barrier();
          // A barrier that took too long is not made up for, and a clock that was set back does not stop them.
          next_us = Math.max(next_us + interval_us, this.#clock.now_us());
          if (next_us > this.#clock.now_us() + interval_us) next_us = this.#clock.now_us() + interval_us;
        } else if (this.#isHeldBack() || !this.#takeAll(next_us)) {
          await this.#wakeup.wait((next_us - now_us) / 1000);
        } else {
          await this.#clock.yield();
        }
      }
    } catch (error) {
      this.#state = 'failed';
      this.#error = messageOf(error);
      this.#log.error({ error: this.#error }, 'the pipeline failed; it continues from its last checkpoint when started again');
      await this.#close();
      throw error;
    }
  }

  /** One round over the sources, begun with another one each time; false if none had anything. */
  #takeAll(until_us: number): boolean {
    let taken = false;
    const n = this.#pumps.length;
    for (let i = 0; i < n; i++) {
      const pump = this.#pumps[(this.#turn + i) % n]!;
      if (!pump.ready) continue;
      this.#take(pump);
      taken = true;
      if (this.#clock.now_us() >= until_us) {
        this.#turn = (this.#turn + i + 1) % n;
        return true;
      }
    }
    return taken;
  }

  #take(pump: SourcePump): void {
    const source = pump.name;
    const { records, rows, bytes, earliest_us } = pump.take();
    this.#dirty = true;
    this.#rows.set(source, (this.#rows.get(source) ?? 0) + rows);
    this.#metrics.sourceRecords.inc({ source }, records);
    this.#metrics.sourceRows.inc({ source }, rows);
    this.#metrics.sourceBytes.inc({ source }, bytes);
    if (earliest_us !== undefined) {
      this.#earliest_us.set(source, Math.min(this.#earliest_us.get(source) ?? Infinity, earliest_us));
    }
  }

  async #barrier(): Promise<void> {
    const started_us = this.#clock.now_us();
    // The kernel's clock never goes back, whatever the machine's does.
    const now_us = Math.max(started_us, this.#kernel.now_us);
    const at = { now_us, epoch: ++this.#epoch };
    const changes = this.#kernel.barrier(now_us);
    for (const { view, changes: batch } of changes) {
      if (batch.n === 0) continue;
      this.#dirty = true;
      this.#metrics.viewChanges.inc({ view }, batch.n);
    }
    const handovers = this.#delivery.plan(changes);
    if (!(await this.#insist('the delivery log', () => this.#delivery.record(handovers, at.epoch)))) {
      this.#undelivered = true;
      return;
    }
    this.#delivery.hand(handovers, at);
    if (this.#delivery.owed > 0 && (this.#caughtUp() || started_us >= this.#settleBy_us)) {
      await this.#insist('the delivery log', () => this.#delivery.settle(at));
    }
    const done_us = this.#clock.now_us();
    this.#metrics.barrierSeconds.observe(Math.max(0, done_us - started_us) / 1e6);
    for (const [source, earliest_us] of this.#earliest_us) {
      this.#metrics.freshnessSeconds.observe({ source }, Math.max(0, done_us - earliest_us) / 1e6);
    }
    this.#earliest_us.clear();
    for (const error of this.#kernel.takeErrors()) this.#problems.evaluationError(error);
    // A checkpoint being written has flushed them, or is about to.
    if (!this.#checkpointer!.busy) await this.#problems.flush();
    await this.#checkpointIfDue();
  }

  async #checkpointIfDue(): Promise<void> {
    const checkpointer = this.#checkpointer!;
    const now_us = this.#clock.now_us();
    const wanted = this.#dirty || checkpointer.error !== undefined;
    if (!wanted || now_us < this.#checkpointDue_us || checkpointer.busy) return;
    this.#checkpointDue_us = now_us + this.#settings.checkpoint_interval_ms * 1000;
    this.#dirty = false;
    await checkpointer.take(this.#epoch);
  }

  /** Repeats what the disk refuses (it may be full for a while) until it works; false if the pipeline stops first. */
  async #insist(what: string, attempt: () => Promise<void>): Promise<boolean> {
    for (let wait_ms = FIRST_RETRY_MS; ; wait_ms = Math.min(wait_ms * 2, LAST_RETRY_MS)) {
      try {
        await attempt();
        this.#error = undefined;
        return true;
      } catch (error) {
        this.#error = `${what} cannot be written: ${messageOf(error)}`;
        this.#log.error({ error: this.#error, retry_ms: wait_ms }, 'waiting for the disk');
        if (this.#stopping) return false;
        await new Promise<void>((resolve) => this.#clock.setTimer(wait_ms, resolve));
      }
    }
  }

  #caughtUp(): boolean {
    return this.#pumps.every((pump) => pump.caughtUp);
  }

  /** True while a sink is behind; the sources wait until half of it is gone. */
  #isHeldBack(): boolean {
    const limit = this.#settings.sink_queue_limit;
    for (const { sink } of this.#options.sinks) {
      const { queued } = sink.stats();
      if (queued > (this.#heldBackBy === sink.name ? limit / 2 : limit)) {
        if (this.#heldBackBy === undefined) this.#log.warn({ sink: sink.name, queued }, 'sources wait for a sink');
        this.#heldBackBy = sink.name;
        return true;
      }
    }
    this.#heldBackBy = undefined;
    return false;
  }

  async #stop(): Promise<void> {
    this.#stopping = true;
    await this.#started?.catch(() => {});
    this.#wakeup.notify();
    await this.#loop.catch(() => {});
    if (this.#state !== 'running') return; // never started, or failed and closed already
    this.#state = 'stopping';
    try {
      await this.#checkpointer!.settled();
      if (!this.#undelivered) await this.#barrier();
      const flushed = Promise.all(this.#options.sinks.map(({ sink }) => sink.flush()));
      if (!(await this.#within(this.#settings.flush_timeout_ms, flushed))) {
        this.#log.warn({}, 'sinks did not drain in time; the rest is delivered after the next start');
      }
      if (!this.#undelivered) {
        await this.#checkpointer!.settled();
        await this.#checkpointer!.take(this.#epoch);
        await this.#checkpointer!.settled();
      }
      this.#state = 'stopped';
    } catch (error) {
      this.#state = 'failed';
      this.#error = messageOf(error);
      this.#log.error({ error: this.#error }, 'the pipeline did not stop cleanly; nothing is lost');
    }
    await this.#close();
  }

  async #close(): Promise<void> {
    const closing = [
      ...this.#pumps.map((pump) => pump.close()),
      ...this.#options.sinks.map(({ sink }) => sink.close()),
      this.#deliveryLog.close(),
      this.#options.deadLetters.close(),
    ];
    await this.#within(CLOSE_TIMEOUT_MS, Promise.allSettled(closing));
  }

  /** Whether the work was done in time. */
  async #within(timeout_ms: number, work: Promise<unknown>): Promise<boolean> {
    let cancel = (): void => {};
    const late = new Promise<boolean>((resolve) => {
      cancel = this.#clock.setTimer(timeout_ms, () => resolve(false));
    });
    try {
      return await Promise.race([work.then(() => true), late]);
    } finally {
      cancel();
    }
  }
}
