import type { A_Indirection, CaseExpr, ColumnRef, Node, TypeCast } from '@pgsql/types';
import { BOOLEAN, INTEGER, UNKNOWN, typeName } from '../../values/types.ts';
import type { Expr, Span } from '../../plan/expr.ts';
import { failure, unsupported } from '../failure.ts';
import type { Slice } from '../text/slice.ts';
import { oddCharacterHint } from '../text/syntax-hint.ts';
import type { AggregateSlots } from './aggregates.ts';
import { bindFunction } from './bind-function.ts';
import { bindOperator } from './bind-operator.ts';
import { call, compare, isNull, logic, not } from './build.ts';
import { canCast, castTo, coerce, constant, isConst, unify } from './coerce.ts';
import { exprSize } from '../../plan/expr-key.ts';
import { clockFunction, limitedInterval, literal } from './literals.ts';
import { aliasHint } from './output-name.ts';
import { refusedNode } from './refused-nodes.ts';
import { withoutSchema } from './scope.ts';
import type { Scope } from './scope.ts';
import { bindTypeName, intervalField } from './type-name.ts';
import type { WindowSlots } from './windows.ts';

/** What an expression is bound with: its text, the names it can use, and what its clause allows. */
export interface ExprContext {
  readonly slice: Slice;
  readonly scope: Scope;
  /** The clause as messages name it, such as `WHERE` or `a join condition`. */
  readonly clause: string;
  /** Collects aggregate calls; undefined where they are not allowed. */
  readonly aggregates?: AggregateSlots | undefined;
  /** Collects window function calls; undefined where they are not allowed. */
  readonly windows?: WindowSlots | undefined;
  /** Names that the select list gives, where they cannot be used. They serve a hint. */
  readonly aliases?: ReadonlySet<string> | undefined;
}

/** Limits against expressions made to exhaust the binder or a later stage. */
const MAX_DEPTH = 300;
const MAX_SIZE = 20_000;

/**
 * Binds the parser's expressions over a scope. Casts become explicit, and constants are folded, except now(). An
 * untyped literal keeps type UNKNOWN until its context gives it one. Methods throw SqlFailure at the first error.
 */
export class ExprBinder {
  readonly context: ExprContext;
  #depth = 0;

  constructor(context: ExprContext) {
    this.context = context;
  }

  /** Returns a binder over the same text and names in a changed context. */
  within(change: Partial<ExprContext>): ExprBinder {
    const inner = new ExprBinder({ ...this.context, ...change });
    inner.#depth = this.#depth;
    return inner;
  }

  span(location: number | undefined): Span {
    return this.context.slice.spanAt(location ?? 0);
  }

  bind(node: Node): Expr {
    if (this.#depth >= MAX_DEPTH) {
      throw failure(
        '54001',
        `the expression is nested more than ${MAX_DEPTH} levels deep`,
        this.context.slice.spanAt(locationOf(node)),
        'compute parts of it in a sub-select or a view',
      );
    }
    this.#depth++;
    let bound: Expr;
    try {
      bound = this.#dispatch(node);
    } finally {
      // After a failure, the same binder continues with the next select item.
      this.#depth--;
    }
    if (exprSize(bound) > MAX_SIZE) {
      throw failure(
        '54000',
        'the expression is too large',
        bound.span ?? this.context.slice.span,
        'compute parts of it in a sub-select or a view',
      );
    }
    this.context.slice.notes.exprs.set(node, bound);
    return bound;
  }

  bindAll(nodes: readonly Node[] | undefined): Expr[] {
    return (nodes ?? []).map((n) => this.bind(n));
  }

  /** Binds a condition: a BOOLEAN, or an untyped literal that is one. */
  condition(node: Node, what = `the condition of ${this.context.clause}`): Expr {
    return coerce(this.bind(node), BOOLEAN, { what, where: this.span(locationOf(node)) });
  }

  #dispatch(node: Node): Expr {
    if ('ColumnRef' in node) return this.#column(node.ColumnRef);
    if ('A_Const' in node) return literal(node.A_Const, this.span(node.A_Const.location));
    if ('A_Expr' in node) return bindOperator(node.A_Expr, this);
    if ('FuncCall' in node) return bindFunction(node.FuncCall, this);
    if ('TypeCast' in node) return this.#cast(node.TypeCast);
    if ('CaseExpr' in node) return this.#case(node.CaseExpr);
    if ('BoolExpr' in node) return this.#bool(node.BoolExpr);
    if ('A_Indirection' in node) return this.#indirection(node.A_Indirection);
    if ('NullTest' in node) {
      const { arg, nulltesttype, location } = node.NullTest;
      const span = this.span(location);
      const test = isNull(this.bind(arg!), span);
      return nulltesttype === 'IS_NOT_NULL' ? not(test, span) : test;
    }
    if ('BooleanTest' in node) return this.#booleanTest(node.BooleanTest);
    if ('CoalesceExpr' in node) {
      const span = this.span(node.CoalesceExpr.location);
      const { type, exprs } = unify(this.bindAll(node.CoalesceExpr.args), 'COALESCE', span);
      // Arguments after one that is never NULL are never reached.
      const last = exprs.findIndex((e) => !e.nullable);
      const args = (last === -1 ? exprs : exprs.slice(0, last + 1)).filter(
        (e) => !isConst(e) || e.value !== null,
      );
      if (args.length === 0) return constant(null, type, span);
      if (args.length === 1) return args[0]!;
      return { kind: 'coalesce', args, type, nullable: args.every((e) => e.nullable), span };
    }
    if ('MinMaxExpr' in node) {
      const name = node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest';
      const span = this.span(node.MinMaxExpr.location);
      return call(name, unify(this.bindAll(node.MinMaxExpr.args), name.toUpperCase(), span).exprs, span);
    }
    if ('SQLValueFunction' in node)
      return clockFunction(node.SQLValueFunction.op ?? '', this.span(node.SQLValueFunction.location));
    if ('A_ArrayExpr' in node) {
      const span = this.span(node.A_ArrayExpr.location);
      const elements = this.bindAll(node.A_ArrayExpr.elements);
      if (elements.length === 0) {
        throw failure(
          '42804',
          'cannot determine the type of an empty array',
          span,
          'cast it: ARRAY[]::VARCHAR[]',
        );
      }
      return call('array', unify(elements, 'ARRAY', span).exprs, span);
    }
    throw refusedNode(node, this.span(locationOf(node)));
  }

  #column(ref: ColumnRef): Expr {
    const span = this.span(ref.location);
    const fields = ref.fields ?? [];
    const names = fields.map((f) => ('String' in f ? (f.String.sval ?? '') : '*'));
    if (names.includes('*')) {
      throw failure(
        '42601',
        '"*" is not allowed here',
        span,
        'name the columns; to count rows, write COUNT(*)',
      );
    }
    const [first, second] = withoutSchema(names, 2, span) as [string, string?];
    if (second === undefined) return this.#plainColumn(first, span);
    return this.context.scope.qualified(first, second, span);
  }

  /** Binds a name without a qualifier to a column. Hints say what else the name may have meant. */
  #plainColumn(name: string, span: Span): Expr {
    const { aliases, clause, scope, slice } = this.context;
    const written = slice.source.original.slice(span.start, span.end);
    return scope.column(name, span, {
      sure: aliases?.has(name) === true ? aliasHint(name, clause) : oddCharacterHint(written),
      otherwise: written.startsWith('"') ? `write a text in single quotes: '${name}'` : undefined,
    });
  }

  #cast(node: TypeCast): Expr {
    const array = node.arg !== undefined && 'A_ArrayExpr' in node.arg ? node.arg.A_ArrayExpr : undefined;
    if (array !== undefined && (array.elements ?? []).length === 0) {
      const span = this.span(array.location);
      const type = bindTypeName(node.typeName!, this.span(node.typeName?.location));
      if (type.kind !== 'array') throw failure('42846', `cannot cast an array to ${typeName(type)}`, span);
      return constant([], type, span);
    }
    const arg = this.bind(node.arg!);
    const where =
      node.location === undefined || node.location < 0
        ? (arg.span ?? this.context.slice.span)
        : this.span(node.location);
    const typeSpan = this.span(node.typeName?.location);
    const type = bindTypeName(node.typeName!, typeSpan);
    const field = type.kind === 'interval' ? intervalField(node.typeName!, typeSpan) : undefined;
    if (field !== undefined) {
      if (!isConst(arg) || typeof arg.value !== 'string') {
        throw unsupported(
          'this form of interval',
          where,
          "write the units inside the quotes: INTERVAL '1 day 2 hours'",
        );
      }
      return castTo(constant(limitedInterval(arg.value, field), UNKNOWN, arg.span), type, where);
    }
    if (!canCast(arg.type, type, 'explicit')) {
      throw failure('42846', `cannot cast ${typeName(arg.type)} to ${typeName(type)}`, where);
    }
    return castTo(arg, type, where);
  }

  #case(node: CaseExpr): Expr {
    const span = this.span(node.location);
    const subject = node.arg === undefined ? undefined : this.bind(node.arg);
    const whens: Expr[] = [];
    const results: Expr[] = [];
    for (const arm of node.args ?? []) {
      if (!('CaseWhen' in arm)) continue;
      const { expr, result, location } = arm.CaseWhen;
      whens.push(
        subject === undefined
          ? this.condition(expr!, 'a condition of CASE')
          : compare('=', subject, this.bind(expr!), this.span(location)),
      );
      results.push(this.bind(result!));
    }
    const otherwise =
      node.defresult === undefined ? constant(null, UNKNOWN, span) : this.bind(node.defresult);
    const { type, exprs } = unify([...results, otherwise], 'CASE', span);
    const arms = whens.map((when, i) => ({ when, then: exprs[i]! }));
    const last = exprs[exprs.length - 1]!;
    return { kind: 'case', arms, otherwise: last, type, nullable: exprs.some((e) => e.nullable), span };
  }

  #bool(node: { boolop?: string; args?: Node[]; location?: number }): Expr {
    const span = this.span(node.location);
    const word = node.boolop === 'OR_EXPR' ? 'OR' : node.boolop === 'NOT_EXPR' ? 'NOT' : 'AND';
    const args = (node.args ?? []).map((a) => this.condition(a, `an argument of ${word}`));
    if (word === 'NOT') return not(args[0]!, span);
    return logic(word === 'OR' ? 'or' : 'and', args, span);
  }

  /** IS [NOT] TRUE / FALSE / UNKNOWN. */
  #booleanTest(node: { arg?: Node; booltesttype?: string; location?: number }): Expr {
    const span = this.span(node.location);
    const test = node.booltesttype ?? 'IS_TRUE';
    const arg = this.condition(node.arg!, 'the argument of IS TRUE');
    const negated = test.startsWith('IS_NOT_');
    if (test.endsWith('UNKNOWN')) return negated ? not(isNull(arg, span), span) : isNull(arg, span);
    const wanted = test.endsWith('TRUE');
    if (isConst(arg)) return constant((arg.value === wanted) !== negated, BOOLEAN, span);
    const truth: Expr = wanted ? arg : not(arg, span);
    const is: Expr = !truth.nullable
      ? truth
      : {
          kind: 'coalesce',
          args: [truth, constant(false, BOOLEAN, span)],
          type: BOOLEAN,
          nullable: false,
          span,
        };
    return negated ? not(is, span) : is;
  }

  #indirection(node: A_Indirection): Expr {
    let value = this.bind(node.arg!);
    const span = value.span ?? this.context.slice.span;
    for (const step of node.indirection ?? []) {
      if (value.type.kind !== 'array' && 'A_Indices' in step) {
        throw failure(
          '42804',
          `cannot subscript type ${typeName(value.type)}, which is not an array`,
          span,
          value.type.kind === 'jsonb' ? "take JSONB apart with -> and ->>: doc ->> 'key'" : undefined,
        );
      }
      if (!('A_Indices' in step))
        throw unsupported('field selection', span, 'take JSONB apart with -> and ->>');
      const { is_slice: isSlice, lidx, uidx } = step.A_Indices;
      const subscript = (n: Node): Expr =>
        coerce(this.bind(n), INTEGER, { what: 'an array subscript', where: span });
      if (isSlice !== true) {
        value = call('array_access', [value, subscript(uidx!)], span);
      } else if (lidx === undefined || uidx === undefined) {
        throw unsupported('an array slice without both bounds', span, 'write a[1:n]');
      } else {
        value = call('array_slice', [value, subscript(lidx), subscript(uidx)], span);
      }
    }
    return value;
  }
}

/** Returns the location of a node, or of its first part; undefined if the parser gives none. */
export function locationOf(node: Node | undefined): number | undefined {
  if (node === undefined) return undefined;
  const body = Object.values(node)[0] as { location?: number; arg?: Node } | undefined;
  if (body?.location !== undefined && body.location >= 0) return body.location;
  return body?.arg === undefined ? undefined : locationOf(body.arg);
}
