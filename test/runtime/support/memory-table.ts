import type { Batch } from '../../../src/engine/batch.ts';
import type {
  BarrierInfo,
  ClearReport,
  ClearRequest,
  KeyedSink,
  SinkStats,
} from '../../../src/sinks/sink.ts';
import type { Datum } from '../../../src/values/datum.ts';
import type { SimClock } from '../../platform/support/sim-clock.ts';

/** A destination of keyed sinks that survives the processes that write to it. */
export class MemoryTable {
  readonly name: string;
  readonly rows = new Map<string, readonly Datum[]>();
  readonly versions = new Map<string, number>();
  /** Changes when the table is deleted and created again. */
  id = 1;
  /** Highest epoch of all writes. */
  epoch = 0;
  /** Every write in order. `row` is undefined for a deletion. */
  readonly writes: { key: string; row: readonly Datum[] | undefined; epoch: number }[] = [];

  constructor(name = 'table') {
    this.name = name;
  }

  write(key: string, row: readonly Datum[] | undefined, epoch: number): void {
    this.writes.push({ key, row, epoch });
    this.epoch = Math.max(this.epoch, epoch);
    this.versions.set(key, epoch);
    if (row === undefined) this.rows.delete(key);
    else this.rows.set(key, row);
  }
}

interface Change {
  readonly key: readonly Datum[];
  readonly row: readonly Datum[] | undefined;
  readonly epoch: number;
}

/** Writes keys after random delays; a crash may come before the write, or between the write and its answer. */
export class MemorySink implements KeyedSink {
  readonly kind = 'keyed';
  readonly name: string;
  readonly view: string;
  readonly #table: MemoryTable;
  readonly #clock: SimClock;
  readonly #random: () => number;
  readonly #queue = new Map<string, Change>();
  readonly #inFlight = new Map<string, Change>();
  #coalesced = 0;
  #upserts = 0;
  #waiting: (() => void)[] = [];
  /** True once the process has crashed: later actions have no effect. */
  dead = false;
  stuck = false;

  constructor(options: {
    name: string;
    view: string;
    table: MemoryTable;
    clock: SimClock;
    random: () => number;
  }) {
    this.name = options.name;
    this.view = options.view;
    this.#table = options.table;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  get destination(): string {
    return `${this.#table.name}#${this.#table.id}`;
  }

  async open(): Promise<void> {}

  accept(changes: Batch, at: BarrierInfo): void {
    const last = new Map<string, Change>();
    for (let i = 0; i < changes.n; i++) {
      const row = changes.row(i);
      const key = [row[0]!];
      if (changes.weights[i]! > 0) last.set(String(row[0]), { key, row, epoch: at.epoch });
      else if (last.get(String(row[0]))?.row === undefined)
        last.set(String(row[0]), { key, row: undefined, epoch: at.epoch });
    }
    for (const change of last.values()) this.#enqueue(change);
  }
  resend(key: readonly Datum[], row: readonly Datum[] | undefined, at: BarrierInfo): void {
    this.#enqueue({ key, row, epoch: at.epoch });
  }
  #enqueue(change: Change): void {
    const name = String(change.key[0]);
    if (this.#queue.has(name)) this.#coalesced++;
    this.#queue.set(name, change);
    this.#output(name);
  }

  #output(name: string): void {
    const change = this.#queue.get(name);
    if (change === undefined || this.#inFlight.has(name) || this.stuck) return;
    this.#queue.delete(name);
    this.#inFlight.set(name, change);
    this.#clock.setTimer(this.#random() * 400, () => {
      if (this.dead) return;
      this.#table.write(name, change.row, change.epoch);
      this.#clock.setTimer(this.#random() * 100, () => {
        this.#inFlight.delete(name);
        this.#upserts++;
        this.#output(name);
        if (this.#queue.size + this.#inFlight.size === 0) for (const done of this.#waiting.splice(0)) done();
      });
    });
  }

  unstick(): void {
    this.stuck = false;
    for (const name of this.#queue.keys()) this.#output(name);
  }
  flush(): Promise<void> {
    if (this.#queue.size + this.#inFlight.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
  pending(): readonly (readonly Datum[])[] {
    return [...this.#inFlight.values(), ...this.#queue.values()].map(({ key }) => key);
  }
  stats(): SinkStats {
    return {
      upserts: this.#upserts,
      deletes: 0,
      coalesced: this.#coalesced,
      retried: 0,
      throttled: 0,
      dead_letters: 0,
      bytes: 0,
      queued: this.#queue.size,
      in_flight: this.#inFlight.size,
    };
  }
  async clear({ since_epoch, epoch, hasRows }: ClearRequest): Promise<ClearReport> {
    await new Promise<void>((resolve) => this.#clock.setTimer(100, resolve));
    const gone = [...this.#table.rows].filter(([key, row]) => {
      const version = this.#table.versions.get(key)!;
      return (version < since_epoch || version > epoch()) && !hasRows([[row[0]!]])[0];
    });
    if (!this.dead) for (const [key] of gone) this.#table.write(key, undefined, epoch());
    return { found: this.#table.rows.size, deleted: gone.length, kept: 0, isComplete: true };
  }
  async close(): Promise<void> {
    this.dead = true;
  }
}
