import type { PlanColumn } from '../../plan/nodes.ts';
import type { Batch } from '../batch.ts';
import { Stream } from './stream.ts';

/** Where a source's rows enter. Keeps nothing. */
export class SourceStream extends Stream {
  readonly name: string;
  readonly #wanted: boolean[];

  constructor(name: string, columns: readonly PlanColumn[]) {
    super(columns, { appendOnly: true, slotted: false, netted: false });
    this.name = name;
    this.#wanted = columns.map(() => false);
  }

  get wanted(): readonly boolean[] {
    return this.#wanted;
  }

  override require(columns: Iterable<number>): void {
    for (const c of columns) this.#wanted[c] = true;
  }

  push(batch: Batch): void {
    this.send(batch);
  }
}
