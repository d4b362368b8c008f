import type { RecordBatch, SourceLag } from '../sources/source.ts';

/** What a source held when it was opened and the pipeline has not taken yet. */
export class Backlog {
  static readonly NONE = new Backlog([]);
  readonly #left: Map<string, number>;

  private constructor(lag: readonly SourceLag[]) {
    this.#left = new Map(lag.map(({ split, records }) => [split, records]));
  }

  /** From the lag of a reader that was just opened; undefined if it does not tell how much is left. */
  static of(lag: readonly SourceLag[]): Backlog | undefined {
    return lag.length === 0 ? undefined : new Backlog(lag);
  }

  /** Records, and gaps between them. */
  get records(): number {
    let records = 0;
    for (const left of this.#left.values()) records += left;
    return records;
  }

  advance({ split, advance }: RecordBatch): void {
    const left = this.#left.get(split);
    if (left !== undefined) this.#left.set(split, Math.max(0, left - advance));
  }
}
