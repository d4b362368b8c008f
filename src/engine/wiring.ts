import { clockRules } from '../plan/clock-rules.ts';
import type { Expr } from '../plan/expr.ts';
import type { PlanColumn } from '../plan/nodes.ts';
import { isIdentity } from './folded-rows.ts';
import type { Rows } from './folded-rows.ts';
import { TemporalInput } from './operators/temporal-input.ts';
import type { EvaluationContext } from './operators/expressions.ts';
import { MapOperator } from './operators/map.ts';
import { RowCount } from './operators/row-count.ts';
import type { ClockedConsumer, Operator, Stream } from './operators/stream.ts';

type ExpressionConsumer = ClockedConsumer & {
  readonly expressions: { readonly exprs: readonly Expr[]; readonly used: readonly number[] };
};

/** Collects the operators of a graph in the order in which they are built, and connects streams to consumers. */
export class Wiring {
  readonly operators: Operator[] = [];
  readonly #base: Omit<EvaluationContext, 'view'>;
  readonly #now_us: number;
  /** The context of the view or source that is being built. */
  context: EvaluationContext;
  #nextId = 0;

  constructor(context: Omit<EvaluationContext, 'view'>, now_us: number) {
    this.#base = context;
    this.#now_us = now_us;
    this.context = { ...context, view: '' };
  }

  /** Starts a view or source: operators added from now on belong to it. */
  enter(name: string): void {
    this.context = { ...this.#base, view: name };
    this.#nextId = 0;
  }

  /** Returns an operator id that is the same each time the pipeline is built. */
  id(kind: string): string {
    return `${this.context.view}/${this.#nextId++}-${kind}`;
  }

  add<T extends Operator>(operator: T): T {
    this.operators.push(operator);
    return operator;
  }

  /**
   * Connects a consumer to its input, through a temporal input if its expressions depend on the clock. `written` are
   * the expressions before equal ones were shared, so that an error points at its own place in the SQL.
   */
  feed(stream: Stream, consumer: ExpressionConsumer, written: readonly Expr[]): void {
    clockRules(written); // throws ContinuousClockError with the expression's place in the SQL
    const rules = clockRules(consumer.expressions.exprs);
    if (rules.length === 0) {
      consumer.setClock(this.#now_us);
      stream.connect(consumer);
      return;
    }
    const input = new TemporalInput({
      id: this.id('clock'),
      context: this.context,
      input: stream,
      consumer,
      rules,
      used: consumer.expressions.used,
      now_us: this.#now_us,
    });
    stream.connect(input);
    this.add(input);
  }

  /** Returns the operator that computes the rows, not yet connected to their stream. */
  map(rows: Rows, columns: readonly PlanColumn[]): MapOperator {
    return new MapOperator({
      context: this.context,
      input: rows.stream,
      columns,
      predicate: rows.predicate,
      exprs: rows.exprs,
    });
  }

  /** Adds an operator that counts a view's rows; returns undefined if the view has as many rows as its stream. */
  count({ stream, predicate }: Rows): RowCount | undefined {
    if (predicate === undefined) return undefined;
    const count = new RowCount({ id: this.id('count'), context: this.context, input: stream, predicate });
    stream.connect(count);
    return this.add(count);
  }

  /** Returns a stream of the rows: the one beneath them if it has the same rows, otherwise a new map operator. */
  mapped(rows: Rows, columns: readonly PlanColumn[]): Stream {
    if (isIdentity(rows)) {
      rows.stream.require(rows.exprs.keys());
      return rows.stream;
    }
    const map = this.map(rows, columns);
    const { exprs, predicate } = rows;
    this.feed(rows.stream, map, predicate === undefined ? exprs : [...exprs, predicate]);
    return map;
  }
}
