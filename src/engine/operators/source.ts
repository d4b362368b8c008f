import type { PlanColumn } from '../../plan/nodes.ts';
import type { Batch } from '../batch.ts';
import { Stream } from './stream.ts';

/** The point at which the rows of a source or table enter the graph. Keeps no state. */
export class SourceStream extends Stream {
  readonly name: string;
  readonly #wanted: boolean[];

  constructor(name: string, columns: readonly PlanColumn[], appendOnly: boolean) {
    super(columns, { appendOnly, slotted: false, consolidated: false });
    this.name = name;
    this.#wanted = columns.map(() => false);
  }

  get wanted(): readonly boolean[] {
    return this.#wanted;
  }

  override require(columns: Iterable<number>): void {
    for (const c of columns) this.#wanted[c] = true;
  }

  /** Throws RangeError, and changes nothing, if the stream is append-only and the batch retracts a row. */
  push(batch: Batch): void {
    if (this.traits.appendOnly) this.#refuseRetractions(batch);
    this.send(batch);
  }

  #refuseRetractions({ weights, n }: Batch): void {
    for (let i = 0; i < n; i++) {
      if (weights[i]! > 0) continue;
      throw new RangeError(
        `${this.name} is append-only, so its rows cannot be retracted; make it a TABLE without APPEND ONLY`,
      );
    }
  }
}
