import { evaluate } from '../../plan/evaluate.ts';
import type { Expr } from '../../plan/expr.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import { Batch } from '../batch.ts';
import type { Packer, Unpacker } from '../state/packer.ts';
import type { Scope } from './expressions.ts';
import type { Operator, StateBound } from './stream.ts';
import { Stream } from './stream.ts';

/** VALUES: constant rows, sent once, at the first barrier. */
export class ValuesOperator extends Stream implements Operator {
  readonly id: string;
  readonly view: string;
  readonly #rows: Batch;
  #sent = false;

  constructor(id: string, scope: Scope, columns: readonly PlanColumn[], rows: readonly (readonly Expr[])[]) {
    super(columns, { appendOnly: true, slotted: false, netted: false });
    this.id = id;
    this.view = scope.view;
    this.#rows = new Batch(
      columns.map((c) => c.type),
      Math.max(1, rows.length),
      scope.pool,
    );
    const none = (): never => {
      throw new Error('VALUES has no columns to refer to');
    };
    for (const row of rows) this.#rows.append(row.map((e) => evaluate(e, none, 0)));
  }

  barrier(): void {
    if (this.#sent) return;
    this.#sent = true;
    this.send(this.#rows);
  }

  describe(): string {
    return `${this.#rows.n} constant rows`;
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
  save(to: Packer): void {
    to.numbers(this.#sent ? 1 : 0);
  }
  restore(from: Unpacker): void {
    this.#sent = from.numbers()[0] === 1;
  }
}
