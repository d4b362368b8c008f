import type { Elapsed } from '../support/stopwatch.ts';
import type { ViewEvents } from '../support/view-events.ts';

/** A viewer's profile in the as-published pipeline, as plain numbers. */
export interface Profile {
  readonly watch_minutes_7d: number;
  readonly watch_minutes_28d: number;
  readonly titles_7d: number;
  readonly completions_28d: number;
  readonly genres_watched_28d: number;
}

export interface PeerRun extends Elapsed {
  /** Profiles sent at barriers: how often a viewer's profile was reported changed. */
  readonly changedProfiles: number;
  readonly profiles: ReadonlyMap<number, Profile>;
  /** Further measurements of the peer. */
  readonly details: Readonly<Record<string, number>>;
}

/**
 * From JSON bytes to changed profiles: every `eventsPerBarrier` events the clock moves to the last event's time
 * and the changed profiles are collected. All peers do the same work over the same bytes.
 */
export interface Peer {
  readonly name: string;
  readonly what: string;
  run(events: ViewEvents, eventsPerBarrier: number): PeerRun;
}
