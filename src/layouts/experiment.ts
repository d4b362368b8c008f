import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kernel, ViewChanges } from '../engine/contract.ts';
import { DAY_US, MINUTE_US } from '../values/civil.ts';
import { FreshetError } from '../values/freshet-error.ts';
import { sameDatum } from '../values/identity.ts';
import type { LayoutSet } from './layout-set.ts';
import type { ReplayClock } from './replay-clock.ts';
import type { Traffic } from './traffic.ts';
import type { WritePhase } from './write-meter.ts';

/** The longest time for which the process does not look for a signal. */
const TURN_MS = 50;

export interface ExperimentOptions {
  readonly kernel: Kernel;
  readonly traffic: Traffic;
  readonly sets: readonly LayoutSet[];
  readonly clock: ReplayClock;
  readonly interval_us: number;
  /** The sinks whose rows are compared at midnight. */
  readonly rolled: readonly {
    readonly name: string;
    readonly view: string;
    readonly primaryKey: readonly number[];
  }[];
  /** Time from which the sinks write. Before it only the views are filled, in steps of `warmUpStep_us`. */
  readonly measureFrom_us: number;
  readonly warmUpStep_us: number;
  readonly signal: AbortSignal;
  onProgress(progress: { readonly events: number; readonly done: number; readonly isWarmUp: boolean }): void;
}

/** What one replay was, whatever the layout. */
export interface ExperimentCounts {
  /** Events in the measured time. */
  events: number;
  warmUpEvents: number;
  /** Sum over the nights of the viewers that had a profile at midnight. */
  viewerNights: number;
  /** Values that the calendar changed, of all nights, by the name of the sink that reads them. */
  readonly rolledValues: Map<string, number>;
  readonly start_us: number;
  /** The midnight after the last event. */
  readonly end_us: number;
}

/**
 * Replays traffic through one engine and hands the changes of each barrier to every set. The rules:
 *
 * - Events are pushed in their order; a barrier comes at the end of every interval. While no event comes, barriers
 *   come once a minute.
 * - Two barriers part the days. The first, a microsecond before midnight, has the last events of the day. At the
 *   second, at midnight, no event arrives: what it writes is the roll of the calendar.
 * - The clock runs on to the midnight after the last event, so that every day has its night.
 */
export class Experiment {
  readonly counts: ExperimentCounts;
  readonly #options: ExperimentOptions;
  #epoch = 0;
  #turn_ms = performance.now();

  constructor(options: ExperimentOptions) {
    this.#options = options;
    const { start_us, end_us } = options.traffic;
    this.counts = {
      events: 0,
      warmUpEvents: 0,
      viewerNights: 0,
      rolledValues: new Map(),
      start_us: Math.max(start_us, options.measureFrom_us),
      end_us: Math.ceil(end_us / DAY_US) * DAY_US,
    };
  }

  /** Runs the replay to its end. Rejects with FreshetError `interrupted` once the signal is aborted. */
  async run(): Promise<void> {
    const { traffic, kernel, interval_us } = this.#options;
    const { end_us } = this.counts;
    let now_us = Math.floor(traffic.start_us / interval_us) * interval_us;
    kernel.barrier(now_us);
    this.#push(traffic.start_us); // rows without a time
    while (now_us < end_us) {
      const next_us = Math.min(this.#next(now_us), midnightAfter(now_us));
      this.#push(next_us);
      if (next_us === midnightAfter(now_us)) {
        await this.#barrier(next_us - 1, 'traffic');
        await this.#barrier(next_us, 'midnight');
        for (const set of this.#options.sets) await set.expire(next_us);
      } else {
        await this.#barrier(next_us, 'traffic');
      }
      now_us = next_us;
      if (now_us === this.#options.measureFrom_us) await this.#fill(now_us);
      await this.#breathe(now_us);
    }
  }

  #isWarmUp(now_us: number): boolean {
    return now_us <= this.#options.measureFrom_us;
  }

  /** Returns the time of the barrier after `now_us`, midnights aside. */
  #next(now_us: number): number {
    const { traffic, interval_us, measureFrom_us, warmUpStep_us } = this.#options;
    if (now_us < measureFrom_us) return Math.min(stepAfter(now_us, warmUpStep_us), measureFrom_us);
    const after_us = stepAfter(now_us, interval_us);
    const event_us = Math.floor(traffic.quietUntil_us / interval_us) * interval_us;
    return Math.max(after_us, Math.min(event_us, stepAfter(now_us, MINUTE_US)));
  }

  #push(until_us: number): void {
    const pushed = this.#options.traffic.pushBefore(until_us);
    if (this.#isWarmUp(until_us)) this.counts.warmUpEvents += pushed;
    else this.counts.events += pushed;
  }

  async #barrier(now_us: number, phase: WritePhase): Promise<void> {
    const { kernel, sets, clock, traffic } = this.#options;
    clock.moveTo(now_us);
    const changes = kernel.barrier(now_us);
    const at = { now_us, epoch: ++this.#epoch };
    if (!this.#isWarmUp(now_us)) {
      if (phase === 'midnight') this.counts.viewerNights += sets[0]!.meter.viewers;
      if (phase === 'midnight' || changes.some(({ changes: { n } }) => n > 0)) {
        for (const set of sets) await set.deliver(changes, at, phase);
      }
      if (phase === 'midnight') this.#countRolled(changes);
    }
    if (traffic.allowsSweeps && kernel.pool.wantsSweep) kernel.sweepTexts();
  }

  /** Writes the rows that the warm-up has left. */
  async #fill(now_us: number): Promise<void> {
    const { kernel, sets } = this.#options;
    const at = { now_us, epoch: ++this.#epoch };
    for (const set of sets) await set.fill(kernel, at);
  }

  #countRolled(changes: readonly ViewChanges[]): void {
    const { rolledValues } = this.counts;
    for (const { view, name, primaryKey } of this.#options.rolled) {
      const change = changes.find((each) => each.view === view);
      if (change === undefined) continue;
      rolledValues.set(name, (rolledValues.get(name) ?? 0) + changedValues(change, primaryKey));
    }
  }

  /** Shows progress, and lets signals in. */
  async #breathe(now_us: number): Promise<void> {
    if (performance.now() - this.#turn_ms < TURN_MS) return;
    await nextTurn();
    this.#turn_ms = performance.now();
    const { traffic, signal, onProgress } = this.#options;
    if (signal.aborted) throw new FreshetError('interrupted', 'interrupted before the end of the replay');
    const { events, warmUpEvents, end_us } = this.counts;
    const done = (now_us - traffic.start_us) / (end_us - traffic.start_us);
    onProgress({ events: events + warmUpEvents, done, isWarmUp: this.#isWarmUp(now_us) });
  }
}

function stepAfter(now_us: number, step_us: number): number {
  return (Math.floor(now_us / step_us) + 1) * step_us;
}

function midnightAfter(now_us: number): number {
  return stepAfter(now_us, DAY_US);
}

/** Returns how many values of a view's rows changed. A row that came or left counts with all its values. */
function changedValues({ changes }: ViewChanges, key: readonly number[]): number {
  let changed = 0;
  for (let i = 0; i < changes.n; i++) {
    const { weights, columns } = changes;
    const isSame = (c: number): boolean =>
      sameDatum(columns[c]!.type, changes.column(c).get(i), changes.column(c).get(i + 1));
    const isPair = weights[i]! < 0 && i + 1 < changes.n && weights[i + 1]! > 0;
    const isUpdate = isPair && key.every(isSame);
    for (let c = 0; c < columns.length; c++) {
      if (key.includes(c) || columns[c] === undefined) continue;
      if (!isUpdate || !isSame(c)) changed++;
    }
    if (isUpdate) i++;
  }
  return changed;
}
