import type { LogicalViewDef, SourceDef, ViewDef } from '../../plan/pipeline.ts';
import { inputsOf } from '../../plan/nodes.ts';
import { WITHOUT_EMIT } from '../../plan/not-yet.ts';
import type { PlanNode } from '../../plan/nodes.ts';
import type { Span } from '../../plan/expr.ts';
import type { CreateView, Emit } from '../ddl/statement.ts';
import { Abandoned, failure } from '../failure.ts';
import type { Reporter } from '../failure.ts';
import type { Name } from '../text/cursor.ts';
import type { Slice } from '../text/slice.ts';
import { bindQuery } from './bind-query.ts';
import type { Catalog } from './catalog.ts';
import { columnCount, columnsOf, project } from './nodes.ts';
import { UNNAMED } from './output-name.ts';
import { keysOf, storedKeyOf } from './plan-keys.ts';
import { checkPlanSize } from './query-context.ts';
import { checkRanksLimited } from './rank-limit.ts';
import { checkUnderstood } from './understood-fields.ts';

/** What a view is bound with. */
export interface ViewContext {
  readonly catalog: Catalog;
  readonly reporter: Reporter;
  /** Returns whether a source has a watermark. */
  readonly hasWatermark: (source: string) => boolean;
}

/** Binds CREATE VIEW. */
export function bindLogicalView(s: CreateView, span: Span, context: ViewContext): LogicalViewDef {
  if (s.emit !== undefined)
    throw failure(
      '42601',
      'EMIT needs a materialized view',
      s.emit.span,
      'a plain view is only a name for a query',
    );
  const plan = bindNamedQuery(s.query, s.columns, context);
  return { kind: 'view', name: s.name.value, columns: plan.columns, plan, span };
}

/** Binds CREATE MATERIALIZED VIEW. */
export function bindMaterializedView(s: CreateView, span: Span, context: ViewContext): ViewDef {
  return materialize(
    bindNamedQuery(s.query, s.columns, context),
    { name: s.name.value, emit: s.emit, span },
    context,
  );
}

/** Returns a materialized view of a bound plan. Throws SqlFailure if the plan cannot be maintained. */
export function materialize(
  plan: PlanNode,
  view: {
    readonly name: string;
    readonly emit: { readonly emit: Emit; readonly span: Span } | undefined;
    readonly span: Span;
  },
  context: ViewContext,
): ViewDef {
  checkRanksLimited(plan);
  const closes = view.emit?.emit === 'on window close';
  if (closes && view.emit !== undefined && !sourcesOf(plan).some(context.hasWatermark)) {
    throw failure(
      '42P16',
      'EMIT ON WINDOW CLOSE needs a source with a WATERMARK',
      view.emit.span,
      WITHOUT_EMIT,
    );
  }
  const keys = keysOf(plan, context.catalog);
  return {
    kind: 'materialized view',
    name: view.name,
    columns: plan.columns,
    plan,
    key: storedKeyOf(plan, context.catalog),
    keys,
    emitOnWindowClose: closes,
    span: view.span,
  };
}

/** Returns the names of the sources and tables that a plan scans. */
function sourcesOf(plan: PlanNode): SourceDef['name'][] {
  if (plan.kind === 'scan') return plan.relation.kind === 'materialized view' ? [] : [plan.relation.name];
  return inputsOf(plan).flatMap(sourcesOf);
}

/** Binds a query whose columns must all have names, each a different one. Throws SqlFailure or Abandoned otherwise. */
export function bindNamedQuery(
  slice: Slice,
  names: readonly Name[] | undefined,
  context: ViewContext,
): PlanNode {
  const { catalog, reporter } = context;
  const stmt = slice.query();
  checkUnderstood(stmt, slice);
  const before = reporter.errors;
  const { node, spans } = bindQuery(stmt, { slice, catalog, reporter, ctes: new Map(), depth: 0, bindQuery });
  if (reporter.errors > before) throw new Abandoned();
  checkPlanSize(node, slice.span);
  const extra = names?.[node.columns.length];
  if (extra !== undefined) {
    throw failure(
      '42P16',
      `the query has ${columnCount(node.columns)}, but the view names ${names!.length}`,
      extra.span,
      'leave this name out, or select one more column',
    );
  }
  const columns = node.columns.map((c, i) => ({
    name: names?.[i]?.value ?? c.name,
    span: names?.[i]?.span ?? spans[i] ?? slice.span,
  }));
  const seen = new Set<string>();
  reporter.all(columns, ({ name, span }, i) => {
    if (name === UNNAMED) {
      throw failure(
        '42P16',
        `column ${i + 1} has no name`,
        span,
        'give the expression an alias: ... AS name',
      );
    }
    if (seen.has(name)) {
      throw failure(
        '42701',
        `column "${name}" specified more than once`,
        span,
        'give one of the two another alias',
      );
    }
    seen.add(name);
  });
  return project(
    node,
    columnsOf(node),
    columns.map((c) => c.name),
    node.span,
  );
}
