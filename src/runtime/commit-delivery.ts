import type { Kernel, ViewChanges } from '../engine/contract.ts';
import { nowMs, type Clock } from '../platform/clock.ts';
import type { BarrierInfo, CommitSink, SinkStats } from '../sinks/sink.ts';
import type { Manifest } from '../storage/manifest.ts';
import { messageOf } from '../values/error-message.ts';
import type { Log } from './log.ts';

/** Rows of a backfill that are handed over before the event loop gets a turn. */
const PAGE_ROWS = 4096;

/**
 * The phases of delivery to the destination of a commit sink:
 *
 *   waiting -> live
 *
 * | phase   | the destination                                           | each barrier hands to it |
 * |---------|-----------------------------------------------------------|--------------------------|
 * | waiting | lacks rows, and the views have not caught up              | nothing                  |
 * | live    | has the rows of the view, or gets them at the next commit | the changes              |
 *
 * All rows are handed over between two barriers: a change between two parts of the backfill would be appended twice.
 */
type CommitPhase = 'waiting' | 'live';

interface CommitState {
  readonly sink: CommitSink;
  phase: CommitPhase;
  /** The destination that `phase` refers to. */
  destination: string;
  /** The last error of `prepare` or `commit`, and the time of the first one; undefined after a commit that succeeds. */
  failing: { readonly since_ms: number; readonly error: string } | undefined;
}

const NOT_AS_COMMITTED =
  'the destination is not as the checkpoint left it; the next commit replaces it with all rows of the view';

/** What the restored checkpoint records about commit sinks. */
export interface RestoredCommits {
  readonly epoch: number;
  /** Name of a sink to its destination, for those that had every row. */
  readonly sinks: Manifest['sinks'];
  /** Name of a sink to the token of its commit that belongs to the checkpoint. */
  readonly tokens: Manifest['commits'];
}

/** Hands the changes of views to commit sinks, and commits them with checkpoints. */
export class CommitDelivery {
  readonly #kernel: Kernel;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #states: readonly CommitState[];

  constructor(options: { kernel: Kernel; clock: Clock; log: Log; sinks: readonly CommitSink[] }) {
    this.#kernel = options.kernel;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#states = options.sinks.map((sink) => ({
      sink,
      phase: 'waiting',
      destination: '',
      failing: undefined,
    }));
  }

  /** True if a sink still waits for the rows of its view. */
  get hasUndelivered(): boolean {
    return this.#states.some(({ phase }) => phase === 'waiting');
  }
  /** True while every sink is in phase `waiting`, so that none receives changes. */
  get isWaiting(): boolean {
    return this.#states.every(({ phase }) => phase === 'waiting');
  }
  /** True if a `prepare` or a commit failed, which only a further checkpoint makes up for. */
  get hasUncommitted(): boolean {
    return this.#states.some(({ failing }) => failing !== undefined);
  }
  phaseOf(sink: CommitSink): CommitPhase {
    return this.#states.find((state) => state.sink === sink)!.phase;
  }
  /** Returns the figures of a sink, including the error of a failing commit. */
  statsOf(sink: CommitSink): SinkStats {
    const failing = this.#states.find((state) => state.sink === sink)?.failing;
    const stats = sink.stats();
    return failing === undefined
      ? stats
      : { ...stats, failing_since_ms: failing.since_ms, error: failing.error };
  }

  /**
   * Returns the open sinks to the restored checkpoint. A sink that is new, has another destination or cannot return to
   * the checkpoint receives all rows of its view again. Resolves to the names of such sinks.
   */
  async recover(restored: RestoredCommits | undefined): Promise<readonly string[]> {
    const anew: string[] = [];
    for (const state of this.#states) {
      const { sink } = state;
      const isKnown = restored?.sinks.get(sink.name) === sink.destination;
      if (isKnown && (await sink.recover(restored.tokens.get(sink.name), restored.epoch))) {
        state.phase = 'live';
        state.destination = sink.destination;
      } else {
        if (isKnown) this.#log.warn({ sink: sink.name, destination: sink.destination }, NOT_AS_COMMITTED);
        restart(state);
        anew.push(sink.name);
      }
    }
    return anew;
  }

  /**
   * Finds destinations that were replaced while the pipeline runs. They receive all rows of their views. Returns the
   * names of their sinks.
   */
  startReplacedDestinations(): readonly string[] {
    const replaced = this.#states.filter(({ sink, destination }) => sink.destination !== destination);
    replaced.forEach(restart);
    return replaced.map(({ sink }) => sink.name);
  }

  /** Hands a barrier's changes to the sinks in phase `live`. */
  append(changes: readonly ViewChanges[], at: BarrierInfo): void {
    for (const { sink, phase } of this.#states) {
      if (phase !== 'live') continue;
      for (const change of changes)
        if (change.view === sink.view && change.changes.n > 0) sink.append(change.changes, at);
    }
  }

  /**
   * Hands to each waiting sink all rows of its view as of the last barrier. The caller starts no barrier before it
   * resolves.
   */
  async backfill(at: BarrierInfo): Promise<void> {
    for (const state of this.#states) {
      if (state.phase !== 'waiting') continue;
      const { sink } = state;
      const view = this.#kernel.view(sink.view);
      for (let cursor: number | undefined = 0; cursor !== undefined;) {
        const { rows, next } = view.page(cursor, PAGE_ROWS);
        if (rows.n > 0) sink.append(rows, at);
        cursor = next;
        await this.#clock.yield();
      }
      state.phase = 'live';
    }
  }

  /** Returns the destinations, by sink, that have every row or get it with the next checkpoint's commit. */
  destinations(): Manifest['sinks'] {
    const live = this.#states.filter(({ phase }) => phase === 'live');
    return new Map(live.map(({ sink, destination }) => [sink.name, destination]));
  }

  /**
   * Begins the commits of the checkpoint of barrier `epoch`. Call it before the next barrier. Resolves to the tokens by
   * sink. Rejects if a sink does.
   */
  async prepare(epoch: number): Promise<Manifest['commits']> {
    const live = this.#states.filter(({ phase }) => phase === 'live');
    const tokens = await Promise.all(
      live.map(
        async (state) => [state.sink.name, await this.#watched(state, state.sink.prepare(epoch))] as const,
      ),
    );
    return new Map(tokens.flatMap(([name, token]) => (token === undefined ? [] : [[name, token]])));
  }

  /** Commits the tokens of a durable checkpoint. A failure is logged; the next checkpoint's commit makes up for it. */
  async commit(tokens: Manifest['commits']): Promise<void> {
    for (const state of this.#states) {
      const { sink } = state;
      const token = tokens.get(sink.name);
      if (token === undefined) continue;
      try {
        await this.#watched(state, sink.commit(token));
        state.failing = undefined;
      } catch (error) {
        this.#log.error(
          { sink: sink.name, error: messageOf(error) },
          'a commit failed; it is tried again with the next checkpoint',
        );
      }
    }
  }

  /** Awaits `work`, and records its rejection in `state`. */
  async #watched<T>(state: CommitState, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      const since_ms = state.failing?.since_ms ?? nowMs(this.#clock);
      state.failing = { since_ms, error: messageOf(error) };
      throw error;
    }
  }
}

function restart(state: CommitState): void {
  state.sink.restart();
  state.phase = 'waiting';
  state.destination = state.sink.destination;
}
