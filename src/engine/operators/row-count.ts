import type { Expr } from '../../plan/expr.ts';
import { renderExpr } from '../../plan/render-expr.ts';
import type { Batch } from '../batch.ts';
import { CodeBuilder } from '../codegen/builder.ts';
import type { Packer, Unpacker } from '../state/packer.ts';
import { Expressions } from './expressions.ts';
import type { EvaluationContext } from './expressions.ts';
import type { Consumer, Operator, StateBound, Stream } from './stream.ts';

type RowLoop = (op: RowCount, B: Batch) => number;

/**
 * Counts the rows of a stream for which a predicate is TRUE: the number of rows of a materialized view that stores
 * none. The predicate does not depend on the clock.
 */
export class RowCount implements Operator, Consumer {
  readonly id: string;
  readonly view: string;
  readonly #predicate: Expr;
  readonly #expressions: Expressions;
  readonly #loop: RowLoop;
  #rows = 0;

  constructor(options: { id: string; context: EvaluationContext; input: Stream; predicate: Expr }) {
    const { context, input, predicate } = options;
    this.id = options.id;
    this.view = context.view;
    this.#predicate = predicate;
    this.#expressions = new Expressions(context, input, [predicate]);
    this.#loop = this.#compile();
  }

  /** Number of rows as of the last barrier. */
  get rows(): number {
    return this.#rows;
  }

  apply(batch: Batch): void {
    // Failures are counted where the view's rows are computed.
    this.#expressions.context.errors.silently(() => {
      this.#rows += this.#loop(this, batch);
    });
  }

  /** Evaluates the predicate for row `i` with the interpreter. */
  passes(batch: Batch, i: number): boolean {
    return this.#expressions.interpret(this.#predicate, batch, i) === true;
  }

  #compile(): RowLoop {
    const b = new CodeBuilder();
    const x = this.#expressions;
    const row = x.begin(b);
    b.line('const n=B.n,W=B.weights;let rows=0;for(let i=0;i<n;i++){');
    if (x.context.interpret) b.line('if(op.passes(B,i))rows+=W[i];');
    else {
      b.line('let bail=0;');
      const c = row('i');
      const predicate = c.compile(this.#predicate);
      if (c.canBail) b.line('if(bail!==0){if(op.passes(B,i))rows+=W[i];continue;}');
      b.line(`if(${c.isTrue(predicate)})rows+=W[i];`);
    }
    b.line('}return rows;');
    return b.build(`count ${x.context.view}`, ['op', 'B']);
  }

  barrier(): void {
    // Changes are counted in `apply`.
  }

  describe(): string {
    return `the number of rows where ${renderExpr(this.#predicate)}`;
  }
  bounds(): readonly StateBound[] {
    return [];
  }
  stateRows(): number {
    return 0;
  }
  stateBytes(): number {
    return 8;
  }
  markTexts(): void {
    // The state is one number.
  }
  save(to: Packer): void {
    to.numbers(this.#rows);
  }
  restore(from: Unpacker): void {
    this.#rows = from.numbers()[0]!;
  }
}
