import type { Batch } from '../engine/batch.ts';
import type { Datum } from '../values/datum.ts';
import type { BarrierInfo, ClearReport, ClearRequest, KeyedSink, SinkStats } from './sink.ts';
import { SinkError } from './sink.ts';

/** What a sink would do to its destination, as a dry run found out. */
export interface WouldDo {
  readonly sink: string;
  /** Why the destination cannot be used now, for example because its table is yet to be created. */
  readonly problem: string | undefined;
  /** Keys whose rows would be written, or rows that would be appended. */
  readonly writes: number;
  /** Keys whose items would be deleted because their rows left the view. */
  readonly deletes: number;
  /** Items in the destination that no row stands for; undefined if the destination was not scanned. */
  readonly gone: ClearReport | undefined;
}

/**
 * Takes the place of a keyed sink in a dry run: writes nothing, and counts the keys that would be written and deleted,
 * each once.
 */
export class CountingSink implements KeyedSink {
  readonly kind = 'keyed';
  readonly #sink: KeyedSink;
  readonly #key: readonly number[];
  readonly #keepsGone: boolean;
  readonly #ignoresDeletes: boolean;
  /** Key to true if its row would be written, or false if its item would be deleted. */
  readonly #changes = new Map<string, boolean>();
  #problem: string | undefined;
  #gone: ClearReport | undefined;
  #accepted = 0;

  /**
   * `sink` is opened, and scans its destination in `clear`; it must be configured to delete nothing. `key` holds the
   * positions of the key's columns in a row. The options of the sink that is replaced: `keepsGone` if it keeps items
   * that no row stands for, `ignoresDeletes` if it also keeps the items of rows that leave the view.
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

  /** Resolves even if the destination cannot be used; {@link report} tells why. */
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
