import { inputsOf } from '../../plan/nodes.ts';
import type { AggregateCall, PlanNode } from '../../plan/nodes.ts';
import type { Expr } from '../../plan/expr.ts';
import { children } from '../../plan/expr.ts';
import type { Pipeline, SourceDef } from '../../plan/pipeline.ts';

/** Receives what a column is made of, from the column down to the sources. */
export interface LineageVisitor {
  /** Receives an expression over `input` that computes the column, or a condition that its rows passed. */
  expr?(e: Expr, input: PlanNode): void;
  call?(call: AggregateCall): void;
  sourceColumn?(source: string, column: number): void;
}

/** How far a trace goes, and what it visits. */
export interface LineageOptions {
  readonly pipeline: Pipeline;
  /** Goes on through materialized views to the sources, instead of stopping at the plan's scans. */
  readonly throughViews: boolean;
  /** Also visits filters, which decide about rows and not about values. */
  readonly conditions: boolean;
  /** Follows only columns that become part of the value, and not those that a CASE or a comparison looks at. */
  readonly valuesOnly?: boolean;
  /** Columns and conditions of views visited so far. Views over views can reach one in exponentially many ways. */
  readonly seen?: Set<string>;
}

/** Visits what column `index` of `node` is made of. */
export function traceColumn(
  node: PlanNode,
  index: number,
  visitor: LineageVisitor,
  options: LineageOptions,
): void {
  if (options.seen === undefined) {
    traceColumn(node, index, visitor, { ...options, seen: new Set() });
    return;
  }
  const expr = (e: Expr, input: PlanNode): void => traceExpr(e, input, visitor, options);
  switch (node.kind) {
    case 'scan': {
      const view = options.throughViews ? viewOf(options.pipeline, node.relation.name) : undefined;
      if (view !== undefined) {
        if (isFirst(`${index} ${node.relation.name}`, options)) traceColumn(view, index, visitor, options);
      } else if (node.relation.kind !== 'materialized view')
        visitor.sourceColumn?.(node.relation.name, index);
      return;
    }
    case 'values':
      for (const row of node.rows) visitor.expr?.(row[index]!, node);
      return;
    case 'project':
      expr(node.exprs[index]!, node.input);
      return;
    case 'filter':
      if (options.conditions) expr(node.predicate, node.input);
      traceColumn(node.input, index, visitor, options);
      return;
    case 'aggregate': {
      const key = node.groupBy[index];
      if (key !== undefined) {
        expr(key, node.input);
        return;
      }
      const call = node.calls[index - node.groupBy.length]!;
      visitor.call?.(call);
      for (const a of call.args) expr(a, node.input);
      if (call.filter !== undefined && options.conditions) expr(call.filter, node.input);
      if (options.conditions) traceConditions(node.input, visitor, options);
      return;
    }
    case 'join': {
      const width = node.left.columns.length;
      if (index < width) traceColumn(node.left, index, visitor, options);
      else traceColumn(node.right, index - width, visitor, options);
      return;
    }
    case 'top_n':
      if (index < node.input.columns.length) traceColumn(node.input, index, visitor, options);
      return;
    case 'union_all':
      for (const input of node.inputs) traceColumn(input, index, visitor, options);
  }
}

/** Visits an expression over the columns of `input`, and what those columns are made of. */
export function traceExpr(e: Expr, input: PlanNode, visitor: LineageVisitor, options: LineageOptions): void {
  visitor.expr?.(e, input);
  const columns = options.valuesOnly === true ? valueColumns(e) : columnsIn(e);
  for (const index of new Set(columns)) traceColumn(input, index, visitor, options);
}

function columnsIn(e: Expr): number[] {
  return e.kind === 'column' ? [e.index] : children(e).flatMap(columnsIn);
}

function isFirst(place: string, { seen }: LineageOptions): boolean {
  if (seen?.has(place) === true) return false;
  seen?.add(place);
  return true;
}

/** Returns the columns whose values an expression passes on, unchanged or as terms of a computation. */
function valueColumns(e: Expr): number[] {
  switch (e.kind) {
    case 'column':
      return [e.index];
    case 'case':
      return [...e.arms.map((arm) => arm.then), e.otherwise].flatMap(valueColumns);
    case 'call':
      return (e.fn.name === '/' ? e.args.slice(0, 1) : e.args).flatMap(valueColumns);
    case 'cast':
    case 'coalesce':
      return children(e).flatMap(valueColumns);
    default:
      return [];
  }
}

/** Visits the filters below an aggregate, which decide what it adds up. */
function traceConditions(node: PlanNode, visitor: LineageVisitor, options: LineageOptions): void {
  if (node.kind === 'filter') visitor.expr?.(node.predicate, node.input);
  if (node.kind === 'filter' || node.kind === 'project') traceConditions(node.input, visitor, options);
  if (node.kind !== 'scan' || !options.throughViews) return;
  const view = viewOf(options.pipeline, node.relation.name);
  if (view === undefined || !isFirst(`conditions ${node.relation.name}`, options)) return;
  traceConditions(view, visitor, options);
}

function viewOf(pipeline: Pipeline, name: string): PlanNode | undefined {
  return pipeline.views.find((v) => v.name === name)?.plan;
}

/** Returns the sources that a plan reads, directly and through materialized views. */
export function sourcesUnder(node: PlanNode, pipeline: Pipeline): readonly SourceDef[] {
  const found = new Set<SourceDef>();
  const seen = new Set<string>();
  const visit = (n: PlanNode): void => {
    if (n.kind === 'scan') {
      const { name } = n.relation;
      if (seen.has(name)) return;
      seen.add(name);
      const source = pipeline.sources.find((s) => s.name === name);
      if (source !== undefined) found.add(source);
      const view = viewOf(pipeline, name);
      if (view !== undefined) visit(view);
    }
    for (const input of inputsOf(n)) visit(input);
  };
  visit(node);
  return [...found];
}

/** Returns every node of a plan, without the plans of the views that it reads. */
export function allNodes(node: PlanNode): readonly PlanNode[] {
  return [node, ...inputsOf(node).flatMap(allNodes)];
}

/** Returns the expressions of one node. */
export function exprsOf(node: PlanNode): readonly Expr[] {
  switch (node.kind) {
    case 'scan':
    case 'union_all':
      return [];
    case 'values':
      return node.rows.flat();
    case 'project':
      return node.exprs;
    case 'filter':
      return [node.predicate];
    case 'aggregate':
      return [
        ...node.groupBy,
        ...node.calls.flatMap((c) => [...c.args, ...(c.filter === undefined ? [] : [c.filter])]),
      ];
    case 'join':
      return [...node.leftKeys, ...node.rightKeys, ...(node.residual === undefined ? [] : [node.residual])];
    case 'top_n':
      return [...node.partitionBy, ...node.orderBy.map((k) => k.expr)];
  }
}
