import type { OrderKey, PlanNode } from '../../../src/plan/nodes.ts';
import { renderExpr } from '../../../src/plan/render-expr.ts';
import type { Expr } from '../../../src/plan/expr.ts';

/** Returns a plan as indented text: one line per node, expressions as SQL. */
export function printPlan(node: PlanNode, indent = ''): string {
  const inner = `${indent}  `;
  const line = `${indent}${describeNode(node)}`;
  switch (node.kind) {
    case 'scan':
    case 'values':
      return line;
    case 'join':
      return [line, printPlan(node.left, inner), printPlan(node.right, inner)].join('\n');
    case 'union_all':
      return [line, ...node.inputs.map((n) => printPlan(n, inner))].join('\n');
    default:
      return `${line}\n${printPlan(node.input, inner)}`;
  }
}

function describeNode(node: PlanNode): string {
  switch (node.kind) {
    case 'scan':
      return `scan ${node.relation.kind} ${node.relation.name}`;
    case 'values':
      return `values ${node.rows.map((r) => `(${list(r)})`).join(', ')}`;
    case 'project':
      return `project ${node.exprs.map((e, i) => named(e, node.columns[i]!.name)).join(', ')}`;
    case 'filter':
      return `filter ${renderExpr(node.predicate)}`;
    case 'aggregate': {
      const calls = node.calls.map((c) => {
        const args = c.args.length === 0 && c.name === 'count' ? '*' : list(c.args);
        const order = c.orderBy.length === 0 ? '' : ` ORDER BY ${keys(c.orderBy)}`;
        const filter = c.filter === undefined ? '' : ` FILTER (${renderExpr(c.filter)})`;
        return `${c.name}(${c.distinct ? 'DISTINCT ' : ''}${args}${order})${filter}`;
      });
      return `aggregate [${list(node.groupBy)}] ${calls.join(', ')}${node.global ? ' (one row)' : ''}`.trimEnd();
    }
    case 'join': {
      const on = node.leftKeys
        .map((l, i) => `${renderExpr(l)} = ${renderExpr(node.rightKeys[i]!)}`)
        .join(', ');
      return `${node.join} join on ${on}${node.residual === undefined ? '' : ` and ${renderExpr(node.residual)}`}`;
    }
    case 'top_n':
      return `top ${node.limit}${node.offset > 0 ? ` after ${node.offset}` : ''} of [${list(node.partitionBy)}] by ${keys(node.orderBy)}${node.rank ? ' with rank' : ''}`;
    case 'union_all':
      return 'union all';
  }
}

function list(exprs: readonly Expr[]): string {
  return exprs.map(renderExpr).join(', ');
}

function named(e: Expr, name: string): string {
  const text = renderExpr(e);
  return text === name ? text : `${text} AS ${name}`;
}

function keys(order: readonly OrderKey[]): string {
  return order
    .map((k) => {
      const nulls = k.nullsFirst === k.descending ? '' : k.nullsFirst ? ' NULLS FIRST' : ' NULLS LAST';
      return `${renderExpr(k.expr)}${k.descending ? ' DESC' : ''}${nulls}`;
    })
    .join(', ');
}
