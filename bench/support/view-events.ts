/** Deterministic view events as JSON in one buffer, as a Kafka fetch holds them. */
export interface ViewEvents {
  /** The events, followed by 8 readable bytes. */
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Time of each event in microseconds, ascending. */
  readonly watched_at_us: Float64Array;
  readonly count: number;
  readonly averageBytes: number;
}

export interface ViewEventOptions {
  readonly events: number;
  readonly viewers: number;
  readonly titles: number;
  readonly zipf: number;
  readonly days: number;
  readonly seed: number;
}

const GENRES = 'drama comedy documentary thriller scifi kids sport news reality horror romance anime'.split(
  ' ',
);
const START_MS = Date.UTC(2026, 1, 1);
const DAY_MS = 86_400_000;

/** Returns a seeded generator of numbers in [0, 1) (mulberry32). */
export function random(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) | 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Returns a function from a uniform number in [0, 1) to a rank in 0..n-1 with probability ~ 1 / (rank + 1)^s. */
export function zipf(n: number, s: number): (u: number) => number {
  const cumulative = new Float64Array(n);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    sum += 1 / (i + 1) ** s;
    cumulative[i] = sum;
  }
  return (u) => {
    const at = u * sum;
    let low = 0;
    let high = n - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cumulative[middle]! < at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

export function makeViewEvents(options: ViewEventOptions): ViewEvents {
  const { events, viewers, titles, days } = options;
  const r = random(options.seed);
  const viewer = zipf(viewers, options.zipf);
  const title = zipf(titles, 0.9);
  const buffer = Buffer.alloc(events * 240 + 16);
  const starts = new Int32Array(events);
  const ends = new Int32Array(events);
  const times = new Float64Array(events);
  let at = 0;
  for (let i = 0; i < events; i++) {
    const ms = START_MS + Math.floor((i / events) * days * DAY_MS);
    const content = title(r());
    const id = Math.floor(r() * 2 ** 48)
      .toString(16)
      .padStart(12, '0');
    const event =
      `{"event_id":"evt_${id}-4a7c-9b1e-${String(i).padStart(12, '0')}","viewer_id":${8_000_000 + viewer(r())}` +
      `,"content_id":"title_${String(content).padStart(16, '0')}","genre":"${GENRES[content % GENRES.length]}"` +
      `,"watch_duration_sec":${30 + Math.floor(r() * 5400)}` +
      `,"completion_pct":${(Math.floor(r() * 101) / 100).toFixed(4)}` +
      `,"watched_at":"${new Date(ms).toISOString().slice(0, 23)}"}`;
    starts[i] = at;
    at += buffer.write(event, at, 'latin1');
    ends[i] = at;
    buffer[at++] = 10;
    times[i] = ms * 1000;
  }
  return {
    bytes: new Uint8Array(buffer.buffer, buffer.byteOffset, at + 8),
    starts,
    ends,
    watched_at_us: times,
    count: events,
    averageBytes: at / events - 1,
  };
}

/** Returns the events from `first` to before `end` as records for a decoder. */
export function recordsOf(events: ViewEvents, first: number, end: number) {
  return {
    split: '0',
    bytes: events.bytes,
    starts: events.starts.subarray(first, end),
    ends: events.ends.subarray(first, end),
    count: end - first,
    offsetOf: String,
    nextOffset: String(end),
    advance: end - first,
  };
}
