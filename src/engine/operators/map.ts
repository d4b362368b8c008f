import type { Expr } from '../../plan/expr.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import type { Datum } from '../../values/datum.ts';
import { Batch } from '../batch.ts';
import { CodeBuilder } from '../codegen/builder.ts';
import { hoistColumn, sameValue, storeColumn } from '../codegen/column-code.ts';
import { Expressions } from './expressions.ts';
import type { EvaluationContext } from './expressions.ts';
import { ExprSharer } from './share.ts';
import type { ClockedConsumer } from './stream.ts';
import { Stream, reapplyInTwo } from './stream.ts';

type RowLoop = (op: MapOperator, B: Batch, O: Batch) => void;

/**
 * Filter and projection in one pass: sends the rows for which the predicate is TRUE, with the expressions as columns.
 * Stateless, except that expressions that use the clock have their value as of the last `setClock`.
 *
 * Drops an old and a new version of a row that come out equal, so that consumers see no empty change.
 */
export class MapOperator extends Stream implements ClockedConsumer {
  readonly expressions: Expressions;
  readonly #predicate: Expr | undefined;
  readonly #outputs: readonly Expr[];
  readonly #out: Batch;
  readonly #loop: RowLoop;

  constructor(options: {
    context: EvaluationContext;
    input: Stream;
    columns: readonly PlanColumn[];
    predicate: Expr | undefined;
    exprs: readonly Expr[];
  }) {
    const { context, input, columns } = options;
    const sharer = new ExprSharer();
    const predicate = options.predicate === undefined ? undefined : sharer.share(options.predicate);
    const exprs = options.exprs.map((e) => sharer.share(e));
    const all = predicate === undefined ? exprs : [...exprs, predicate];
    const expressions = new Expressions(context, input, all);
    super(columns, {
      appendOnly: input.traits.appendOnly && !expressions.clocked,
      slotted: input.traits.slotted,
      consolidated: input.traits.consolidated && !expressions.clocked,
    });
    this.expressions = expressions;
    this.#predicate = predicate;
    this.#outputs = exprs;
    this.#out = new Batch(
      columns.map((c) => c.type),
      256,
      context.pool,
    );
    this.#loop = this.#compile();
  }

  setClock(now_us: number): void {
    this.expressions.setClock(now_us);
  }

  reapply(batch: Batch, earlier_us: number, now_us: number): void {
    this.expressions.again(earlier_us, () => reapplyInTwo(this, batch, earlier_us, now_us));
  }

  apply(batch: Batch): void {
    this.#out.n = 0;
    this.map(batch, this.#out);
    if (this.#out.n > 0) this.send(this.#out);
  }

  /** Appends the mapped rows of `batch` to `out`. */
  map(batch: Batch, out: Batch): void {
    out.ensure(out.n + batch.n);
    out.hasSlots = batch.hasSlots;
    this.#loop(this, batch, out);
  }

  override gather(slots: Int32Array, from: number, to: number, out: Batch): void {
    const rows = new Batch(
      this.expressions.input.columns.map((c) => c.type),
      to - from,
      this.expressions.context.pool,
    );
    this.expressions.input.gather(slots, from, to, rows);
    rows.hasSlots = true;
    this.map(rows, out);
  }

  /** Returns the input's column that output column `at` copies; undefined if it is computed. */
  inputColumn(at: number): number | undefined {
    const e = this.#outputs[at];
    return e?.kind === 'column' ? e.index : undefined;
  }

  override liveSlots(): Int32Array {
    return this.expressions.input.liveSlots();
  }

  /** Evaluates row `i` with the interpreter into row `k` of `out`; returns false if the predicate does not hold. */
  slowRow(batch: Batch, i: number, out: Batch, k: number): boolean {
    const weight = batch.weights[i]!;
    return this.expressions.evaluateRow(weight, (now_us) => {
      const evaluate = (e: Expr): Datum => this.expressions.interpret(e, batch, i, now_us);
      if (this.#predicate !== undefined && evaluate(this.#predicate) !== true) return false;
      this.#outputs.forEach((e, c) => out.column(c).set(k, evaluate(e)));
      return true;
    });
  }

  #compile(): RowLoop {
    const b = new CodeBuilder();
    const x = this.expressions;
    const row = x.begin(b);
    const outs = this.columns.map((c, i) => hoistColumn(b, `O.columns[${i}]`, c.type, true));
    b.line('const n=B.n,W=B.weights,S=B.slots,OW=O.weights,OS=O.slots,slotted=B.hasSlots;let k=O.n;');
    b.line('for(let i=0;i<n;i++){let bail=0;');
    if (x.context.interpret) b.line('if(!op.slowRow(B,i,O,k))continue;');
    else {
      b.line('fast:{');
      const c = row('i');
      if (this.#predicate !== undefined) {
        const predicate = c.compile(this.#predicate);
        if (c.canBail) b.line('if(bail!==0)break fast;');
        b.line(`if(!(${c.isTrue(predicate)}))continue;`);
      }
      this.#outputs.forEach((e, i) => storeColumn(c, c.compile(e), outs[i]!, 'k'));
      b.line('}');
      if (c.canBail) b.line('if(bail!==0&&!op.slowRow(B,i,O,k))continue;');
    }
    b.line('OW[k]=W[i];OS[k]=S[i];');
    const same = outs.map((c) => sameValue(b, c, 'k', '(k-1)'));
    b.line('if(slotted&&W[i]===1&&k>0&&i>0&&W[i-1]===-1&&S[i-1]===S[i]&&OW[k-1]===-1&&OS[k-1]===S[i]');
    b.line(`${same.map((s) => `&&${s}`).join('')}){k--;continue;}`);
    b.line('k++;}O.n=k;');
    return b.build(`map ${x.context.view}`, ['op', 'B', 'O']);
  }
}
