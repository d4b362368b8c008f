import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Bench, BenchOutcome, BenchRun } from '../src/cli/bench-contract.ts';
import { bindFolder } from '../src/pipeline/load.ts';
import { dbIvm } from './engine-peers/db-ivm.ts';
import { freshet } from './engine-peers/freshet.ts';
import { mapSet } from './engine-peers/map-set.ts';
import type { Peer, PeerRun, Profile } from './engine-peers/peer.ts';
import { profiled } from './support/profile.ts';
import { makeViewEvents } from './support/view-events.ts';

type Round = Omit<PeerRun, 'profiles'> & { readonly profiles: CompactProfiles };

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Turns JSON bytes into changed profiles of pipelines/as-published on one thread. Timed: decoding, tiles with two
 * exact distinct counts, rolling windows, changes of the day, and collecting each barrier's changed profiles. Not
 * timed: generating the events. The peers process the same bytes in turn; the result is valid only if all final
 * profiles are equal.
 */
export const bench: Bench = {
  summary: 'JSON bytes to changed profiles on one thread, beside a Map/Set program and @tanstack/db-ivm',
  settings: {
    events: '1000000: number of view events (about 220 bytes each)',
    viewers: '100000: number of viewers',
    zipf: '1.0: skew of the events over viewers (Zipf exponent)',
    days: '35: event time that they span, so how many midnights pass',
    arrival_per_s: '500000: events arriving per second; a barrier comes every 100 ms of arrival',
    rounds: '5: number of rounds of Freshet and of the Map/Set program, in turn; medians are reported',
    peers: 'all: or none, to run Freshet alone; db-ivm is slow and runs a single round',
  },
  run,
};

async function run({ settings, progress }: BenchRun): Promise<BenchOutcome> {
  const number = (name: string, fallback: number): number => Number(settings.get(name) ?? fallback);
  const count = number('events', 1_000_000);
  const rounds = number('rounds', 5);
  const eventsPerBarrier = Math.round(number('arrival_per_s', 500_000) / 10);
  progress(`making ${count} events`);
  const events = makeViewEvents({
    events: count,
    viewers: number('viewers', 100_000),
    titles: 20_000,
    zipf: number('zipf', 1),
    days: number('days', 35),
    seed: 42,
  });
  // Checks build an engine of their own; with two of them in a process V8 optimizes both less.
  const { pipeline } = await bindFolder(join(ROOT, 'pipelines/as-published'), { env: {} });
  if (pipeline === undefined) throw new Error('pipelines/as-published does not pass `freshet check`');

  const ours = freshet(pipeline);
  const peers: readonly Peer[] = settings.get('peers') === 'none' ? [] : [mapSet, dbIvm];
  const runs = new Map<string, Round[]>([ours, ...peers].map((p) => [p.name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const peer of [ours, ...peers]) {
      if (peer === dbIvm && round > 0) continue;
      progress(`round ${round + 1} of ${rounds}: ${peer.name}`);
      collectGarbage();
      const result = peer.run(events, eventsPerBarrier);
      progress(`  ${Math.round(count / result.seconds)} events/s`);
      runs.get(peer.name)!.push({ ...result, profiles: compact(result.profiles) });
    }
  }
  progress('one more round under the profiler');
  const profile = await profiled(() => void ours.run(events, eventsPerBarrier), 15);

  const own = median(runs.get(ours.name)!);
  const table = [ours, ...peers].map((peer) => {
    const list = runs.get(peer.name)!;
    const mid = median(list);
    return {
      name: peer.name,
      what: peer.what,
      rounds: list.length,
      events_per_s: Math.round(count / mid.seconds),
      events_per_s_min: Math.round(count / Math.max(...list.map((r) => r.seconds))),
      events_per_s_max: Math.round(count / Math.min(...list.map((r) => r.seconds))),
      events_per_cpu_s: Math.round(count / mid.cpu_seconds),
      times_slower: mid.seconds / own.seconds,
      changed_profiles: mid.changedProfiles,
      differing_profiles: differences(own.profiles, mid.profiles),
    };
  });
  const { decode_ms, push_ms, barrier_ms, ...state } = own.details as Record<string, number>;
  const valid = table.every((row) => row.differing_profiles === 0);
  const result = {
    bench: 'engine',
    machine: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, node ${process.version}`,
    events: count,
    event_bytes: Number(events.averageBytes.toFixed(1)),
    events_per_barrier: eventsPerBarrier,
    viewers_seen: own.profiles.viewers.length,
    profiles_equal: valid,
    peers: table,
    stages_ms: { decode: decode_ms, push: push_ms, barrier: barrier_ms },
    state,
    profile,
  };
  const text = [
    `${result.machine}; ${count} events of ${result.event_bytes} bytes, a barrier every ${eventsPerBarrier} events`,
    '',
    ...table.map(
      (r) =>
        `${r.name.padEnd(10)} ${String(r.events_per_s).padStart(9)} events/s` +
        `  (${r.events_per_s_min} to ${r.events_per_s_max}` +
        `, ${r.rounds} rounds)  ${r.events_per_cpu_s}/CPU-s  x${r.times_slower.toFixed(1)}` +
        `  ${r.changed_profiles} changed profiles` +
        `  ${r.differing_profiles === 0 ? 'same profiles' : `${r.differing_profiles} profiles differ`}`,
    ),
    '',
    `stages: decode ${ms(decode_ms)}, push ${ms(push_ms)}, barrier ${ms(barrier_ms)}`,
    `state: ${Math.round(state['state_bytes_per_viewer_day']!)} bytes per viewer-day ` +
      `(${state['viewer_days']} viewer-days)`,
    '',
    'where the time goes:',
    ...profile.map((l) => `  ${(l.share * 100).toFixed(1).padStart(5)} %  ${l.where}`),
  ];
  return { result, text, valid };
}

function ms(x: number | undefined): string {
  return `${Math.round(x ?? 0)} ms`;
}

function median(runs: readonly Round[]): Round {
  return runs.toSorted((a, b) => a.seconds - b.seconds)[Math.floor(runs.length / 2)]!;
}

/** Profiles by viewer in two arrays: results kept between rounds then cost the garbage collector next to nothing. */
interface CompactProfiles {
  readonly viewers: Float64Array;
  /** METRICS.length values per viewer, in the order of the viewers. */
  readonly values: Float64Array;
}

const METRICS = [
  'watch_minutes_7d',
  'watch_minutes_28d',
  'titles_7d',
  'completions_28d',
  'genres_watched_28d',
] as const satisfies readonly (keyof Profile)[];

function compact(profiles: ReadonlyMap<number, Profile>): CompactProfiles {
  const viewers = Float64Array.from(profiles.keys()).sort();
  const values = new Float64Array(viewers.length * METRICS.length);
  viewers.forEach((viewer, i) => {
    METRICS.forEach((metric, k) => (values[i * METRICS.length + k] = profiles.get(viewer)![metric]));
  });
  return { viewers, values };
}

/** Number of profiles that differ by more than double rounding; all of them if the viewers differ. */
function differences(a: CompactProfiles, b: CompactProfiles): number {
  if (a.viewers.length !== b.viewers.length || a.viewers.some((v, i) => v !== b.viewers[i])) {
    return Math.max(a.viewers.length, b.viewers.length);
  }
  const differing = new Set<number>();
  a.values.forEach((x, i) => {
    if (Math.abs(x - b.values[i]!) > 1e-9 * Math.max(1, Math.abs(x)))
      differing.add(Math.floor(i / METRICS.length));
  });
  return differing.size;
}

/** Collects garbage, so that a round does not pay for the round before it. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
