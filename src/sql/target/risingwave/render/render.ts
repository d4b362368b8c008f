import type { RangeVar, SelectStmt } from '@pgsql/types';
import type { PlanOfView } from '../../../../plan/never-null.ts';
import type { Pipeline } from '../../../../plan/pipeline.ts';
import { renderName } from '../../../../plan/render-expr.ts';
import type { CheckedPipeline } from '../../../bind-files.ts';
import type { CreateSink, CreateView, Statement } from '../../../ddl/statement.ts';
import { Reporter } from '../../../failure.ts';
import type { ParsedStatement, PipelineFile } from '../../../parse-file.ts';
import { TextEdits } from '../../../text/text-edits.ts';
import type { RenderOptions } from '../../render-options.ts';
import type { RenderedPart, Rendering } from '../../rendered.ts';
import { targetFindings } from '../../findings.ts';
import { EMPTIED_SUM } from '../r030-emptied-sum.ts';
import type { IsEmptied } from './emptied-sums.ts';
import { NameSet } from './name-set.ts';
import { brokerOption } from './options.ts';
import { sinkAsWritten } from '../../../../plan/pipeline.ts';
import { layoutRefusal, otherLayout } from '../r044-sink-layout.ts';
import { renderSink } from './render-sink.ts';
import type { BoundSink } from './render-sink.ts';
import { renderSource } from './render-source.ts';
import { PREPARATIONS, renderQuery } from './render-view.ts';
import type { QueryChange } from './render-view.ts';
import { StatementEdits } from './statement-edits.ts';

/**
 * Renders a pipeline without errors. Words, comments and layout stay wherever RisingWave takes them. `bind` binds the
 * files of the pipeline again after they changed.
 */
export function renderForRisingWave(
  checked: CheckedPipeline,
  bind: (files: readonly PipelineFile[]) => CheckedPipeline,
  options: RenderOptions,
): Rendering {
  const { bound, origin } = prepared(checked, bind);
  const reporter = new Reporter();
  const renderer = new StatementRenderer(bound, reporter, options);
  const files = new Map<string, string>();
  const repeated = repeatedStatements(bound.statements);
  const statements: RenderedPart[] = [];
  const edited = new Map<string, { readonly edits: TextEdits; readonly header: string }>();
  for (const [file, text] of bound.files) {
    const edits = new TextEdits(text);
    const ofFile = bound.statements.filter(({ statement }) => statement.name.span.file === file);
    for (const each of ofFile.filter((parsed) => repeated.has(parsed))) removeRepeated(each, edits);
    const parts = ofFile
      .filter((parsed) => !repeated.has(parsed))
      .map((parsed) => ({ parsed, rendered: renderer.render(parsed, edits) }));
    for (const { parsed, rendered } of parts) {
      const { start, end } = parsed.span;
      const at = { file, start: origin(file, start) };
      const { name, view } = rendered;
      const { kind } = parsed.statement;
      statements.push({ kind, name, sql: edits.text(start, end), reads: renderer.reads(parsed), ...at });
      if (view === undefined) continue;
      edits.insertAfter(end, `;\n\n${view.sql}`);
      statements.push({ ...view, reads: [name], ...at });
    }
    const own = statements.filter((each) => each.file === file);
    const header = headerOf(file, own, options);
    edited.set(file, { edits, header });
    files.set(file, header + edits.text());
  }
  const diagnostics = reporter.diagnostics.map((d) => {
    const { file, start, end } = d.span;
    return { ...d, span: { file, start: origin(file, start), end: origin(file, end) } };
  });
  const originOf = (file: string, offset: number): number => {
    const { edits, header } = edited.get(file)!;
    return origin(file, edits.originAt(Math.max(0, offset - header.length)));
  };
  return { files, statements, diagnostics, originOf };
}

/** Returns the comment at the top of a rendered file. */
function headerOf(file: string, statements: readonly RenderedPart[], { version }: RenderOptions): string {
  const lines = [
    `Rendered by Freshet for RisingWave ${version} from ${file}. Change that file, and render it again.`,
    "Times are UTC: apply it in a session with SET TIME ZONE 'UTC', as `freshet deploy` does.",
  ];
  if (statements.some(({ kind, sql }) => kind === 'sink' && /connector\s*=\s*'dynamodb'/.test(sql))) {
    lines.push(
      'In clusters of more than 4 cores or 20 GiB of memory, RisingWave writes to DynamoDB only with a licence.',
      'Without one, render with --sinks kafka and run `freshet sink`.',
    );
  }
  return `${lines.map((line) => `-- ${line}\n`).join('')}\n`;
}

/** Takes the preparing steps. `origin` returns where an offset into the prepared text comes from. */
function prepared(
  checked: CheckedPipeline,
  bind: (files: readonly PipelineFile[]) => CheckedPipeline,
): { readonly bound: CheckedPipeline; readonly origin: (file: string, offset: number) => number } {
  let bound = checked;
  const steps: ReadonlyMap<string, TextEdits>[] = [];
  for (const prepare of PREPARATIONS) {
    const changed = editQueries(bound, prepare);
    if ([...changed.values()].every((edits) => edits.isEmpty)) continue;
    bound = bind([...changed].map(([name, edits]) => ({ name, text: edits.text() })));
    steps.unshift(changed);
  }
  const origin = (file: string, offset: number): number =>
    steps.reduce((at, changed) => changed.get(file)!.originAt(at), offset);
  return { bound, origin };
}

/** Changes the queries of views and sinks. Returns the changes of each file. */
function editQueries(
  { files, statements }: CheckedPipeline,
  change: QueryChange,
): ReadonlyMap<string, TextEdits> {
  const changed = new Map([...files].map(([name, text]) => [name, new TextEdits(text)]));
  const repeated = repeatedStatements(statements);
  for (const parsed of statements) {
    const { statement } = parsed;
    const query = repeated.has(parsed) ? undefined : queryOf(statement);
    if (query !== undefined) change(query, changed.get(statement.name.span.file)!);
  }
  return changed;
}

/** Returns the statements that define nothing, because of IF NOT EXISTS and an earlier definition of the name. */
function repeatedStatements(statements: readonly ParsedStatement[]): ReadonlySet<ParsedStatement> {
  const defined = new Set<string>();
  const repeated = new Set<ParsedStatement>();
  for (const parsed of statements) {
    const { name, ifNotExists } = parsed.statement;
    if (ifNotExists && defined.has(name.value)) repeated.add(parsed);
    defined.add(name.value);
  }
  return repeated;
}

/** The binder has not looked at it, so that it cannot be rendered. */
function removeRepeated({ span, statement }: ParsedStatement, edits: TextEdits): void {
  const behind = /^\s*;/.exec(edits.original.slice(span.end))?.[0].length ?? 0;
  const name = renderName(statement.name.value);
  edits.replace(span.start, span.end + behind, `-- RisingWave: another definition of ${name} is left out.`);
}

function queryOf(s: Statement): CreateView['query'] | undefined {
  if (s.kind === 'view' || s.kind === 'materialized view') return s.query;
  return s.kind === 'sink' && s.input.kind === 'query' ? s.input.query : undefined;
}

/** Renders one statement after the other. */
class StatementRenderer {
  readonly #pipeline: Pipeline;
  readonly #statements: readonly ParsedStatement[];
  readonly #reporter: Reporter;
  readonly #options: RenderOptions;
  readonly #planOf: PlanOfView;
  readonly #isEmptied: IsEmptied;
  readonly #names: NameSet;

  constructor(
    { pipeline, statements, diagnostics }: CheckedPipeline,
    reporter: Reporter,
    options: RenderOptions,
  ) {
    if (pipeline === undefined) {
      // Only a fault of the preparation brings an error into a pipeline that had none.
      throw new Error(
        `prepared SQL has an error: ${diagnostics.find((d) => d.severity === 'error')?.message}`,
      );
    }
    this.#pipeline = pipeline;
    this.#statements = statements;
    this.#reporter = reporter;
    this.#options = options;
    const plans = new Map(pipeline.views.map((v) => [v.name, v.plan]));
    this.#planOf = (name) => plans.get(name);
    const written = statements.map(({ statement }) => statement);
    const emptied = targetFindings([EMPTIED_SUM], written, pipeline);
    const places = new Set(emptied.map(({ span }) => `${span.file} ${span.start}`));
    this.#isEmptied = ({ file, start }) => places.has(`${file} ${start}`);
    this.#names = new NameSet(statements.map(({ statement }) => statement.name.value));
  }

  /** Renders a statement. Returns the name that it defines, and a view that has to follow it. */
  render(parsed: ParsedStatement, edits: TextEdits): ReturnType<typeof renderSource> {
    const { statement } = parsed;
    const own = new StatementEdits(parsed, edits);
    let result: ReturnType<typeof renderSource> = { name: statement.name.value, view: undefined };
    const query = queryOf(statement);
    if (query !== undefined) this.#query(query, own, edits);
    switch (statement.kind) {
      case 'source':
      case 'table':
        result = renderSource(statement, own, this.#options, (wish) => this.#names.fresh(wish));
        break;
      case 'view':
      case 'materialized view':
        this.#nameColumns(statement, edits);
        break;
      case 'sink':
        this.#refuseLayout(statement);
        renderSink(statement, this.#boundSink(statement), own, this.#options);
        break;
    }
    own.writeRemarks();
    return result;
  }

  /** Returns the definitions that a statement reads directly. */
  reads({ statement }: ParsedStatement): readonly string[] {
    if (statement.kind === 'sink' && statement.input.kind === 'relation') return [statement.input.name.value];
    const found = new Set<string>();
    collectRelations(queryOf(statement)?.query(), new Set(), found);
    return [...found];
  }

  #query(query: CreateView['query'], own: StatementEdits, edits: TextEdits): void {
    const context = { reporter: this.#reporter, planOf: this.#planOf, isEmptied: this.#isEmptied };
    const { hasFilters, hasSums } = renderQuery(query, edits, context);
    if (hasSums) {
      own.remark(
        'SUM is 0 there, and not NULL, after its last value has left the group. COUNT tells the two apart.',
      );
    }
    if (hasFilters) {
      own.remark("the clock is now() AT TIME ZONE 'UTC', and is compared with a TIMESTAMP of the row.");
    }
  }

  /** RisingWave wants a name for every column, or for none. */
  #nameColumns({ name, columns }: CreateView, edits: TextEdits): void {
    const last = columns?.at(-1);
    const view = [...this.#pipeline.views, ...this.#pipeline.logicalViews].find((v) => v.name === name.value);
    if (columns === undefined || last === undefined || view === undefined) return;
    const rest = view.columns.slice(columns.length).map((c) => renderName(c.name));
    if (rest.length > 0) edits.insertAfter(last.span.end, `, ${rest.join(', ')}`);
  }

  /** Reports a layout of items that neither RisingWave nor `freshet sink` behind its topics writes. */
  #refuseLayout(s: CreateSink): void {
    const option = otherLayout(s);
    if (option === undefined) return;
    const { views, sinks } = this.#pipeline;
    const { from, primaryKey } = sinkAsWritten(sinks.find(({ name }) => name === s.name.value)!);
    const { columns } = views.find(({ name }) => name === from)!;
    const isOfDays =
      option.value.toLowerCase() === 'daily' && primaryKey.every((i) => columns[i]!.type.kind !== 'date');
    const isOfBuckets = option.value.toLowerCase() === 'packed' || isOfDays;
    const isWritable = this.#options.sinks === 'kafka' && !isOfBuckets;
    if (!isWritable) this.#reporter.report(layoutRefusal(option));
  }

  #boundSink(s: CreateSink): BoundSink {
    const { views, sinks } = this.#pipeline;
    const def = sinks.find((sink) => sink.name === s.name.value)!;
    const { columns } = views.find((v) => v.name === def.from)!;
    const isRelation = s.input.kind === 'relation';
    const from = s.input.kind === 'relation' ? s.input.name.value : '';
    const isTable = this.#statements.some(
      ({ statement }) => statement.kind === 'table' && statement.name.value === from,
    );
    const isStored = !isRelation || isTable || def.from === from;
    return { def, columns, brokers: this.#brokers(), isStored };
  }

  /** Returns the options of the first Kafka source that say how to reach the brokers, as they are written. */
  #brokers(): readonly string[] {
    for (const { statement, source } of this.#statements) {
      if (statement.kind !== 'source' && statement.kind !== 'table') continue;
      const options = statement.options ?? [];
      if (!options.some((o) => BROKERS.has(o.key.value))) continue;
      return options
        .filter(({ key, value }) => BROKERS.has(key.value) || (SECURITY.test(key.value) && value !== ''))
        .map((o) => brokerOption(o, source.original.slice(o.span.start, o.span.end), this.#options));
    }
    return ["properties.bootstrap.server = '${KAFKA_BROKERS}'"];
  }
}

const BROKERS: ReadonlySet<string> = new Set(['properties.bootstrap.server', 'kafka.brokers']);
const SECURITY = /^properties\.(?:security|sasl|ssl|enable\.ssl)\./;

/** Collects the names of the relations in a part of a parse tree, except those of CTEs around it, in `hidden`. */
function collectRelations(part: unknown, hidden: ReadonlySet<string>, found: Set<string>): void {
  if (Array.isArray(part)) {
    for (const each of part) collectRelations(each, hidden, found);
    return;
  }
  if (part === null || typeof part !== 'object') return;
  const { withClause, relname, schemaname, ...rest } = part as Partial<SelectStmt & RangeVar>;
  let inside = hidden;
  for (const item of withClause?.ctes ?? []) {
    if (!('CommonTableExpr' in item)) continue;
    collectRelations(item.CommonTableExpr.ctequery, inside, found);
    inside = new Set([...inside, item.CommonTableExpr.ctename ?? '']);
  }
  if (relname !== undefined && (schemaname !== undefined || !inside.has(relname))) found.add(relname);
  for (const each of Object.values(rest)) collectRelations(each, inside, found);
}
