import type { SinkDeclaration } from '../../connectors/declaration.ts';
import type { OptionSpec } from '../../connectors/option.ts';
import { givenOption } from '../../connectors/settings.ts';
import type { Span } from '../../plan/expr.ts';
import { WITHOUT_EMIT } from '../../plan/not-yet.ts';
import type { PlanColumn, PlanNode } from '../../plan/nodes.ts';
import type { Options, SinkDef, ViewDef } from '../../plan/pipeline.ts';
import type { CreateSink } from '../ddl/statement.ts';
import { didYouMean } from '../did-you-mean.ts';
import { Abandoned, failure } from '../failure.ts';
import { bindOptions, findConnector } from './bind-options.ts';
import { bindNamedQuery, materialize } from './bind-view.ts';
import type { ViewContext } from './bind-view.ts';
import { LATER_SINKS } from './later.ts';
import type { Keys } from './plan-keys.ts';

/** The view that a sink reads. */
interface Input {
  readonly name: string;
  /** The view as messages call it. */
  readonly label: string;
  readonly columns: readonly PlanColumn[];
  readonly keys: Keys;
  /** The view, if it was created for this sink; undefined if the SQL creates it. */
  readonly made: ViewDef | undefined;
}

/**
 * Binds CREATE SINK. The `view` in the result is the one created for a sink that reads a query or a relation without a
 * materialized view; the caller adds it to the pipeline. Reports all errors; throws Abandoned if there is one.
 */
export function bindSink(
  s: CreateSink,
  span: Span,
  context: ViewContext & {
    readonly views: readonly ViewDef[];
    readonly connectors: ReadonlyMap<string, SinkDeclaration>;
  },
): { sink: SinkDef; view: ViewDef | undefined } {
  const { reporter } = context;
  const before = reporter.errors;
  const connector = reporter.attempt(() => connectorOf(s, context.connectors));
  const spec = connector?.spec;
  const options =
    spec &&
    reporter.attempt(() =>
      bindOptions(s.options, spec, {
        what: `connector '${spec.name}'`,
        span: s.name.span,
        reporter,
      }),
    );
  const input = reporter.attempt(() => bindInput(s, span, context));
  // Other connectors need FORMAT, so if the connector is unknown only that is reported.
  if (s.format !== undefined && spec !== undefined) {
    reporter.report(
      failure('42601', `a ${spec.name} sink takes no FORMAT ... ENCODE ...`, s.format.span, 'leave it out')
        .diagnostic,
    );
  }
  if (connector === undefined || options === undefined || input === undefined) throw new Abandoned();
  const primaryKey = reporter.attempt(() => bindKey({ connector, options }, input, s.name.span));
  if (primaryKey === undefined || reporter.errors > before) throw new Abandoned();
  const sink: SinkDef = {
    kind: 'sink',
    name: s.name.value,
    from: input.name,
    connector: connector.spec.name,
    options,
    primaryKey,
    span,
  };
  return { sink, view: input.made };
}

function connectorOf(s: CreateSink, known: ReadonlyMap<string, SinkDeclaration>): SinkDeclaration {
  const found = findConnector(s.options, known, LATER_SINKS, 'sink');
  if (found === undefined) {
    throw failure(
      '22023',
      `sink "${s.name.value}" has no connector`,
      s.name.span,
      "add connector = 'dynamodb' to WITH",
    );
  }
  return found;
}

function bindInput(
  s: CreateSink,
  span: Span,
  context: ViewContext & { readonly views: readonly ViewDef[] },
): Input {
  const own = `${s.name.value}__query`;
  const made = (plan: PlanNode, label: string): Input => {
    const view = materialize(plan, { name: own, emit: s.emit, span }, context);
    return { name: own, label, columns: view.columns, keys: view.keys, made: view };
  };
  if (s.input.kind === 'query') return made(bindNamedQuery(s.input.query, undefined, context), 'the query');
  const { name } = s.input;
  const relation = context.catalog.lookup(name.value, name.span);
  if (s.emit !== undefined)
    throw failure(
      '42601',
      'EMIT belongs to the view that the sink reads',
      s.emit.span,
      s.emit.emit === 'on window close' ? WITHOUT_EMIT : 'remove it: a view emits its changes at once',
    );
  const view = context.views.find((v) => v.name === relation.name);
  const label = `"${relation.name}"`;
  if (view !== undefined) {
    return { name: view.name, label, columns: view.columns, keys: view.keys, made: undefined };
  }
  if (relation.plan !== undefined) return made(relation.plan, label);
  const kind = relation.kind === 'table' ? 'table' : 'source';
  const scan: PlanNode = {
    kind: 'scan',
    relation: { kind, name: relation.name },
    columns: relation.columns,
    span: name.span,
  };
  return made(scan, label);
}

/**
 * Returns the columns of the view that the option `primary_key` names, which must identify its rows. Empty for a
 * connector without that option.
 */
function bindKey(
  { connector, options }: { readonly connector: SinkDeclaration; readonly options: Options },
  input: Input,
  sinkSpan: Span,
): readonly number[] {
  const option: OptionSpec | undefined = connector.spec.options['primaryKey'];
  if (option === undefined) return [];
  const given = givenOption(option, options);
  const at = given?.span ?? sinkSpan;
  const names = (given?.value ?? '')
    .split(',')
    .map((n) => n.trim())
    .filter((n) => n !== '');
  const columnNames = input.columns.map((c) => c.name);
  const key = names.map((name) => {
    const i = columnNames.indexOf(name);
    if (i !== -1) return i;
    throw failure(
      '42703',
      `key column "${name}" is not in ${input.label}`,
      at,
      didYouMean(name, columnNames, `its columns are ${columnNames.join(', ')}`),
    );
  });
  const repeated = names.find((n, i) => names.indexOf(n) !== i);
  if (repeated !== undefined) throw failure('42701', `key column "${repeated}" is named twice`, at);
  const fault = connector.keyFault?.(input, key, options);
  if (fault !== undefined) throw failure(fault.code, fault.message, fault.option?.span ?? at, fault.hint);
  checkCovers(input, key, at);
  return key;
}

/** Throws SqlFailure unless the key is known to be unique among the rows: otherwise rows would overwrite each other. */
function checkCovers(input: Input, key: readonly number[], at: Span): void {
  const name = (i: number): string => input.columns[i]!.name;
  const { keys } = input;
  if (keys.length === 0) {
    throw failure(
      '42830',
      `rows of ${input.label} have no known key, so their items would overwrite each other`,
      at,
      'GROUP BY the key, or keep the newest row of each key: SELECT DISTINCT ON (key) ... ORDER BY key, time DESC',
    );
  }
  const left = keys.map((own) => own.filter((i) => !key.includes(i)));
  if (left.some((missing) => missing.length === 0)) return;
  const missing = left.toSorted((a, b) => a.length - b.length)[0]!;
  throw failure(
    '42830',
    `primary_key leaves out ${missing.map((i) => `"${name(i)}"`).join(', ')}, ` +
      `so rows of ${input.label} would overwrite each other`,
    at,
    `a row is identified by ${keys.map((own) => own.map(name).join(', ')).join('; or by ')}`,
  );
}
