import type { Node } from '@pgsql/types';
import {
  COMPARISONS,
  clockIn,
  clocksInConditions,
  functionName,
  hasColumn,
  isClock,
  operatorOf,
} from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

/** RisingWave filters by a clock only if it can prove that the clock never falls. */
export const CLOCK_FORM: TargetRule = {
  code: 'R008',
  about: 'a cast, a field or a function of now() in a condition, or its time in a zone other than UTC',
  source:
    'RisingWave 2.8.4 answers "Conditions containing now must be in the form of `input_expr cmp now_expr`"',
  renderable: true,
  check: ({ queries }) =>
    clocksInConditions(queries, (part) => (isUnsure(part) ? clockIn(part) : undefined)).map((span) =>
      refused(
        'R008',
        'RisingWave cannot prove that this clock never falls, and refuses to filter by it',
        "for days write date_trunc('day', now() AT TIME ZONE 'UTC'), and compare a timestamp with it",
        span,
      ),
    ),
};

/** Returns whether a part of a condition hides from RisingWave that the clock in it never falls. */
function isUnsure(node: Node): boolean {
  if (clockIn(node) === undefined) return false;
  if (['CaseExpr', 'BooleanTest', 'NullTest'].some((kind) => kind in node)) return true;
  // A column beside the clock is the reason, which R010 reports.
  if (hasColumn(node)) return false;
  if ('CoalesceExpr' in node || 'MinMaxExpr' in node) return true;
  if ('TypeCast' in node) {
    const name = node.TypeCast.typeName?.names?.at(-1);
    // The clock is TIMESTAMPTZ already, so this cast changes nothing.
    return !(name !== undefined && 'String' in name && name.String.sval === 'timestamptz');
  }
  if ('A_Expr' in node) return isArithmetic(node) && !['+', '-'].includes(operatorOf(node) ?? '');
  if (!('FuncCall' in node) || isClock(node)) return false;
  const { args = [] } = node.FuncCall;
  switch (functionName(node)) {
    case 'date_trunc':
      return args.length > 2 && !isUtc(args[2]);
    case 'timezone':
      return !isUtc(args[0]) && !isTimestamp(args[1]);
    case 'to_timestamp':
      return args.length > 1;
    default:
      return true;
  }
}

function isArithmetic(node: Node): boolean {
  const kind = 'A_Expr' in node ? node.A_Expr.kind : undefined;
  return kind === 'AEXPR_NULLIF' || (kind === 'AEXPR_OP' && !COMPARISONS.has(operatorOf(node) ?? ''));
}

/**
 * Returns whether a node is a TIMESTAMP that AT TIME ZONE made of the clock. The way back from it to TIMESTAMPTZ never
 * falls, in any zone.
 */
function isTimestamp(node: Node | undefined): boolean {
  if (node === undefined) return false;
  if ('A_Expr' in node) return isTimestamp(node.A_Expr.lexpr);
  const { args = [] } = 'FuncCall' in node ? node.FuncCall : {};
  const name = functionName(node);
  return name === 'date_trunc' ? isTimestamp(args[1]) : name === 'timezone' && !isTimestamp(args[1]);
}

function isUtc(zone: Node | undefined): boolean {
  return zone !== undefined && 'A_Const' in zone && zone.A_Const.sval?.sval?.toLowerCase() === 'utc';
}
