import type { LogicalViewDef, Pipeline, SinkDef, SourceDef, ViewDef } from '../../plan/pipeline.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import type { Span } from '../../plan/expr.ts';
import type { Statement } from '../ddl/statement.ts';
import type { Reporter } from '../failure.ts';
import { createdNames } from '../parse-file.ts';
import type { ParsedStatement } from '../parse-file.ts';
import { bindSink } from './bind-sink.ts';
import { bindSource } from './bind-source.ts';
import { bindLogicalView, bindMaterializedView } from './bind-view.ts';
import { Catalog } from './catalog.ts';
import { storedKeysOf } from './plan-keys.ts';
import { rightColumns } from './source-columns.ts';

/** A definition without an error of its own that could not be looked at in full, since what it reads has one. */
export interface Unchecked {
  readonly kind: Statement['kind'];
  readonly name: string;
  /** What it reads that has an error, or was not checked itself. */
  readonly because: readonly string[];
  readonly span: Span;
}

type Definitions = Pick<Pipeline, 'sources' | 'logicalViews' | 'views' | 'sinks'>;

export interface BoundStatements {
  /** All that could be bound; what it reads may be missing. */
  readonly bound: Definitions;
  /** Names of what can be run to check it: it was bound, and so was all that it reads. */
  readonly runnable: ReadonlySet<string>;
  /** Sources of which only columns and key are known. */
  readonly inPart: ReadonlySet<string>;
  readonly unchecked: readonly Unchecked[];
}

/** Binds statements in their order. `failed`: names whose definitions could not be parsed. */
export function bindStatements(
  statements: readonly ParsedStatement[],
  failed: readonly string[],
  reporter: Reporter,
): BoundStatements {
  const sources: SourceDef[] = [];
  const logicalViews: LogicalViewDef[] = [];
  const views: ViewDef[] = [];
  const sinks: SinkDef[] = [];
  const runnable = new Set<string>();
  const inPart = new Set<string>();
  const unchecked: Unchecked[] = [];
  const first = new Map<string, Span>();
  const watermarked = new Set<string>();
  for (const { statement } of statements) {
    const { name, kind } = statement;
    if (kind !== 'sink' && !first.has(name.value)) first.set(name.value, name.span);
    if ('watermarks' in statement && statement.watermarks.length > 0) watermarked.add(name.value);
  }
  const catalog = new Catalog(first);
  for (const name of failed) catalog.fail(name);
  const hasWatermark = (source: string): boolean => watermarked.has(source);
  const context = { catalog, reporter, hasWatermark, views };

  /** Defines what a statement says; false if that is a guess. */
  const define = ({ statement, span, isGuess }: ParsedStatement): boolean => {
    const { name } = statement;
    catalog.claim(name);
    switch (statement.kind) {
      case 'source':
      case 'table': {
        const { source, isWhole } = bindSource(statement, span, reporter);
        sources.push(source);
        if (!isWhole) inPart.add(source.name);
        const columns = source.columns.map((c): PlanColumn => ({
          name: c.name,
          type: c.type,
          nullable: !c.notNull,
        }));
        const keys = source.primaryKey.length === 0 ? [] : [source.primaryKey];
        catalog.define({
          kind: source.kind,
          name: source.name,
          columns,
          keys,
          storedKeys: keys,
          plan: undefined,
        });
        return true;
      }
      case 'view': {
        const view = bindLogicalView(statement, span, context);
        if (isGuess) return false;
        logicalViews.push(view);
        catalog.define({
          kind: 'view',
          name: view.name,
          columns: view.columns,
          keys: [],
          storedKeys: [],
          plan: view.plan,
        });
        return true;
      }
      case 'materialized view': {
        const view = bindMaterializedView(statement, span, context);
        if (isGuess) return false;
        views.push(view);
        const { kind, name: own, columns, keys } = view;
        const storedKeys = storedKeysOf(view.plan, catalog);
        catalog.define({ kind, name: own, columns, keys, storedKeys, plan: undefined });
        return true;
      }
      case 'sink': {
        const { sink, view } = bindSink(statement, span, context);
        if (view !== undefined) {
          const own = { value: view.name, span: name.span };
          const { reads } = catalog;
          catalog.claim(own);
          catalog.defineSink(own);
          views.push(view);
          if (isRunnable(reads)) runnable.add(view.name);
        }
        if (runnable.has(sink.from)) runnable.add(sink.name);
        sinks.push(sink);
        catalog.defineSink(name);
        return true;
      }
    }
  };
  const isRunnable = (reads: ReadonlySet<string>): boolean => [...reads].every((r) => runnable.has(r));

  for (const parsed of statements) {
    const { statement, text } = parsed;
    const { value: name } = statement.name;
    if (statement.ifNotExists && catalog.has(name)) continue;
    const errors = reporter.errors;
    const bind = (): boolean => define(parsed);
    const done = reporter.attempt(() => (parsed.isGuess ? reporter.onGuess(bind) : bind()));
    const reads = [...catalog.reads];
    if (done === true) {
      if (statement.kind !== 'sink' && isRunnable(catalog.reads)) runnable.add(name);
      continue;
    }
    const because = reads.filter((r) => catalog.hasFailed(r));
    if (reporter.errors === errors && because.length > 0) {
      unchecked.push({ kind: statement.kind, name, because, span: statement.name.span });
    }
    if (statement.kind === 'source' || statement.kind === 'table')
      catalog.fail(name, rightColumns(statement));
    for (const failing of [name, ...createdNames(text)]) catalog.fail(failing);
  }
  return { bound: { sources, logicalViews, views, sinks }, runnable, inPart, unchecked };
}
