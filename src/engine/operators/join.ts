import { evaluate } from '../../plan/evaluate.ts';
import type { Expr } from '../../plan/expr.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import type { Datum } from '../../values/datum.ts';
import type { SqlType } from '../../values/types.ts';
import { Batch } from '../batch.ts';
import { growInt32 } from '../state/grow.ts';
import { KeyIndex, sameAt } from '../state/key-index.ts';
import type { Packer, Unpacker } from '../state/packer.ts';
import { RowStore, rowBytes } from '../state/row-store.ts';
import type { Scope } from './expressions.ts';
import type { Consumer, Operator, StateBound } from './stream.ts';
import { Stream } from './stream.ts';

const EMIT_ROWS = 1024;
const NONE = -1;

/** One input's rows, chained by join key. */
class Side {
  readonly rows: RowStore;
  /** By key slot: the first row with the key, or NONE. */
  heads = new Int32Array(256).fill(NONE);
  /** By row: the next row with the same key, or NONE; and its key slot. */
  next = new Int32Array(256);
  key = new Int32Array(256);
  /** By row of a left join's left side: how many right rows match it. */
  matches = new Int32Array(256);

  constructor(rows: RowStore) {
    this.rows = rows;
  }

  head(key: number): number {
    return key < this.heads.length ? this.heads[key]! : NONE;
  }

  add(row: number, key: number): void {
    if (key >= this.heads.length)
      this.heads = growInt32(this.heads, Math.max(key + 1, this.heads.length * 2), NONE);
    if (row >= this.next.length) {
      const capacity = Math.max(row + 1, this.next.length * 2);
      this.next = growInt32(this.next, capacity);
      this.key = growInt32(this.key, capacity);
      this.matches = growInt32(this.matches, capacity);
    }
    this.next[row] = this.head(key);
    this.key[row] = key;
    this.matches[row] = 0;
    this.heads[key] = row;
  }

  /** Unchains the first row of the key that equals row `i` of `batch`; the caller frees it. */
  take(key: number, batch: Batch, i: number): number {
    let before = NONE;
    for (let row = this.head(key); row !== NONE; row = this.next[row]!) {
      if (this.rows.columns.every((column, c) => sameAt(column, row, batch.column(c), i))) {
        if (before === NONE) this.heads[key] = this.next[row]!;
        else this.next[before] = this.next[row]!;
        return row;
      }
      before = row;
    }
    throw new Error('join: a row was taken away that was never added');
  }
}

/**
 * Equi-join, inner or left. Both inputs' rows are kept by key; a change on one side meets the rows of the other
 * at once. Inputs come as [keys..., row...] and rows leave as [left row..., right row...].
 *
 * Invariant: consumers have each pair of matching rows, and for a left join each left row without a match once,
 * with NULLs on the right. A NULL key matches nothing.
 */
export class JoinOperator extends Stream implements Operator {
  readonly id: string;
  readonly view: string;
  readonly left: Consumer;
  readonly right: Consumer;
  readonly #outer: boolean;
  readonly #keys: readonly number[];
  readonly #residual: Expr | undefined;
  readonly #scope: Scope;
  readonly #index: KeyIndex;
  readonly #sides: readonly [Side, Side];
  readonly #out: Batch;

  constructor(options: {
    id: string;
    scope: Scope;
    outer: boolean;
    keyCount: number;
    left: readonly SqlType[];
    right: readonly SqlType[];
    residual: Expr | undefined;
    appendOnly: boolean;
    columns: readonly PlanColumn[];
  }) {
    super(options.columns, { appendOnly: options.appendOnly, slotted: false, netted: false });
    const { scope, keyCount, left, right } = options;
    this.id = options.id;
    this.view = scope.view;
    this.#outer = options.outer;
    this.#keys = Array.from({ length: keyCount }, (_, i) => i);
    this.#residual = options.residual;
    this.#scope = scope;
    this.#index = new KeyIndex(left.slice(0, keyCount), scope.pool);
    this.#sides = [new Side(new RowStore(left, scope.pool)), new Side(new RowStore(right, scope.pool))];
    this.#out = new Batch(
      options.columns.map((c) => c.type),
      EMIT_ROWS,
      scope.pool,
    );
    this.left = { apply: (batch) => this.#apply(0, batch) };
    this.right = { apply: (batch) => this.#apply(1, batch) };
  }

  #apply(which: 0 | 1, batch: Batch): void {
    this.#out.n = 0;
    for (let i = 0; i < batch.n; i++) {
      const weight = batch.weights[i]!;
      if (this.#keys.some((k) => batch.column(k).nulls[i] === 1)) {
        // Matches nothing, so it need not be kept: a left join just passes it on.
        if (which === 0 && this.#outer) this.#emitUnkept(batch, i, weight);
        continue;
      }
      const key = this.#index.insert(batch, this.#keys, i);
      if (weight > 0) this.#add(which, key, batch, i);
      else this.#remove(which, key, batch, i);
    }
    this.#flush();
  }

  #add(which: 0 | 1, key: number, batch: Batch, i: number): void {
    const side = this.#sides[which];
    const row = side.rows.insert(batch, i);
    side.add(row, key);
    if (which === 0) side.matches[row] = this.#meetLeft(row, key, 1);
    else this.#meetRight(row, key, 1);
    if (which === 0 && this.#outer && side.matches[row] === 0) this.#emit(row, NONE, 1);
  }

  #remove(which: 0 | 1, key: number, batch: Batch, i: number): void {
    const side = this.#sides[which];
    const row = side.take(key, batch, i);
    if (which === 1) this.#meetRight(row, key, -1);
    else if (this.#meetLeft(row, key, -1) === 0 && this.#outer) this.#emit(row, NONE, -1);
    side.rows.free(row);
    if (this.#sides[0].head(key) === NONE && this.#sides[1].head(key) === NONE) this.#index.remove(key);
  }

  /** Sends a left row's pairs; returns how many there are. */
  #meetLeft(row: number, key: number, weight: number): number {
    const right = this.#sides[1];
    let matches = 0;
    for (let other = right.head(key); other !== NONE; other = right.next[other]!) {
      if (!this.#passes(row, other)) continue;
      matches++;
      this.#emit(row, other, weight);
    }
    return matches;
  }

  /** Sends a right row's pairs; left rows of an outer join gain or lose their row of NULLs. */
  #meetRight(row: number, key: number, weight: number): void {
    const left = this.#sides[0];
    for (let other = left.head(key); other !== NONE; other = left.next[other]!) {
      if (!this.#passes(other, row)) continue;
      if (this.#outer && weight > 0 && left.matches[other] === 0) this.#emit(other, NONE, -1);
      left.matches[other]! += weight;
      this.#emit(other, row, weight);
      if (this.#outer && weight < 0 && left.matches[other] === 0) this.#emit(other, NONE, 1);
    }
  }

  #passes(left: number, right: number): boolean {
    if (this.#residual === undefined) return true;
    const [l, r] = this.#sides;
    const keys = this.#keys.length;
    const width = l.rows.columns.length - keys;
    const read = (c: number): Datum =>
      c < width ? l.rows.columns[keys + c]!.get(left) : r.rows.columns[keys + c - width]!.get(right);
    return evaluate(this.#residual, read, 0, (error) => this.#scope.errors.record(this.view, error)) === true;
  }

  #emit(left: number, right: number, weight: number): void {
    const out = this.#out;
    if (out.n === EMIT_ROWS) this.#flush();
    const [l, r] = this.#sides;
    const keys = this.#keys.length;
    const width = l.rows.columns.length - keys;
    for (let c = 0; c < width; c++) out.column(c).copy(out.n, l.rows.columns[keys + c]!, left);
    for (let c = keys; c < r.rows.columns.length; c++) {
      const column = out.column(width + c - keys);
      if (right === NONE) column.setNull(out.n);
      else column.copy(out.n, r.rows.columns[c]!, right);
    }
    out.weights[out.n++] = weight;
  }

  #emitUnkept(batch: Batch, i: number, weight: number): void {
    const out = this.#out;
    if (out.n === EMIT_ROWS) this.#flush();
    const keys = this.#keys.length;
    const width = this.#sides[0].rows.columns.length - keys;
    for (let c = 0; c < out.columns.length; c++) {
      if (c < width) out.column(c).copy(out.n, batch.column(keys + c), i);
      else out.column(c).setNull(out.n);
    }
    out.weights[out.n++] = weight;
  }

  #flush(): void {
    if (this.#out.n > 0) this.send(this.#out);
    this.#out.n = 0;
  }

  barrier(): void {
    // Changes are sent as they come.
  }

  describe(): string {
    return `${this.#outer ? 'left' : 'inner'} join, both inputs kept by key`;
  }
  bounds(): readonly StateBound[] {
    return this.#sides.map((side, i) => ({
      per: `row of the ${i === 0 ? 'left' : 'right'} input`,
      bytes: rowBytes(side.rows.columns) + 24,
    }));
  }
  stateRows(): number {
    return this.#sides[0].rows.live + this.#sides[1].rows.live;
  }
  stateBytes(): number {
    let bytes = this.#index.bytes;
    for (const side of this.#sides) {
      bytes +=
        side.rows.columns.reduce((n, c) => n + c.bytes, 0) + side.heads.byteLength + side.next.byteLength * 3;
    }
    return bytes;
  }
  save(to: Packer): void {
    this.#index.save(to);
    for (const side of this.#sides) {
      to.rows(side.rows);
      for (const array of [side.heads, side.next, side.key, side.matches]) to.array(array);
    }
  }
  restore(from: Unpacker): void {
    this.#index.restore(from);
    for (const side of this.#sides) {
      from.rows(side.rows);
      side.heads = from.i32();
      side.next = from.i32();
      side.key = from.i32();
      side.matches = from.i32();
    }
  }
}
