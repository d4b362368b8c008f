import type { Declarations } from '../../connectors/declaration.ts';
import type { LogicalViewDef, Pipeline, SinkDef, SourceDef, ViewDef } from '../../plan/pipeline.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import type { Span } from '../../plan/expr.ts';
import type { CreateSink, CreateSource, Statement } from '../ddl/statement.ts';
import type { Reporter } from '../failure.ts';
import { createdNames } from '../parse-file.ts';
import type { ParsedStatement } from '../parse-file.ts';
import { bindSink } from './bind-sink.ts';
import { bindSource } from './bind-source.ts';
import { bindLogicalView, bindMaterializedView } from './bind-view.ts';
import type { ViewContext } from './bind-view.ts';
import { Catalog } from './catalog.ts';
import { storedKeysOf } from './plan-keys.ts';
import { rightColumns } from './source-columns.ts';

/** A definition without an error of its own that could not be checked in full, because what it reads has an error. */
export interface Unchecked {
  readonly kind: Statement['kind'];
  readonly name: string;
  /** Relations it reads that have an error, or were not checked themselves. */
  readonly because: readonly string[];
  readonly span: Span;
}

type Definitions = Pick<Pipeline, 'sources' | 'logicalViews' | 'views' | 'sinks'>;

/** The definitions that statements make, as far as they could be bound. */
export interface BoundStatements {
  /** All definitions that could be bound. What they read may be missing. */
  readonly bound: Definitions;
  /** Names of definitions that were bound together with everything they read, so that the engine can check them. */
  readonly runnable: ReadonlySet<string>;
  /** Names of sources of which only columns and key are known. */
  readonly inPart: ReadonlySet<string>;
  readonly unchecked: readonly Unchecked[];
}

/** Binds statements in their order. `failed` holds the names whose definitions could not be parsed. */
export function bindStatements(
  statements: readonly ParsedStatement[],
  failed: readonly string[],
  context: { readonly declarations: Declarations; readonly reporter: Reporter },
): BoundStatements {
  const binder = new StatementBinder(statements, context);
  for (const name of failed) binder.catalog.fail(name);
  for (const statement of statements) binder.add(statement);
  return binder;
}

class StatementBinder implements BoundStatements {
  readonly bound = {
    sources: [] as SourceDef[],
    logicalViews: [] as LogicalViewDef[],
    views: [] as ViewDef[],
    sinks: [] as SinkDef[],
  };
  readonly runnable = new Set<string>();
  readonly inPart = new Set<string>();
  readonly unchecked: Unchecked[] = [];
  readonly catalog: Catalog;
  readonly #declarations: Declarations;
  readonly #reporter: Reporter;
  readonly #context: ViewContext & { readonly views: readonly ViewDef[] };

  constructor(
    statements: readonly ParsedStatement[],
    { declarations, reporter }: { readonly declarations: Declarations; readonly reporter: Reporter },
  ) {
    const first = new Map<string, Span>();
    const watermarked = new Set<string>();
    for (const { statement } of statements) {
      const { name, kind } = statement;
      if (kind !== 'sink' && !first.has(name.value)) first.set(name.value, name.span);
      if ('watermarks' in statement && statement.watermarks.length > 0) watermarked.add(name.value);
    }
    const catalog = new Catalog(first);
    const hasWatermark = (source: string): boolean => watermarked.has(source);
    this.catalog = catalog;
    this.#declarations = declarations;
    this.#reporter = reporter;
    this.#context = { catalog, reporter, hasWatermark, views: this.bound.views };
  }

  add(parsed: ParsedStatement): void {
    const { catalog } = this;
    const { statement, text } = parsed;
    const { value: name } = statement.name;
    if (statement.ifNotExists && catalog.has(name)) return;
    const reporter = this.#reporter;
    const errors = reporter.errors;
    const bind = (): boolean => this.#define(parsed);
    const done = reporter.attempt(() => (parsed.isGuess ? reporter.onGuess(bind) : bind()));
    const reads = [...catalog.reads];
    if (done === true) {
      if (statement.kind !== 'sink' && this.#isRunnable(catalog.reads)) this.runnable.add(name);
      return;
    }
    const because = reads.filter((r) => catalog.hasFailed(r));
    if (reporter.errors === errors && because.length > 0)
      this.unchecked.push({ kind: statement.kind, name, because, span: statement.name.span });
    if (statement.kind === 'source' || statement.kind === 'table')
      catalog.fail(name, rightColumns(statement));
    for (const failing of [name, ...createdNames(text)]) catalog.fail(failing);
  }

  /** Binds a statement and defines its name. Returns false, and defines nothing, for a view that is a guess. */
  #define({ statement, span, isGuess }: ParsedStatement): boolean {
    this.catalog.claim(statement.name);
    switch (statement.kind) {
      case 'source':
      case 'table':
        this.#defineSource(statement, span);
        return true;
      case 'view': {
        const view = bindLogicalView(statement, span, this.#context);
        if (isGuess) return false;
        this.bound.logicalViews.push(view);
        const { name, columns, plan } = view;
        this.catalog.define({ kind: 'view', name, columns, keys: [], storedKeys: [], key: undefined, plan });
        return true;
      }
      case 'materialized view': {
        const view = bindMaterializedView(statement, span, this.#context);
        if (isGuess) return false;
        this.bound.views.push(view);
        const { kind, name, columns, keys, key } = view;
        const storedKeys = storedKeysOf(view.plan, this.catalog);
        this.catalog.define({ kind, name, columns, keys, storedKeys, key, plan: undefined });
        return true;
      }
      case 'sink':
        this.#defineSink(statement, span);
        return true;
    }
  }

  #defineSource(statement: CreateSource, span: Span): void {
    const { source, isWhole } = bindSource(statement, span, {
      declarations: this.#declarations,
      reporter: this.#reporter,
    });
    this.bound.sources.push(source);
    if (!isWhole) this.inPart.add(source.name);
    const columns = source.columns.map(({ name, type, notNull }): PlanColumn => ({
      name,
      type,
      nullable: !notNull,
    }));
    const keys = source.primaryKey.length === 0 ? [] : [source.primaryKey];
    const { kind, name } = source;
    this.catalog.define({ kind, name, columns, keys, storedKeys: keys, key: keys[0], plan: undefined });
  }

  #defineSink(statement: CreateSink, span: Span): void {
    const { catalog } = this;
    const { sink, view } = bindSink(statement, span, {
      ...this.#context,
      connectors: this.#declarations.sinks,
    });
    if (view !== undefined) {
      const own = { value: view.name, span: statement.name.span };
      const { reads } = catalog;
      catalog.claim(own);
      catalog.defineSink(own);
      this.bound.views.push(view);
      if (this.#isRunnable(reads)) this.runnable.add(view.name);
    }
    if (this.runnable.has(sink.from)) this.runnable.add(sink.name);
    this.bound.sinks.push(sink);
    catalog.defineSink(statement.name);
  }

  #isRunnable(reads: ReadonlySet<string>): boolean {
    return [...reads].every((r) => this.runnable.has(r));
  }
}
