import type { Batch } from '../../../src/engine/batch.ts';
import type { CommitSink, SinkStats } from '../../../src/sinks/sink.ts';
import type { Datum } from '../../../src/values/datum.ts';
import type { SimClock } from '../../platform/support/sim-clock.ts';

interface Change {
  readonly row: readonly Datum[];
  readonly weight: number;
}

interface Unit {
  readonly token: string;
  readonly epoch: number;
  readonly replaces: boolean;
  readonly changes: readonly Change[];
}

/** A destination of commit sinks that survives the processes that write to it. */
export class MemoryLake {
  readonly name: string;
  /** The committed changes, which readers see. */
  visible: readonly Change[] = [];
  /** The last commit. */
  last: { readonly token: string; readonly epoch: number } | undefined;
  readonly prepared = new Map<string, Unit>();
  tokens = 0;

  constructor(name = 'lake') {
    this.name = name;
  }

  commit(token: string): void {
    if (this.last?.token === token) return;
    const unit = this.prepared.get(token);
    if (unit === undefined) throw new Error(`there is no unit ${token}`);
    this.visible = unit.replaces ? unit.changes : [...this.visible, ...unit.changes];
    this.last = { token, epoch: unit.epoch };
  }

  /** Returns the sum of the committed changes by key. Throws if it is not the rows of a keyed view. */
  rows(): Map<string, readonly Datum[]> {
    const rows = new Map<string, readonly Datum[]>();
    for (const { row, weight } of this.visible) {
      const key = String(row[0]);
      const there = rows.get(key);
      if (weight > 0 ? there !== undefined : String(there) !== String(row))
        throw new Error(`${weight} of ${String(row)} where ${String(there)} is`);
      if (weight > 0) rows.set(key, row);
      else rows.delete(key);
    }
    return rows;
  }
}

/** Prepares and commits after random delays. Both may fail, a commit also after it took effect. */
export class MemoryCommitSink implements CommitSink {
  readonly kind = 'commit';
  readonly name: string;
  readonly view: string;
  readonly #lake: MemoryLake;
  readonly #clock: SimClock;
  readonly #random: () => number;
  readonly #fail: number;
  /** Changes that are not committed, in order. */
  #changes: Change[] = [];
  /** Prepared units. The changes of each are a prefix of `#changes`. */
  #units: Unit[] = [];
  #replaces = false;
  /** True once the process has crashed: later actions have no effect. */
  dead = false;

  constructor(options: {
    name: string;
    view: string;
    lake: MemoryLake;
    clock: SimClock;
    random: () => number;
    /** Probability that a call fails, from 0 to 1. */
    fail: number;
  }) {
    this.name = options.name;
    this.view = options.view;
    this.#lake = options.lake;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#fail = options.fail;
  }

  get destination(): string {
    return this.#lake.name;
  }

  async open(): Promise<void> {}

  append(changes: Batch): void {
    for (let i = 0; i < changes.n; i++)
      this.#changes.push({ row: changes.row(i), weight: changes.weights[i]! });
  }

  async prepare(epoch: number): Promise<string | undefined> {
    this.#settle();
    if (this.#changes.length === 0 && !this.#replaces) return undefined;
    const token = `unit ${++this.#lake.tokens}`;
    const unit = { token, epoch, replaces: this.#replaces, changes: [...this.#changes] };
    await this.#delay();
    if (this.#random() < this.#fail) throw new Error('not prepared');
    this.#lake.prepared.set(token, unit);
    this.#units.push(unit);
    await this.#delay();
    return token;
  }

  async commit(token: string): Promise<void> {
    await this.#delay();
    if (this.#random() < this.#fail / 2) throw new Error('refused');
    this.#lake.commit(token);
    await this.#delay();
    if (this.#random() < this.#fail / 2) throw new Error('the answer was lost');
    this.#settle();
  }

  async recover(token: string | undefined, epoch: number): Promise<boolean> {
    await this.#delay();
    const done = this.#lake.last?.epoch ?? 0;
    if (done > epoch) return false;
    if (token !== undefined && done < epoch) this.#lake.commit(token);
    this.#lake.prepared.clear();
    return true;
  }

  restart(): void {
    this.#changes = [];
    this.#units = [];
    this.#replaces = true;
  }

  /** Drops the changes that the lake has committed. */
  #settle(): void {
    const done = this.#units.find(({ token }) => token === this.#lake.last?.token);
    if (done === undefined) return;
    this.#changes = this.#changes.slice(done.changes.length);
    this.#replaces = false;
    this.#units = [];
  }

  /** Waits for a random time. Never resolves after a crash. */
  #delay(): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimer(this.#random() * 300, () => {
        if (!this.dead) resolve();
      });
    });
  }

  stats(): SinkStats {
    const none = {
      deletes: 0,
      coalesced: 0,
      retried: 0,
      throttled: 0,
      dead_letters: 0,
      bytes: 0,
      in_flight: 0,
    };
    return { ...none, upserts: this.#lake.visible.length, queued: this.#changes.length };
  }

  async close(): Promise<void> {
    this.dead = true;
  }
}
