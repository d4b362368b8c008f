import type { Expr } from '../../plan/expr.ts';
import type { AggregateCall, PlanColumn } from '../../plan/nodes.ts';
import { datumKey } from '../../values/compare.ts';
import type { Datum } from '../../values/datum.ts';
import { planCalls } from '../aggregates/choose.ts';
import { OrderedAggregate, orderedTypes } from '../aggregates/ordered.ts';
import { Batch } from '../batch.ts';
import { Column } from '../column.ts';
import { compileApply } from '../codegen/group-apply.ts';
import type { ApplyKernel } from '../codegen/group-apply.ts';
import { compileEmit, compileGather } from '../codegen/group-output.ts';
import type { EmitKernel, GatherKernel } from '../codegen/group-output.ts';
import type { GroupShape, RowExprs } from '../codegen/group-shape.ts';
import { interned, layoutKeyWords } from '../codegen/key-words.ts';
import { DistinctSet } from '../state/distinct-set.ts';
import { Fields, growInt32 } from '../state/fields.ts';
import { HashTable } from '../state/hash-table.ts';
import { rowBytes } from '../state/row-store.ts';
import type { Packer, Unpacker } from '../state/packer.ts';
import { evaluatedRow, flatten } from './evaluated-row.ts';
import { Expressions } from './expressions.ts';
import type { Scope } from './expressions.ts';
import { ExprSharer } from './share.ts';
import type { ClockedConsumer, Operator, StateBound } from './stream.ts';
import { Stream } from './stream.ts';

const EMIT_ROWS = 2048;

export interface AggregateOptions {
  readonly id: string;
  readonly scope: Scope;
  readonly input: Stream;
  /** Over the input's columns. */
  readonly predicate: Expr | undefined;
  readonly groupBy: readonly Expr[];
  readonly calls: readonly AggregateCall[];
  /** Output columns: the keys, then the calls. */
  readonly columns: readonly PlanColumn[];
  /** One group that is always there. */
  readonly global: boolean;
  /** No calls: keep equal rows as often as they come (a materialized view without a key). */
  readonly bag: boolean;
}

/**
 * GROUP BY. Invariant: after a barrier, the group at a live slot has the aggregates of exactly the rows added to it
 * and not taken away, and consumers have seen exactly that row for it.
 *
 * Keys become dense slots through open addressing; state lies in parallel arrays by slot. The first touch of a group
 * between two barriers keeps its old state aside, so that the barrier sends one change per group, or none when the
 * result did not change. A group whose last row is gone is removed and its slot reused.
 */
export class AggregateOperator extends Stream implements Operator, ClockedConsumer {
  readonly id: string;
  readonly view: string;
  readonly expressions: Expressions;
  readonly shape: GroupShape;
  override readonly stableColumns: number;
  readonly #exprs: RowExprs;
  readonly #global: boolean;

  // State and scratch, read and written by the generated kernels.
  readonly table = new HashTable();
  /** By slot: the words of the keys (shape.keyWords), and of irregular keys a number. */
  keyWords: Int32Array;
  /** By key: the values of irregular keys (numeric, json, arrays). */
  readonly keyColumns: readonly (Column | undefined)[];
  fields: Fields;
  oldFields: Fields;
  hashes: Int32Array;
  dirtySlots: Int32Array;
  dirtyCount = 0;
  regrown = false;
  readonly distinct: readonly DistinctSet[];
  readonly ordered: readonly OrderedAggregate[];
  /** One scratch row per ordered aggregate. */
  readonly orderedRow: readonly Batch[];
  /** By ordered aggregate: the value last sent, by slot. */
  readonly emitted: readonly Column[];

  #count = 0;
  #free: number[] = [];
  readonly #keyNumbers: Map<string, number>[];
  readonly #distinctNumbers: Map<string, number>[];
  readonly #deferred: Batch;
  readonly #out: Batch;
  readonly #apply: ApplyKernel;
  readonly #applyEvaluated: ApplyKernel;
  readonly #emit: EmitKernel;
  readonly #gather: GatherKernel;

  constructor(options: AggregateOptions) {
    super(options.columns, { appendOnly: false, slotted: !options.bag, netted: !options.bag });
    this.stableColumns = options.groupBy.length;
    const { scope, input, calls, groupBy, columns } = options;
    this.id = options.id;
    this.view = scope.view;
    this.#global = options.global;
    const pool = scope.pool;
    const keys = columns.slice(0, groupBy.length);
    const sharer = new ExprSharer();
    const share = (e: Expr): Expr => sharer.share(e);
    this.#exprs = {
      predicate: options.predicate === undefined ? undefined : share(options.predicate),
      keys: groupBy.map(share),
      args: calls.map((call) => call.args.map(share)),
      filters: calls.map((call) => (call.filter === undefined ? undefined : share(call.filter))),
      orderKeys: calls.map((call) => call.orderBy.map((k) => share(k.expr))),
    };
    this.expressions = new Expressions(scope, input, flatten(this.#exprs));
    const plans = planCalls(calls, input.traits.appendOnly && !this.expressions.clocked);
    this.shape = {
      id: options.id,
      keys,
      calls: plans,
      columns,
      bag: options.bag,
      stride: plans.reduce((n, p) => Math.max(n, p.start + (p.fields?.count ?? 0)), 1),
      keyWords: layoutKeyWords(keys),
    };
    const capacity = options.global ? 1 : 256;
    this.keyWords = new Int32Array(this.shape.keyWords.stride * capacity);
    this.keyColumns = keys.map((k) => (interned(k) ? new Column(k.type, capacity, pool) : undefined));
    this.fields = new Fields(this.shape.stride, capacity);
    this.oldFields = new Fields(this.shape.stride, capacity);
    this.hashes = new Int32Array(capacity);
    this.dirtySlots = new Int32Array(capacity);
    this.distinct = plans.filter((p) => p.distinct >= 0).map(() => new DistinctSet());
    const orderedCalls = plans.filter((p) => p.fields === undefined).map((p) => p.call);
    this.ordered = orderedCalls.map((call) => new OrderedAggregate(call, pool));
    this.orderedRow = orderedCalls.map((call) => new Batch(orderedTypes(call), 1, pool));
    this.emitted = orderedCalls.map((call) => new Column(call.type, capacity, pool));
    this.#keyNumbers = keys.map(() => new Map());
    this.#distinctNumbers = this.distinct.map(() => new Map());
    this.#out = new Batch(
      columns.map((c) => c.type),
      EMIT_ROWS,
      pool,
    );
    this.#out.hasSlots = !options.bag;
    const { exprs, stream } = evaluatedRow(this.#exprs);
    this.#deferred = new Batch(
      stream.columns.map((c) => c.type),
      16,
      pool,
    );
    this.#apply = compileApply(this.shape, this.expressions, this.#exprs);
    this.#applyEvaluated = compileApply(
      this.shape,
      new Expressions({ ...scope, interpret: false }, stream, flatten(exprs)),
      exprs,
    );
    this.#emit = compileEmit(this.shape, pool);
    this.#gather = compileGather(this.shape, pool);
    if (options.global) this.#addGlobalGroup();
  }

  /** The single group of a global aggregate holds one row that is not there, so that it never goes away. */
  #addGlobalGroup(): void {
    this.reserve(1);
    // The hash of no keys, see compileApply.
    const hash = 0x811c9dc5 | 0;
    const slot = this.newSlot(hash);
    const p = hash & this.table.mask;
    this.table.entries[2 * p] = hash;
    this.table.entries[2 * p + 1] = slot;
    this.keyWords[this.shape.keyWords.mark] = 1;
    this.dirtySlots[0] = slot;
    this.dirtyCount = 1;
    this.fields.values[slot * this.shape.stride] = 1;
  }

  setClock(now_us: number): void {
    this.expressions.setClock(now_us);
  }

  apply(batch: Batch): void {
    this.#apply(this, batch);
    if (this.#deferred.n > 0) {
      this.#applyEvaluated(this, this.#deferred);
      this.#deferred.n = 0;
    }
  }

  /** Makes room so that `n` rows can touch or create as many groups without any array growing. */
  reserve(n: number): void {
    this.table.reserve(n);
    const slots = this.#count + n;
    if (slots > this.fields.capacity) {
      const capacity = Math.max(slots, this.fields.capacity * 2);
      this.fields.ensure(capacity);
      this.keyWords = growInt32(this.keyWords, capacity * this.shape.keyWords.stride);
      for (const column of this.keyColumns) column?.ensure(capacity);
      for (const column of this.emitted) column.ensure(capacity);
      this.hashes = growInt32(this.hashes, capacity);
    }
    const dirty = this.dirtyCount + n;
    this.oldFields.ensure(dirty);
    if (dirty > this.dirtySlots.length) {
      this.dirtySlots = growInt32(this.dirtySlots, Math.max(dirty, this.dirtySlots.length * 2));
    }
  }

  /** A slot for a new group; the caller enters it into the table. */
  newSlot(hash: number): number {
    this.table.count++;
    const slot = this.#free.pop() ?? this.#count++;
    this.hashes[slot] = hash;
    return slot;
  }

  /** Removes a group whose rows are all gone. */
  freeSlot(slot: number): void {
    this.table.remove(this.hashes[slot]!, slot);
    const { stride, keyWords } = this.shape;
    this.fields.values.fill(0, slot * stride, (slot + 1) * stride);
    this.keyWords.fill(0, slot * keyWords.stride, (slot + 1) * keyWords.stride);
    for (const column of this.keyColumns) column?.setNull(slot);
    for (const column of this.emitted) column.setNull(slot);
    for (const ordered of this.ordered) ordered.free(slot);
    this.#free.push(slot);
  }

  internKey(key: number, value: Datum): number {
    return numberOf(this.#keyNumbers[key]!, datumKey(this.shape.keys[key]!.type, value));
  }
  internDistinct(set: number, value: Datum): number {
    const call = this.shape.calls.find((p) => p.distinct === set)!.call;
    return numberOf(this.#distinctNumbers[set]!, datumKey(call.args[0]!.type, value));
  }

  /** Evaluates row `i` with the interpreter and puts it aside until the loop is done. */
  defer(batch: Batch, i: number): void {
    const x = this.expressions;
    const { predicate, keys, args, filters, orderKeys } = this.#exprs;
    if (predicate !== undefined && x.interpret(predicate, batch, i) !== true) return;
    const row: Datum[] = keys.map((e) => x.interpret(e, batch, i));
    args.forEach((list, c) => {
      const filter = filters[c];
      const passes = filter === undefined || x.interpret(filter, batch, i) === true;
      for (const e of list) row.push(passes ? x.interpret(e, batch, i) : null);
      for (const e of orderKeys[c]!) row.push(passes ? x.interpret(e, batch, i) : null);
      row.push(passes);
    });
    this.#deferred.append(row, batch.weights[i]!);
  }

  /** Brings the values last sent of the ordered aggregates up to date. */
  settleOrdered(slot: number): void {
    this.ordered.forEach((ordered, i) => this.emitted[i]!.set(slot, ordered.result(slot)));
  }

  /** Of a bag: the row of a slot into row `k`. */
  bagRow(out: Batch, k: number, slot: number): void {
    const { keyWords } = this.shape;
    const words = this.keyWords;
    const base = slot * keyWords.stride;
    this.keyColumns.forEach((column, c) => {
      const to = out.column(c);
      if (column !== undefined) {
        to.copy(k, column, slot);
        return;
      }
      to.nulls[k] = keyWords.mask < 0 ? 0 : (words[base + keyWords.mask]! >> c) & 1;
      const at = base + keyWords.starts[c]!;
      if (to.layout === 'i64' || to.layout === 'f64') {
        to.w[2 * k] = words[at]!;
        to.w[2 * k + 1] = words[at + 1]!;
      } else to.v[k] = words[at]!;
    });
  }

  barrier(): void {
    const out = this.#out;
    const end = this.dirtyCount;
    for (let d = 0; d < end; ) {
      out.n = 0;
      this.regrown = false;
      d = this.#emit(this, out, d);
      if (out.n > 0) this.send(out);
    }
    this.dirtyCount = 0;
  }

  override gather(slots: Int32Array, from: number, to: number, out: Batch): void {
    out.ensure(out.n + to - from);
    out.hasSlots = !this.shape.bag;
    if (this.shape.bag) this.#gatherCopies(slots, from, to, out);
    else this.#gather(this, out, slots, from, to);
  }

  /** Of a bag: each row as often as it is there. */
  #gatherCopies(slots: Int32Array, from: number, to: number, out: Batch): void {
    for (let i = from; i < to; i++) {
      const slot = slots[i]!;
      const copies = this.#rowsAt(slot);
      out.ensure(out.n + copies);
      for (let c = 0; c < copies; c++) {
        this.bagRow(out, out.n, slot);
        out.weights[out.n] = 1;
        out.slots[out.n] = slot;
        out.n++;
      }
    }
  }

  override liveSlots(): Int32Array {
    const slots = new Int32Array(this.#count);
    let n = 0;
    for (let s = 0; s < this.#count; s++) {
      if (this.#rowsAt(s) > 0) slots[n++] = s;
    }
    return slots.subarray(0, n);
  }

  /** The number of rows in a group, as of the last barrier. */
  #rowsAt(slot: number): number {
    const { stride, keyWords } = this.shape;
    const mark = this.keyWords[slot * keyWords.stride + keyWords.mark]!;
    return mark !== 0 ? this.oldFields.values[(mark - 1) * stride]! : this.fields.values[slot * stride]!;
  }

  override rowCount(): number {
    if (!this.shape.bag) return this.table.count;
    return this.liveSlots().reduce((n, slot) => n + this.#rowsAt(slot), 0);
  }

  describe(): string {
    const keys = this.shape.keys.map((k) => k.name).join(', ');
    const calls = this.shape.calls.map((p) => {
      const how = p.fields === undefined ? ' (kept in order)' : p.distinct >= 0 ? ' (exact set)' : '';
      return `${p.call.name}${how}`;
    });
    if (this.shape.bag) return `rows of (${keys}) with their multiplicity`;
    return `groups by (${keys})${calls.length === 0 ? '' : `: ${calls.join(', ')}`}`;
  }

  bounds(): readonly StateBound[] {
    const { keys, calls, stride, keyWords } = this.shape;
    const group = keys.length === 0 ? 'view' : `distinct (${keys.map((k) => k.name).join(', ')})`;
    const irregular = [...this.keyColumns, ...this.emitted].filter((c) => c !== undefined);
    const bounds = [{ per: group, bytes: stride * 8 + keyWords.stride * 4 + 20 + rowBytes(irregular) }];
    for (const plan of calls) {
      if (plan.distinct >= 0) bounds.push({ per: `distinct value of ${plan.call.name} in a group`, bytes: 24 });
      if (plan.fields === undefined) {
        const bytes = 16 + 8 * orderedTypes(plan.call).length;
        bounds.push({ per: `distinct row of ${plan.call.name} in a group`, bytes });
      }
    }
    return bounds;
  }

  stateRows(): number {
    return this.#count - this.#free.length - (this.#global ? 1 : 0);
  }

  stateBytes(): number {
    let bytes = this.table.bytes + this.fields.bytes + this.oldFields.bytes;
    bytes += this.hashes.byteLength + this.dirtySlots.byteLength + this.keyWords.byteLength;
    for (const column of [...this.keyColumns, ...this.emitted]) bytes += column?.bytes ?? 0;
    for (const set of this.distinct) bytes += set.bytes;
    for (const ordered of this.ordered) bytes += ordered.liveRows * 64;
    return bytes;
  }

  save(to: Packer): void {
    const n = this.#count;
    to.numbers(n, this.table.mask, this.table.count);
    to.array(this.table.entries);
    to.array(Int32Array.from(this.#free));
    to.array(this.hashes, n);
    to.array(this.fields.values, n * this.shape.stride);
    to.array(this.keyWords, n * this.shape.keyWords.stride);
    for (const column of this.keyColumns) if (column !== undefined) to.column(column, n);
    for (const column of this.emitted) to.column(column, n);
    for (const map of [...this.#keyNumbers, ...this.#distinctNumbers]) to.datums([...map.keys()]);
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
    this.hashes.set(from.i32());
    this.fields.values.set(from.f64());
    this.keyWords.set(from.i32());
    for (const column of this.keyColumns) if (column !== undefined) from.column(column);
    for (const column of this.emitted) from.column(column);
    for (const map of [...this.#keyNumbers, ...this.#distinctNumbers]) {
      map.clear();
      from.datums().forEach((key, i) => map.set(key as string, i));
    }
    for (const set of this.distinct) set.load(from.i32());
    for (const ordered of this.ordered) ordered.restore(from);
    this.#count = n;
  }
}

function numberOf(map: Map<string, number>, key: string): number {
  const known = map.get(key);
  if (known !== undefined) return known;
  map.set(key, map.size);
  return map.size - 1;
}
