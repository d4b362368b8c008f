import { deleteExpired } from '../embedded-dynamodb/expiry.ts';
import { Store } from '../embedded-dynamodb/store.ts';
import type { Kernel, ViewChanges } from '../engine/contract.ts';
import { createDynamoDbSink } from '../sinks/dynamodb/sink.ts';
import type { BarrierInfo, KeyedSink } from '../sinks/sink.ts';
import type { LaidOutPipeline, LaidOutSink } from './lay-out.ts';
import type { LayoutName } from './layout-names.ts';
import type { ReplayClock } from './replay-clock.ts';
import { StoreClient } from './store-client.ts';
import { WriteMeter, type WritePhase } from './write-meter.ts';

/** One sink of a layout's set, which writes into the set's store. */
export interface RunningSink extends LaidOutSink {
  readonly sink: KeyedSink;
  readonly client: StoreClient;
}

/** Units and requests of the writes of a set. */
export interface WriteUse {
  requests: number;
  wru: number;
}

export interface LayoutSetOptions {
  readonly laidOut: LaidOutPipeline;
  readonly clock: ReplayClock;
}

/** Layouts in which several sinks write parts of one item. */
const SHARED: ReadonlySet<LayoutName> = new Set(['wide', 'daily']);

/** All sinks of a pipeline in one layout, with a store of their own. */
export class LayoutSet {
  readonly layout: LayoutName;
  readonly store: Store;
  readonly meter: WriteMeter;
  readonly sinks: readonly RunningSink[];
  /** Rows that cannot be items in this layout, by reason. */
  readonly deadLetters = new Map<string, number>();
  /** Since the start of the measured time, by operation. */
  readonly operations = new Map<string, WriteUse>();
  /** Units of the writes since the start of the measured time. */
  wru = 0;
  /** Units of the roll of each night. */
  readonly nights: number[] = [];
  readonly #clock: ReplayClock;

  constructor({ laidOut: { layout, sinks }, clock }: LayoutSetOptions) {
    this.layout = layout;
    this.#clock = clock;
    this.meter = new WriteMeter(() => this.store, {
      isViewerSink: sinks.map(({ domain }) => domain.isOfViewers),
      sharesItems: SHARED.has(layout),
    });
    this.store = new Store(this.meter);
    this.sinks = sinks.map((sink) => this.#running(sink));
  }

  /** Creates the tables. Rejects with SinkError. */
  async open(): Promise<void> {
    for (const { sink } of this.sinks) await sink.open();
  }

  /** Writes every row of the views, before the measured time. Resolves once the store has them. */
  async fill(kernel: Kernel, at: BarrierInfo): Promise<void> {
    this.meter.phase = 'warm_up';
    for (const [i, { sink, client }] of this.sinks.entries()) {
      this.meter.writer = i;
      for (const rows of kernel.view(sink.view).scan()) {
        sink.accept(rows, at);
        await sink.flush();
      }
      client.takeUse();
    }
  }

  /** Writes the changes of a barrier. Resolves once the store has them. */
  async deliver(changes: readonly ViewChanges[], at: BarrierInfo, phase: WritePhase): Promise<void> {
    const { meter } = this;
    meter.phase = phase;
    meter.moveTo(at.now_us);
    const before = this.wru;
    for (const [i, { sink, client }] of this.sinks.entries()) {
      const change = changes.find(({ view }) => view === sink.view);
      if (change === undefined || change.changes.n === 0) continue;
      meter.writer = i;
      sink.accept(change.changes, at);
      await sink.flush();
      this.#book(client);
    }
    if (phase === 'midnight') this.nights.push(this.wru - before);
  }

  /** Deletes the items whose time to live is over, which costs nothing. */
  async expire(now_us: number): Promise<void> {
    this.meter.phase = 'expiry';
    await deleteExpired(this.store, now_us / 1000);
  }

  async close(): Promise<void> {
    for (const { sink, client } of this.sinks) {
      await sink.close();
      await client.close();
    }
    await this.store.close();
  }

  #book(client: StoreClient): void {
    for (const [operation, { requests, units }] of client.takeUse()) {
      const use = this.operations.get(operation) ?? { requests: 0, wru: 0 };
      use.requests += requests;
      use.wru += units;
      this.operations.set(operation, use);
      this.wru += units;
    }
  }

  #running(laidOut: LaidOutSink): RunningSink {
    const client = new StoreClient({ store: this.store, now_ms: () => this.#clock.now_us() / 1000 });
    const sink = createDynamoDbSink(laidOut.def, laidOut.view, {
      client,
      clock: this.#clock,
      random: () => 0,
      onDeadLetter: ({ reason }) => {
        this.deadLetters.set(reason, (this.deadLetters.get(reason) ?? 0) + 1);
      },
      onProblem: (error) => {
        throw error;
      },
      options: { createTable: true },
    });
    return { ...laidOut, sink, client };
  }
}
