import { D2, MultiSet, concat, map, output, reduce } from '@tanstack/db-ivm';
import type { Peer, PeerRun, Profile } from './peer.ts';
import type { ViewEvents } from '../support/view-events.ts';
import { stopwatch } from '../support/stopwatch.ts';

const DAY_MS = 86_400_000;

interface Row {
  readonly id: number;
  readonly viewer: number;
  readonly day: number;
  readonly content: string;
  readonly genre: string;
  readonly seconds: number;
  readonly completed: number;
}
interface TileRow {
  readonly day: number;
  readonly seconds: number;
  readonly titles: number;
  readonly completions: number;
  readonly genres: number;
}
/**
 * A row that makes db-ivm recompute a viewer's group. db-ivm has no clock, so a viewer whose tiles leave a window gets
 * a new tick.
 */
interface Tick {
  readonly tick: number;
}

/** JSON.parse, followed by @tanstack/db-ivm, the incremental engine of TanStack DB. */
export const dbIvm: Peer = {
  name: 'db-ivm',
  what: '@tanstack/db-ivm 0.2.0: JSON.parse, then map, reduce (tile), map, reduce (rolling)',
  run: runDbIvm,
};

function tileOf(values: [Row, number][]): [TileRow, number][] {
  let seconds = 0;
  let completions = 0;
  let rows = 0;
  let day = 0;
  const titles = new Set<string>();
  const genres = new Set<string>();
  for (const [row, times] of values) {
    if (times <= 0) continue;
    rows += times;
    day = row.day;
    seconds += row.seconds * times;
    completions += row.completed * times;
    titles.add(row.content);
    genres.add(row.genre);
  }
  return rows === 0 ? [] : [[{ day, seconds, titles: titles.size, completions, genres: genres.size }, 1]];
}

function runDbIvm(events: ViewEvents, eventsPerBarrier: number): PeerRun {
  const text = Buffer.from(events.bytes.buffer, events.bytes.byteOffset, events.bytes.length);
  let today = Math.floor(events.watched_at_us[0]! / 1000 / DAY_MS);
  const profiles = new Map<number, Profile>();
  let changed = new Set<number>();

  const profileOf = (values: [TileRow | Tick, number][]): [Profile, number][] => {
    const p = {
      watch_minutes_7d: 0,
      watch_minutes_28d: 0,
      titles_7d: 0,
      completions_28d: 0,
      genres_watched_28d: 0,
    };
    for (const [row, times] of values) {
      if ('tick' in row || row.day < today - 28) continue;
      p.watch_minutes_28d += row.seconds * times;
      p.completions_28d += row.completions * times;
      p.genres_watched_28d += row.genres * times;
      if (row.day < today - 7) continue;
      p.watch_minutes_7d += row.seconds * times;
      p.titles_7d += row.titles * times;
    }
    return [[p, 1]];
  };

  const graph = new D2();
  const input = graph.newInput<Row>();
  const ticks = graph.newInput<[number, TileRow | Tick]>();
  const tiles = input.pipe(
    map((row): [string, Row] => [`${row.viewer}|${row.day}`, row]),
    reduce(tileOf),
    map(([key, tile]): [number, TileRow | Tick] => [Number(key.slice(0, key.indexOf('|'))), tile]),
  );
  tiles.pipe(
    concat(ticks),
    reduce(profileOf),
    output((data) => {
      for (const [[viewer, profile], times] of data.getInner()) {
        if (times <= 0) continue;
        profiles.set(viewer, profile);
        changed.add(viewer);
      }
    }),
  );
  graph.finalize();

  const viewersByDay = new Map<number, Set<number>>();
  const lastTick = new Map<number, number>();
  let changedProfiles = 0;
  const stop = stopwatch();
  for (let from = 0; from < events.count; from += eventsPerBarrier) {
    const to = Math.min(events.count, from + eventsPerBarrier);
    changed = new Set();
    const rows: [Row, number][] = [];
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
      rows.push([
        {
          id: i,
          viewer: e.viewer_id,
          day,
          content: e.content_id,
          genre: e.genre,
          seconds: e.watch_duration_sec,
          completed: e.completion_pct >= 0.9 ? 1 : 0,
        },
        1,
      ]);
      const viewers = viewersByDay.get(day);
      if (viewers === undefined) viewersByDay.set(day, new Set([e.viewer_id]));
      else viewers.add(e.viewer_id);
    }
    const now = Math.floor(events.watched_at_us[to - 1]! / 1000 / DAY_MS);
    const expiring = new Set<number>();
    for (let day = today; day < now; day++) {
      for (const viewer of viewersByDay.get(day - 7) ?? []) expiring.add(viewer);
      for (const viewer of viewersByDay.get(day - 28) ?? []) expiring.add(viewer);
    }
    today = now;
    const ticking: [[number, Tick], number][] = [];
    for (const viewer of expiring) {
      const last = lastTick.get(viewer);
      if (last !== undefined) ticking.push([[viewer, { tick: last }], -1]);
      ticking.push([[viewer, { tick: now }], 1]);
      lastTick.set(viewer, now);
    }
    input.sendData(new MultiSet(rows));
    if (ticking.length > 0) ticks.sendData(new MultiSet(ticking));
    graph.run();
    changedProfiles += changed.size;
  }
  const elapsed = stop();
  const minutes = (p: Profile): Profile => ({
    ...p,
    watch_minutes_7d: p.watch_minutes_7d / 60,
    watch_minutes_28d: p.watch_minutes_28d / 60,
  });
  return {
    ...elapsed,
    changedProfiles,
    profiles: new Map([...profiles].map(([viewer, p]) => [viewer, minutes(p)])),
    details: {},
  };
}
