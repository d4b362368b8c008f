import { describe, expect, it } from 'vitest';
import { StringPool } from '../../src/engine/text/string-pool.ts';
import { createJsonDecoder } from '../../src/sources/json/decoder.ts';
import { TimeHeap } from '../../src/sources/simulator/heap.ts';
import { backfill, runLive } from '../../src/sources/simulator/live.ts';
import {
  createSimulator,
  type SimulatedBatch,
  type SimulatorOptions,
} from '../../src/sources/simulator/simulator.ts';
import type { Datum } from '../../src/values/datum.ts';
import { BIGINT, INTEGER, NUMERIC, TIMESTAMP, VARCHAR } from '../../src/values/types.ts';
import { decodeAll, makeSource } from './support/source.ts';

const HOUR_US = 3_600e6;
const DAY_US = 24 * HOUR_US;
const MONDAY_US = Date.UTC(2026, 2, 16) * 1000;

interface Simulated {
  readonly views: string;
  readonly interactions: string;
}

/** Returns all events of a time span by source, generated in steps of `step_us`. */
function simulate(
  options: Partial<SimulatorOptions>,
  span_us: number,
  step_us = span_us,
  maxEvents = 50_000,
): Simulated {
  const simulator = createSimulator({ seed: 1, start_us: MONDAY_US, ...options });
  const out = { view_events: [] as string[], content_interactions: [] as string[] };
  const end_us = simulator.now_us + span_us;
  for (let until_us = simulator.now_us + step_us; simulator.now_us < end_us; until_us += step_us) {
    while (simulator.now_us < Math.min(until_us, end_us)) {
      for (const batch of simulator.next(Math.min(until_us, end_us), maxEvents))
        out[batch.source].push(textOf(batch));
    }
  }
  return { views: out.view_events.join(''), interactions: out.content_interactions.join('') };
}

function textOf({ bytes, starts, ends, count }: SimulatedBatch): string {
  const text = Buffer.from(bytes).toString();
  expect(text.split('\n')).toHaveLength(count + 1);
  expect([starts[0], ends[count - 1]]).toEqual([0, bytes.length - 1]);
  expect(bytes.buffer.byteLength).toBeGreaterThanOrEqual(bytes.length + 7);
  return text;
}

interface ViewEvent {
  readonly event_id: string;
  readonly viewer_id: number;
  readonly content_id: string;
  readonly genre: string;
  readonly watch_duration_sec: number;
  readonly completion_pct: number;
  readonly watched_at: string;
}
interface Interaction {
  readonly event_id: string;
  readonly viewer_id: number;
  readonly content_id: string;
  readonly event_type: string;
  readonly event_ts: string;
}
const parse = <T>(text: string): T[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as T);
const timeOf = (text: string): number => Date.parse(`${text}Z`) * 1000;
const distinct = <T extends { event_id: string }>(events: readonly T[]): T[] => [
  ...new Map(events.map((event) => [event.event_id, event])).values(),
];

describe('the same options', () => {
  it('give the same bytes, however the time is divided into calls', () => {
    const options = {
      seed: 5,
      viewers: 300,
      titles: 200,
      events_per_second: 0.5,
      late_ratio: 0.05,
      duplicate_ratio: 0.05,
    };
    const whole = simulate(options, DAY_US / 2);
    expect(simulate(options, DAY_US / 2, 977_000_003)).toEqual(whole);
    expect(simulate(options, DAY_US / 2, DAY_US / 7, 13)).toEqual(whole);
    expect(simulate({ ...options, seed: 6 }, DAY_US / 2).views).not.toBe(whole.views);
    expect(whole.views.length).toBeGreaterThan(1e6);
  });
});

it('another stream has other events of the same viewers', () => {
  const options = { seed: 5, viewers: 50, titles: 100, events_per_second: 1 };
  const favourites = (stream: number): string[] => {
    const counts = new Map<string, number>();
    for (const view of parse<ViewEvent>(simulate({ ...options, stream }, DAY_US / 2).views)) {
      if (view.viewer_id !== 8_000_001) continue;
      counts.set(view.genre, (counts.get(view.genre) ?? 0) + 1);
    }
    return [...counts].sort((x, y) => y[1] - x[1]).map(([genre]) => genre);
  };
  expect(simulate({ ...options, stream: 1 }, HOUR_US)).not.toEqual(
    simulate({ ...options, stream: 2 }, HOUR_US),
  );
  expect(favourites(2).slice(0, 4)).toContain(favourites(1)[0]);
});

describe('events', () => {
  const { views, interactions } = simulate({ seed: 2, viewers: 1000, events_per_second: 0.8 }, DAY_US);

  it('have the shape and size of the events of the published pipeline, and decode without a problem', () => {
    const columns = {
      views: {
        event_id: VARCHAR,
        viewer_id: BIGINT,
        content_id: VARCHAR,
        genre: VARCHAR,
        watch_duration_sec: INTEGER,
        completion_pct: NUMERIC,
        watched_at: TIMESTAMP,
      },
      interactions: {
        event_id: VARCHAR,
        viewer_id: BIGINT,
        content_id: VARCHAR,
        event_type: VARCHAR,
        event_ts: TIMESTAMP,
      },
    };
    for (const [name, text] of [
      ['views', views],
      ['interactions', interactions],
    ] as const) {
      const source = makeSource(
        Object.entries(columns[name]).map(([column, type]) => ({ name: column, type, notNull: true })),
      );
      const lines = text.split('\n').slice(0, -1);
      expect(Object.keys(JSON.parse(lines[0]!) as object)).toEqual(Object.keys(columns[name]));
      const pool = new StringPool();
      const decoder = createJsonDecoder(
        source,
        source.columns.map(() => true),
        pool,
      );
      const bytes = Buffer.from(`${text}        `);
      let at = 0;
      const starts = Int32Array.from(lines, (line) => (at += line.length + 1) - line.length - 1);
      const ends = Int32Array.from(lines, (line, i) => starts[i]! + line.length);
      const { length: count } = lines;
      const place = { split: '0', offsetOf: String, nextOffset: '0', advance: count };
      const records = { ...place, bytes, starts, ends, count };
      const { rows, problems } = decodeAll(decoder, records, { source, pool, capacity: 4096 });
      expect(problems).toEqual([]);
      expect(rows).toHaveLength(lines.length);
      const first = parse<ViewEvent & Interaction>(`${lines[0]}\n`)[0]!;
      const at_us = timeOf(first.watched_at ?? first.event_ts);
      expect(rows[0]!.slice(0, 3) as Datum[]).toEqual([
        first.event_id,
        BigInt(first.viewer_id),
        first.content_id,
      ]);
      expect(rows[0]!.at(-1)).toBe(at_us);
    }
    const sizes = views
      .split('\n')
      .slice(0, -1)
      .map((line) => line.length);
    const mean = sum(sizes) / sizes.length;
    expect(mean).toBeGreaterThan(195);
    expect(mean).toBeLessThan(225);
  });

  it('are plausible: completion between 0 and 1, no view longer than a film, ids in range', () => {
    const odd = parse<ViewEvent>(views).filter(
      (view) =>
        !(view.completion_pct > 0 && view.completion_pct <= 1) ||
        !(view.watch_duration_sec >= 1 && view.watch_duration_sec <= 9600) ||
        !(view.viewer_id >= 8_000_001 && view.viewer_id <= 8_001_000) ||
        !/^evt_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(view.event_id),
    );
    expect(odd).toEqual([]);
  });

  it('are skewed over viewers and titles, and no single viewer dominates', () => {
    const share = (key: (view: ViewEvent) => string | number, top: number): number => {
      const counts = new Map<string | number, number>();
      for (const view of parse<ViewEvent>(views)) counts.set(key(view), (counts.get(key(view)) ?? 0) + 1);
      const sorted = [...counts.values()].sort((a, b) => b - a);
      return sum(sorted.slice(0, top)) / sum(sorted);
    };
    const viewers = new Set(parse<ViewEvent>(views).map((view) => view.viewer_id)).size;
    expect(share((view) => view.viewer_id, Math.ceil(viewers / 10))).toBeGreaterThan(0.15);
    expect(share((view) => view.viewer_id, 1)).toBeLessThan(10 / viewers);
    expect(share((view) => view.content_id, 250)).toBeGreaterThan(0.25);
  });

  it('follow the views: likes after finished titles, searches after abandoned ones', () => {
    const finished = new Map<string, boolean>();
    for (const view of parse<ViewEvent>(views))
      finished.set(`${view.viewer_id} ${view.content_id}`, view.completion_pct >= 0.9);
    const counts = { finished: 0, given_up: 0, like: 0, like_finished: 0, search: 0, search_finished: 0 };
    for (const done of finished.values()) counts[done ? 'finished' : 'given_up']++;
    for (const { viewer_id, content_id, event_type } of distinct(parse<Interaction>(interactions))) {
      const done = finished.get(`${viewer_id} ${content_id}`);
      if (done === undefined || (event_type !== 'like' && event_type !== 'search')) continue;
      counts[event_type]++;
      if (done) counts[`${event_type}_finished`]++;
    }
    const likely = counts.finished / (counts.finished + counts.given_up);
    expect(counts.like_finished / counts.like).toBeGreaterThan(likely + 0.15);
    expect(counts.search_finished / counts.search).toBeLessThan(likely - 0.1);
    const types = new Set(parse<Interaction>(interactions).map((event) => event.event_type));
    expect([...types].sort()).toEqual(['comment', 'follow', 'like', 'search', 'share']);
  });

  it('contain binges: episodes of a series in order', () => {
    const last = new Map<number, string>();
    let next = 0;
    let series = 0;
    for (const { viewer_id, content_id } of distinct(parse<ViewEvent>(views))) {
      const before = last.get(viewer_id);
      last.set(viewer_id, content_id);
      if (!content_id.startsWith('series') || before === undefined) continue;
      series++;
      if (before.slice(0, 12) === content_id.slice(0, 12) && before < content_id) next++;
    }
    expect(next / series).toBeGreaterThan(0.2);
  });
});

describe('time', () => {
  const { views } = simulate({ seed: 3, viewers: 400, events_per_second: 0.12 }, 14 * DAY_US, DAY_US);
  const events = distinct(parse<ViewEvent>(views));
  const times = events.map((view) => timeOf(view.watched_at));

  it('has the rhythm of a day and of a week, and the configured rate', () => {
    const hours = new Float64Array(24);
    const days = new Float64Array(7);
    for (const time_us of times) {
      hours[Math.floor(time_us / HOUR_US) % 24]!++;
      days[Math.floor((time_us - MONDAY_US) / DAY_US + 7) % 7]!++;
    }
    expect(sum(hours.slice(19, 23)) / sum(hours.slice(2, 6))).toBeGreaterThan(4);
    expect((days[5]! + days[6]!) / 2 / (sum(days.slice(0, 4)) / 4)).toBeGreaterThan(1.3);
    const all = simulate({ seed: 3, viewers: 400, events_per_second: 0.12 }, 7 * DAY_US);
    const perSecond = (parse(all.views).length + parse(all.interactions).length) / (7 * 86_400);
    expect(perSecond / 0.12).toBeGreaterThan(0.9);
    expect(perSecond / 0.12).toBeLessThan(1.1);
  });

  it('passes 1970 like any other midnight', () => {
    const early = simulate({ start_us: -DAY_US, viewers: 200, events_per_second: 0.05 }, 2 * DAY_US);
    expect(early.views).toContain('"watched_at":"1969-12-31T');
    expect(early.views).toContain('"watched_at":"1970-01-01T');
  });

  it('starts with viewers who are already watching', () => {
    const options = { seed: 3, viewers: 1000, events_per_second: 1 };
    const settled = parse<ViewEvent>(
      simulate({ ...options, start_us: MONDAY_US - DAY_US / 3 }, DAY_US / 3 + HOUR_US).views,
    );
    const begun = parse<ViewEvent>(simulate(options, HOUR_US).views);
    for (const minutes of [2, 10, 60]) {
      const count = (some: readonly ViewEvent[]): number =>
        some.filter(
          (view) =>
            timeOf(view.watched_at) >= MONDAY_US && timeOf(view.watched_at) < MONDAY_US + minutes * 60e6,
        ).length;
      expect(count(begun) / count(settled), `${minutes} minutes`).toBeGreaterThan(0.6);
      expect(count(begun) / count(settled), `${minutes} minutes`).toBeLessThan(1.6);
    }
  });

  it('changes tastes within a day, between parts of the day, and over weeks', () => {
    // Counts pairs of views of a viewer, and those of the same genre, by the time between them.
    const byViewer = new Map<number, (ViewEvent & { readonly time_us: number })[]>();
    for (const [i, event] of events.entries()) {
      const view = { ...event, time_us: times[i]! };
      const mine = byViewer.get(view.viewer_id);
      if (mine === undefined) byViewer.set(view.viewer_id, [view]);
      else mine.push(view);
    }
    const pairs = { near: [0, 0], sameDay: [0, 0], weekLater: [0, 0] };
    for (const mine of byViewer.values()) {
      for (let i = 0; i < mine.length; i++) {
        for (let j = i + 1; j < Math.min(mine.length, i + 120); j++) {
          if (mine[i]!.content_id.slice(0, 12) === mine[j]!.content_id.slice(0, 12)) continue; // one series
          const gap_us = mine[j]!.time_us - mine[i]!.time_us;
          const kind =
            gap_us < 2 * HOUR_US
              ? 'near'
              : gap_us > 6 * HOUR_US && gap_us < 18 * HOUR_US
                ? 'sameDay'
                : gap_us > 7 * DAY_US
                  ? 'weekLater'
                  : undefined;
          if (kind === undefined) continue;
          pairs[kind][1]!++;
          if (mine[i]!.genre === mine[j]!.genre) pairs[kind][0]!++;
        }
      }
    }
    const alike = (kind: keyof typeof pairs): number => pairs[kind][0]! / pairs[kind][1]!;
    expect(alike('near')).toBeGreaterThan(alike('sameDay') + 0.05);
    expect(alike('sameDay')).toBeGreaterThan(alike('weekLater'));
    expect(alike('weekLater')).toBeGreaterThan(1 / 12);
    const share = (genre: string, from: number, to: number): number => {
      const hourOf = (view: ViewEvent): number => Number(view.watched_at.slice(11, 13));
      const then = events.filter((view) => hourOf(view) >= from && hourOf(view) < to);
      return then.filter((view) => view.genre === genre).length / then.length;
    };
    expect(share('news', 6, 9)).toBeGreaterThan(1.5 * share('news', 20, 24));
    expect(share('horror', 23, 24)).toBeGreaterThan(1.5 * share('horror', 9, 12));
  });
});

describe('late and duplicate events', () => {
  const { views } = simulate(
    { seed: 4, viewers: 300, events_per_second: 0.1, late_ratio: 0.03, duplicate_ratio: 0.02 },
    7 * DAY_US,
    DAY_US,
  );
  const lines = views.split('\n').slice(0, -1);
  const events = parse<ViewEvent>(views);

  it('have the configured ratio, and duplicates have the same bytes', () => {
    const seen = new Map<string, string>();
    let duplicates = 0;
    events.forEach((event, i) => {
      const before = seen.get(event.event_id);
      if (before === undefined) {
        seen.set(event.event_id, lines[i]!);
      } else {
        duplicates++;
        if (lines[i] !== before) throw new Error(`${lines[i]} is not the event it repeats`);
      }
    });
    expect(duplicates / seen.size).toBeGreaterThan(0.016);
    expect(duplicates / seen.size).toBeLessThan(0.024);
  });

  it('arrive minutes to days late', () => {
    let newest = 0;
    const delays: number[] = [];
    for (const event of distinct(events)) {
      const time_us = timeOf(event.watched_at);
      if (newest - time_us > 30e6) delays.push(newest - time_us);
      newest = Math.max(newest, time_us);
    }
    expect(delays.length / events.length).toBeGreaterThan(0.02);
    expect(delays.length / events.length).toBeLessThan(0.04);
    delays.sort((a, b) => a - b);
    expect(delays[Math.floor(delays.length / 2)]!).toBeGreaterThan(10 * 60e6);
    expect(delays.at(-1)!).toBeGreaterThan(DAY_US);
    expect(delays.at(-1)!).toBeLessThan(3.1 * DAY_US);
  });
});

describe('playing', () => {
  it('backfill runs as fast as its events are written', async () => {
    const simulator = createSimulator({ seed: 1, start_us: MONDAY_US, viewers: 100, events_per_second: 10 });
    const seen: number[] = [];
    let taken = 0;
    const events = await backfill(simulator, {
      until_us: MONDAY_US + HOUR_US,
      write: (batch) => {
        taken += batch.count;
        return Promise.resolve();
      },
      onProgress: (now_us) => seen.push(now_us),
    });
    expect(events).toBe(taken);
    expect(taken).toBeGreaterThan(1000);
    expect(seen.at(-1)).toBe(MONDAY_US + HOUR_US);
  });

  it('live events follow the clock until the signal stops them', async () => {
    const simulator = createSimulator({ seed: 1, start_us: MONDAY_US, viewers: 100, events_per_second: 100 });
    const stop = new AbortController();
    let clock_us = MONDAY_US;
    const emitted: number[] = [];
    await runLive(simulator, {
      now_us: () => (clock_us += 1e6),
      interval_ms: 1,
      signal: stop.signal,
      write: (batch) => {
        for (const view of parse<ViewEvent & Interaction>(Buffer.from(batch.bytes).toString()))
          emitted.push(timeOf(view.watched_at ?? view.event_ts));
        if (clock_us >= MONDAY_US + 20e6) stop.abort();
        return Promise.resolve();
      },
    });
    expect(emitted.length).toBeGreaterThan(500);
    const newest = emitted.reduce((a, b) => Math.max(a, b));
    expect(newest).toBeLessThanOrEqual(clock_us);
    expect(newest).toBeGreaterThan(clock_us - 3e6);
  });
});

it('the time heap returns items by time, and those of equal times in the order of insertion', () => {
  const heap = new TimeHeap();
  const items = Array.from({ length: 2000 }, (_, i) => ({ time: (i * 7919) % 97, i }));
  for (const { time, i } of items) {
    heap.push(time, i);
    if (i % 3 !== 2) continue;
    const earliest = heap.time;
    heap.push(earliest, heap.pop());
  }
  const rest = Array.from({ length: heap.size }, () => heap.pop());
  expect(rest.map((item) => items[item]!.time)).toEqual(items.map((item) => item.time).sort((a, b) => a - b));
  const plain = new TimeHeap();
  for (const { time, i } of items) plain.push(time, i);
  const sorted = [...items].sort((a, b) => a.time - b.time || a.i - b.i).map((item) => item.i);
  expect(Array.from({ length: plain.size }, () => plain.pop())).toEqual(sorted);
});

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
