import type { Kernel, ViewChanges } from '../engine/contract.ts';
import type { BarrierInfo, Sink } from '../sinks/sink.ts';
import type { Checkpointer } from './checkpointer.ts';
import type { Clearing } from './clearing.ts';
import type { Clock } from '../platform/clock.ts';
import type { CommitDelivery } from './commit-delivery.ts';
import type { KeyedDelivery } from './keyed-delivery.ts';
import { messageOf } from '../values/error-message.ts';
import { freeTexts } from './free-texts.ts';
import type { Log } from './log.ts';
import type { RuntimeMetrics } from './metrics.ts';
import type { ErrorReporter } from './error-reporter.ts';
import type { RunnerSettings } from './runner-options.ts';
import type { SourcePump } from './source-pump.ts';
import type { Wakeup } from './wakeup.ts';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;
/** The kernel's clock may be ahead of the machine's by this much before it is reported. */
const CLOCK_TOLERANCE_US = 1_000_000;

/** Time between barriers whose changes reach no sink. */
const UNSEEN_INTERVAL_US = 5_000_000;
/** Time between log lines about catching up. */
const PROGRESS_INTERVAL_US = 10_000_000;

export interface BarrierLoopOptions {
  readonly kernel: Kernel;
  readonly pumps: readonly SourcePump[];
  readonly sinks: readonly Sink[];
  readonly delivery: KeyedDelivery;
  readonly commits: CommitDelivery;
  readonly checkpointer: Checkpointer;
  readonly clearing: Clearing;
  readonly settings: RunnerSettings;
  readonly clock: Clock;
  readonly wakeup: Wakeup;
  readonly log: Log;
  readonly metrics: RuntimeMetrics;
  readonly problems: ErrorReporter;
  /** The highest epoch that any sink may have seen. */
  readonly epoch: number;
  onChanges?(changes: ViewChanges, now_us: number): void;
  /** Time from which keys are redelivered even if the sources have not caught up. */
  readonly settleBy_us: number;
}

/** The main loop: takes records from the sources until a barrier is due, then hands its changes to the sinks. */
export class BarrierLoop {
  readonly #options: BarrierLoopOptions;
  readonly #clock: Clock;
  readonly #kernel: Kernel;
  readonly #rows = new Map<string, number>();
  readonly #earliest_us = new Map<string, number>();
  #epoch: number;
  #turn = 0;
  /** True if the sources had caught up at the last barrier. A source that is opened again may be behind again. */
  #caughtUp = false;
  #hasCaughtUp = false;
  #stopping = false;
  #fault: Error | undefined;
  #heldBackBy: string | undefined;
  #diskError: string | undefined;
  /** True if something that a checkpoint would record happened since the last one. */
  #dirty = false;
  #undelivered = false;
  #checkpointDue_us: number;
  #progressDue_us: number;

  constructor(options: BarrierLoopOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#kernel = options.kernel;
    this.#epoch = options.epoch;
    this.#checkpointDue_us = options.clock.now_us() + options.settings.checkpoint_interval_ms * 1000;
    this.#progressDue_us = options.clock.now_us() + PROGRESS_INTERVAL_US;
  }

  get epoch(): number {
    return this.#epoch;
  }
  /** Name of the sink whose full queue keeps the sources from being read; undefined if there is none. */
  get heldBackBy(): string | undefined {
    return this.#heldBackBy;
  }
  /** Why the pipeline waits for the disk; undefined if it does not. */
  get diskError(): string | undefined {
    return this.#diskError;
  }
  /** True if the last barrier's changes did not reach the sinks, so that its state must not be checkpointed. */
  get undelivered(): boolean {
    return this.#undelivered;
  }
  /** True once the views hold everything that the sources held at the start; stays true from then on. */
  get hasCaughtUp(): boolean {
    return this.#hasCaughtUp;
  }
  /** Number of rows taken from a source. */
  rowsOf(source: string): number {
    return this.#rows.get(source) ?? 0;
  }

  /** Ends {@link run} after its current step. */
  stop(): void {
    this.#stopping = true;
    this.#options.wakeup.notify();
  }

  /** Ends {@link run} after its current step with a rejection. */
  fail(fault: Error): void {
    this.#fault ??= fault;
    this.stop();
  }

  /**
   * Runs until {@link stop}. Rejects after {@link fail}, and if the kernel or a sink throws, which leaves the state
   * unknown.
   */
  async run(): Promise<void> {
    let next_us = this.#clock.now_us();
    while (!this.#stopping) {
      const interval_us = this.#interval_us();
      const now_us = this.#clock.now_us();
      if (now_us >= next_us || next_us > now_us + interval_us || this.#hasJustCaughtUp()) {
        await this.barrier();
        // Barriers that take longer than the interval delay the next ones. A clock that is set back does not stop them.
        const done_us = this.#clock.now_us();
        next_us = Math.min(Math.max(next_us + interval_us, done_us), done_us + this.#interval_us());
      } else if (this.#isHeldBack() || !this.#takeAll(next_us)) {
        await this.#options.wakeup.wait((next_us - now_us) / 1000);
      } else {
        await this.#clock.yield();
      }
    }
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** Returns the time between barriers. Barriers cost time per changed key, so they are rare while all sinks wait. */
  #interval_us(): number {
    const interval_us = this.#options.settings.barrier_interval_ms * 1000;
    const { delivery, commits, sinks } = this.#options;
    const isUnseen = sinks.length > 0 && delivery.isWaiting && commits.isWaiting;
    return isUnseen ? Math.max(interval_us, UNSEEN_INTERVAL_US) : interval_us;
  }

  /** Returns whether the sources have caught up since the last barrier; the next one then follows without delay. */
  #hasJustCaughtUp(): boolean {
    return !this.#caughtUp && this.#options.pumps.every((pump) => pump.caughtUp);
  }

  /**
   * Takes a batch from each source that has one, until `until_us`. The next call continues a round that was cut short.
   * Returns false if no source had a batch.
   */
  #takeAll(until_us: number): boolean {
    let taken = false;
    const n = this.#options.pumps.length;
    for (let i = 0; i < n; i++) {
      const pump = this.#options.pumps[(this.#turn + i) % n]!;
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
    this.#options.metrics.sourceRecords.inc({ source }, records);
    this.#options.metrics.sourceRows.inc({ source }, rows);
    this.#options.metrics.sourceBytes.inc({ source }, bytes);
    if (earliest_us !== undefined) {
      this.#earliest_us.set(source, Math.min(this.#earliest_us.get(source) ?? Infinity, earliest_us));
    }
  }

  /** Runs one barrier. Once it has resolved, its changes are with the sinks, unless {@link undelivered}. */
  async barrier(): Promise<void> {
    const started_us = this.#clock.now_us();
    // The kernel's clock never goes back, whatever the machine's does.
    const now_us = Math.max(started_us, this.#kernel.now_us);
    if (now_us - started_us > CLOCK_TOLERANCE_US) this.#options.problems.clockBehind(now_us - started_us);
    const at = { now_us, epoch: ++this.#epoch };
    this.#caughtUp = this.#options.pumps.every((pump) => pump.caughtUp);
    this.#hasCaughtUp ||= this.#caughtUp;
    const { delivery, commits } = this.#options;
    const replaced = [
      ...delivery.startReplacedDestinations(at.epoch),
      ...commits.startReplacedDestinations(),
    ];
    if (replaced.length > 0)
      this.#options.log.warn({ sinks: replaced }, 'destinations were replaced: they receive all rows');
    const changes = this.#kernel.barrier(now_us);
    for (const change of changes) {
      const { view, changes: batch } = change;
      if (batch.n === 0) continue;
      if (this.#caughtUp) this.#options.onChanges?.(change, now_us);
      this.#dirty = true;
      this.#options.metrics.viewChanges.inc({ view }, batch.n);
    }
    const handovers = delivery.plan(changes);
    if (!(await this.#insist('the delivery log', () => delivery.record(handovers, at.epoch)))) {
      this.#undelivered = true;
      return;
    }
    delivery.hand(handovers, at);
    commits.append(changes, at);
    this.#undelivered =
      (delivery.hasUndelivered || commits.hasUndelivered) && !(await this.#redeliverPending(at, started_us));
    if (this.#undelivered) return;
    if (this.#caughtUp) this.#options.clearing.start(() => this.#epoch);
    const done_us = this.#clock.now_us();
    this.#options.metrics.barrierSeconds.observe(Math.max(0, done_us - started_us) / 1e6);
    for (const [source, earliest_us] of this.#earliest_us) {
      this.#options.metrics.freshnessSeconds.observe({ source }, Math.max(0, done_us - earliest_us) / 1e6);
    }
    this.#earliest_us.clear();
    for (const error of this.#kernel.takeErrors()) this.#options.problems.evaluationError(error);
    // A checkpoint that is being written persists the dead letters itself.
    if (!this.#options.checkpointer.busy) await this.#options.problems.flush();
    freeTexts(this.#options);
    await this.#checkpointIfDue();
  }

  /**
   * Delivers the keys and rows that wait for the views to catch up, as far as that has happened. Resolves to false if
   * the pipeline stops before their keys are in the delivery log.
   */
  async #redeliverPending(at: BarrierInfo, now_us: number): Promise<boolean> {
    const { delivery, commits, settleBy_us, pumps, settings } = this.#options;
    const isSettled = this.#caughtUp || now_us >= settleBy_us;
    if (isSettled) {
      if (!(await this.#insist('the delivery log', () => delivery.recordRedelivery(at.epoch)))) return false;
      delivery.redeliver(at);
    }
    // A source that has failed for long does not delay the backfill, although the views may lack its rows.
    const broken_us = now_us - settings.settle_timeout_ms * 1000;
    const isAsGoodAsSettled = pumps.every((pump) => pump.caughtUp || pump.failingSince_us <= broken_us);
    if (isSettled || isAsGoodAsSettled) {
      delivery.beginBackfill();
      await commits.backfill(at);
    }
    const before = delivery.backfill;
    if (before?.phase === 'waiting') this.#logCatchingUp(now_us);
    const batches = delivery.backfillBatches();
    if (!(await this.#insist('the delivery log', () => delivery.record(batches, at.epoch)))) return false;
    delivery.handBackfill(batches, at);
    if (before?.phase === 'running' && delivery.backfill === undefined) {
      const rows = batches.reduce((sum, { changes }) => sum + changes.n, before.rows);
      this.#options.log.info({ rows }, 'sinks have been handed every row of their views');
    }
    if (isSettled || batches.length > 0) this.#dirty = true; // or a restart would deliver everything again
    return true;
  }

  #logCatchingUp(now_us: number): void {
    if (now_us < this.#progressDue_us) return;
    this.#progressDue_us = now_us + PROGRESS_INTERVAL_US;
    const sources = this.#options.pumps.map((pump) => ({
      name: pump.name,
      rows: this.rowsOf(pump.name),
      left: pump.recordsToEnds,
    }));
    this.#options.log.info({ sources }, 'catching up; sinks receive every row afterwards');
  }

  async #checkpointIfDue(): Promise<void> {
    const checkpointer = this.#options.checkpointer;
    const now_us = this.#clock.now_us();
    for (const pump of this.#options.pumps) {
      if (!pump.takeWasPlaced()) continue;
      this.#dirty = true;
      this.#checkpointDue_us = now_us;
    }
    const interval_us = this.#options.settings.checkpoint_interval_ms * 1000;
    // A clock that was set back does not delay checkpoints.
    this.#checkpointDue_us = Math.min(this.#checkpointDue_us, now_us + interval_us);
    const isBehind = checkpointer.error !== undefined || this.#options.commits.hasUncommitted;
    const wanted = interval_us < Infinity && (this.#dirty || isBehind);
    if (!wanted || now_us < this.#checkpointDue_us || checkpointer.busy) return;
    this.#checkpointDue_us = now_us + interval_us;
    this.#dirty = false;
    await checkpointer.take(this.#epoch);
  }

  /**
   * Repeats a write until it succeeds, because the disk may be full for a while. Resolves to false if the pipeline
   * stops first.
   */
  async #insist(what: string, attempt: () => Promise<void>): Promise<boolean> {
    for (let wait_ms = FIRST_RETRY_MS; ; wait_ms = Math.min(wait_ms * 2, LAST_RETRY_MS)) {
      try {
        await attempt();
        this.#diskError = undefined;
        return true;
      } catch (error) {
        this.#diskError = `${what} cannot be written: ${messageOf(error)}`;
        this.#options.log.error({ error: this.#diskError, retry_ms: wait_ms }, 'waiting for the disk');
        if (this.#stopping) return false;
        await new Promise<void>((resolve) => this.#clock.setTimer(wait_ms, resolve));
      }
    }
  }

  /** Returns whether sources must wait: from the time a sink's queue exceeds the limit until it is below half of it. */
  #isHeldBack(): boolean {
    const limit = this.#options.settings.sink_queue_limit;
    for (const sink of this.#options.sinks) {
      const { queued } = sink.stats();
      if (queued > (this.#heldBackBy === sink.name ? limit / 2 : limit)) {
        if (this.#heldBackBy === undefined)
          this.#options.log.warn({ sink: sink.name, queued }, 'sources wait for a sink');
        this.#heldBackBy = sink.name;
        return true;
      }
    }
    this.#heldBackBy = undefined;
    return false;
  }
}
