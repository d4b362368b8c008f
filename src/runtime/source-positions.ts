import type { OnLostPosition } from '../sources/lost-position.ts';
import type { LostSource } from '../storage/manifest.ts';
import type { Positions, RecordBatch, SourceReader } from '../sources/source.ts';

/** Positions may be lost again while reading goes on (retention runs); so often in a row it makes no sense. */
const MAX_RESUMES = 5;

/** Where a source goes on, and in which log; or why it cannot, until a person has decided. */
export class SourcePositions {
  /** The next record of each split that the kernel has not got. */
  readonly next: Map<string, string>;
  /** What the reader has to know again, of the log that the positions are of. */
  memo: string | undefined;
  #lost: LostSource | undefined;
  readonly #onLost: OnLostPosition;
  #resumes = 0;

  constructor(options: {
    readonly positions: Positions;
    readonly memo: string | undefined;
    /** As it was when the checkpoint was taken. */
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

  /** Takes note of what `reader`, which was opened, found. Whether there are splits that had no position. */
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
   * Before the reader is opened for the first time: what a person has decided about a loss in the checkpoint.
   * `open`: there is none, or the reader finds out by itself what of it is lost now. That is so if what is missing
   * was counted: retention may have taken more since, and a log that takes nothing meanwhile may have been put back.
   * Another log may have grown beyond the position since, by records that nobody has read.
   */
  decide(): 'open' | 'go on' | 'stand still' {
    const lost = this.#lost;
    if (lost === undefined) return 'open';
    if (this.#onLost === 'fail') return 'stand still';
    if (this.memo === undefined || lost.positions.some(({ missing }) => missing === undefined))
      return this.lose(lost) ? 'go on' : 'stand still';
    this.#lost = undefined;
    return 'open';
  }

  advance({ split, nextOffset }: RecordBatch): void {
    this.#resumes = 0;
    this.next.set(split, nextOffset);
  }

  /**
   * A position is gone. Whether reading goes on where it can; if not it stays lost until a person has decided, also
   * over a restart, and also if the log comes to hold the position again.
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
