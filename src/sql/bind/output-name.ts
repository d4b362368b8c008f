import type { Node } from '@pgsql/types';

/** The name that PostgreSQL shows for a column without a name. */
export const UNNAMED = '?column?';

/** Returns the name that PostgreSQL and RisingWave give a select item without an alias. */
export function outputName(node: Node | undefined): string {
  return named(node)?.name ?? UNNAMED;
}

interface Name {
  readonly name: string;
  /** Whether the name comes from a type or from CASE. A cast or CASE around it then names the column. */
  readonly isWeak: boolean;
}

function named(node: Node | undefined): Name | undefined {
  if (node === undefined) return undefined;
  if ('TypeCast' in node) return strong(node.TypeCast.arg) ?? weak(lastString(node.TypeCast.typeName?.names));
  if ('CaseExpr' in node) return strong(node.CaseExpr.defresult) ?? weak('case');
  if ('A_Indirection' in node) {
    const field = lastString(node.A_Indirection.indirection);
    return field === undefined ? named(node.A_Indirection.arg) : { name: field, isWeak: false };
  }
  const name = ownName(node);
  return name === undefined ? undefined : { name, isWeak: false };
}

function strong(node: Node | undefined): Name | undefined {
  const found = named(node);
  return found?.isWeak === false ? found : undefined;
}

function weak(name: string | undefined): Name | undefined {
  return name === undefined ? undefined : { name, isWeak: true };
}

function ownName(node: Node): string | undefined {
  if ('ColumnRef' in node) return lastString(node.ColumnRef.fields);
  if ('FuncCall' in node) return lastString(node.FuncCall.funcname);
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

/** Returns the hint for an output name that stands where only columns of FROM can stand. */
export function aliasHint(name: string, clause: string): string {
  const isName = clause === 'GROUP BY' || clause === 'ORDER BY';
  const what = isName ? `${clause} can use alone, but not in an expression` : `${clause} cannot use`;
  const around =
    clause === 'WHERE' || clause === 'HAVING'
      ? 'filter in a query around this one'
      : 'compute it in a sub-select';
  return `"${name}" is an alias of the select list, which ${what}: repeat its expression, or ${around}`;
}
