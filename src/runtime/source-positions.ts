import type { OnLostPosition } from '../sources/lost-position.ts';
import type { LostSource } from '../storage/manifest.ts';
import type { Positions, RecordBatch, SourceReader } from '../sources/source.ts';

/** Losses in a row after which the source stops. Retention may remove records again while reading continues. */
const MAX_RESUMES = 5;

/** The positions of a source, its reader's memo, and a lost position that awaits an operator's decision. */
export class SourcePositions {
  /** Offset of the next record of each split that the kernel has not received. */
  readonly next: Map<string, string>;
  /** The reader's memo about the log that the positions belong to. */
  memo: string | undefined;
  #lost: LostSource | undefined;
  readonly #onLost: OnLostPosition;
  #resumes = 0;

  constructor(options: {
    readonly positions: Positions;
    readonly memo: string | undefined;
    /** The lost position in the checkpoint. */
    readonly lost: LostSource | undefined;
    readonly onLost: OnLostPosition;
  }) {
    this.next = new Map(options.positions);
    this.memo = options.memo;
    this.#lost = options.lost;
    this.#onLost = options.onLost;
  }

  get lost(): LostSource | undefined {
    return this.#lost;
  }

  /** Adopts the memo and new splits of a reader that was just opened. Returns true if there were new splits. */
  place(reader: SourceReader): boolean {
    this.memo = reader.memo?.();
    let placed = false;
    for (const [split, offset] of reader.positions()) {
      if (this.next.has(split)) continue;
      this.next.set(split, offset);
      placed = true;
    }
    return placed;
  }

  /**
   * Decides about a loss in the checkpoint, before the reader is opened for the first time. `open`: there is no loss,
   * or the reader can determine the current loss itself. It can if the missing records were counted: since then
   * retention may have removed more, or the log may have been restored. Otherwise the log was replaced, and may have
   * grown beyond the position, which the reader would not notice; then the stored loss counts.
   */
  decide(): 'open' | 'continue' | 'stop' {
    const lost = this.#lost;
    if (lost === undefined) return 'open';
    if (this.#onLost === 'fail') return 'stop';
    if (this.memo === undefined || lost.positions.some(({ missing }) => missing === undefined))
      return this.lose(lost) ? 'continue' : 'stop';
    this.#lost = undefined;
    return 'open';
  }

  advance({ split, nextOffset }: RecordBatch): void {
    this.#resumes = 0;
    this.next.set(split, nextOffset);
  }

  /**
   * Records a lost position. Returns true if reading continues from the next available records. Otherwise the source
   * stays lost until an operator decides, across restarts, and even if the log holds the position again.
   */
  lose(lost: LostSource): boolean {
    if (this.#onLost === 'fail' || this.#resumes++ >= MAX_RESUMES) {
      this.#lost = lost;
      return false;
    }
    this.#lost = undefined;
    this.memo = undefined;
    for (const { split, resume } of lost.positions) {
      if (resume === undefined) this.next.delete(split);
      else this.next.set(split, resume);
    }
    return true;
  }
}
