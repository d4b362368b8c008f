import type { ClockRule } from '../../plan/clock-rules.ts';
import { Batch } from '../batch.ts';
import { HeapTimerQueue, SteppedTimerQueue } from '../state/timer-queue.ts';
import { growInt32 } from '../state/grow.ts';
import { KeyIndex } from '../state/key-index.ts';
import type { Packer, Unpacker } from '../state/packer.ts';
import { RowStore, rowBytes } from '../state/row-store.ts';
import { SlotSchedule } from '../state/slot-schedule.ts';
import { Expressions } from './expressions.ts';
import type { TextMarks } from '../text/text-marks.ts';
import type { EvaluationContext } from './expressions.ts';
import { compileNextChange } from './next-change.ts';
import type { NextChangeLoop } from './next-change.ts';
import type { ClockedConsumer, Consumer, Operator, StateBound, Stream } from './stream.ts';

const CHUNK_ROWS = 1024;

/**
 * Stands before a consumer whose expressions depend on the clock. Rows pass through at once, evaluated with the clock
 * of the last barrier, and a timer queue receives each row with the instant at which one of its expressions changes
 * next. When the clock passes that instant, exactly those rows are retracted under the old clock and added under the
 * new one.
 *
 * Invariant: the consumer's values of a row are those of `now`. They were computed with an earlier clock only if none
 * of the row's expressions changes between the two.
 *
 * Rows of a slotted producer are not copied: the timer queue holds its slots, and `gather` returns the rows. A row of
 * an append-only stream is kept only until its last change. Rows of other streams are kept as a multiset.
 */
export class TemporalInput implements Operator, Consumer {
  readonly id: string;
  readonly view: string;
  readonly #input: Stream;
  readonly #consumer: ClockedConsumer;
  readonly #rules: readonly ClockRule[];
  readonly #schedule: SlotSchedule;
  readonly #values: Expressions;
  readonly #nextChange: NextChangeLoop;
  /** The rules depend only on columns that stay while a slot holds a row, so that only new rows are scheduled. */
  readonly #stable: boolean;
  readonly #rows: Batch;
  /** Positions of the input's columns that stored rows keep. */
  readonly #kept: readonly number[];
  readonly #store: RowStore | undefined;
  readonly #index: KeyIndex | undefined;
  #copies = new Int32Array(0);
  #next = new Float64Array(256);
  #picked = new Int32Array(256);
  #now_us: number;
  #started = false;
  #steps: readonly number[] = [];

  constructor(options: {
    id: string;
    context: EvaluationContext;
    input: Stream;
    consumer: ClockedConsumer;
    rules: readonly ClockRule[];
    /** The input's columns that the consumer reads. */
    used: readonly number[];
    now_us: number;
  }) {
    const { context, input, consumer, rules, now_us } = options;
    this.id = options.id;
    this.view = context.view;
    this.#input = input;
    this.#consumer = consumer;
    this.#rules = rules;
    this.#now_us = now_us;
    const ofRows = rules.filter((r) => r.values.length > 0);
    this.#values = new Expressions(
      context,
      input,
      ofRows.flatMap((r) => r.values),
    );
    const stepwise = rules.every((r) => r.stepwise);
    this.#schedule = new SlotSchedule(stepwise ? new SteppedTimerQueue() : new HeapTimerQueue());
    const types = input.columns.map((c) => c.type);
    const kept = [...new Set([...options.used, ...this.#values.used])].sort((a, b) => a - b);
    this.#kept = kept;
    const slotted = input.traits.slotted;
    const keptTypes = kept.map((c) => types[c]!);
    this.#store = !slotted && input.traits.appendOnly ? new RowStore(keptTypes, context.pool) : undefined;
    this.#index =
      !slotted && !input.traits.appendOnly ? new KeyIndex(keptTypes, context.pool, true) : undefined;
    const wanted = slotted ? undefined : types.map((_, c) => kept.includes(c));
    this.#rows = new Batch(types, CHUNK_ROWS, context.pool, wanted);
    this.#stable = this.#values.used.every((c) => c < input.stableColumns) && ofRows.length === rules.length;
    this.#nextChange = compileNextChange(options.id, this.#values, ofRows, {
      now_us: () => this.#now_us,
      nextStep_us: () => this.#steps.reduce((a, b) => Math.min(a, b), Infinity),
    });
  }

  /**
   * Evaluates what depends on the clock alone, as late as the first rows: a snapshot restored before them replaces the
   * pool's texts and their ids.
   */
  #start(): void {
    if (this.#started) return;
    this.#setClock(this.#now_us);
  }

  #setClock(now_us: number): void {
    this.#started = true;
    this.#now_us = now_us;
    this.#consumer.setClock(now_us);
    this.#steps = this.#rules.filter((r) => r.values.length === 0).map((r) => r.next([], now_us));
  }

  apply(batch: Batch): void {
    this.#start();
    this.#enter(batch);
    this.#consumer.apply(batch);
  }

  #enter(batch: Batch): void {
    const n = batch.n;
    if (this.#next.length < n) {
      this.#next = new Float64Array(n * 2);
      this.#picked = new Int32Array(n * 2);
    }
    const picked = this.#picked;
    const { weights, slots } = batch;
    let count = 0;
    if (!this.#input.traits.slotted) {
      for (let i = 0; i < n; i++) picked[count++] = i;
      this.#nextChange(batch, picked, count, this.#next);
      for (let i = 0; i < n; i++) {
        const at = this.#next[i]!;
        const slot =
          this.#store !== undefined ? this.#keep(batch, i, at) : this.#count(batch, i, weights[i]!);
        if (slot >= 0) this.#schedule.set(slot, at);
      }
      return;
    }
    for (let i = 0; i < n; i++) {
      if (weights[i]! > 0) {
        picked[count++] = i;
        continue;
      }
      // The new version of a row follows the old one. Without it, the row is removed.
      const slot = slots[i]!;
      if (i + 1 < n && slots[i + 1] === slot && weights[i + 1]! > 0) {
        if (this.#stable) i++;
      } else this.#schedule.clear(slot);
    }
    this.#nextChange(batch, picked, count, this.#next);
    for (let k = 0; k < count; k++) {
      this.#schedule.set(slots[picked[k]!]!, this.#next[k]!);
    }
  }

  /** Stores a row that changes at `at`, and returns its slot; returns -1 if `at` is Infinity. */
  #keep(batch: Batch, i: number, at: number): number {
    if (at === Infinity) return -1;
    const store = this.#store!;
    const slot = store.take();
    this.#kept.forEach((c, k) => store.columns[k]!.copy(slot, batch.column(c), i));
    return slot;
  }

  /** Adds `weight` to the count of identical rows; returns their slot, or -1 if none is left. */
  #count(batch: Batch, i: number, weight: number): number {
    const index = this.#index!;
    const slot = index.insert(batch, this.#kept, i);
    if (slot >= this.#copies.length) this.#copies = growInt32(this.#copies, Math.max(256, (slot + 1) * 2));
    const copies = (this.#copies[slot]! += weight);
    if (copies !== 0) return slot;
    index.remove(slot);
    this.#schedule.clear(slot);
    return -1;
  }

  barrier(now_us: number): void {
    this.#start();
    if (now_us === this.#now_us) return;
    const old_us = this.#now_us;
    this.#setClock(now_us);
    const due = this.#schedule.take(now_us);
    for (let from = 0; from < due; from += CHUNK_ROWS) {
      const to = Math.min(due, from + CHUNK_ROWS);
      const rows = this.#gather(from, to);
      this.#consumer.reapply(rows, old_us, now_us);
      this.#reschedule(rows, from, to);
    }
  }

  #gather(from: number, to: number): Batch {
    const rows = this.#rows;
    rows.n = 0;
    if (this.#input.traits.slotted) {
      this.#input.gather(this.#schedule.due, from, to, rows);
      return rows;
    }
    const columns = (this.#store ?? this.#index!).columns;
    for (let d = from; d < to; d++) {
      const slot = this.#schedule.due[d]!;
      const copies = this.#store !== undefined ? 1 : this.#copies[slot]!;
      rows.ensure(rows.n + copies);
      for (let c = 0; c < copies; c++) {
        this.#kept.forEach((column, k) => rows.column(column).copy(rows.n, columns[k]!, slot));
        rows.slots[rows.n++] = slot;
      }
    }
    rows.hasSlots = true;
    return rows;
  }

  #reschedule(rows: Batch, from: number, to: number): void {
    if (this.#next.length < rows.n) {
      this.#next = new Float64Array(rows.n * 2);
      this.#picked = new Int32Array(rows.n * 2);
    }
    for (let i = 0; i < rows.n; i++) this.#picked[i] = i;
    this.#nextChange(rows, this.#picked, rows.n, this.#next);
    for (let i = 0; i < rows.n; i++) this.#schedule.set(rows.slots[i]!, this.#next[i]!);
    if (this.#store === undefined) return;
    for (let d = from; d < to; d++) {
      const slot = this.#schedule.due[d]!;
      if (!this.#schedule.isSet(slot)) this.#store.free(slot);
    }
  }

  describe(): string {
    const kept = this.#input.traits.slotted
      ? 'by slot, without copies of rows'
      : 'with the rows that will change';
    return `timers for ${this.#rules.length} clock rule${this.#rules.length === 1 ? '' : 's'} (${kept})`;
  }

  bounds(): readonly StateBound[] {
    if (this.#store !== undefined) {
      return [{ per: 'event that a window still holds', bytes: rowBytes(this.#store.columns) + 20 }];
    }
    if (this.#index !== undefined) {
      return [{ per: 'distinct row of the input', bytes: rowBytes(this.#index.columns) + 36 }];
    }
    return [{ per: 'row of the input that a window still holds', bytes: 28 }];
  }
  stateRows(): number {
    return this.#schedule.size;
  }
  stateBytes(): number {
    const rows = this.#store?.columns.reduce((n, c) => n + c.bytes, 0) ?? 0;
    return rows + (this.#index?.bytes ?? 0) + this.#copies.byteLength + this.#schedule.bytes;
  }

  markTexts(marks: TextMarks): void {
    this.#store?.markTexts(marks);
    this.#index?.markTexts(marks);
  }
  save(to: Packer): void {
    to.numbers(this.#now_us);
    this.#schedule.save(to);
    if (this.#store !== undefined) to.rows(this.#store);
    if (this.#index !== undefined) {
      this.#index.save(to);
      to.array(this.#copies);
    }
  }

  restore(from: Unpacker): void {
    const now_us = from.numbers()[0]!;
    this.#schedule.restore(from);
    if (this.#store !== undefined) from.rows(this.#store);
    if (this.#index !== undefined) {
      this.#index.restore(from);
      this.#copies = from.i32();
    }
    this.#setClock(now_us);
  }
}
