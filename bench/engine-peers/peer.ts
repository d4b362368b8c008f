import type { Elapsed } from '../support/stopwatch.ts';
import type { ViewEvents } from '../support/view-events.ts';

/** A viewer's profile of pipelines/as-published, as plain numbers. */
export interface Profile {
  readonly watch_minutes_7d: number;
  readonly watch_minutes_28d: number;
  readonly titles_7d: number;
  readonly completions_28d: number;
  readonly genres_watched_28d: number;
}

export interface PeerRun extends Elapsed {
  /** Number of changed profiles reported at barriers; a viewer counts once per barrier. */
  readonly changedProfiles: number;
  readonly profiles: ReadonlyMap<number, Profile>;
  /** Further measurements of this peer, by name. */
  readonly details: Readonly<Record<string, number>>;
}

/**
 * A program that turns JSON bytes into changed profiles. Every `eventsPerBarrier` events it moves its clock to the last
 * event's time and collects the changed profiles. All peers do the same work over the same bytes.
 */
export interface Peer {
  readonly name: string;
  readonly what: string;
  run(events: ViewEvents, eventsPerBarrier: number): PeerRun;
}
