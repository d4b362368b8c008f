import { nowMs, type Clock } from '../../platform/clock.ts';
import { ItemError } from './item-error.ts';
import type { LateWrites } from './late-writes.ts';
import type { ItemLayout, ItemStamp } from './layout.ts';
import type { PendingRows } from './pending-rows.ts';
import type { SentWrite } from './sent-write.ts';

const NONE: readonly ItemError[] = [];

/** Encodes pending rows as writes, when they are about to be sent. */
export class RowEncoder {
  readonly #layout: ItemLayout;
  readonly #rows: PendingRows;
  readonly #clock: Clock;
  readonly #late: LateWrites | undefined;
  /** The stamp of the row that is being encoded. */
  readonly #stamp: { epoch: number; written_at_ms: number } = { epoch: 0, written_at_ms: 0 };
  /** Number of rows that were too old to be written. */
  expired = 0;

  /** `late` is undefined if deletions leave no tombstones. */
  constructor(layout: ItemLayout, rows: PendingRows, clock: Clock, late: LateWrites | undefined) {
    this.#layout = layout;
    this.#rows = rows;
    this.#clock = clock;
    this.#late = late;
  }

  /** Appends the writes of a slot's newest change to `out`, the first of them last. Returns why parts have none. */
  encode(slot: number, out: SentWrite[]): readonly ItemError[] {
    const rows = this.#rows;
    const stamp = this.#stamp;
    stamp.epoch = rows.epochs[slot]!;
    stamp.written_at_ms = nowMs(this.#clock);
    if (rows.deleted[slot] === 1) {
      this.#encodeEnd(slot, stamp, out);
      return NONE;
    }
    const { parts } = this.#layout;
    if (parts === undefined) return this.#encodePart(slot, 0, stamp, out, NONE);
    let errors = NONE;
    for (let part = parts.length - 1; part >= 0; part--) {
      if (rows.parts!.has(slot, part)) errors = this.#encodePart(slot, part, stamp, out, errors);
    }
    rows.parts!.clear(slot);
    return errors;
  }

  #encodePart(
    slot: number,
    part: number,
    stamp: ItemStamp,
    out: SentWrite[],
    errors: readonly ItemError[],
  ): readonly ItemError[] {
    const rows = this.#rows;
    try {
      const text = this.#layout.encodePut(rows.keys[slot]!, part, rows.columns, slot, stamp);
      if (text === undefined) this.expired++;
      else out.push({ slot, part, kind: 'put', text });
      return errors;
    } catch (error) {
      if (!(error instanceof ItemError)) throw error;
      return [...errors, error];
    }
  }

  #encodeEnd(slot: number, stamp: ItemStamp, out: SentWrite[]): void {
    const rows = this.#rows;
    const key = rows.keys[slot]!;
    const kind = this.#late?.mayCome(key) === true ? 'tombstone' : 'delete';
    for (let part = (this.#layout.parts?.length ?? 1) - 1; part >= 0; part--) {
      const text = this.#layout.encodeEnd(key, part, rows.columns, slot, stamp, kind);
      out.push({ slot, part, kind, text });
    }
    rows.parts?.clear(slot);
  }
}
