import { writeUnits } from '../embedded-dynamodb/capacity.ts';
import type { Change } from '../embedded-dynamodb/durable/change.ts';
import type { Journal, Store } from '../embedded-dynamodb/store.ts';
import { partitionOf } from './places.ts';

/**
 * Why the store is written: the first fill before the measured time, events and passing minutes, the roll of the
 * calendar at midnight, or the deletion of expired items, which DynamoDB does not charge for.
 */
export type WritePhase = 'warm_up' | 'traffic' | 'midnight' | 'expiry';

/** What one partition key received since the start of the measured time. */
export interface PartitionUse {
  /** Number of items that it holds. */
  items: number;
  writes: number;
  wru: number;
  /** The most units that it received in one second. */
  peak_wcu: number;
  second: number;
  wcuInSecond: number;
  /** True if a sink wrote it whose partition key differs between rows: it is a viewer's. */
  isViewer: boolean;
}

/** The share of one sink. */
export interface SinkUse {
  writes: number;
  wru: number;
  midnight_writes: number;
  midnight_wru: number;
  /** Units that would not have been written without this sink: its own, and what it adds to writes of shared items. */
  marginal_wru: number;
  /** Bytes that the sink's rows occupy in the store now. */
  bytes: number;
}

export interface WriteMeterOptions {
  /** For each sink, whether its partition key differs between rows. */
  readonly isViewerSink: readonly boolean[];
  /** True if several sinks write parts of one item. */
  readonly sharesItems: boolean;
}

/**
 * Sees every change of a store, as its journal, and tells partitions and sinks apart. The units of the store as a whole
 * come from the answers of its operations instead (store-client.ts); tests hold that both agree.
 *
 * The caller writes for one sink at a time, and says which: `writer`.
 */
export class WriteMeter implements Journal {
  writer = 0;
  phase: WritePhase = 'warm_up';
  /** Items written since the start of the measured time, expired ones aside. */
  writes = 0;
  midnightWrites = 0;
  /** Items that midnights wrote, once per night however many sinks wrote parts of them. */
  midnightItems = 0;
  /** Those of viewers among them; the others are items that all viewers share. */
  midnightViewerItems = 0;
  /** Units by the sizes of the items before and after, as a check of the answers. */
  wru = 0;
  /** Viewers that have an item. */
  viewers = 0;
  /** Sum over days of the viewers that traffic wrote on the day. */
  activeViewerDays = 0;
  readonly partitions = new Map<string, PartitionUse>();
  readonly sinks: readonly SinkUse[];
  readonly #options: WriteMeterOptions;
  readonly #store: () => Store;
  /** By partition key, whatever the table: the items of a viewer, and the last day on which traffic wrote one. */
  readonly #viewers = new Map<string, { items: number; day: number }>();
  /** For items that several sinks share: the bytes that each sink has added, by table and place. */
  readonly #shares = new Map<string, number[]>();
  /** The last night on which midnight wrote an item, by table and place. */
  readonly #writtenAtMidnight = new Map<string, number>();
  #second = 0;
  #day = 0;

  constructor(store: () => Store, options: WriteMeterOptions) {
    this.#store = store;
    this.#options = options;
    this.sinks = options.isViewerSink.map(() => ({
      writes: 0,
      wru: 0,
      midnight_writes: 0,
      midnight_wru: 0,
      marginal_wru: 0,
      bytes: 0,
    }));
  }

  /** Sets the second and the day that the next writes belong to. */
  moveTo(now_us: number): void {
    this.#second = Math.floor(now_us / 1e6);
    this.#day = Math.floor(now_us / 86_400e6);
  }

  append(changes: readonly Change[]): Promise<void> {
    for (const change of changes) {
      if (change.kind === 'put') this.#wrote(change.table, change.item.key, change.item.bytes);
      else if (change.kind === 'delete') this.#wrote(change.table, change.key, 0);
    }
    return DONE;
  }

  maintain(): Promise<void> {
    return DONE;
  }

  close(): Promise<void> {
    return DONE;
  }

  #wrote(table: string, place: string, after: number): void {
    const before = this.#store().tableById(table)?.items.get(place)?.bytes ?? 0;
    const partition = partitionOf(place);
    const use = this.#partition(table + partition);
    this.#countItems(use, partition, { before, after });
    const without = this.#share(table + place, before, after);
    if (this.phase === 'warm_up' || this.phase === 'expiry') return;
    const units = writeUnits(before, after);
    this.writes++;
    this.wru += units;
    use.writes++;
    use.wru += units;
    use.wcuInSecond = (use.second === this.#second ? use.wcuInSecond : 0) + units;
    use.second = this.#second;
    use.peak_wcu = Math.max(use.peak_wcu, use.wcuInSecond);
    if (this.phase === 'traffic' && use.isViewer) this.#seeActive(partition);
    const sink = this.sinks[this.writer]!;
    sink.writes++;
    sink.wru += units;
    sink.marginal_wru += units;
    if (this.phase === 'midnight') {
      this.midnightWrites++;
      if (this.#writtenAtMidnight.get(table + place) !== this.#day) {
        this.midnightItems++;
        if (use.isViewer) this.midnightViewerItems++;
      }
      this.#writtenAtMidnight.set(table + place, this.#day);
      sink.midnight_writes++;
      sink.midnight_wru += units;
    }
    without?.forEach((bytes, other) => {
      if (other !== this.writer && bytes > 0)
        this.sinks[other]!.marginal_wru += units - writeUnits(before - bytes, after - bytes);
    });
  }

  #partition(key: string): PartitionUse {
    let use = this.partitions.get(key);
    if (use === undefined) {
      use = {
        items: 0,
        writes: 0,
        wru: 0,
        peak_wcu: 0,
        second: -1,
        wcuInSecond: 0,
        isViewer: this.#options.isViewerSink[this.writer]!,
      };
      this.partitions.set(key, use);
    }
    return use;
  }

  #countItems(
    use: PartitionUse,
    partition: string,
    { before, after }: { readonly before: number; readonly after: number },
  ): void {
    const more = (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
    use.items += more;
    if (!use.isViewer || more === 0) return;
    const viewer = this.#viewers.get(partition) ?? { items: 0, day: -1 };
    const had = viewer.items > 0;
    viewer.items += more;
    this.#viewers.set(partition, viewer);
    if (had !== viewer.items > 0) this.viewers += had ? -1 : 1;
  }

  #seeActive(partition: string): void {
    const viewer = this.#viewers.get(partition);
    if (viewer === undefined || viewer.day === this.#day) return;
    viewer.day = this.#day;
    this.activeViewerDays++;
  }

  /** Books the bytes of a change to its sinks. Returns the bytes of each sink in a shared item. */
  #share(item: string, before: number, after: number): readonly number[] | undefined {
    if (!this.#options.sharesItems) {
      // An expired item is the writer's, whichever that is: layouts with expiring items keep shares.
      this.sinks[this.writer]!.bytes += after - before;
      return undefined;
    }
    const shares = this.#shares.get(item) ?? this.sinks.map(() => 0);
    if (after === 0) {
      shares.forEach((bytes, sink) => (this.sinks[sink]!.bytes -= bytes));
      this.#shares.delete(item);
      return shares;
    }
    shares[this.writer]! += after - before;
    this.sinks[this.writer]!.bytes += after - before;
    this.#shares.set(item, shares);
    return shares;
  }
}

const DONE = Promise.resolve();
