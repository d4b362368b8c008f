import type { Batch } from '../engine/batch.ts';
import type { WouldDo } from './counting-sink.ts';
import type { CommitSink, SinkStats } from './sink.ts';

/** Takes the place of a commit sink in a dry run: writes nothing, and counts the rows that would be appended. */
export class CountingCommitSink implements CommitSink {
  readonly kind = 'commit';
  readonly name: string;
  readonly view: string;
  readonly destination: string;
  #rows = 0;

  constructor(sink: { readonly name: string; readonly view: string; readonly destination: string }) {
    this.name = sink.name;
    this.view = sink.view;
    this.destination = sink.destination;
  }

  async open(): Promise<void> {}
  append({ n, weights }: Batch): void {
    for (let i = 0; i < n; i++) if (weights[i]! > 0) this.#rows++;
  }
  prepare(): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }
  async commit(): Promise<void> {}
  recover(): Promise<boolean> {
    return Promise.resolve(true);
  }
  restart(): void {
    this.#rows = 0;
  }
  stats(): SinkStats {
    const none = { deletes: 0, coalesced: 0, retried: 0, throttled: 0, dead_letters: 0, bytes: 0 };
    return { ...none, upserts: this.#rows, queued: 0, in_flight: 0 };
  }
  async close(): Promise<void> {}

  report(): WouldDo {
    return { sink: this.name, problem: undefined, writes: this.#rows, deletes: 0, gone: undefined };
  }
}
