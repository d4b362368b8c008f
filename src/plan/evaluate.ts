import { castDatum } from '../values/cast.ts';
import { compareDatum, equalDatum } from '../values/compare.ts';
import type { Datum } from '../values/datum.ts';
import { type SqlValueError, valueErrorOf } from '../values/sql-error.ts';
import type { SqlType } from '../values/types.ts';
import { unreachable } from './expr.ts';
import type { CompareOp, Expr, InListExpr, LogicExpr } from './expr.ts';

/** Receives the error of a cast or call that became NULL. */
export type OnError = (error: SqlValueError) => void;

/** Reads column `index` of the input row. */
export type RowReader = (index: number) => Datum;

/**
 * Evaluates a bound expression for one row: simple and slow, the reference for generated code, and the fallback for
 * values that generated code does not handle.
 *
 * It follows SQL's three-valued logic. AND and OR stop at the first argument that decides them; CASE and COALESCE
 * evaluate only the arguments that they need.
 *
 * A SqlValueError of a cast or call propagates, as in a statement that fails. With `onError` it is reported, and only
 * that cast or call is NULL, as in a stream: `COALESCE(x / 0, 7)` is 7. The result is then the same however projections
 * are folded together.
 */
export function evaluate(e: Expr, row: RowReader, now_us: number, onError?: OnError): Datum {
  switch (e.kind) {
    case 'const':
      return e.value;
    case 'column':
      return row(e.index);
    case 'now':
      return now_us;
    case 'call': {
      const args = e.args.map((arg) => evaluate(arg, row, now_us, onError));
      if (e.fn.strict && args.includes(null)) return null;
      return onError === undefined ? e.fn.impl(...args) : lenient(() => e.fn.impl(...args), onError);
    }
    case 'compare': {
      const left = evaluate(e.left, row, now_us, onError);
      const right = evaluate(e.right, row, now_us, onError);
      return left === null || right === null ? null : compare(e.op, e.left.type, left, right);
    }
    case 'and':
    case 'or':
      return logic(e, row, now_us, onError);
    case 'not': {
      const value = evaluate(e.arg, row, now_us, onError);
      return value === null ? null : value === false;
    }
    case 'is_null':
      return evaluate(e.arg, row, now_us, onError) === null;
    case 'distinct_from':
      return !equalDatum(
        e.left.type,
        evaluate(e.left, row, now_us, onError),
        evaluate(e.right, row, now_us, onError),
      );
    case 'case': {
      for (const arm of e.arms) {
        if (evaluate(arm.when, row, now_us, onError) === true)
          return evaluate(arm.then, row, now_us, onError);
      }
      return evaluate(e.otherwise, row, now_us, onError);
    }
    case 'coalesce': {
      for (const arg of e.args) {
        const value = evaluate(arg, row, now_us, onError);
        if (value !== null) return value;
      }
      return null;
    }
    case 'cast': {
      const value = evaluate(e.arg, row, now_us, onError);
      if (onError === undefined) return castDatum(value, e.arg.type, e.type);
      return lenient(() => castDatum(value, e.arg.type, e.type), onError);
    }
    case 'in_list':
      return inList(e, evaluate(e.arg, row, now_us, onError));
    default:
      return unreachable(e);
  }
}

/** Returns the value of f; if it fails, reports the error and returns NULL. */
function lenient(f: () => Datum, onError: OnError): Datum {
  try {
    return f();
  } catch (error) {
    const failed = valueErrorOf(error);
    if (failed === undefined) throw error;
    onError(failed);
    return null;
  }
}

function compare(op: CompareOp, type: SqlType, left: Datum, right: Datum): boolean {
  if (op === '=') return equalDatum(type, left, right);
  if (op === '<>') return !equalDatum(type, left, right);
  const order = compareDatum(type, left, right);
  switch (op) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

function logic(e: LogicExpr, row: RowReader, now_us: number, onError: OnError | undefined): Datum {
  const deciding = e.kind === 'or';
  let unknown = false;
  for (const arg of e.args) {
    const value = evaluate(arg, row, now_us, onError);
    if (value === deciding) return deciding;
    if (value === null) unknown = true;
  }
  return unknown ? null : !deciding;
}

function inList(e: InListExpr, value: Datum): Datum {
  if (value === null) return null;
  if (e.values.some((item) => equalDatum(e.arg.type, value, item))) return true;
  return e.hasNull ? null : false;
}
