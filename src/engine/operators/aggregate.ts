import { onlyLetsIn } from '../../plan/clock-rules.ts';
import { usesNow } from '../../plan/clock-flow.ts';
import type { Expr } from '../../plan/expr.ts';
import type { AggregateCall, PlanColumn } from '../../plan/nodes.ts';
import type { Datum } from '../../values/datum.ts';
import { planCalls } from '../aggregates/choose.ts';
import { Batch } from '../batch.ts';
import { compileApply } from '../codegen/group-apply.ts';
import type { ApplyLoop } from '../codegen/group-apply.ts';
import { compileOutput, compileGather } from '../codegen/group-output.ts';
import { compileFlip } from '../codegen/group-flip.ts';
import type { OutputLoop, GatherLoop } from '../codegen/group-output.ts';
import { compileLookup } from '../codegen/group-lookup.ts';
import type { LookupLoop } from '../codegen/group-lookup.ts';
import type { GroupShape, RowExprs } from '../codegen/group-shape.ts';
import { layoutRow } from '../codegen/group-shape.ts';
import { interned, layoutKeyWords } from '../codegen/key-words.ts';
import { Groups } from '../state/groups.ts';
import type { Packer, Unpacker } from '../state/packer.ts';
import { evaluatedRow, flatten, keyExpressions } from './evaluated-row.ts';
import { Expressions } from './expressions.ts';
import type { TextMarks } from '../text/text-marks.ts';
import type { EvaluationContext } from './expressions.ts';
import { ExprSharer } from './share.ts';
import type { ClockedConsumer, Operator, StateBound } from './stream.ts';
import { Stream, reapplyInTwo } from './stream.ts';

const OUTPUT_ROWS = 2048;

export interface AggregateOptions {
  readonly id: string;
  readonly context: EvaluationContext;
  readonly input: Stream;
  /** Like all expressions here, over the input's columns. */
  readonly predicate: Expr | undefined;
  readonly groupBy: readonly Expr[];
  readonly calls: readonly AggregateCall[];
  /** Output columns: the keys, then the calls. */
  readonly columns: readonly PlanColumn[];
  /** No GROUP BY: one group that always exists. */
  readonly global: boolean;
  /** No calls: each distinct row is kept with its multiplicity (a materialized view without a key). */
  readonly multiset: boolean;
}

/**
 * GROUP BY. Invariant: after a barrier, the group at a live slot has the aggregates of exactly the rows that were added
 * to it and not retracted, and consumers hold exactly its row.
 *
 * Keys become dense slots through open addressing; a group's key and accumulators lie side by side. The first touch of
 * a group between two barriers copies its old state, so that the barrier sends one change per group, or none if the
 * result is the same. A group without rows is removed, and its slot is reused.
 */
export class AggregateOperator extends Stream implements Operator, ClockedConsumer {
  readonly id: string;
  readonly view: string;
  readonly expressions: Expressions;
  readonly shape: GroupShape;
  override readonly stableColumns: number;
  readonly #exprs: RowExprs;
  readonly #global: boolean;
  readonly #groups: Groups;

  readonly #deferred: Batch;
  readonly #out: Batch;
  #collected: Batch | undefined;
  readonly #apply: ApplyLoop;
  readonly #applyEvaluated: ApplyLoop;
  /** Set if the keys do not use the clock, so that a row's version before and after a tick is in the same group. */
  readonly #flip: ApplyLoop | undefined;
  readonly #output: OutputLoop;
  readonly #gather: GatherLoop;
  #lookup: LookupLoop | undefined;

  constructor(options: AggregateOptions) {
    super(options.columns, {
      appendOnly: false,
      slotted: !options.multiset,
      consolidated: !options.multiset,
    });
    this.stableColumns = options.groupBy.length;
    const { context, input, columns } = options;
    this.id = options.id;
    this.view = context.view;
    this.#global = options.global;
    const pool = context.pool;
    this.#exprs = sharedExprs(options);
    this.expressions = new Expressions(context, input, flatten(this.#exprs));
    this.shape = shapeOf(options, input.traits.appendOnly && neverRetracts(this.#exprs));
    this.#groups = new Groups(this.shape, {
      pool,
      global: options.global,
      defer: (batch, i) => this.#defer(batch, i, batch.weights[i]!),
      deferFlip: (batch, i) => {
        this.#defer(batch, i, -1);
        this.#defer(batch, i, 1);
      },
      fail: (error) => context.errors.record(context.view, error),
    });
    this.#out = new Batch(
      columns.map((c) => c.type),
      OUTPUT_ROWS,
      pool,
    );
    this.#out.hasSlots = !options.multiset;
    const { exprs, stream } = evaluatedRow(this.#exprs);
    this.#deferred = new Batch(
      stream.columns.map((c) => c.type),
      16,
      pool,
    );
    this.#apply = compileApply(this.shape, this.expressions, this.#exprs);
    this.#applyEvaluated = compileApply(
      this.shape,
      new Expressions({ ...context, interpret: false }, stream, flatten(exprs)),
      exprs,
    );
    const inPlace = this.expressions.clocked && !context.interpret && !this.#exprs.keys.some(usesNow);
    this.#flip = inPlace ? compileFlip(this.shape, this.expressions, this.#exprs) : undefined;
    this.#output = compileOutput(this.shape, pool);
    this.#gather = compileGather(this.shape, pool);
  }

  setClock(now_us: number): void {
    this.expressions.setClock(now_us);
  }

  apply(batch: Batch): void {
    this.#apply(this.#groups, batch);
    this.#applyDeferred();
  }

  reapply(batch: Batch, earlier_us: number, now_us: number): void {
    const flip = this.#flip;
    this.expressions.again(earlier_us, () => {
      if (flip === undefined) {
        reapplyInTwo(this, batch, earlier_us, now_us);
        return;
      }
      this.expressions.setEarlierClock(earlier_us);
      flip(this.#groups, batch);
      this.#applyDeferred();
    });
  }

  #applyDeferred(): void {
    if (this.#deferred.n === 0) return;
    this.#applyEvaluated(this.#groups, this.#deferred);
    this.#deferred.n = 0;
  }

  /** Evaluates row `i` with the interpreter and keeps the result until the generated loop has ended. */
  #defer(batch: Batch, i: number, weight: number): void {
    const row = this.expressions.evaluateRow(weight, (now_us) => this.#evaluatedRow(batch, i, now_us));
    if (row !== undefined) this.#deferred.append(row, weight);
  }

  /** Returns the interpreter's values of all expressions for row `i`; undefined if the predicate does not hold. */
  #evaluatedRow(batch: Batch, i: number, now_us: number): Datum[] | undefined {
    const evaluate = (e: Expr): Datum => this.expressions.interpret(e, batch, i, now_us);
    const { predicate, keys, args, filters, orderKeys } = this.#exprs;
    if (predicate !== undefined && evaluate(predicate) !== true) return undefined;
    const row: Datum[] = keys.map(evaluate);
    args.forEach((list, c) => {
      const filter = filters[c];
      const passes = filter === undefined || evaluate(filter) === true;
      for (const e of list) row.push(passes ? evaluate(e) : null);
      for (const e of orderKeys[c]!) row.push(passes ? evaluate(e) : null);
      row.push(passes);
    });
    return row;
  }

  /** Makes barriers append changes to `out` instead of sending them, which saves a copy. The caller empties `out`. */
  collectInto(out: Batch): void {
    out.hasSlots = true;
    this.#collected = out;
  }

  barrier(): void {
    const groups = this.#groups;
    const end = groups.dirtyCount;
    if (this.#collected !== undefined) {
      this.#collected.ensure(this.#collected.n + 2 * end);
      this.#output(groups, this.#collected, 0);
      groups.settle();
      return;
    }
    const out = this.#out;
    for (let d = 0; d < end;) {
      out.n = 0;
      groups.regrown = false;
      d = this.#output(groups, out, d);
      if (out.n > 0) this.send(out);
    }
    groups.settle();
  }

  override gather(slots: Int32Array, from: number, to: number, out: Batch): void {
    out.ensure(out.n + to - from);
    out.hasSlots = !this.shape.multiset;
    if (this.shape.multiset) this.#gatherCopies(slots, from, to, out);
    else this.#gather(this.#groups, out, slots, from, to);
  }

  /** For a multiset: appends each row as often as it occurs. */
  #gatherCopies(slots: Int32Array, from: number, to: number, out: Batch): void {
    for (let i = from; i < to; i++) {
      const slot = slots[i]!;
      const copies = this.#groups.rowsAt(slot);
      out.ensure(out.n + copies);
      for (let c = 0; c < copies; c++) {
        this.#groups.multisetRow(out, out.n, slot);
        out.weights[out.n] = 1;
        out.slots[out.n] = slot;
        out.n++;
      }
    }
  }

  override get key(): readonly number[] | undefined {
    const { multiset, keys } = this.shape;
    return multiset || keys.some((k) => interned(k.type)) ? undefined : [...keys.keys()];
  }

  override find(key: Batch): number {
    this.#lookup ??= compileLookup(this.shape, keyExpressions(this.expressions.context, this.shape.keys));
    return this.#lookup(this.#groups, key);
  }

  override liveSlots(): Int32Array {
    return this.#groups.liveSlots();
  }

  override rowCount(): number {
    return this.shape.multiset ? this.#groups.copies : this.#groups.live;
  }

  describe(): string {
    const keys = this.shape.keys.map((k) => k.name).join(', ');
    const calls = this.shape.calls.map((p) => {
      const how =
        p.fields === undefined ? ' (kept in order)' : p.distinct !== undefined ? ' (exact set)' : '';
      return `${p.call.name}${how}`;
    });
    if (this.shape.multiset) return `rows of (${keys}) with their multiplicity`;
    return `groups by (${keys})${calls.length === 0 ? '' : `: ${calls.join(', ')}`}`;
  }

  bounds(): readonly StateBound[] {
    return this.#groups.bounds();
  }
  stateRows(): number {
    return this.#groups.live - (this.#global ? 1 : 0);
  }
  stateBytes(): number {
    return this.#groups.bytes;
  }
  markTexts(marks: TextMarks): void {
    this.#groups.markTexts(marks);
  }
  save(to: Packer): void {
    this.#groups.save(to);
  }
  restore(from: Unpacker): void {
    this.#groups.restore(from);
  }
}

/** Returns whether the passing of time neither removes a row from a group nor changes what it contributes. */
function neverRetracts({ predicate, ...rest }: RowExprs): boolean {
  const clocked = flatten({ ...rest, predicate: undefined }).some(usesNow);
  return !clocked && (predicate === undefined || onlyLetsIn(predicate));
}

/** Returns the expressions of a row, in which all equal sub-expressions are one object. */
function sharedExprs({ predicate, groupBy, calls }: AggregateOptions): RowExprs {
  const sharer = new ExprSharer();
  const share = (e: Expr): Expr => sharer.share(e);
  return {
    predicate: predicate === undefined ? undefined : share(predicate),
    keys: groupBy.map(share),
    args: calls.map((call) => call.args.map(share)),
    filters: calls.map((call) => (call.filter === undefined ? undefined : share(call.filter))),
    orderKeys: calls.map((call) => call.orderBy.map((k) => share(k.expr))),
  };
}

function shapeOf(options: AggregateOptions, appendOnly: boolean): GroupShape {
  const { id, groupBy, columns, multiset, global } = options;
  const keys = columns.slice(0, groupBy.length);
  const calls = planCalls(options.calls, { appendOnly, global });
  const stride = calls.reduce((n, p) => Math.max(n, p.start + (p.fields?.count ?? 0)), 1);
  const keyWords = layoutKeyWords(keys);
  return { id, keys, calls, columns, multiset, stride, keyWords, layout: layoutRow(keyWords, stride) };
}
