import { evaluate } from '../../plan/evaluate.ts';
import type { Expr } from '../../plan/expr.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import type { Datum } from '../../values/datum.ts';
import type { SqlValueError } from '../../values/sql-error.ts';
import type { SqlType } from '../../values/types.ts';
import { Batch } from '../batch.ts';
import type { Column } from '../column.ts';
import { KeyIndex } from '../state/key-index.ts';
import type { Packer, Unpacker } from '../state/packer.ts';
import { RowStore, rowBytes } from '../state/row-store.ts';
import type { TextMarks } from '../text/text-marks.ts';
import type { EvaluationContext } from './expressions.ts';
import { JoinSide, NONE } from './join-side.ts';
import type { Consumer, Operator, StateBound } from './stream.ts';
import { Stream } from './stream.ts';

const OUTPUT_ROWS = 1024;

/** A column of an input that is kept and sent: column `at` of the rows, stored in `from`, sent in `to`. */
interface ColumnCopy {
  readonly from: Column;
  readonly to: Column;
  readonly at: number;
}

/**
 * Equi-join, inner or left. The rows of both inputs are kept by key, and a change of one side is joined with the rows
 * of the other at once. Input rows are [keys..., row...], output rows are [left row..., right row...].
 *
 * Invariant: consumers hold each pair of matching rows, and for a left join each left row without a match once, with
 * NULLs on the right. A NULL key matches nothing.
 */
export class JoinOperator extends Stream implements Operator {
  readonly id: string;
  readonly view: string;
  readonly left: Consumer;
  readonly right: Consumer;
  readonly #outer: boolean;
  readonly #keys: readonly number[];
  readonly #residual: Expr | undefined;
  readonly #context: EvaluationContext;
  readonly #index: KeyIndex;
  readonly #sides: readonly [JoinSide, JoinSide];
  readonly #out: Batch;
  /** By side: the columns that are sent. */
  readonly #copies: readonly [readonly ColumnCopy[], readonly ColumnCopy[]];

  constructor(options: {
    id: string;
    context: EvaluationContext;
    outer: boolean;
    keyCount: number;
    left: readonly SqlType[];
    right: readonly SqlType[];
    /** Whether the rows of the left and of the right input carry slots. */
    slotted: readonly [boolean, boolean];
    residual: Expr | undefined;
    appendOnly: boolean;
    columns: readonly PlanColumn[];
  }) {
    super(options.columns, { appendOnly: options.appendOnly, slotted: false, consolidated: false });
    const { context, keyCount, left, right } = options;
    this.id = options.id;
    this.view = context.view;
    this.#outer = options.outer;
    this.#keys = Array.from({ length: keyCount }, (_, i) => i);
    this.#residual = options.residual;
    this.#context = context;
    this.#index = new KeyIndex(left.slice(0, keyCount), context.pool);
    const [l, r] = options.slotted;
    this.#sides = [
      new JoinSide(new RowStore(left, context.pool), l),
      new JoinSide(new RowStore(right, context.pool), r),
    ];
    this.#out = new Batch(
      options.columns.map((c) => c.type),
      OUTPUT_ROWS,
      context.pool,
    );
    const copies = ({ rows }: JoinSide, first: number): ColumnCopy[] =>
      rows.columns
        .slice(keyCount)
        .map((from, c) => ({ from, to: this.#out.column(first + c), at: keyCount + c }));
    this.#copies = [copies(this.#sides[0], 0), copies(this.#sides[1], left.length - keyCount)];
    this.left = { apply: (batch) => this.#apply(0, batch) };
    this.right = { apply: (batch) => this.#apply(1, batch) };
  }

  #apply(which: 0 | 1, batch: Batch): void {
    this.#out.n = 0;
    for (let i = 0; i < batch.n; i++) {
      const weight = batch.weights[i]!;
      if (this.#keys.some((k) => batch.column(k).nulls[i] === 1)) {
        // A NULL key matches nothing, so the row is not stored: a left join passes it on.
        if (which === 0 && this.#outer) this.#outputUnkept(batch, i, weight);
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
    const row = side.add(key, batch, i);
    if (which === 0) side.matches[row] = this.#meetLeft(row, key, 1);
    else this.#meetRight(row, key, 1);
    if (which === 0 && this.#outer && side.matches[row] === 0) this.#output(row, NONE, 1);
  }

  #remove(which: 0 | 1, key: number, batch: Batch, i: number): void {
    const side = this.#sides[which];
    const row = side.take(key, batch, i);
    if (which === 1) this.#meetRight(row, key, -1);
    else if (this.#meetLeft(row, key, -1) === 0 && this.#outer) this.#output(row, NONE, -1);
    side.rows.free(row);
    if (this.#sides[0].head(key) === NONE && this.#sides[1].head(key) === NONE) this.#index.remove(key);
  }

  /** Sends the pairs of a left row and returns their number. */
  #meetLeft(row: number, key: number, weight: number): number {
    const right = this.#sides[1];
    let matches = 0;
    for (let other = right.head(key); other !== NONE; other = right.next[other]!) {
      if (!this.#passes(row, other, weight)) continue;
      matches++;
      this.#output(row, other, weight);
    }
    return matches;
  }

  /** Sends the pairs of a right row. In a left join, left rows gain or lose their row with NULLs. */
  #meetRight(row: number, key: number, weight: number): void {
    const left = this.#sides[0];
    for (let other = left.head(key); other !== NONE; other = left.next[other]!) {
      if (!this.#passes(other, row, weight)) continue;
      if (this.#outer && weight > 0 && left.matches[other] === 0) this.#output(other, NONE, -1);
      left.matches[other]! += weight;
      this.#output(other, row, weight);
      if (this.#outer && weight < 0 && left.matches[other] === 0) this.#output(other, NONE, 1);
    }
  }

  #passes(left: number, right: number, weight: number): boolean {
    const residual = this.#residual;
    if (residual === undefined) return true;
    const [l, r] = this.#sides;
    const keys = this.#keys.length;
    const width = l.rows.columns.length - keys;
    const read = (c: number): Datum =>
      c < width ? l.rows.columns[keys + c]!.get(left) : r.rows.columns[keys + c - width]!.get(right);
    // The failures of a retracted pair were counted when it was added.
    const failed = (error: SqlValueError): void => {
      if (weight > 0) this.#context.errors.record(this.view, error);
    };
    return evaluate(residual, read, 0, failed) === true;
  }

  #output(left: number, right: number, weight: number): void {
    const out = this.#out;
    if (out.n === OUTPUT_ROWS) this.#flush();
    const [l, r] = this.#copies;
    for (const { from, to } of l) to.copy(out.n, from, left);
    if (right === NONE) for (const { to } of r) to.setNull(out.n);
    else for (const { from, to } of r) to.copy(out.n, from, right);
    out.weights[out.n++] = weight;
  }

  #outputUnkept(batch: Batch, i: number, weight: number): void {
    const out = this.#out;
    if (out.n === OUTPUT_ROWS) this.#flush();
    const [l, r] = this.#copies;
    for (const { to, at } of l) to.copy(out.n, batch.column(at), i);
    for (const { to } of r) to.setNull(out.n);
    out.weights[out.n++] = weight;
  }

  #flush(): void {
    if (this.#out.n > 0) this.send(this.#out);
    this.#out.n = 0;
  }

  barrier(): void {
    // Changes are sent in `apply`.
  }

  describe(): string {
    return `${this.#outer ? 'left' : 'inner'} join, both inputs kept by key`;
  }
  bounds(): readonly StateBound[] {
    return this.#sides.map((side, i) => ({
      per: `row of the ${i === 0 ? 'left' : 'right'} input`,
      bytes: rowBytes(side.rows.columns) + 28,
    }));
  }
  stateRows(): number {
    return this.#sides[0].rows.live + this.#sides[1].rows.live;
  }
  stateBytes(): number {
    let bytes = this.#index.bytes;
    for (const side of this.#sides) bytes += side.bytes;
    return bytes;
  }
  markTexts(marks: TextMarks): void {
    this.#index.markTexts(marks);
    for (const side of this.#sides) side.rows.markTexts(marks);
  }
  save(to: Packer): void {
    this.#index.save(to);
    for (const side of this.#sides) side.save(to);
  }
  restore(from: Unpacker): void {
    this.#index.restore(from);
    for (const side of this.#sides) side.restore(from);
  }
}
