import { evaluate } from '../../plan/evaluate.ts';
import type { Expr } from '../../plan/expr.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import type { Datum } from '../../values/datum.ts';
import { Batch } from '../batch.ts';
import type { Packer, Unpacker } from '../state/packer.ts';
import type { EvaluationContext } from './expressions.ts';
import type { Operator, StateBound } from './stream.ts';
import { Stream } from './stream.ts';

/** VALUES: sends its constant rows once, at the first barrier. An expression that fails is NULL, and counted then. */
export class ValuesOperator extends Stream implements Operator {
  readonly id: string;
  readonly view: string;
  readonly #context: EvaluationContext;
  readonly #rows: readonly (readonly Expr[])[];
  #sent = false;

  constructor(
    id: string,
    context: EvaluationContext,
    columns: readonly PlanColumn[],
    rows: readonly (readonly Expr[])[],
  ) {
    super(columns, { appendOnly: true, slotted: false, consolidated: false });
    this.id = id;
    this.view = context.view;
    this.#context = context;
    this.#rows = rows;
  }

  barrier(): void {
    if (this.#sent) return;
    this.#sent = true;
    const types = this.columns.map((c) => c.type);
    const batch = new Batch(types, Math.max(1, this.#rows.length), this.#context.pool);
    for (const row of this.#rows) batch.append(row.map((e) => this.#value(e)));
    this.send(batch);
  }

  #value(e: Expr): Datum {
    const none = (): never => {
      throw new Error('VALUES has no columns to refer to');
    };
    return evaluate(e, none, 0, (error) => this.#context.errors.record(this.view, error));
  }

  describe(): string {
    return `${this.#rows.length} constant rows`;
  }
  bounds(): readonly StateBound[] {
    return [];
  }
  stateRows(): number {
    return 0;
  }
  stateBytes(): number {
    return 0;
  }
  markTexts(): void {
    // The rows are expressions until they are sent, and not kept afterwards.
  }
  save(to: Packer): void {
    to.numbers(this.#sent ? 1 : 0);
  }
  restore(from: Unpacker): void {
    this.#sent = from.numbers()[0] === 1;
  }
}
