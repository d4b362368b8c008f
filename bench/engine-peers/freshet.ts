import { createEngine } from '../../src/engine/engine.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { createJsonDecoder } from '../../src/sources/json/decoder.ts';
import { recordsOf, type ViewEvents } from '../support/view-events.ts';
import type { Peer, PeerRun, Profile } from './peer.ts';
import { stopwatch } from '../support/stopwatch.ts';

/** Rows per batch between scanner and kernel: few enough that the columns stay in the CPU cache. */
const BATCH_ROWS = 2048;
const VIEW = 'viewer_engagement_rolling';
const TILE = 'viewer_watch_metrics_1d';

/** Freshet: a generated scanner and a generated kernel run the SQL of pipelines/as-published. */
export function freshet(pipeline: Pipeline): Peer {
  return {
    name: 'freshet',
    what: 'pipelines/as-published: generated scanner and kernel, NUMERIC minutes to 28 digits',
    run: (events, eventsPerBarrier) => runFreshet(pipeline, events, eventsPerBarrier),
  };
}

function runFreshet(pipeline: Pipeline, events: ViewEvents, eventsPerBarrier: number): PeerRun {
  const source = pipeline.sources.find((s) => s.name === 'view_events')!;
  const engine = createEngine(pipeline, { now_us: events.watched_at_us[0]!, observe: [VIEW] });
  const decoder = createJsonDecoder(source, engine.wanted(source.name), engine.pool);
  const batch = engine.newBatch(source.name, BATCH_ROWS);
  let changedProfiles = 0;
  let problems = 0;
  let decode_ms = 0;
  let push_ms = 0;
  let barrier_ms = 0;
  const stop = stopwatch();
  for (let first = 0; first < events.count; first += eventsPerBarrier) {
    const end = Math.min(events.count, first + eventsPerBarrier);
    const records = recordsOf(events, first, end);
    let t = performance.now();
    for (let from = 0; from < records.count;) {
      batch.n = 0;
      from = decoder.decode(records, from, batch, () => problems++);
      const decoded = performance.now();
      decode_ms += decoded - t;
      engine.push(source.name, batch);
      t = performance.now();
      push_ms += t - decoded;
    }
    for (const { changes } of engine.barrier(events.watched_at_us[end - 1]!)) {
      for (let i = 0; i < changes.n; i++) if (changes.weights[i] === 1) changedProfiles++;
    }
    barrier_ms += performance.now() - t;
  }
  const elapsed = stop();
  if (problems > 0) throw new Error(`${problems} events could not be read`);
  return {
    ...elapsed,
    changedProfiles,
    profiles: readProfiles(engine),
    details: { decode_ms, push_ms, barrier_ms, ...stateFigures(engine) },
  };
}

/** Returns the profiles with exact columns as plain numbers, for the comparison with the peers. */
function readProfiles(engine: Engine): Map<number, Profile> {
  const view = engine.view(VIEW);
  const at = new Map(view.columns.map((c, i) => [c.name, i]));
  const profiles = new Map<number, Profile>();
  for (const rows of view.scan()) {
    for (let i = 0; i < rows.n; i++) {
      const numeric = (name: string): number => Number(rows.column(at.get(name)!).get(i) as bigint) / 1e28;
      profiles.set(Number(rows.column(at.get('viewer_id')!).get(i)), {
        watch_minutes_7d: numeric('watch_minutes_7d'),
        watch_minutes_28d: numeric('watch_minutes_28d'),
        titles_7d: numeric('titles_7d'),
        completions_28d: numeric('completions_28d'),
        genres_watched_28d: numeric('genres_watched_28d'),
      });
    }
  }
  return profiles;
}

function stateFigures(engine: Engine): Record<string, number> {
  const viewerDays = engine.operators().find((o) => o.view === TILE)!.rows;
  let bytes = 0;
  for (const b of engine.stateBytes().values()) bytes += b;
  bytes += engine.pool.bytesUsed;
  return { viewer_days: viewerDays, state_bytes: bytes, state_bytes_per_viewer_day: bytes / viewerDays };
}
