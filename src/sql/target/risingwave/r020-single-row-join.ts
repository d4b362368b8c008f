import type { Node, SelectStmt } from '@pgsql/types';
import type { Span } from '../../../plan/expr.ts';
import { outputName } from '../../bind/output-name.ts';
import { conditionsOf, hasColumn, operatorOf, selectsOf, walk } from '../query.ts';
import type { Query } from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

/** Freshet joins with a single row of constants without an equality; RisingWave joins streams by equalities only. */
export const SINGLE_ROW_JOIN: TargetRule = {
  code: 'R020',
  about: 'a join without an equality, which Freshet allows with a single row of constants',
  source:
    'RisingWave\'s src/frontend/src/optimizer/plan_node/logical_join.rs answers "Not supported: streaming nested-loop join"',
  renderable: false,
  check: ({ queries }) =>
    queries.flatMap((query) =>
      selectsOf(query.select)
        .flatMap((s) => rowsIn(s, query))
        .map((span) =>
          refused(
            'R020',
            'RisingWave refuses a join without an equality, also with a single row',
            'write the constants where they are used',
            span,
          ),
        ),
    ),
};

/** Returns the places of the single rows that a SELECT joins without an equality. */
function rowsIn(s: SelectStmt, { select, slice }: Query): readonly Span[] {
  const relations: Node[] = [];
  walk(s.fromClause, (kind, node) => {
    if (kind === 'RangeVar' || kind === 'RangeSubselect') relations.push(node);
    return kind !== 'SelectStmt' && kind !== 'RangeSubselect';
  });
  if (relations.length < 2) return [];
  return relations
    .filter((r) => {
      const row = queryOf(r, select);
      return row !== undefined && isRow(row) && !isJoined(s, columnsOf(r, row));
    })
    .map((r) => slice.spanAt(placeOf(r)));
}

/** Returns the query of a sub-select or of a CTE; undefined for a table, a source or a view. */
function queryOf(relation: Node, whole: SelectStmt): SelectStmt | undefined {
  const own = 'RangeSubselect' in relation ? relation.RangeSubselect.subquery : undefined;
  if (own !== undefined) return 'SelectStmt' in own ? own.SelectStmt : undefined;
  const name = 'RangeVar' in relation ? relation.RangeVar.relname : undefined;
  let found: SelectStmt | undefined;
  walk(whole.withClause, (_, node) => {
    if (!('CommonTableExpr' in node) || node.CommonTableExpr.ctename !== name) return;
    const { ctequery } = node.CommonTableExpr;
    if (ctequery !== undefined && 'SelectStmt' in ctequery) found = ctequery.SelectStmt;
  });
  return found;
}

/** Returns whether a query is one row without input: SELECT without FROM, or VALUES of one row. */
function isRow(s: SelectStmt): boolean {
  if (s.op !== undefined && s.op !== 'SETOP_NONE') return false;
  if (s.valuesLists !== undefined) return s.valuesLists.length === 1;
  return s.fromClause === undefined && s.whereClause === undefined;
}

interface Columns {
  readonly alias: string | undefined;
  readonly names: ReadonlySet<string>;
}

function columnsOf(relation: Node, row: SelectStmt): Columns {
  const { alias } = Object.values(relation)[0] as {
    alias?: { aliasname?: string; colnames?: readonly Node[] };
  };
  const named = (alias?.colnames ?? []).map((n) => ('String' in n ? (n.String.sval ?? '') : ''));
  const selected = (row.targetList ?? []).map((t) =>
    'ResTarget' in t ? (t.ResTarget.name ?? outputName(t.ResTarget.val)) : '',
  );
  const relname = 'RangeVar' in relation ? relation.RangeVar.relname : undefined;
  return { alias: alias?.aliasname ?? relname, names: new Set(named.length > 0 ? named : selected) };
}

/** Returns the references to the row's columns in a part of the tree, outside sub-selects. */
function usesIn(part: unknown, { alias, names }: Columns): number {
  let uses = 0;
  walk(part, (kind, node) => {
    if ('ColumnRef' in node) {
      const fields = (node.ColumnRef.fields ?? []).map((f) => ('String' in f ? (f.String.sval ?? '') : '*'));
      const isOwn = fields.length > 1 ? fields.at(-2) === alias : fields[0] === '*' || names.has(fields[0]!);
      if (isOwn) uses++;
    }
    return kind !== 'SelectStmt' && kind !== 'RangeSubselect';
  });
  return uses;
}

const RANGES: ReadonlySet<string> = new Set(['<', '<=', '>', '>=']);

/**
 * Returns whether RisingWave can join: by an equality between the row and the others, or by a single comparison that
 * filters the others, if the row is used nowhere else.
 */
function isJoined(s: SelectStmt, row: Columns): boolean {
  const conditions = conditionsOf(s).flatMap((c) => (c === undefined ? [] : conjuncts(c)));
  const sides = conditions.flatMap((c) => {
    if (!('A_Expr' in c) || c.A_Expr.kind !== 'AEXPR_OP') return [];
    const { lexpr, rexpr } = c.A_Expr;
    if (lexpr === undefined || rexpr === undefined) return [];
    const [own, other] = usesIn(lexpr, row) > 0 ? [lexpr, rexpr] : [rexpr, lexpr];
    const isBetween = usesIn(own, row) > 0 && usesIn(other, row) === 0 && hasColumn(other);
    return isBetween ? [operatorOf(c) ?? ''] : [];
  });
  if (sides.includes('=')) return true;
  const { larg: _l, rarg: _r, withClause: _w, ...whole } = s;
  return !hasOuterJoin(s) && usesIn(whole, row) === 1 && sides.some((op) => RANGES.has(op));
}

function hasOuterJoin(s: SelectStmt): boolean {
  let found = false;
  walk(s.fromClause, (kind, node) => {
    if ('JoinExpr' in node && node.JoinExpr.jointype !== 'JOIN_INNER') found = true;
    return kind !== 'SelectStmt';
  });
  return found;
}

function conjuncts(node: Node): readonly Node[] {
  const isAnd = 'BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR';
  return isAnd ? (node.BoolExpr.args ?? []).flatMap(conjuncts) : [node];
}

/** Returns the location of a table's name, or of the first value of a sub-select. */
function placeOf(relation: Node): number | undefined {
  if ('RangeVar' in relation) return relation.RangeVar.location;
  let first: number | undefined;
  walk(relation, (_, node) => {
    const { location } = Object.values(node)[0] as { location?: number };
    if (first === undefined && location !== undefined && location > 0) first = location;
  });
  return first;
}
