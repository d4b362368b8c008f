import type { PlanColumn } from '../../plan/nodes.ts';
import { Batch } from '../batch.ts';
import { Column } from '../column.ts';
import { growInt32 } from '../state/grow.ts';
import { KeyIndex, sameAt } from '../state/key-index.ts';
import type { Packer, Unpacker } from '../state/packer.ts';
import { RowStore, rowBytes } from '../state/row-store.ts';
import type { TextMarks } from '../text/text-marks.ts';
import type { EvaluationContext } from './expressions.ts';
import type { Consumer, Operator, StateBound } from './stream.ts';
import { Stream } from './stream.ts';

const OUTPUT_ROWS = 1024;

/**
 * What a second row with the same key does.
 *
 * - `changes`: the input is a change stream whose key is unique after each barrier; the last +1 is the row.
 * - `overwrite`: a table with a primary key; the new row replaces the old one.
 * - `ignore`: ON CONFLICT DO NOTHING; the first row stays.
 */
export type KeyPolicy = 'changes' | 'overwrite' | 'ignore';

/**
 * Rows by key: the state of tables with a primary key, and of materialized views whose rows no other operator stores.
 * Invariant: after a barrier, consumers hold exactly the row that is stored for each key.
 */
export class KeyedOperator extends Stream implements Operator, Consumer {
  readonly id: string;
  readonly view: string;
  readonly #key: readonly number[];
  readonly #policy: KeyPolicy;
  readonly #index: KeyIndex;
  readonly #columns: readonly Column[];
  /** By slot: rows with the key (`changes`), or 1. */
  #copies = new Int32Array(256);
  /** By slot: the row in `#before`, or -1 if there was none; valid where `#touched` is `#epoch`. */
  #beforeAt = new Int32Array(256);
  #touched = new Int32Array(256);
  #epoch = 1;
  #dirty: number[] = [];
  readonly #before: RowStore;
  readonly #out: Batch;

  constructor(options: {
    id: string;
    context: EvaluationContext;
    columns: readonly PlanColumn[];
    key: readonly number[];
    policy: KeyPolicy;
  }) {
    const { context, columns, key, policy } = options;
    super(columns, { appendOnly: false, slotted: true, consolidated: true });
    this.id = options.id;
    this.view = context.view;
    this.#key = key;
    this.#policy = policy;
    const types = columns.map((c) => c.type);
    this.#index = new KeyIndex(
      key.map((k) => types[k]!),
      context.pool,
    );
    this.#columns = types.map((type) => new Column(type, 256, context.pool));
    this.#before = new RowStore(types, context.pool);
    this.#out = new Batch(types, OUTPUT_ROWS, context.pool);
    this.#out.hasSlots = true;
  }

  override require(): void {
    // Rows are stored whole.
  }

  apply(batch: Batch): void {
    for (let i = 0; i < batch.n; i++) {
      const slot = this.#index.insert(batch, this.#key, i);
      this.#room(slot);
      const weight = batch.weights[i]!;
      if (this.#policy === 'ignore' && weight > 0 && this.#copies[slot]! > 0) continue;
      this.#touch(slot);
      if (weight > 0) {
        for (let c = 0; c < this.#columns.length; c++) {
          const from = batch.columns[c];
          if (from === undefined) this.#columns[c]!.setNull(slot);
          else this.#columns[c]!.copy(slot, from, i);
        }
      }
      this.#copies[slot] = this.#policy === 'changes' ? this.#copies[slot]! + weight : weight > 0 ? 1 : 0;
    }
  }

  /** Deletes all rows. */
  clear(): void {
    for (let slot = 0; slot < this.#index.count; slot++) {
      if (this.#copies[slot]! <= 0) continue;
      this.#touch(slot);
      this.#copies[slot] = 0;
    }
  }

  #room(slot: number): void {
    for (const column of this.#columns) column.ensure(slot + 1);
    if (slot < this.#copies.length) return;
    const capacity = Math.max(slot + 1, this.#copies.length * 2);
    this.#copies = growInt32(this.#copies, capacity);
    this.#beforeAt = growInt32(this.#beforeAt, capacity);
    this.#touched = growInt32(this.#touched, capacity);
  }

  #touch(slot: number): void {
    if (this.#touched[slot] === this.#epoch) return;
    this.#touched[slot] = this.#epoch;
    this.#dirty.push(slot);
    this.#beforeAt[slot] = -1;
    if (this.#copies[slot]! <= 0) return;
    const row = this.#before.take();
    this.#columns.forEach((column, c) => this.#before.columns[c]!.copy(row, column, slot));
    this.#beforeAt[slot] = row;
  }

  barrier(): void {
    const out = this.#out;
    out.n = 0;
    for (const slot of this.#dirty) {
      const before = this.#beforeAt[slot]!;
      const has = this.#copies[slot]! > 0;
      const same =
        before >= 0 &&
        has &&
        this.#columns.every((c, k) => sameAt(c, slot, this.#before.columns[k]!, before));
      if (!same) {
        if (before >= 0) this.#output(this.#before.columns, before, slot, -1);
        if (has) this.#output(this.#columns, slot, slot, 1);
      }
      if (before >= 0) this.#before.free(before);
      if (!has) {
        this.#index.remove(slot);
        for (const column of this.#columns) column.setNull(slot);
        this.#copies[slot] = 0;
      }
      if (out.n + 2 > OUTPUT_ROWS) this.#flush();
    }
    this.#flush();
    this.#dirty = [];
    this.#epoch++;
  }

  #output(columns: readonly Column[], row: number, slot: number, weight: number): void {
    const out = this.#out;
    columns.forEach((column, c) => out.column(c).copy(out.n, column, row));
    out.weights[out.n] = weight;
    out.slots[out.n] = slot;
    out.n++;
  }

  #flush(): void {
    if (this.#out.n > 0) this.send(this.#out);
    this.#out.n = 0;
  }

  override gather(slots: Int32Array, from: number, to: number, out: Batch): void {
    out.ensure(out.n + to - from);
    out.hasSlots = true;
    for (let s = from; s < to; s++) {
      const slot = slots[s]!;
      const touched = this.#touched[slot] === this.#epoch;
      const row = touched ? this.#beforeAt[slot]! : this.#copies[slot]! > 0 ? slot : -1;
      if (row < 0) continue;
      const columns = touched ? this.#before.columns : this.#columns;
      columns.forEach((column, c) => out.columns[c]?.copy(out.n, column, row));
      out.weights[out.n] = 1;
      out.slots[out.n] = slot;
      out.n++;
    }
  }

  override get key(): readonly number[] {
    return this.#key;
  }
  override find(key: Batch): number {
    return this.#index.find(key, [...this.#key.keys()], 0);
  }

  override liveSlots(): Int32Array {
    const slots: number[] = [];
    for (let slot = 0; slot < this.#index.count; slot++) {
      const live = this.#touched[slot] === this.#epoch ? this.#beforeAt[slot]! >= 0 : this.#copies[slot]! > 0;
      if (live) slots.push(slot);
    }
    return Int32Array.from(slots);
  }

  override rowCount(): number {
    return this.#index.live;
  }

  describe(): string {
    return `rows by (${this.#key.map((k) => this.columns[k]!.name).join(', ')})`;
  }
  bounds(): readonly StateBound[] {
    const key = this.#key.map((k) => this.columns[k]!.name).join(', ');
    return [
      { per: `distinct (${key})`, bytes: rowBytes(this.#columns) + rowBytes(this.#index.columns) + 32 },
    ];
  }
  stateRows(): number {
    return this.#index.live;
  }
  stateBytes(): number {
    const columns = this.#columns.reduce((n, c) => n + c.bytes, 0);
    return columns + this.#index.bytes + 3 * this.#copies.byteLength;
  }
  markTexts(marks: TextMarks): void {
    this.#index.markTexts(marks);
    marks.columns(this.#columns, this.#index.count);
  }
  save(to: Packer): void {
    this.#index.save(to);
    const n = this.#index.count;
    to.array(this.#copies, n);
    for (const column of this.#columns) to.column(column, n);
  }
  restore(from: Unpacker): void {
    this.#index.restore(from);
    this.#room(Math.max(0, this.#index.count - 1));
    this.#copies.fill(0);
    this.#copies.set(from.i32());
    for (const column of this.#columns) from.column(column);
  }
}
