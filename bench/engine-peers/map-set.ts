import type { Peer, PeerRun, Profile } from './peer.ts';
import type { ViewEvents } from '../support/view-events.ts';
import { stopwatch } from '../support/stopwatch.ts';

const DAY_MS = 86_400_000;

interface Tile {
  readonly viewer: number;
  seconds: number;
  completions: number;
  readonly titles: Set<string>;
  readonly genres: Set<string>;
}

/** Hand-written incremental code for this one pipeline: JSON.parse, Maps, Sets and objects. */
export const mapSet: Peer = {
  name: 'map-set',
  what: 'JSON.parse, then Maps and Sets written by hand for this one pipeline',
  run: runMapSet,
};

function runMapSet(events: ViewEvents, eventsPerBarrier: number): PeerRun {
  const text = Buffer.from(events.bytes.buffer, events.bytes.byteOffset, events.bytes.length);
  const tiles = new Map<string, Tile>();
  const profiles = new Map<number, { -readonly [K in keyof Profile]: number }>();
  const tilesByDay = new Map<number, Tile[]>();
  let today = Math.floor(events.watched_at_us[0]! / 1000 / DAY_MS);
  let changedProfiles = 0;

  const profile = (viewer: number): { -readonly [K in keyof Profile]: number } => {
    let p = profiles.get(viewer);
    if (p === undefined) {
      p = {
        watch_minutes_7d: 0,
        watch_minutes_28d: 0,
        titles_7d: 0,
        completions_28d: 0,
        genres_watched_28d: 0,
      };
      profiles.set(viewer, p);
    }
    return p;
  };

  const stop = stopwatch();
  for (let from = 0; from < events.count; from += eventsPerBarrier) {
    const to = Math.min(events.count, from + eventsPerBarrier);
    const changed = new Set<number>();
    for (let i = from; i < to; i++) {
      const e = JSON.parse(text.toString('latin1', events.starts[i], events.ends[i])) as {
        viewer_id: number;
        content_id: string;
        genre: string;
        watch_duration_sec: number;
        completion_pct: number;
        watched_at: string;
      };
      const day = Math.floor(Date.parse(`${e.watched_at}Z`) / DAY_MS);
      const key = `${e.viewer_id}|${day}`;
      let tile = tiles.get(key);
      if (tile === undefined) {
        tile = { viewer: e.viewer_id, seconds: 0, completions: 0, titles: new Set(), genres: new Set() };
        tiles.set(key, tile);
        const list = tilesByDay.get(day);
        if (list === undefined) tilesByDay.set(day, [tile]);
        else list.push(tile);
      }
      const titles = tile.titles.size;
      const genres = tile.genres.size;
      const completed = e.completion_pct >= 0.9 ? 1 : 0;
      tile.seconds += e.watch_duration_sec;
      tile.completions += completed;
      tile.titles.add(e.content_id);
      tile.genres.add(e.genre);
      const p = profile(e.viewer_id);
      if (day >= today - 28) {
        p.watch_minutes_28d += e.watch_duration_sec;
        p.completions_28d += completed;
        p.genres_watched_28d += tile.genres.size - genres;
        if (day >= today - 7) {
          p.watch_minutes_7d += e.watch_duration_sec;
          p.titles_7d += tile.titles.size - titles;
        }
      }
      changed.add(e.viewer_id);
    }
    const now = Math.floor(events.watched_at_us[to - 1]! / 1000 / DAY_MS);
    for (; today < now; today++) {
      for (const tile of tilesByDay.get(today - 7) ?? []) {
        const p = profile(tile.viewer);
        p.watch_minutes_7d -= tile.seconds;
        p.titles_7d -= tile.titles.size;
        changed.add(tile.viewer);
      }
      for (const tile of tilesByDay.get(today - 28) ?? []) {
        const p = profile(tile.viewer);
        p.watch_minutes_28d -= tile.seconds;
        p.completions_28d -= tile.completions;
        p.genres_watched_28d -= tile.genres.size;
        changed.add(tile.viewer);
      }
    }
    const batch: Profile[] = [];
    for (const viewer of changed) batch.push(minutes(profile(viewer)));
    changedProfiles += batch.length;
  }
  const elapsed = stop();
  return {
    ...elapsed,
    changedProfiles,
    profiles: new Map([...profiles].map(([viewer, p]) => [viewer, minutes(p)])),
    details: {},
  };
}

/** Returns the profile in minutes; state holds seconds. */
function minutes(p: Profile): Profile {
  return { ...p, watch_minutes_7d: p.watch_minutes_7d / 60, watch_minutes_28d: p.watch_minutes_28d / 60 };
}
