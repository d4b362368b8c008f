import { givenOption } from '../connectors/settings.ts';
import type { Pipeline, SinkDef, ViewDef } from '../plan/pipeline.ts';
import { dayWindows } from '../plan/windows/day-windows.ts';
import { WindowRefusal } from '../plan/windows/window-refusal.ts';
import { DYNAMODB } from '../sinks/dynamodb/options.ts';
import { windowProgram } from '../sinks/dynamodb/window-program.ts';
import type { Diagnostic } from '../sql/diagnostic.ts';

/**
 * Returns the pipeline with a view of day buckets for each sink whose layout keeps buckets instead of windows, and the
 * reasons why a view cannot be kept so. The bucket view is `<sink>__days`; the sink reads it instead of its own view.
 */
export function withDayBuckets(pipeline: Pipeline): {
  readonly pipeline: Pipeline;
  readonly problems: readonly Diagnostic[];
  /** The sinks whose view cannot be kept so. */
  readonly refused: ReadonlySet<SinkDef>;
} {
  const problems: Diagnostic[] = [];
  const added: ViewDef[] = [];
  const refused = new Set<SinkDef>();
  const sinks = pipeline.sinks.map((sink) => {
    const view = pipeline.views.find(({ name }) => name === sink.from);
    if (view === undefined || !keepsBuckets(sink)) return sink;
    try {
      const bucketed = bucketSink(sink, view, pipeline.views);
      added.push(bucketed.view);
      return bucketed.sink;
    } catch (error) {
      if (!(error instanceof WindowRefusal)) throw error;
      problems.push(problem(sink, view, error));
      refused.add(sink);
      return sink;
    }
  });
  return { pipeline: { ...pipeline, views: [...pipeline.views, ...added], sinks }, problems, refused };
}

function keepsBuckets({ connector, options }: SinkDef): boolean {
  if (connector !== DYNAMODB.name) return false;
  return givenOption(DYNAMODB.options.layout, options)?.value.toLowerCase() === 'packed';
}

function bucketSink(
  sink: SinkDef,
  view: ViewDef,
  views: readonly ViewDef[],
): { readonly view: ViewDef; readonly sink: SinkDef } {
  const windows = dayWindows(view, views);
  windowProgram(windows);
  const position = (column: number): number => {
    const out = windows.outs[column]!;
    if (out.kind === 'stored') return windows.stored.indexOf(out.column);
    throw new WindowRefusal(
      `the key column "${view.columns[column]!.name}" changes with the clock`,
      'use a key that stays the same as time passes',
      sink.span,
    );
  };
  if (view.key === undefined) {
    throw new WindowRefusal('its rows have no key', 'group the view by the columns of its key', view.span);
  }
  const key = view.key.map(position);
  const name = `${sink.name}__days`;
  return {
    view: {
      kind: 'materialized view',
      name,
      columns: windows.plan.columns,
      plan: windows.plan,
      key,
      keys: [key],
      emitOnWindowClose: false,
      isBuckets: true,
      span: view.span,
    },
    sink: {
      ...sink,
      from: name,
      primaryKey: sink.primaryKey.map(position),
      buckets: { of: view.name, primaryKey: sink.primaryKey, windows },
    },
  };
}

function problem(sink: SinkDef, view: ViewDef, { message, hint, span }: WindowRefusal): Diagnostic {
  const layout = givenOption(DYNAMODB.options.layout, sink.options)!;
  return {
    severity: 'error',
    code: '0A000',
    message: `sink "${sink.name}" cannot keep "${view.name}" in layout '${layout.value}': ${message}`,
    hint,
    span: span ?? layout.span,
  };
}
