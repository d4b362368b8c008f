import type { Bills } from './dollars.ts';
import type { LayoutName } from './layout-names.ts';
import type { LayoutReads } from './reads.ts';

/** What a replay found out about the layouts. This is the JSON of `freshet layouts --json`. */
export interface LayoutsReport {
  readonly pipeline: string;
  readonly traffic: TrafficReport;
  readonly assumptions: Assumptions;
  readonly layouts: readonly LayoutReport[];
}

export interface TrafficReport {
  /** What was replayed, in words. */
  readonly origin: string;
  /** Events in the measured time. */
  readonly events: number;
  /** Events before it, which filled the views and tables and are not measured. */
  readonly warm_up_events: number;
  /** ISO times of the measured time; it ends at a midnight. */
  readonly start: string;
  readonly end: string;
  readonly days: number;
  readonly nights: number;
  readonly interval_seconds: number;
  /** Viewers with a profile at the end. */
  readonly viewers: number;
  /** Viewers who caused a write on a day, on average. */
  readonly active_viewers_per_day: number;
  /** Events per active viewer and day. */
  readonly events_per_viewer: number;
  readonly domains: readonly string[];
}

/** What the dollars rest on. */
export interface Assumptions {
  /** Viewers who are active on a day. */
  readonly audience: number;
  /** Viewers who have a profile: as many per active viewer as in the replay. */
  readonly profiles: number;
  /** Events per active viewer and day. */
  readonly events_per_viewer: number;
  /** Reads of profiles per active viewer and day, by the number of domains. */
  readonly reads_per_viewer: { readonly one: number; readonly two: number; readonly all: number };
  /** Units that midnight may write per second. */
  readonly write_rate: number;
  /** Part of provisioned capacity that is used on average. */
  readonly utilisation: number;
  readonly prices: {
    readonly date: string;
    readonly region: string;
    readonly currency: string;
    readonly source: string;
  };
}

export interface LayoutReport {
  readonly layout: LayoutName;
  /** Items at the end, of all tables. */
  readonly items: number;
  readonly item_bytes_p50: number;
  readonly item_bytes_p99: number;
  readonly item_bytes_max: number;
  readonly table_bytes: number;
  readonly bytes_per_viewer: number;
  /** Items written in the measured time, midnights included. */
  readonly writes: number;
  /** Write request units in the measured time, midnights included. */
  readonly wru: number;
  /** Without those at midnight. */
  readonly writes_per_1000_events: number;
  readonly wru_per_1000_events: number;
  /** Units that the roll of the calendar wrote, of all nights. */
  readonly midnight_wru: number;
  readonly midnight: {
    readonly writes: number;
    readonly wru_mean: number;
    readonly wru_max: number;
    readonly wru_per_1000_viewers: number;
  };
  readonly operations: Readonly<Record<string, { readonly requests: number; readonly wru: number }>>;
  readonly reads: LayoutReads;
  /** The partition keys that received the most units. */
  readonly hot_keys: readonly HotKey[];
  readonly headroom: {
    /** The largest item as a part of 400 KB. */
    readonly used: number;
    /** How many times larger the largest item may become. */
    readonly times: number;
  };
  /** What one more domain of average size adds. */
  readonly growth: { readonly bytes_per_viewer: number; readonly wru_per_1000_events: number };
  /** What is wrong at 00:00 until the pipeline has written the roll, on an average night. */
  readonly stale_at_midnight: {
    readonly items: number;
    readonly values: number;
    readonly items_per_1000_viewers: number;
    /** Time until the last item is right, of the whole audience at the stated write rate. */
    readonly seconds: number;
  };
  /** Per month of the audience. */
  readonly month: {
    readonly wru: number;
    readonly midnight_wru: number;
    readonly rru: number;
    readonly gb: number;
  };
  readonly dollars: Bills;
  readonly sinks: readonly {
    readonly sink: string;
    readonly domain: string;
    /** What the sink was written in: `domain` if it cannot be written in the layout. */
    readonly layout: LayoutName;
    readonly refusal?: string | undefined;
    readonly wru: number;
    readonly bytes: number;
  }[];
  /** Rows that cannot be items in this layout, by reason. */
  readonly dead_letters: Readonly<Record<string, number>>;
}

export interface HotKey {
  readonly key: string;
  readonly writes: number;
  readonly wru: number;
  /** The most units in one second. */
  readonly peak_wcu: number;
  /** The peak as a part of the 1,000 units per second that DynamoDB gives one partition key. */
  readonly of_limit: number;
}
