import type { RecordBatch, SourceLag } from '../sources/source.ts';

/** The part of a source's records at its opening that the pipeline has not read yet. */
export class Backlog {
  static readonly NONE = new Backlog([]);
  readonly #left: Map<string, number>;

  private constructor(lag: readonly SourceLag[]) {
    this.#left = new Map(lag.map(({ split, records }) => [split, records]));
  }

  /** Returns the backlog of a reader that was just opened, from its lag; undefined if the reader reports no lag. */
  static of(lag: readonly SourceLag[]): Backlog | undefined {
    return lag.length === 0 ? undefined : new Backlog(lag);
  }

  /** Number of offsets left: records, and gaps between them. */
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
