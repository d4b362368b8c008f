import type { Kernel, ViewChanges } from '../engine/contract.ts';
import { nowMs, type Clock } from '../platform/clock.ts';
import type { BarrierInfo, CommitSink, SinkStats } from '../sinks/sink.ts';
import type { Manifest } from '../storage/manifest.ts';
import { messageOf } from './errors.ts';
import type { Log } from './log.ts';

/** Rows of a view that are handed over without a pause for other work. */
const PAGE_ROWS = 4096;

/**
 * The phases of delivery to the destination of a commit sink:
 *
 *   waiting -> live
 *
 * | phase   | the destination                                        | each barrier hands to it |
 * |---------|--------------------------------------------------------|--------------------------|
 * | waiting | lacks rows, and the views have not caught up           | nothing                  |
 * | live    | has, or gets with the next commit, the rows of the view | the changes              |
 *
 * All rows are handed over between two barriers: a change of a row that the sink has not got would be counted twice.
 */
type CommitPhase = 'waiting' | 'live';

interface CommitState {
  readonly sink: CommitSink;
  phase: CommitPhase;
  /** The destination that the phase is about. */
  destination: string;
  /** Why prepares and commits are refused, and since when. */
  failing: { readonly since_ms: number; readonly error: string } | undefined;
}

/** What the checkpoint that was restored says of commit sinks. */
export interface RestoredCommits {
  readonly epoch: number;
  /** Sink to the destination that had every row. */
  readonly sinks: Manifest['sinks'];
  /** Sink to the token of the commit that belongs to the checkpoint. */
  readonly tokens: Manifest['commits'];
}

/** Hands the changes of views to commit sinks, and ties their commits to checkpoints. */
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

  /** Rows wait to be handed over until the views have caught up. */
  get hasUndelivered(): boolean {
    return this.#states.some(({ phase }) => phase === 'waiting');
  }
  /** No sink takes changes before the views have caught up. */
  get isWaiting(): boolean {
    return this.#states.every(({ phase }) => phase === 'waiting');
  }
  /** A commit was refused: a further checkpoint repeats it. */
  get hasUncommitted(): boolean {
    return this.#states.some(({ failing }) => failing !== undefined);
  }
  phaseOf(sink: CommitSink): CommitPhase {
    return this.#states.find((state) => state.sink === sink)!.phase;
  }
  /** The sink's counters, and why its commits are refused. */
  statsOf(sink: CommitSink): SinkStats {
    const failing = this.#states.find((state) => state.sink === sink)?.failing;
    const stats = sink.stats();
    return failing === undefined
      ? stats
      : { ...stats, failing_since_ms: failing.since_ms, error: failing.error };
  }

  /**
   * Brings the open sinks to the restored checkpoint. A sink that is new, leads elsewhere now or is ahead of the
   * checkpoint begins anew with all rows of its view. Resolves to the names of such sinks.
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
        restart(state);
        anew.push(sink.name);
      }
    }
    return anew;
  }

  /** Begins anew where a destination was replaced while the pipeline runs. Returns the names of such sinks. */
  startReplacedDestinations(): readonly string[] {
    const replaced = this.#states.filter(({ sink, destination }) => sink.destination !== destination);
    replaced.forEach(restart);
    return replaced.map(({ sink }) => sink.name);
  }

  /** Gives a barrier's changes to the sinks that have the rows before them. */
  append(changes: readonly ViewChanges[], at: BarrierInfo): void {
    for (const { sink, phase } of this.#states) {
      if (phase !== 'live') continue;
      for (const change of changes)
        if (change.view === sink.view && change.changes.n > 0) sink.append(change.changes, at);
    }
  }

  /** Gives all rows of their views, as of the last barrier, to the sinks that wait. The caller starts no barrier meanwhile. */
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

  /** For a checkpoint: the destinations that have, or get with its commit, every row. */
  destinations(): Manifest['sinks'] {
    const live = this.#states.filter(({ phase }) => phase === 'live');
    return new Map(live.map(({ sink, destination }) => [sink.name, destination]));
  }

  /** Begins the commits of the checkpoint of barrier `epoch`; call it at that barrier. Resolves to the tokens, by sink. Rejects as sinks do. */
  async prepare(epoch: number): Promise<Manifest['commits']> {
    const live = this.#states.filter(({ phase }) => phase === 'live');
    const tokens = await Promise.all(
      live.map(
        async (state) => [state.sink.name, await this.#watched(state, state.sink.prepare(epoch))] as const,
      ),
    );
    return new Map(tokens.flatMap(([name, token]) => (token === undefined ? [] : [[name, token]])));
  }

  /** Commits what a durable checkpoint holds. A refusal is logged, and covered by the next checkpoint's commit. */
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
          'a commit was refused; the next checkpoint tries again',
        );
      }
    }
  }

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
