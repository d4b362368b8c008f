import type { FuncCall } from '@pgsql/types';
import type { AggregateName } from '../../functions/function.ts';
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  JSONB,
  NUMERIC,
  VARCHAR,
  arrayOf,
  isInteger,
  isNumber,
  typeName,
} from '../../values/types.ts';
import type { SqlType } from '../../values/types.ts';
import type { ColumnExpr, Expr, Span } from '../../plan/expr.ts';
import type { AggregateCall, OrderKey } from '../../plan/nodes.ts';
import { failure, unsupported } from '../failure.ts';
import { aggregateHint, isAggregateElsewhere } from './aggregate-hints.ts';
import { castTo, coerce, isConst, settle } from './coerce.ts';
import type { ExprBinder } from './expr-binder.ts';
import { exprKey, sameExpr } from '../../plan/expr-key.ts';
import { bindSortKeys } from './sort-keys.ts';

/** The aggregates that SQL can name. */
type SqlAggregate = Exclude<AggregateName, 'day_buckets'>;

const NAMES: ReadonlyMap<string, SqlAggregate> = new Map<string, SqlAggregate>([
  ['count', 'count'],
  ['sum', 'sum'],
  ['avg', 'avg'],
  ['min', 'min'],
  ['max', 'max'],
  ['bool_and', 'bool_and'],
  ['bool_or', 'bool_or'],
  ['every', 'bool_and'],
  ['array_agg', 'array_agg'],
  ['string_agg', 'string_agg'],
  ['jsonb_agg', 'jsonb_agg'],
  ['jsonb_object_agg', 'jsonb_object_agg'],
  ['first_value', 'first_value'],
  ['last_value', 'last_value'],
]);

/** Returns whether a name is that of an aggregate, supported or not. */
export function isAggregate(name: string): boolean {
  return NAMES.has(name) || isAggregateElsewhere(name);
}
/** Returns the names of the supported aggregates. */
export function aggregateNames(): readonly string[] {
  return [...NAMES.keys()];
}

/**
 * The aggregate calls of one SELECT, without repeats. While the expressions of the SELECT are bound, a call is a column
 * with a negative index, -1 for the first. Once all calls are known, it becomes a column of the aggregate's output.
 */
export class AggregateSlots {
  readonly calls: AggregateCall[] = [];
  readonly #known = new Map<string, number>();

  add(call: AggregateCall): ColumnExpr {
    const key = callKey(call);
    let i = this.#known.get(key);
    if (i === undefined) {
      i = this.calls.push(call) - 1;
      this.#known.set(key, i);
    }
    return {
      kind: 'column',
      index: -1 - i,
      name: call.name,
      type: call.type,
      nullable: call.nullable,
      span: call.span,
    };
  }
}

function callKey(c: AggregateCall): string {
  const order = c.orderBy.map((k) => `${exprKey(k.expr)} ${k.descending} ${k.nullsFirst}`);
  const filter = c.filter === undefined ? '' : exprKey(c.filter);
  return `${c.name}|${c.args.map(exprKey).join()}|${c.distinct}|${filter}|${order.join()}`;
}

/** Binds a call of an aggregate, and adds it to the slots of its SELECT. Throws SqlFailure where none is allowed. */
export function bindAggregate(name: string, node: FuncCall, binder: ExprBinder): Expr {
  const span = binder.span(node.location);
  const { aggregates, clause, slice } = binder.context;
  const aggregate = NAMES.get(name);
  if (aggregate === undefined) throw unsupported(`aggregate ${name}()`, span, aggregateHint(name, node));
  if (aggregates === undefined) {
    if (clause === 'an aggregate')
      throw failure(
        '42803',
        'aggregate calls cannot be nested',
        span,
        'compute the inner one in a sub-select',
      );
    throw failure(
      '42803',
      `aggregates are not allowed in ${clause}`,
      span,
      clause === 'WHERE' ? 'use HAVING, or filter one call: agg(...) FILTER (WHERE ...)' : undefined,
    );
  }
  if (node.agg_within_group === true)
    throw unsupported('WITHIN GROUP', span, `write the order inside the call: ${name}(x ORDER BY y)`);
  if (node.func_variadic === true) throw unsupported('VARIADIC', span, 'pass the arguments one by one');
  const inner = binder.within({ aggregates: undefined, windows: undefined, clause: 'an aggregate' });
  const filter =
    node.agg_filter === undefined ? undefined : inner.condition(node.agg_filter, 'the condition of FILTER');
  const orderBy = bindSortKeys(node.agg_order, slice, (n) => inner.bind(n));
  const distinct = node.agg_distinct === true;
  const args = node.agg_star === true ? [] : inner.bindAll(node.args);
  if (node.agg_star === true && aggregate !== 'count') {
    throw failure('42883', `${name}(*) does not exist`, span, 'only COUNT takes *');
  }
  const bound = typed(aggregate, name, args, span, node.agg_star === true);
  checkOrder(aggregate, name, { args: bound.args, orderBy, distinct }, span);
  // FILTER (WHERE TRUE) changes nothing.
  const always = filter !== undefined && isConst(filter) && filter.value === true;
  return aggregates.add({
    name: aggregate,
    args: countsRows(aggregate, bound.args, distinct) ? [] : bound.args,
    distinct: distinct && aggregate !== 'min' && aggregate !== 'max' && !aggregate.startsWith('bool'),
    filter: always ? undefined : filter,
    orderBy: ORDERED.has(aggregate) ? orderBy : [],
    type: bound.type,
    nullable: aggregate !== 'count',
    span,
  });
}

/** Aggregates whose result depends on the order of their input. */
const ORDERED: ReadonlySet<AggregateName> = new Set<AggregateName>([
  'array_agg',
  'string_agg',
  'jsonb_agg',
  'jsonb_object_agg',
  'first_value',
  'last_value',
]);

/** Returns whether a call is a COUNT of something that is never NULL, which counts rows. */
function countsRows(name: AggregateName, args: readonly Expr[], distinct: boolean): boolean {
  return name === 'count' && !distinct && args.every((a) => !a.nullable);
}

function checkOrder(
  aggregate: SqlAggregate,
  name: string,
  call: { args: readonly Expr[]; orderBy: readonly OrderKey[]; distinct: boolean },
  span: Span,
): void {
  if ((aggregate === 'first_value' || aggregate === 'last_value') && call.orderBy.length === 0) {
    throw failure('42P20', `${name} needs an order`, span, `write ${name}(x ORDER BY y)`);
  }
  if (!call.distinct || !ORDERED.has(aggregate)) return;
  const odd = call.orderBy.find((k) => !call.args.some((a) => sameExpr(a, k.expr)));
  if (odd !== undefined) {
    throw failure(
      '42P10',
      'with DISTINCT, ORDER BY must use the arguments of the aggregate',
      odd.expr.span ?? span,
      'order by the argument itself, or leave DISTINCT out',
    );
  }
}

/** Returns the arguments, cast as in PostgreSQL, and the result type of RisingWave. Throws SqlFailure on a misfit. */
function typed(
  aggregate: SqlAggregate,
  name: string,
  given: readonly Expr[],
  span: Span,
  star: boolean,
): { args: readonly Expr[]; type: SqlType } {
  const wanted = aggregate === 'string_agg' || aggregate === 'jsonb_object_agg' ? 2 : 1;
  if (!star && given.length !== wanted) {
    const hint =
      name === 'count'
        ? 'write COUNT(*) or COUNT(x)'
        : `it takes ${wanted === 1 ? 'one argument' : 'two arguments'}`;
    throw failure('42883', `${name} with ${given.length} arguments does not exist`, span, hint);
  }
  const args = given.map(settle);
  const arg = args[0];
  if (arg === undefined) return { args, type: BIGINT };
  const wrong = (hint: string): Error =>
    failure('42883', `function ${name}(${typeName(arg.type)}) does not exist`, span, hint);
  switch (aggregate) {
    case 'count':
      return { args, type: BIGINT };
    case 'sum':
    case 'avg': {
      if (arg.type.kind === 'interval')
        throw wrong(`take seconds: ${name}(EXTRACT(EPOCH FROM x)) * INTERVAL '1 second'`);
      if (!isNumber(arg.type)) throw wrong('it takes a number; cast the argument, or use COUNT');
      const { kind } = arg.type;
      if (aggregate === 'avg') return { args, type: kind === 'real' || kind === 'double' ? DOUBLE : NUMERIC };
      if (kind === 'bigint') return { args, type: NUMERIC };
      return { args, type: isInteger(arg.type) ? BIGINT : arg.type };
    }
    case 'min':
    case 'max':
      if (UNORDERED.has(arg.type.kind)) {
        throw wrong(
          arg.type.kind === 'boolean'
            ? 'use BOOL_AND or BOOL_OR'
            : 'cast the argument to a type with an order',
        );
      }
      return { args, type: arg.type };
    case 'bool_and':
    case 'bool_or':
      return {
        args: [coerce(arg, BOOLEAN, { what: `the argument of ${name}`, where: span })],
        type: BOOLEAN,
      };
    case 'string_agg': {
      const [value, delimiter] = args.map((a, i) =>
        coerce(a, VARCHAR, { what: `argument ${i + 1} of ${name}`, where: span }),
      );
      return { args: [value!, delimiter!], type: VARCHAR };
    }
    case 'array_agg':
      return { args, type: arrayOf(arg.type) };
    case 'jsonb_agg':
      return { args, type: JSONB };
    case 'jsonb_object_agg':
      return { args: [castTo(arg, VARCHAR, span), args[1]!], type: JSONB };
    case 'first_value':
    case 'last_value':
      return { args, type: arg.type };
  }
}

const UNORDERED: ReadonlySet<string> = new Set(['boolean', 'jsonb', 'array']);
