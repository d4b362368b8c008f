import type { Batch } from '../engine/batch.ts';
import type { WouldDo } from './counting-sink.ts';
import type { CommitSink, SinkStats } from './sink.ts';

/**
 * Takes the place of a commit sink in a dry run: counts the rows that would be appended, and prepares nothing. The sink
 * itself opens and recovers, and must do so without writing.
 */
export class CountingCommitSink implements CommitSink {
  readonly kind = 'commit';
  readonly #sink: CommitSink;
  #rows = 0;

  constructor(sink: CommitSink) {
    this.#sink = sink;
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
  open(): Promise<void> {
    return this.#sink.open();
  }
  append({ n, weights }: Batch): void {
    for (let i = 0; i < n; i++) if (weights[i]! > 0) this.#rows++;
  }
  prepare(): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }
  async commit(): Promise<void> {}
  recover(token: string | undefined, epoch: number): Promise<boolean> {
    return this.#sink.recover(token, epoch);
  }
  restart(): void {
    this.#sink.restart();
    this.#rows = 0;
  }
  stats(): SinkStats {
    const none = { deletes: 0, coalesced: 0, retried: 0, throttled: 0, dead_letters: 0, bytes: 0 };
    return { ...none, upserts: this.#rows, queued: 0, in_flight: 0 };
  }
  close(): Promise<void> {
    return this.#sink.close();
  }

  report(): WouldDo {
    return { sink: this.name, problem: undefined, writes: this.#rows, deletes: 0, gone: undefined };
  }
}
