import { mapExpr, unreachable, type Expr } from '../../plan/expr.ts';
import {
  inputsOf,
  type AggregateCall,
  type JoinNode,
  type OrderKey,
  type PlanColumn,
  type PlanNode,
} from '../../plan/nodes.ts';
import type { LogicalViewDef, ViewDef } from '../../plan/pipeline.ts';
import { renderExpr, renderName } from '../../plan/render-expr.ts';
import { BOOLEAN, typeName } from '../../values/types.ts';

/** Renders a view's columns and its plan as an indented tree from the output down, a line per operator and column. */
export function renderViewPlan(view: ViewDef | LogicalViewDef): string[] {
  const traits: string[] = [];
  if (view.kind === 'materialized view') {
    traits.push(view.key === undefined ? 'rows are a multiset' : `key ${keyNames(view, view.key)}`);
    if (view.emitOnWindowClose) traits.push('emit on window close');
  }
  const head = [`${view.kind} ${renderName(view.name)}`, ...traits].join(' · ');
  return [
    head,
    ...columnLines(view.columns).map((line) => `  ${line}`),
    ...renderPlan(view.plan).map((l) => `  ${l}`),
  ];
}

function keyNames(view: ViewDef, key: readonly number[]): string {
  return `(${key.map((position) => renderName(view.columns[position]!.name)).join(', ')})`;
}

function columnLines(columns: readonly PlanColumn[]): string[] {
  const width = Math.max(0, ...columns.map((column) => renderName(column.name).length));
  return columns.map((column) => `${renderName(column.name).padEnd(width)}  ${columnType(column)}`);
}

/** Returns a column's type as `explain` prints it. */
export function columnType(column: PlanColumn): string {
  return `${typeName(column.type)}${column.nullable ? '' : ' NOT NULL'}`;
}

/** Renders a plan as an indented tree, without a heading. */
export function renderPlan(node: PlanNode): string[] {
  return tree(node, '', '└─ ');
}

function tree(node: PlanNode, indent: string, branch: string): string[] {
  const inputs = inputsOf(node);
  const below = indent + (branch === '├─ ' ? '│  ' : '   ');
  const stem = inputs.length > 0 ? '│  ' : '   ';
  const { title, details } = describe(node);
  const lines = [`${indent}${branch}${title}`, ...details.map((detail) => `${below}${stem}${detail}`)];
  inputs.forEach((input, i) => lines.push(...tree(input, below, i === inputs.length - 1 ? '└─ ' : '├─ ')));
  return lines;
}

/** Renders computed columns as aligned lines `name  TYPE  = expression`. */
function computed(columns: readonly PlanColumn[], texts: readonly string[]): string[] {
  const name = Math.max(0, ...columns.map((column) => renderName(column.name).length));
  const type = Math.max(0, ...columns.map((column) => columnType(column).length));
  return columns.map((column, i) => {
    const text = texts[i]!;
    const same = text === renderName(column.name);
    return `${renderName(column.name).padEnd(name)}  ${columnType(column).padEnd(type)}${same ? '' : `  = ${text}`}`.trimEnd();
  });
}

function describe(node: PlanNode): { readonly title: string; readonly details: readonly string[] } {
  switch (node.kind) {
    case 'scan':
      return { title: `scan ${node.relation.kind} ${renderName(node.relation.name)}`, details: [] };
    case 'values':
      return {
        title: 'values',
        details: node.rows.map((row) => `(${row.map((expr) => renderExpr(expr)).join(', ')})`),
      };
    case 'project':
      return { title: 'project', details: computed(node.columns, node.exprs.map(renderExpr)) };
    case 'filter':
      return { title: `filter ${renderExpr(node.predicate)}`, details: [] };
    case 'aggregate': {
      const keys = node.groupBy.map(renderExpr);
      const title = node.calls.length === 0 ? 'distinct' : node.global ? 'aggregate, one row' : 'aggregate';
      const by = keys.length > 0 ? ` by ${keys.join(', ')}` : '';
      const columns = node.columns.slice(keys.length);
      return { title: title + by, details: computed(columns, node.calls.map(renderCall)) };
    }
    case 'join': {
      const on = joinConditions(node).map(renderExpr);
      return { title: `${node.join} join on ${on.length === 0 ? 'TRUE' : on.join(' AND ')}`, details: [] };
    }
    case 'top_n': {
      const parts = [`top ${node.limit}`];
      if (node.offset > 0) parts.push(`after ${node.offset}`);
      if (node.partitionBy.length > 0) parts.push(`per ${node.partitionBy.map(renderExpr).join(', ')}`);
      if (node.orderBy.length > 0) parts.push(`by ${node.orderBy.map(renderOrder).join(', ')}`);
      if (node.rank) parts.push(`with rank as ${renderName(node.columns.at(-1)!.name)}`);
      return { title: parts.join(' '), details: [] };
    }
    case 'union_all':
      return { title: 'union all', details: [] };
    default:
      return unreachable(node);
  }
}

/** Returns the conditions of a join, each column qualified by its side, since both sides may have the same names. */
function joinConditions({ left, right, leftKeys, rightKeys, residual }: JoinNode): Expr[] {
  const [a, b] = [nameOf(left), nameOf(right)];
  const [l, r] = a === undefined || b === undefined || a === b ? ['left', 'right'] : [a, b];
  const of = (e: Expr, side: (index: number) => string): Expr =>
    mapExpr(e, (x) => (x.kind === 'column' ? { ...x, relation: side(x.index) } : x));
  const keys = leftKeys.map((key, i): Expr => {
    const pair = { left: of(key, () => l), right: of(rightKeys[i]!, () => r) };
    return { kind: 'compare', type: BOOLEAN, nullable: true, op: '=', ...pair };
  });
  if (residual === undefined) return keys;
  return [...keys, of(residual, (index) => (index < left.columns.length ? l : r))];
}

/** Returns the name of the one relation that a node only filters and projects; undefined for any other node. */
function nameOf(node: PlanNode): string | undefined {
  if (node.kind === 'scan') return renderName(node.relation.name);
  return node.kind === 'filter' || node.kind === 'project' ? nameOf(node.input) : undefined;
}

function renderOrder(key: OrderKey): string {
  const nulls = key.nullsFirst === key.descending ? '' : key.nullsFirst ? ' NULLS FIRST' : ' NULLS LAST';
  return `${renderExpr(key.expr)}${key.descending ? ' DESC' : ''}${nulls}`;
}

function renderCall(call: AggregateCall): string {
  const args = call.args.length === 0 && call.name === 'count' ? '*' : call.args.map(renderExpr).join(', ');
  const order = call.orderBy.length === 0 ? '' : ` ORDER BY ${call.orderBy.map(renderOrder).join(', ')}`;
  const filter = call.filter === undefined ? '' : ` FILTER (WHERE ${renderExpr(call.filter)})`;
  return `${call.name}(${call.distinct ? 'DISTINCT ' : ''}${args}${order})${filter}`;
}
