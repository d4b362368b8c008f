import type { OrderKey, PlanColumn } from '../../plan/nodes.ts';
import type { SqlType } from '../../values/types.ts';
import { Batch } from '../batch.ts';
import { KeyIndex } from '../state/key-index.ts';
import type { Packer, Unpacker } from '../state/packer.ts';
import { rowComparator } from '../state/row-comparator.ts';
import type { CompareSlots } from '../state/row-comparator.ts';
import { RowStore, rowBytes } from '../state/row-store.ts';
import { SortedSlots } from '../state/sorted-slots.ts';
import type { TextMarks } from '../text/text-marks.ts';
import type { EvaluationContext } from './expressions.ts';
import type { Consumer, Operator, StateBound } from './stream.ts';
import { Stream } from './stream.ts';

const OUTPUT_ROWS = 1024;

interface Partition {
  readonly order: SortedSlots;
  /** The rows that consumers hold, in order. */
  sent: number[];
  dirty: boolean;
}

/**
 * The first `limit` rows after `offset` of each partition. Input rows are [partition keys..., order keys..., row...].
 * The whole row breaks ties, so the result is a function of the rows alone.
 *
 * Invariant: after a barrier, consumers hold exactly these rows, with their ranks if `rank` is set. An append-only
 * input needs only the first `offset + limit` rows of each partition; otherwise all rows are kept.
 */
export class TopNOperator extends Stream implements Operator, Consumer {
  readonly id: string;
  readonly view: string;
  readonly #partitionBy: readonly number[];
  readonly #firstRowColumn: number;
  readonly #limit: number;
  readonly #offset: number;
  readonly #rank: boolean;
  readonly #prune: boolean;
  readonly #index: KeyIndex;
  readonly #rows: RowStore;
  readonly #byContent: CompareSlots;
  readonly #partitions: (Partition | undefined)[] = [];
  #dirty: number[] = [];
  /** Rows removed since the last barrier, which consumers may still hold. */
  #gone: number[] = [];
  readonly #out: Batch;

  constructor(options: {
    id: string;
    context: EvaluationContext;
    input: readonly SqlType[];
    partitionBy: number;
    orderBy: readonly OrderKey[];
    limit: number;
    offset: number;
    rank: boolean;
    appendOnly: boolean;
    columns: readonly PlanColumn[];
  }) {
    super(options.columns, { appendOnly: false, slotted: false, consolidated: false });
    const { context, input, partitionBy, orderBy } = options;
    this.id = options.id;
    this.view = context.view;
    this.#partitionBy = Array.from({ length: partitionBy }, (_, i) => i);
    this.#firstRowColumn = partitionBy + orderBy.length;
    this.#limit = options.limit;
    this.#offset = options.offset;
    this.#rank = options.rank;
    this.#prune = options.appendOnly;
    this.#index = new KeyIndex(input.slice(0, partitionBy), context.pool);
    this.#rows = new RowStore(input, context.pool);
    const keys = orderBy.map((key, i) => ({
      column: partitionBy + i,
      descending: key.descending,
      nullsFirst: key.nullsFirst,
    }));
    const rest = input.slice(this.#firstRowColumn).map((_, i) => ({
      column: this.#firstRowColumn + i,
      descending: false,
      nullsFirst: false,
    }));
    this.#byContent = rowComparator(this.#rows.columns, [...keys, ...rest]);
    this.#out = new Batch(
      options.columns.map((c) => c.type),
      OUTPUT_ROWS,
      context.pool,
    );
  }

  apply(batch: Batch): void {
    for (let i = 0; i < batch.n; i++) {
      const key = this.#index.insert(batch, this.#partitionBy, i);
      let partition = this.#partitions[key];
      if (partition === undefined) {
        partition = { order: new SortedSlots(), sent: [], dirty: false };
        this.#partitions[key] = partition;
      }
      const row = this.#rows.insert(batch, i);
      if (batch.weights[i]! > 0) {
        if (this.#prune && this.#isOut(partition.order, row)) {
          this.#rows.free(row);
          continue;
        }
        partition.order.seek(row, this.#byContent);
        partition.order.insertHere(row);
        if (this.#prune && partition.order.size > this.#offset + this.#limit)
          this.#gone.push(partition.order.pop());
      } else {
        const known = partition.order.seek(row, this.#byContent);
        this.#rows.free(row);
        if (known < 0) throw new Error('top-n: a row was retracted that had not been added');
        partition.order.removeHere();
        this.#gone.push(known);
      }
      if (!partition.dirty) {
        partition.dirty = true;
        this.#dirty.push(key);
      }
    }
  }

  /** For an append-only input: returns whether a row comes after the first `offset + limit` rows. */
  #isOut(order: SortedSlots, row: number): boolean {
    return order.size >= this.#offset + this.#limit && this.#byContent(row, order.last()!) >= 0;
  }

  barrier(): void {
    this.#out.n = 0;
    for (const key of this.#dirty) {
      const partition = this.#partitions[key]!;
      partition.dirty = false;
      const now = partition.order.range(this.#offset, this.#offset + this.#limit);
      if (this.#rank) this.#sendRanked(partition.sent, now);
      else this.#sendSet(partition.sent, now);
      partition.sent = now;
      if (partition.order.size === 0) {
        this.#partitions[key] = undefined;
        this.#index.remove(key);
      }
    }
    this.#flush();
    for (const row of this.#gone) this.#rows.free(row);
    this.#gone = [];
    this.#dirty = [];
  }

  /** Compares rank by rank, and sends each rank whose row changed. */
  #sendRanked(before: readonly number[], now: readonly number[]): void {
    for (let r = 0; r < Math.max(before.length, now.length); r++) {
      const old = before[r];
      const row = now[r];
      if (old !== undefined && row !== undefined && this.#byContent(old, row) === 0) continue;
      if (old !== undefined) this.#output(old, -1, r);
      if (row !== undefined) this.#output(row, 1, r);
    }
  }

  /** Merges the two sorted lists, and sends the rows that only one of them has. */
  #sendSet(before: readonly number[], now: readonly number[]): void {
    let i = 0;
    let j = 0;
    while (i < before.length || j < now.length) {
      const old = before[i];
      const row = now[j];
      const order = old === undefined ? 1 : row === undefined ? -1 : this.#byContent(old, row);
      if (order === 0) {
        i++;
        j++;
      } else if (order < 0) {
        this.#output(old!, -1, i);
        i++;
      } else {
        this.#output(row!, 1, j);
        j++;
      }
    }
  }

  #output(row: number, weight: number, position: number): void {
    const out = this.#out;
    if (out.n === OUTPUT_ROWS) this.#flush();
    const first = this.#firstRowColumn;
    for (let c = first; c < this.#rows.columns.length; c++) {
      out.column(c - first).copy(out.n, this.#rows.columns[c]!, row);
    }
    if (this.#rank) out.column(this.columns.length - 1).set(out.n, BigInt(this.#offset + position + 1));
    out.weights[out.n] = weight;
    out.n++;
  }

  #flush(): void {
    if (this.#out.n > 0) this.send(this.#out);
    this.#out.n = 0;
  }

  describe(): string {
    const kept = this.#prune ? 'keeps only these' : 'keeps all rows';
    const rows = this.#limit === 1 ? 'first row' : `first ${this.#limit} rows`;
    const after = this.#offset === 0 ? '' : ` after ${this.#offset}`;
    return `${rows}${after}${this.#partitionBy.length === 0 ? '' : ' of each partition'} (${kept})`;
  }
  bounds(): readonly StateBound[] {
    const per = this.#partitionBy.length === 0 ? 'view' : 'partition';
    const times = this.#prune ? this.#offset + this.#limit : 1;
    return [
      { per: this.#prune ? per : 'row of the input', bytes: times * (rowBytes(this.#rows.columns) + 8) },
    ];
  }
  stateRows(): number {
    return this.#rows.live;
  }
  stateBytes(): number {
    return this.#rows.columns.reduce((n, c) => n + c.bytes, 0) + this.#index.bytes + this.#rows.live * 8;
  }

  markTexts(marks: TextMarks): void {
    this.#index.markTexts(marks);
    this.#rows.markTexts(marks);
  }
  save(to: Packer): void {
    this.#index.save(to);
    to.rows(this.#rows);
    const flat: number[] = [];
    this.#partitions.forEach((p, key) => {
      if (p !== undefined) flat.push(key, p.order.size, ...p.order, p.sent.length, ...p.sent);
    });
    to.array(Int32Array.from(flat));
  }
  restore(from: Unpacker): void {
    this.#index.restore(from);
    from.rows(this.#rows);
    const flat = from.i32();
    for (let at = 0; at < flat.length;) {
      const key = flat[at]!;
      const size = flat[at + 1]!;
      const sentAt = at + 2 + size;
      const sent = flat[sentAt]!;
      this.#partitions[key] = {
        order: SortedSlots.of(flat.subarray(at + 2, sentAt)),
        sent: [...flat.subarray(sentAt + 1, sentAt + 1 + sent)],
        dirty: false,
      };
      at = sentAt + 1 + sent;
    }
  }
}
