import type { Node, SelectStmt } from '@pgsql/types';
import { SqlFailure } from '../../../failure.ts';
import { locationOf } from '../../../bind/expr-binder.ts';
import { walk } from '../../query.ts';
import { atomsIn, readsClock, readsClockByRow } from './atoms.ts';
import { isFilter, pushedDown } from './condition.ts';
import type { CteList, CtePlace } from './cte-list.ts';
import { GroupSplit } from './split-groups.ts';
import { asOperand } from './query-text.ts';
import type { QueryText } from './query-text.ts';
import { ConditionSolver } from './solve.ts';

/** Splits a SELECT of groups that compares the clock with a value of the group, other than in a HAVING of its own. */
export function splitGroups(stmt: SelectStmt, place: CtePlace, ctes: CteList, text: QueryText): void {
  const groups = new GroupSplit(stmt, text);
  if (!groups.hasGroups || stmt.fromClause === undefined) return;
  const { targetList, sortClause, distinctClause, windowClause, havingClause } = stmt;
  const values = attempted(() => atomsIn([targetList, sortClause, distinctClause, windowClause], text));
  const havings = havingClause === undefined ? [] : attempted(() => atomsIn([havingClause], text));
  const isFiltered =
    havingClause === undefined || conjuncts(havingClause).every((c) => isClockFilter(c, text));
  const needs = (atoms: readonly Node[]): boolean => atoms.some((atom) => !groups.isOfRows(atom));
  if (needs(values) || (!isFiltered && needs(havings))) groups.write(place, ctes, isFiltered);
}

/** Returns the result of `f`, or nothing where it fails: the failure is reported when the clock is rewritten. */
function attempted(f: () => readonly Node[]): readonly Node[] {
  try {
    return f();
  } catch (e) {
    if (e instanceof SqlFailure) return [];
    throw e;
  }
}

function conjuncts(node: Node): readonly Node[] {
  return 'BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR'
    ? (node.BoolExpr.args ?? []).flatMap(conjuncts)
    : [node];
}

/** Returns whether RisingWave filters by a conjunct as it is. */
function isClockFilter(node: Node, text: QueryText): boolean {
  if (!readsClock(node, text)) return true;
  if (readsClockByRow(node, text)) return false;
  const found = attempted(() => {
    const bound = text.exprOf(node);
    const span = text.slice.spanAt(locationOf(node));
    return bound !== undefined && isFilter(pushedDown(new ConditionSolver(text, span).solve(bound)))
      ? [node]
      : [];
  });
  return found.length > 0;
}

/** Writes `CASE x WHEN clock THEN ...` as `CASE WHEN x = clock THEN ...`, and NULLIF as a CASE. */
export function searchedCases(stmt: SelectStmt, text: QueryText): void {
  const { withClause: _, larg: __, rarg: ___, ...own } = stmt;
  walk(own, (kind, node) => {
    if (kind === 'SelectStmt') return false;
    if ('CaseExpr' in node && node.CaseExpr.arg !== undefined && comparesClock(node, text))
      searched(node, text);
    if ('A_Expr' in node && node.A_Expr.kind === 'AEXPR_NULLIF' && comparesClock(node, text)) {
      const { lexpr, rexpr } = node.A_Expr;
      const [a, b] = [text.textOf(lexpr!), text.textOf(rexpr!)];
      const range = text.rangeOf(node);
      text.replace(range, `CASE WHEN ${asOperand(a)} = ${asOperand(b)} THEN NULL ELSE ${a} END`);
    }
    return true;
  });
}

/** Returns whether what a CASE or NULLIF compares reads the clock. */
function comparesClock(node: Node, text: QueryText): boolean {
  if (!('CaseExpr' in node)) return readsClock(node, text);
  const { arg, args = [] } = node.CaseExpr;
  return readsClock([arg, ...args.map((arm) => ('CaseWhen' in arm ? arm.CaseWhen.expr : undefined))], text);
}

function searched(node: Node, text: QueryText): void {
  if (!('CaseExpr' in node)) return;
  const { tokens } = text.slice;
  const { arg, args = [], location } = node.CaseExpr;
  const subject = asOperand(text.textOf(arg!));
  args.forEach((arm, i) => {
    if (!('CaseWhen' in arm)) return;
    const when = text.slice.tokenIndexAt(arm.CaseWhen.location);
    if (i === 0) text.remove({ first: text.slice.tokenIndexAt(location) + 1, last: when - 1 });
    const value = text.rangeOf(arm.CaseWhen.expr!);
    let then = value.last + 1;
    while (tokens[then]!.value !== 'then') then++;
    const sql = asOperand(text.text(value));
    text.replace({ first: when + 1, last: then - 1 }, `${subject} = ${sql}`);
  });
}
