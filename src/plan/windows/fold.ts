import { SqlValueError } from '../../values/sql-error.ts';
import { BOOLEAN } from '../../values/types.ts';
import { evaluate } from '../evaluate.ts';
import type { CaseExpr, CoalesceExpr, ConstExpr, Expr, LogicExpr } from '../expr.ts';
import { children, withChildren } from '../expr.ts';

/** Returns an expression in which some parts, found by identity, are constants, and what follows from them is folded. */
export function foldWith(e: Expr, known: ReadonlyMap<Expr, ConstExpr>): Expr {
  const value = known.get(e);
  if (value !== undefined) return value;
  const before = children(e);
  const after = before.map((child) => foldWith(child, known));
  return fold(after.every((child, i) => child === before[i]) ? e : withChildren(e, after));
}

function fold(e: Expr): Expr {
  switch (e.kind) {
    case 'const':
    case 'column':
    case 'now':
      return e;
    case 'and':
    case 'or':
      return foldLogic(e);
    case 'case':
      return foldCase(e);
    case 'coalesce':
      return foldCoalesce(e);
    default:
      return children(e).every(({ kind }) => kind === 'const') ? evaluated(e) : e;
  }
}

/** Evaluates an expression without columns. One that fails stays: it is NULL in each row, and reported there. */
function evaluated(e: Expr): Expr {
  const none = (): never => {
    throw new Error('a folded expression has no columns');
  };
  try {
    return constant(e, evaluate(e, none, 0));
  } catch (error) {
    if (error instanceof SqlValueError) return e;
    throw error;
  }
}

function constant(e: Expr, value: ConstExpr['value']): ConstExpr {
  return { kind: 'const', type: e.type, nullable: value === null, value, span: e.span };
}

function foldLogic(e: LogicExpr): Expr {
  const deciding = e.kind === 'or';
  if (e.args.some((arg) => arg.kind === 'const' && arg.value === deciding)) return constant(e, deciding);
  const args = e.args.filter((arg) => arg.kind !== 'const' || arg.value === null);
  if (args.length === 0) return constant(e, !deciding);
  if (args.every(({ kind }) => kind === 'const')) return { ...constant(e, null), type: BOOLEAN };
  return args.length === 1 ? args[0]! : { ...e, args };
}

function foldCase(e: CaseExpr): Expr {
  const arms: CaseExpr['arms'][number][] = [];
  for (const arm of e.arms) {
    if (arm.when.kind === 'const' && arm.when.value === true) return withArms(e, arms, arm.then);
    if (!isNeverTrue(arm.when)) arms.push(arm);
  }
  return withArms(e, arms, e.otherwise);
}

function withArms(e: CaseExpr, arms: CaseExpr['arms'], otherwise: Expr): Expr {
  return arms.length === 0 ? otherwise : { ...e, arms, otherwise };
}

function foldCoalesce(e: CoalesceExpr): Expr {
  const args: Expr[] = [];
  for (const arg of e.args) {
    if (arg.kind === 'const' && arg.value === null) continue;
    args.push(arg);
    if (arg.kind === 'const') break;
  }
  if (args.length === 0) return constant(e, null);
  return args.length === 1 ? args[0]! : { ...e, args };
}

/** Returns whether a condition is known to be true for no row. */
export function isNeverTrue(e: Expr): boolean {
  switch (e.kind) {
    case 'const':
      return e.value !== true;
    case 'and':
      return e.args.some(isNeverTrue);
    case 'or':
      return e.args.every(isNeverTrue);
    default:
      return false;
  }
}
