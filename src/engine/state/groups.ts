import type { CollectingAggregate } from '../aggregates/aggregate.ts';
import { DayBucketsAggregate } from '../aggregates/day-buckets.ts';
import { orderedTypes, OrderedAggregate } from '../aggregates/ordered.ts';
import { Batch } from '../batch.ts';
import { interned } from '../codegen/key-words.ts';
import type { GroupShape } from '../codegen/group-shape.ts';
import { Column } from '../column.ts';
import type { StateBound } from '../operators/stream.ts';
import type { Datum } from '../../values/datum.ts';
import { type SqlValueError, valueErrorOf } from '../../values/sql-error.ts';
import type { SqlType } from '../../values/types.ts';
import type { StringPool } from '../text/string-pool.ts';
import type { TextMarks } from '../text/text-marks.ts';
import { DistinctSet } from './distinct-set.ts';
import { growFloat64, growInt32 } from './grow.ts';
import { groupBounds } from './group-bounds.ts';
import { markGroupTexts } from './group-texts.ts';
import { HashTable } from './hash-table.ts';
import type { Packer, Unpacker } from './packer.ts';
import { rowBytes } from './row-store.ts';
import { ValueDictionary } from './value-dictionary.ts';
import { WideSums } from './wide-sums.ts';

/**
 * The state of a GROUP BY, and the scratch memory of its generated loops: the table from keys to dense slots, the
 * accumulators of each group, and the groups touched since the last barrier with their state before.
 */
export class Groups {
  readonly shape: GroupShape;
  /** Receives a row that the generated loop leaves to the interpreter. */
  readonly defer: (batch: Batch, i: number) => void;
  /** Receives such a row after a tick of the clock: to retract as of the earlier clock, and to add as of now. */
  readonly deferFlip: (batch: Batch, i: number) => void;
  /** Counts a result that could not be computed. */
  readonly fail: (error: SqlValueError) => void;
  readonly table = new HashTable();
  /** By slot: the words of the key, then the accumulators (shape.layout). The same memory as words and as doubles. */
  keyWords: Int32Array;
  accumulators: Float64Array;
  /** By dirty index: the accumulators before the first touch since the last barrier. */
  oldAccumulators: Float64Array;
  /** By key: the ids of irregular keys (numeric, json, arrays). */
  readonly keyDictionaries: readonly (ValueDictionary | undefined)[];
  /** By row of the batch being applied: the slot of its group; -1 if it has none or was deferred. */
  rowSlots = new Int32Array(0);
  dirtySlots: Int32Array;
  dirtyCount = 0;
  regrown = false;
  /** For a multiset: number of rows as of the last barrier, counted with their multiplicity. */
  copies = 0;
  readonly distinct: readonly DistinctSet[];
  /** By distinct set: the ids of irregular values. */
  readonly distinctDictionaries: readonly (ValueDictionary | undefined)[];
  readonly ordered: readonly CollectingAggregate[];
  /** The parts of double sums that do not fit their accumulators. */
  readonly wide = new WideSums();
  /** Positions in a group's memory of the accumulators that refer to such parts. */
  readonly #wideAt: readonly number[];
  /** One scratch row per ordered aggregate. */
  readonly orderedRow: readonly Batch[];
  /** By ordered aggregate: the value last sent, by slot. */
  readonly orderedResults: readonly Column[];

  #count = 0;
  #free: number[] = [];

  constructor(
    shape: GroupShape,
    options: Pick<Groups, 'defer' | 'deferFlip' | 'fail'> & {
      readonly pool: StringPool;
      readonly global: boolean;
    },
  ) {
    const { pool, global } = options;
    this.shape = shape;
    this.defer = options.defer;
    this.deferFlip = options.deferFlip;
    this.fail = options.fail;
    const { keys, calls: plans } = shape;
    const capacity = global ? 1 : 256;
    this.accumulators = new Float64Array(shape.layout.size * capacity);
    this.keyWords = new Int32Array(this.accumulators.buffer);
    this.oldAccumulators = new Float64Array(shape.stride * capacity);
    this.keyDictionaries = keys.map((k) => dictionaryFor(k.type, pool, shape.multiset));
    this.dirtySlots = new Int32Array(capacity);
    const sets = plans.filter((p) => p.distinct !== undefined);
    this.distinct = sets.map((p) => new DistinctSet(p.distinct!));
    this.distinctDictionaries = sets.map((p) => dictionaryFor(p.call.args[0]!.type, pool));
    this.#wideAt = plans.flatMap(({ fields, start }) =>
      fields?.wide === undefined ? [] : [shape.layout.accumulators + start + fields.wide],
    );
    const orderedCalls = plans.filter((p) => p.fields === undefined).map((p) => p.call);
    this.ordered = orderedCalls.map((call) =>
      call.name === 'day_buckets' ? new DayBucketsAggregate(call) : new OrderedAggregate(call, pool),
    );
    this.orderedRow = orderedCalls.map((call) => new Batch(orderedTypes(call), 1, pool));
    this.orderedResults = orderedCalls.map((call) => new Column(call.type, capacity, pool));
    if (global) this.#addGlobalGroup();
  }

  /** Adds the single group of a global aggregate. It counts one row too many, so that it is never removed. */
  #addGlobalGroup(): void {
    this.reserve(1);
    const slot = this.newSlot();
    this.table.enter(this.#hashOf(slot), slot);
    this.keyWords[this.shape.keyWords.mark] = 1;
    this.dirtySlots[0] = slot;
    this.dirtyCount = 1;
    this.accumulators[slot * this.shape.layout.size + this.shape.layout.accumulators] = 1;
  }

  /** Makes room for `n` rows, so that no array is replaced even if each of them touches or creates a group. */
  reserve(n: number): void {
    this.table.reserve(n);
    this.#sweepDictionaries();
    if (n > this.rowSlots.length) this.rowSlots = new Int32Array(n * 2);
    const slots = this.#count + n;
    const { stride, layout } = this.shape;
    if (slots * layout.size > this.accumulators.length) {
      const capacity = Math.max(slots, (this.accumulators.length / layout.size) * 2);
      this.accumulators = growFloat64(this.accumulators, capacity * layout.size);
      this.keyWords = new Int32Array(this.accumulators.buffer);
      for (const column of this.orderedResults) column.ensure(capacity);
    }
    const dirty = this.dirtyCount + n;
    if (dirty > this.dirtySlots.length) {
      const capacity = Math.max(dirty, this.dirtySlots.length * 2);
      this.dirtySlots = growInt32(this.dirtySlots, capacity);
      this.oldAccumulators = growFloat64(this.oldAccumulators, capacity * stride);
    }
  }

  /** Frees the ids of values that no group or distinct set holds any more. */
  #sweepDictionaries(): void {
    const { keyWords, layout } = this.shape;
    this.keyDictionaries.forEach((dictionary, k) => {
      if (dictionary === undefined || !dictionary.wantsSweep) return;
      dictionary.sweep(this.#count, (held) => {
        const words = layout.size * 2;
        for (let s = 0; s < this.#count; s++) held[this.keyWords[s * words + keyWords.starts[k]!]!] = 1;
      });
    });
    this.distinctDictionaries.forEach((dictionary, i) => {
      const set = this.distinct[i]!;
      if (dictionary === undefined || !set.counted || !dictionary.wantsSweep) return;
      dictionary.sweep(set.mask + 1, (held) => set.markValues(held));
    });
  }

  /** Returns a slot for a new group, which the caller enters into the table. */
  newSlot(): number {
    this.table.count++;
    return this.#free.pop() ?? this.#count++;
  }

  /** Returns the hash of a group's key, equal to that of generated code (codegen/group-find.ts). */
  #hashOf(slot: number): number {
    const at = slot * this.shape.layout.size * 2;
    let h = 0x811c9dc5 | 0;
    for (let k = 0; k < this.shape.keyWords.mark; k++) {
      h = Math.imul(h ^ this.keyWords[at + k]!, 0x9e3779b1);
      h ^= h >>> 15;
    }
    return h;
  }

  /** Removes a group without rows. Throws if more rows were retracted than had been added. */
  gone(slot: number): void {
    const { layout, id } = this.shape;
    if (this.accumulators[slot * layout.size + layout.accumulators]! < 0)
      throw new Error(`${id}: a row was retracted that had not been added`);
    this.table.remove(this.#hashOf(slot), slot);
    const { size } = layout;
    for (const at of this.#wideAt) this.wide.free(this.accumulators[slot * size + at]!);
    this.accumulators.fill(0, slot * size, (slot + 1) * size);
    for (const column of this.orderedResults) column.setNull(slot);
    for (const ordered of this.ordered) ordered.free(slot);
    this.#free.push(slot);
  }

  /** Ends a barrier: forgets the groups touched before it, and their old state. */
  settle(): void {
    this.dirtyCount = 0;
    this.wide.settle();
  }

  /** Replaces the last sent values of the ordered aggregates by the present ones. */
  settleOrdered(slot: number): void {
    this.ordered.forEach((ordered, i) => this.orderedResults[i]!.set(slot, this.#result(ordered, slot)));
  }

  /** Returns an ordered aggregate's result; if it fails, counts the failure and returns NULL. */
  #result(ordered: CollectingAggregate, slot: number): Datum {
    try {
      return ordered.result(slot);
    } catch (error) {
      const failed = valueErrorOf(error);
      if (failed === undefined) throw error;
      this.fail(failed);
      return null;
    }
  }

  /** For a multiset: writes the row of a slot into row `k` of `out`. */
  multisetRow(out: Batch, k: number, slot: number): void {
    const { keyWords, layout } = this.shape;
    const words = this.keyWords;
    const base = slot * layout.size * 2;
    this.keyDictionaries.forEach((dictionary, c) => {
      const to = out.column(c);
      const at = base + keyWords.starts[c]!;
      if (dictionary !== undefined) {
        to.copy(k, dictionary.values, words[at]!);
        return;
      }
      to.nulls[k] = keyWords.mask < 0 ? 0 : (words[base + keyWords.mask + (c >> 5)]! >> (c & 31)) & 1;
      if (to.layout === 'i64' || to.layout === 'f64') {
        to.w[2 * k] = words[at]!;
        to.w[2 * k + 1] = words[at + 1]!;
      } else to.v[k] = words[at]!;
    });
  }

  /** Returns the slots that hold a row as of the last barrier, ascending. */
  liveSlots(): Int32Array {
    const slots = new Int32Array(this.#count);
    let n = 0;
    for (let s = 0; s < this.#count; s++) {
      if (this.rowsAt(s) > 0) slots[n++] = s;
    }
    return slots.subarray(0, n);
  }

  /** Returns the number of rows in a group as of the last barrier. */
  rowsAt(slot: number): number {
    const { stride, keyWords, layout } = this.shape;
    const mark = this.keyWords[slot * layout.size * 2 + keyWords.mark]!;
    return mark !== 0
      ? this.oldAccumulators[(mark - 1) * stride]!
      : this.accumulators[slot * layout.size + layout.accumulators]!;
  }

  bounds(): readonly StateBound[] {
    const values = this.keyDictionaries.flatMap((dictionary) =>
      dictionary === undefined ? [] : [dictionary.values],
    );
    return groupBounds(this.shape, rowBytes([...values, ...this.orderedResults]));
  }

  /** Number of groups held. */
  get live(): number {
    return this.#count - this.#free.length;
  }

  get bytes(): number {
    let bytes = this.table.bytes + this.accumulators.byteLength + this.oldAccumulators.byteLength;
    bytes += this.dirtySlots.byteLength + this.rowSlots.byteLength;
    bytes += this.wide.bytes;
    for (const held of [...this.orderedResults, ...this.distinct]) bytes += held.bytes;
    for (const dictionary of [...this.keyDictionaries, ...this.distinctDictionaries])
      bytes += dictionary?.bytes ?? 0;
    for (const ordered of this.ordered) bytes += ordered.liveRows * 64;
    return bytes;
  }

  markTexts(marks: TextMarks): void {
    markGroupTexts(this, this.#count, marks);
  }

  save(to: Packer): void {
    const n = this.#count;
    to.numbers(n, this.table.mask, this.table.count);
    to.array(this.table.entries);
    to.array(Int32Array.from(this.#free));
    to.array(this.accumulators, n * this.shape.layout.size);
    this.wide.save(to);
    for (const column of this.orderedResults) to.column(column, n);
    for (const dictionary of [...this.keyDictionaries, ...this.distinctDictionaries]) dictionary?.save(to);
    for (const set of this.distinct) to.array(set.save());
    for (const ordered of this.ordered) ordered.save(to);
  }

  restore(from: Unpacker): void {
    const [n, mask, count] = from.numbers() as [number, number, number];
    this.dirtyCount = 0;
    this.#count = 0;
    this.reserve(n);
    this.table.entries = from.i32();
    this.table.mask = mask;
    this.table.count = count;
    this.#free = [...from.i32()];
    // Copied as words: copying doubles may change the bits of words that happen to read as NaN.
    this.keyWords.set(from.i32());
    this.wide.restore(from);
    for (const column of this.orderedResults) from.column(column);
    for (const dictionary of [...this.keyDictionaries, ...this.distinctDictionaries])
      dictionary?.restore(from);
    for (const set of this.distinct) set.load(from.i32());
    for (const ordered of this.ordered) ordered.restore(from);
    this.#count = n;
    if (this.shape.multiset)
      this.copies = this.liveSlots().reduce((rows, slot) => rows + this.rowsAt(slot), 0);
  }
}

function dictionaryFor(type: SqlType, pool: StringPool, ofRows = false): ValueDictionary | undefined {
  return interned(type) ? new ValueDictionary(type, pool, ofRows) : undefined;
}
