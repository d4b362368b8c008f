import type { Batch } from '../engine/batch.ts';
import type { Datum } from '../values/datum.ts';
import type { BarrierInfo, ClearReport, ClearRequest, KeyedSink, SinkStats } from './sink.ts';
import { SinkError } from './sink.ts';

/** What a sink would do to its destination. */
export interface WouldDo {
  readonly sink: string;
  /** Why the destination cannot be used as it is; the sink may create it. */
  readonly problem: string | undefined;
  readonly writes: number;
  readonly deletes: number;
  /** Of rows that are gone, by a look at the destination; undefined if there was no reason for one. */
  readonly gone: ClearReport | undefined;
}

/** Stands in for a sink and writes nothing: it counts the keys that would be written and deleted, each once. */
export class CountingSink implements KeyedSink {
  readonly kind = 'keyed';
  readonly #sink: KeyedSink;
  readonly #key: readonly number[];
  readonly #keepsGone: boolean;
  readonly #ignoresDeletes: boolean;
  /** Key to whether its row would be written; else its item would be deleted. */
  readonly #changes = new Map<string, boolean>();
  #problem: string | undefined;
  #gone: ClearReport | undefined;
  #accepted = 0;

  /**
   * `sink` must not delete what is gone. `key`: positions of the key's columns in a row. What the sink's options say:
   * `keepsGone`, that what is gone stays; `ignoresDeletes`, that so does the item of a row that leaves the view.
   */
  constructor(
    sink: KeyedSink,
    key: readonly number[],
    { keepsGone, ignoresDeletes }: { readonly keepsGone: boolean; readonly ignoresDeletes: boolean },
  ) {
    this.#sink = sink;
    this.#key = key;
    this.#keepsGone = keepsGone || ignoresDeletes;
    this.#ignoresDeletes = ignoresDeletes;
  }

  get name(): string {
    return this.#sink.name;
  }
  get view(): string {
    return this.#sink.view;
  }
  get destination(): string {
    return this.#sink.destination;
  }

  /** A destination that is not there yet is no reason to reject. */
  async open(): Promise<void> {
    try {
      await this.#sink.open();
    } catch (error) {
      if (!(error instanceof SinkError)) throw error;
      this.#problem = error.message;
    }
  }

  accept(changes: Batch): void {
    for (let i = 0; i < changes.n; i++) {
      const key = this.#key.map((position) => changes.column(position).get(i));
      this.#note(key, changes.weights[i]! > 0);
    }
  }

  resend(key: readonly Datum[], row: readonly Datum[] | undefined, _at: BarrierInfo): void {
    this.#note(key, row !== undefined);
  }

  #note(key: readonly Datum[], isThere: boolean): void {
    this.#accepted++;
    if (!isThere && this.#ignoresDeletes) return;
    this.#changes.set(key.map(String).join('\u0000'), isThere);
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }
  pending(): readonly (readonly Datum[])[] {
    return [];
  }

  async clear(request: ClearRequest): Promise<ClearReport> {
    if (this.#problem !== undefined) return { found: 0, deleted: 0, kept: 0, isComplete: true };
    const report = await this.#sink.clear(request);
    const { deleted, kept } = report;
    this.#gone = this.#keepsGone ? report : { ...report, deleted: deleted + kept, kept: 0 };
    return report;
  }

  stats(): SinkStats {
    const none = { deletes: 0, coalesced: 0, retried: 0, throttled: 0, dead_letters: 0, bytes: 0 };
    return { ...none, upserts: this.#accepted, queued: 0, in_flight: 0 };
  }

  close(): Promise<void> {
    return this.#sink.close();
  }

  report(): WouldDo {
    const writes = [...this.#changes.values()].filter(Boolean).length;
    return {
      sink: this.name,
      problem: this.#problem,
      writes,
      deletes: this.#changes.size - writes,
      gone: this.#gone,
    };
  }
}
