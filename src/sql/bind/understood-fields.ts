import type { SelectStmt } from '@pgsql/types';
import { unsupported } from '../failure.ts';
import type { Slice } from '../text/slice.ts';

/**
 * The fields of PostgreSQL's parse tree that the binder reads, by node. A query that sets any other field is refused,
 * so that no clause of PostgreSQL's grammar is silently ignored. `location` and fields like it are places in the text.
 * Nodes that are not listed here are refused where the binder meets them.
 */
const FIELDS: Readonly<Record<string, string>> = {
  A_ArrayExpr: 'elements list_start list_end',
  A_Const: 'ival fval boolval sval bsval isnull',
  A_Expr: 'kind name lexpr rexpr rexpr_list_start rexpr_list_end',
  A_Indices: 'is_slice lidx uidx',
  A_Indirection: 'arg indirection',
  Alias: 'aliasname colnames',
  BoolExpr: 'boolop args',
  BooleanTest: 'arg booltesttype',
  CaseExpr: 'arg args defresult',
  CaseWhen: 'expr result',
  CoalesceExpr: 'args',
  ColumnRef: 'fields',
  CommonTableExpr: 'ctename aliascolnames ctematerialized ctequery',
  // funcformat tells how a call was written.
  FuncCall:
    'funcname args agg_order agg_filter over agg_within_group agg_star agg_distinct func_variadic funcformat',
  JoinExpr: 'jointype isNatural larg rarg usingClause quals alias',
  List: 'items',
  MinMaxExpr: 'op args',
  NullTest: 'arg nulltesttype',
  RangeSubselect: 'lateral subquery alias',
  // inh is set unless the query says ONLY.
  RangeVar: 'catalogname schemaname relname inh relpersistence alias',
  ResTarget: 'name val',
  SQLValueFunction: 'op typmod',
  SelectStmt:
    'distinctClause intoClause targetList fromClause whereClause groupClause havingClause windowClause valuesLists ' +
    'sortClause limitOffset limitCount limitOption lockingClause withClause op all larg rarg',
  SortBy: 'node sortby_dir sortby_nulls useOp',
  TypeCast: 'arg typeName',
  TypeName: 'names typmods typemod arrayBounds setof pct_type',
  WindowDef: 'name refname partitionClause orderClause frameOptions startOffset endOffset',
  WithClause: 'ctes recursive',
};
const UNDERSTOOD = new Map(
  Object.entries(FIELDS).map(([node, fields]) => [node, new Set(fields.split(' '))]),
);

/** SQL names of fields that the binder does not read. */
const CLAUSES: Readonly<Record<string, string>> = {
  'SelectStmt.groupDistinct': 'GROUP BY DISTINCT',
  'JoinExpr.join_using_alias': 'an alias for USING',
  'CommonTableExpr.search_clause': 'SEARCH',
  'CommonTableExpr.cycle_clause': 'CYCLE',
  'ResTarget.indirection': 'a subscript of an output name',
};

/** Fields whose value is a node without a wrapper, with the kind of that node. */
const KINDS: Readonly<Record<string, string>> = {
  alias: 'Alias',
  larg: 'SelectStmt',
  rarg: 'SelectStmt',
  over: 'WindowDef',
  typeName: 'TypeName',
  withClause: 'WithClause',
};

type Fields = Readonly<Record<string, unknown>>;
interface Visit {
  readonly kind: string;
  readonly node: Fields;
  /** Where the node, or the nearest one around it that has a location, begins. */
  readonly location: number | undefined;
}

/** Throws SqlFailure at a part of a query that the binder does not read. */
export function checkUnderstood(stmt: SelectStmt, slice: Slice): void {
  // A loop instead of recursion: the depth of expressions is checked later.
  const visits: Visit[] = [{ kind: 'SelectStmt', node: stmt as Fields, location: undefined }];
  for (let visit = visits.pop(); visit !== undefined; visit = visits.pop()) {
    const { kind, node } = visit;
    const fields = UNDERSTOOD.get(kind);
    if (fields === undefined) continue;
    const location = typeof node['location'] === 'number' ? node['location'] : visit.location;
    if (kind === 'RangeVar' && node['inh'] !== true) {
      throw unsupported('ONLY', slice.spanAt(location), 'leave it out');
    }
    for (const [field, value] of Object.entries(node)) {
      if (field === 'location') continue;
      if (!fields.has(field)) {
        const clause = CLAUSES[`${kind}.${field}`] ?? `a clause of this kind (${kind}.${field})`;
        throw unsupported(clause, slice.spanAt(location));
      }
      for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
        if (item === null || typeof item !== 'object') continue;
        const found = nodeOf(field, item as Fields);
        if (found !== undefined) visits.push({ ...found, location });
      }
    }
  }
}

/** Returns the node in a field's value: in a wrapper that names its kind, or of the kind that the field implies. */
function nodeOf(field: string, item: Fields): Pick<Visit, 'kind' | 'node'> | undefined {
  const [key, ...others] = Object.keys(item);
  if (others.length === 0 && key !== undefined && /^[A-Z]/.test(key)) {
    return { kind: key, node: item[key] as Fields };
  }
  const kind = KINDS[field];
  return kind === undefined ? undefined : { kind, node: item };
}
