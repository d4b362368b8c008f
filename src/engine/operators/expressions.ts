import { evaluate } from '../../plan/evaluate.ts';
import type { Expr } from '../../plan/expr.ts';
import { usesColumns, usesNow } from '../../plan/clock-flow.ts';
import { children } from '../../plan/expr.ts';
import type { Datum } from '../../values/datum.ts';
import { Batch } from '../batch.ts';
import type { CodeBuilder } from '../codegen/builder.ts';
import { hoistColumn, loadColumn } from '../codegen/column-code.ts';
import { ExprCompiler } from '../codegen/expr-compiler.ts';
import type { Reg } from '../codegen/reg.ts';
import { columnsOf } from '../folded-rows.ts';
import type { ErrorLog } from '../errors.ts';
import type { StringPool } from '../text/string-pool.ts';
import type { TextHolder, TextMarks } from '../text/text-marks.ts';
import { sharedParts } from './share.ts';
import type { Stream } from './stream.ts';

/** What an operator needs to evaluate expressions: the engine's text pool, error log and mode, and its own view. */
export interface EvaluationContext {
  readonly pool: StringPool;
  readonly errors: ErrorLog;
  readonly view: string;
  /** For tests: evaluates expressions with the interpreter, the reference. The loops around them are generated. */
  readonly interpret: boolean;
}

/**
 * Emits, inside a loop, the loads of row `i` for `exprs` (by default all expressions) and the computation of what they
 * share; returns the compiler for that row. `sameRow` is the compiler of the same row under another clock.
 */
export type RowCode = (i: string, exprs?: readonly Expr[], sameRow?: ExprCompiler) => ExprCompiler;

/**
 * The expressions of one operator over one input stream, with equal parts shared (share.ts). Parts that depend on the
 * clock alone are parameters, a batch of one row, which changes only in `setClock`.
 */
export class Expressions implements TextHolder {
  readonly context: EvaluationContext;
  readonly exprs: readonly Expr[];
  /** The input's columns that the expressions read, ascending. */
  readonly used: readonly number[];
  readonly input: Stream;
  readonly params: Batch;
  /** The parameters of an earlier clock, see `setEarlierClock`. */
  readonly earlier: Batch;
  readonly #hoisted: readonly Expr[];
  now_us = 0;
  earlier_us = NaN;
  /** The latest clock for which the parameters were computed and their failures counted. */
  #counted_us = -Infinity;
  /** Set while rows are re-applied: the clock under which they were applied before. */
  #again_us: number | undefined;

  constructor(context: EvaluationContext, input: Stream, exprs: readonly Expr[]) {
    this.context = context;
    this.input = input;
    this.exprs = exprs;
    const used = new Set<number>();
    const hoisted: Expr[] = [];
    const walk = (e: Expr): void => {
      if (e.kind === 'column') used.add(e.index);
      if (usesNow(e) && !usesColumns(e)) {
        if (!hoisted.includes(e)) hoisted.push(e);
        return;
      }
      for (const child of children(e)) walk(child);
    };
    for (const e of exprs) walk(e);
    this.used = [...used].sort((a, b) => a - b);
    this.#hoisted = hoisted;
    const types = hoisted.map((e) => e.type);
    this.params = new Batch(types, 1, context.pool);
    this.earlier = new Batch(types, 1, context.pool);
    // Until a clock is set the parameters hold no value, and so no text.
    for (const { columns } of [this.params, this.earlier]) for (const column of columns) column!.setNull(0);
    if (types.some((type) => type.kind === 'varchar')) context.pool.addHolder(this);
    input.require(this.used);
  }

  markTexts(marks: TextMarks): void {
    for (const { columns } of [this.params, this.earlier])
      for (const column of columns) if (column !== undefined) marks.value(column, 0);
  }

  get clocked(): boolean {
    return this.#hoisted.length > 0;
  }

  setClock(now_us: number): void {
    this.now_us = now_us;
    const set = (): void => this.#setParams(this.params, now_us);
    const { errors } = this.context;
    // A failing parameter fails for all rows. It is counted when it starts to fail, not at every tick of the clock.
    if (now_us <= this.#counted_us) errors.silently(set);
    else if (this.#counted_us === -Infinity) set();
    else errors.newly(() => this.#setParams(this.params, this.#counted_us), set);
    this.#counted_us = Math.max(this.#counted_us, now_us);
  }

  /** Computes the parameters of the earlier clock, for loops that evaluate a row under two clocks. */
  setEarlierClock(us: number): void {
    if (us === this.earlier_us) return;
    this.earlier_us = us;
    this.context.errors.silently(() => this.#setParams(this.earlier, us));
  }

  /** Runs `f`, which re-applies rows: retracts them as of an earlier clock and adds them as of the present one. */
  again(earlier_us: number, f: () => void): void {
    this.#again_us = earlier_us;
    try {
      f();
    } finally {
      this.#again_us = undefined;
    }
  }

  /**
   * Evaluates a row of the given weight with `f`, which receives the clock to use. Counts no failure of a retracted
   * row, and of a re-applied row only failures that it did not have under the earlier clock.
   */
  evaluateRow<T>(weight: number, f: (now_us: number) => T): T {
    const { errors } = this.context;
    const earlier_us = this.#again_us;
    if (weight < 0) return errors.silently(() => f(earlier_us ?? this.now_us));
    if (earlier_us === undefined) return f(this.now_us);
    return errors.newly(
      () => void f(earlier_us),
      () => f(this.now_us),
    );
  }

  #setParams(params: Batch, now_us: number): void {
    this.#hoisted.forEach((e, i) => {
      params.column(i).set(
        0,
        this.#evaluate(e, () => null, now_us),
      );
    });
  }

  #evaluate(e: Expr, row: (index: number) => Datum, now_us: number): Datum {
    return evaluate(e, row, now_us, (error) => this.context.errors.record(this.context.view, error));
  }

  /** Evaluates an expression for row `i` with the interpreter. A part that fails is NULL, and counted. */
  interpret(e: Expr, batch: Batch, i: number, now_us = this.now_us): Datum {
    return this.#evaluate(e, (index) => batch.column(index).get(i), now_us);
  }

  /**
   * Emits what row loops need before they start: the columns of batch `B`, and the parameters (of the clock, or the
   * earlier clock). Returns the function that emits the code of a row.
   */
  begin(b: CodeBuilder, params = this.params): RowCode {
    const columns = this.input.columns;
    const hoisted = this.used.map((c) => ({
      index: c,
      code: hoistColumn(b, `B.columns[${c}]`, columns[c]!.type, columns[c]!.nullable),
    }));
    const hoistedParams = new Map<Expr, Reg>();
    const batch = b.bind(params);
    this.#hoisted.forEach((e, p) => {
      hoistedParams.set(e, loadColumn(b, hoistColumn(b, `${batch}.columns[${p}]`, e.type, true), '0'));
    });
    return (i, exprs = this.exprs, sameRow) => {
      const regs = new Map<number, Reg>();
      const read = columnsOf(exprs);
      for (const { index, code } of hoisted) {
        if (read.has(index)) regs.set(index, loadColumn(b, code, i));
      }
      const compiler = new ExprCompiler({
        builder: b,
        pool: this.context.pool,
        column: (index) => regs.get(index)!,
        params: hoistedParams,
      });
      if (sameRow !== undefined) compiler.adopt(sameRow);
      for (const e of sharedParts(exprs, (part) => hoistedParams.has(part))) compiler.compile(e);
      return compiler;
    };
  }
}
