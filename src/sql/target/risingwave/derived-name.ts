import type { Node } from '@pgsql/types';
import { locationOf } from '../../bind/expr-binder.ts';
import type { Slice } from '../../text/slice.ts';
import { functionName } from '../query.ts';

/** Returns the name that RisingWave gives a select item without an alias; undefined if it gives none. */
export function derivedName(node: Node | undefined, slice: Slice): string | undefined {
  if (node === undefined || isInBrackets(node, slice)) return undefined;
  if ('ColumnRef' in node) return lastName(node.ColumnRef.fields);
  if ('FuncCall' in node) {
    const name = functionName(node);
    // EXTRACT has a name of its own; TRIM, SUBSTRING, POSITION, OVERLAY and AT TIME ZONE have none.
    if (node.FuncCall.funcformat === 'COERCE_SQL_SYNTAX') return name === 'extract' ? name : undefined;
    return name === 'substring' || name === 'overlay' ? undefined : name;
  }
  if ('TypeCast' in node) return derivedName(node.TypeCast.arg, slice) ?? typeName(node);
  if ('CaseExpr' in node) return 'case';
  if ('A_Indirection' in node) {
    const [step] = node.A_Indirection.indirection ?? [];
    const isSlice = step !== undefined && 'A_Indices' in step && step.A_Indices.is_slice === true;
    return isSlice ? undefined : derivedName(node.A_Indirection.arg, slice);
  }
  if ('CoalesceExpr' in node) return 'coalesce';
  if ('MinMaxExpr' in node) return node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest';
  if ('A_ArrayExpr' in node) return 'array';
  return 'A_Expr' in node && node.A_Expr.kind === 'AEXPR_NULLIF' ? 'nullif' : undefined;
}

/** RisingWave's tree keeps brackets around an expression, and gives them no name. */
function isInBrackets(node: Node, slice: Slice): boolean {
  const location = locationOf(node);
  if (location === undefined) return false;
  const { start } = slice.spanAt(location);
  const i = slice.tokens.findIndex((t) => t.start === start);
  const [opener, before] = [slice.tokens[i - 1], slice.tokens[i - 2]];
  if (opener?.raw !== '(') return false;
  // A bracket behind a name is that of a call or of CAST.
  return before === undefined || before.kind === 'symbol' || before.reserved;
}

function typeName(cast: Node): string | undefined {
  const name = 'TypeCast' in cast ? lastName(cast.TypeCast.typeName?.names) : undefined;
  return name === 'string' ? 'varchar' : name;
}

function lastName(nodes: readonly Node[] | undefined): string | undefined {
  const last = nodes?.at(-1);
  return last !== undefined && 'String' in last ? last.String.sval : undefined;
}
