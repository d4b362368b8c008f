import type { PlanColumn } from '../../plan/nodes.ts';
import type { Batch } from '../batch.ts';
import { Stream } from './stream.ts';

/** Where the rows of a source or table enter. Keeps nothing. */
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

  /** Throws RangeError, before anything was changed, if a row is taken away that only can be added. */
  push(batch: Batch): void {
    if (this.traits.appendOnly) this.#refuseRetractions(batch);
    this.send(batch);
  }

  #refuseRetractions({ weights, n }: Batch): void {
    for (let i = 0; i < n; i++) {
      if (weights[i]! > 0) continue;
      throw new RangeError(
        `${this.name} is append-only, so none of its rows can be taken away; make it a TABLE that is not APPEND ONLY`,
      );
    }
  }
}
