import { Column } from '../../engine/column.ts';
import { StringPool } from '../../engine/text/string-pool.ts';
import type { TextHolder, TextMarks } from '../../engine/text/text-marks.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import type { Datum } from '../../values/datum.ts';
import { ChangedParts } from './changed-parts.ts';

/** States of a slot. This one holds no key. */
const FREE = 0;
/** The key's newest change waits to be sent, possibly after a backoff. */
export const QUEUED = 1;
/** The newest change is sent and not answered. */
export const SENT = 2;
/** An older change is sent; the newest one is queued again whatever the answer is. */
export const SENT_STALE = 3;

/** What became of the writes of a row, as bits: some were acknowledged, some are to be sent again, some never. */
export const ACKNOWLEDGED = 1;
export const FAILED = 2;
export const REFUSED = 4;

/**
 * The newest change of every key that is not acknowledged, one slot per key. Rows are copied into columns and encoded
 * only when they are sent, so a change that is replaced before that costs only a copy.
 */
export class PendingRows implements TextHolder {
  readonly #types: readonly PlanColumn[];
  readonly #keyColumns: readonly number[];
  readonly #slotOf = new Map<string, number>();
  readonly #free: number[] = [];
  #pool: StringPool | undefined;
  #used = 0;
  columns: Column[] = [];
  state: Uint8Array = new Uint8Array(0);
  /** 1: the newest change is a deletion. Only the key columns of the row are filled then. */
  deleted: Uint8Array = new Uint8Array(0);
  /** The epoch of the newest change's barrier. */
  epochs: Float64Array = new Float64Array(0);
  /** Number of failed attempts in a row to write this key. */
  attempts: Uint16Array = new Uint16Array(0);
  /** The number of the oldest `accept` that waits for this key; see AcceptLedger. */
  waitingSince: Float64Array = new Float64Array(0);
  /** For a SENT_STALE key, the number of the `accept` that made it stale. */
  staleSince: Float64Array = new Float64Array(0);
  /** The number of the `accept` that brought the newest change. */
  acceptedIn: Float64Array = new Float64Array(0);
  /** The number of the row's parts that are sent and not answered, if rows have parts. */
  unanswered: Uint16Array = new Uint16Array(0);
  /** What became of the parts of the row that are answered, while others are not. */
  outcomes: Uint8Array = new Uint8Array(0);
  /** The parts to write; undefined if a row is one write. */
  readonly parts: ChangedParts | undefined;
  readonly keys: string[] = [];

  /** `parts`: the columns that are written on their own; undefined if a row is one write. */
  constructor(
    columns: readonly PlanColumn[],
    keyColumns: readonly number[],
    parts: readonly number[] | undefined,
  ) {
    this.#types = columns;
    this.#keyColumns = keyColumns;
    this.parts = parts && new ChangedParts(parts);
  }

  /** Number of pending keys. */
  get size(): number {
    return this.#slotOf.size;
  }

  /** Returns the slot of a key, or -1 if it has none. */
  find(key: string): number {
    return this.#slotOf.get(key) ?? -1;
  }

  /** Returns a new slot, in state QUEUED, for a key that has none. */
  add(key: string): number {
    const slot = this.#free.pop() ?? this.#used++;
    this.#ensure(slot + 1);
    this.#slotOf.set(key, slot);
    this.keys[slot] = key;
    this.state[slot] = QUEUED;
    this.attempts[slot] = 0;
    return slot;
  }

  /** Frees a slot for another key. */
  release(slot: number): void {
    this.#slotOf.delete(this.keys[slot]!);
    this.keys[slot] = '';
    this.state[slot] = FREE;
    for (const column of this.columns) if (column.layout === 'ref') column.refs[slot] = null;
    this.#free.push(slot);
  }

  /** Notes the answer to one part of a row. Returns what became of all of them; undefined until all are answered. */
  answered(slot: number, part: number, outcome: number): number | undefined {
    if (outcome === FAILED) this.parts!.add(slot, part);
    this.outcomes[slot]! |= outcome;
    if (--this.unanswered[slot]! > 0) return undefined;
    const outcomes = this.outcomes[slot]!;
    this.outcomes[slot] = 0;
    return outcomes;
  }

  /** Copies row `i` of columns of the same types into a slot. With `keyOnly` all other columns become NULL. */
  copyRow(slot: number, from: readonly (Column | undefined)[], i: number, keyOnly: boolean): void {
    for (let c = 0; c < this.columns.length; c++) {
      if (keyOnly && !this.#keyColumns.includes(c)) this.columns[c]!.setNull(slot);
      else copyValue(this.columns[c]!, slot, from[c]!, i);
    }
  }

  /**
   * Sets the text pool of the rows to come. Pending rows of another pool, which `resend` brought before the first
   * barrier, are moved to this one.
   */
  usePool(pool: StringPool): void {
    if (this.#pool === pool) return;
    const old = this.columns;
    this.#pool = pool;
    pool.addHolder(this);
    this.columns = this.#types.map(({ type }) => new Column(type, this.state.length, pool));
    for (const slot of this.#slotOf.values()) {
      for (let c = 0; c < old.length; c++) copyValue(this.columns[c]!, slot, old[c]!, slot);
    }
  }

  markTexts(marks: TextMarks): void {
    for (const slot of this.#slotOf.values()) for (const column of this.columns) marks.value(column, slot);
  }

  get pool(): StringPool {
    if (this.#pool === undefined) this.usePool(new StringPool());
    return this.#pool!;
  }

  /** Returns the key of a pending row, in the order of the sink's primary key. */
  keyOf(slot: number): Datum[] {
    return this.#keyColumns.map((c) => this.columns[c]!.get(slot));
  }

  /** Returns the slots of all pending keys. */
  slots(): IterableIterator<number> {
    return this.#slotOf.values();
  }

  #ensure(n: number): void {
    const capacity = this.state.length;
    if (n <= capacity) return;
    const grown = Math.max(64, capacity * 2, n);
    for (const column of this.columns) column.ensure(grown);
    this.state = copyInto(new Uint8Array(grown), this.state);
    this.deleted = copyInto(new Uint8Array(grown), this.deleted);
    this.epochs = copyInto(new Float64Array(grown), this.epochs);
    this.attempts = copyInto(new Uint16Array(grown), this.attempts);
    this.waitingSince = copyInto(new Float64Array(grown), this.waitingSince);
    this.staleSince = copyInto(new Float64Array(grown), this.staleSince);
    this.acceptedIn = copyInto(new Float64Array(grown), this.acceptedIn);
    this.unanswered = copyInto(new Uint16Array(grown), this.unanswered);
    this.outcomes = copyInto(new Uint8Array(grown), this.outcomes);
    this.parts?.ensure(grown);
  }
}

function copyInto<T extends Uint8Array | Uint16Array | Float64Array>(grown: T, old: T): T {
  grown.set(old as Uint8Array & Float64Array);
  return grown;
}

function copyValue(to: Column, slot: number, from: Column, i: number): void {
  if (to.layout === 'str' && to.pool !== from.pool) to.set(slot, from.get(i));
  else to.copy(slot, from, i);
}
