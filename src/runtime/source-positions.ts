import type { OnLostPosition } from '../sources/lost-position.ts';
import type { LostSource } from '../storage/manifest.ts';
import type { Positions, RecordBatch, SourceReader } from '../sources/source.ts';

/** Retention may take positions again while reading goes on. After so many losses in a row the source stops. */
const MAX_RESUMES = 5;

/** The positions of a source, its reader's memo, and its lost position while that waits for a person's decision. */
export class SourcePositions {
  /** The next record of each split that the kernel has not got. */
  readonly next: Map<string, string>;
  /** The reader's memo about the log that the positions belong to. */
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

  /** Takes over memo and new splits of a reader that was just opened. Returns whether there were new splits. */
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
   * The decision about a loss in the checkpoint, before the reader is opened for the first time. `open`: there is no
   * loss, or the reader can find out what is lost now. It can if the missing records were counted: since then retention
   * may have taken more, or the log may have been put back. A log that was replaced may have grown beyond the position,
   * so the reader would not notice: then the stored loss counts.
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
   * A position is gone. Returns true if reading goes on where it can. Otherwise the source stays lost until a person
   * decides, over restarts, and even if the log comes to hold the position again.
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
