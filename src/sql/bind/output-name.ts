import type { Node } from '@pgsql/types';

/** The name of a column that has none, as PostgreSQL prints it. */
export const UNNAMED = '?column?';

/** The name PostgreSQL (and RisingWave) gives a select item without an alias. */
export function outputName(node: Node | undefined): string {
  return named(node) ?? UNNAMED;
}

function named(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if ('ColumnRef' in node) return lastString(node.ColumnRef.fields);
  if ('FuncCall' in node) return lastString(node.FuncCall.funcname);
  if ('A_Indirection' in node)
    return lastString(node.A_Indirection.indirection) ?? named(node.A_Indirection.arg);
  if ('TypeCast' in node) return named(node.TypeCast.arg) ?? lastString(node.TypeCast.typeName?.names);
  if ('CaseExpr' in node) return named(node.CaseExpr.defresult) ?? 'case';
  if ('CoalesceExpr' in node) return 'coalesce';
  if ('MinMaxExpr' in node) return node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest';
  if ('A_ArrayExpr' in node) return 'array';
  if ('A_Expr' in node && node.A_Expr.kind === 'AEXPR_NULLIF') return 'nullif';
  if ('SQLValueFunction' in node) {
    return node.SQLValueFunction.op?.replace('SVFOP_', '').replace(/_N$/, '').toLowerCase();
  }
  return undefined;
}

function lastString(nodes: readonly Node[] | undefined): string | undefined {
  const last = nodes?.[nodes.length - 1];
  return last !== undefined && 'String' in last ? last.String.sval : undefined;
}
