import { tagOf } from '../client/schema.ts';
import { givenOption } from '../connectors/settings.ts';
import type { Pipeline, SinkDef, ViewDef } from '../plan/pipeline.ts';
import { constantColumn } from '../plan/constant-column.ts';
import { partOf, scanned } from '../plan/part-of.ts';
import { dailyWindows } from '../plan/windows/daily-windows.ts';
import { dayWindows, type DayWindows } from '../plan/windows/day-windows.ts';
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
    const layout = view === undefined ? undefined : bucketLayout(sink, view);
    if (view === undefined || layout === undefined) return sink;
    try {
      const bucketed = bucketSink(layout, sink, view, pipeline.views);
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

/**
 * Returns a pipeline as it runs: without the views that only sinks of day buckets name, since their bucket views are
 * kept in their place.
 */
export function withoutReplacedViews(pipeline: Pipeline): Pipeline {
  const { sources, views, sinks } = pipeline;
  const read = new Set([...views.flatMap(({ plan }) => scanned(plan)), ...sinks.map(({ from }) => from)]);
  const replaced = new Set(sinks.flatMap(({ buckets }) => (buckets === undefined ? [] : [buckets.of])));
  const kept = views.filter(({ name }) => read.has(name) || !replaced.has(name));
  const names = [...sources, ...kept, ...pipeline.logicalViews, ...sinks].map(({ name }) => name);
  return partOf(pipeline, new Set(names));
}

type BucketLayout = 'packed' | 'daily';

/** Returns the layout of a sink that needs a view of day buckets; undefined for all others. */
export function bucketLayout(
  { connector, options, primaryKey }: SinkDef,
  view: ViewDef,
): BucketLayout | undefined {
  if (connector !== DYNAMODB.name) return undefined;
  const layout = givenOption(DYNAMODB.options.layout, options)?.value.toLowerCase();
  if (layout === 'packed') return 'packed';
  const hasDay = primaryKey.some((column) => view.columns[column]!.type.kind === 'date');
  return layout === 'daily' && !hasDay ? 'daily' : undefined;
}

function bucketSink(
  layout: BucketLayout,
  sink: SinkDef,
  view: ViewDef,
  views: readonly ViewDef[],
): { readonly view: ViewDef; readonly sink: SinkDef } {
  if (view.key === undefined) {
    throw new WindowRefusal('its rows have no key', 'group the view by the columns of its key', view.span);
  }
  const sortKey = sortKeyOf(sink, view);
  const made =
    layout === 'packed' ? packedRows(sink, view, views) : dailyRows(sink, view, views, sortKey ?? sink.name);
  windowProgram(made.windows); // throws for what readers cannot compute
  const name = `${sink.name}__days`;
  return {
    view: {
      kind: 'materialized view',
      name,
      columns: made.windows.plan.columns,
      plan: made.windows.plan,
      key: made.key,
      keys: [made.key],
      emitOnWindowClose: false,
      isBuckets: true,
      span: view.span,
    },
    sink: {
      ...sink,
      from: name,
      primaryKey: made.primaryKey,
      buckets: { of: view.name, primaryKey: sink.primaryKey, sortKey, windows: made.windows },
    },
  };
}

/** The windows of a view, the key of the rows that the engine keeps, and the sink's key in them. */
interface BucketRows {
  readonly windows: DayWindows;
  readonly key: readonly number[];
  readonly primaryKey: readonly number[];
}

/** One row per row of the view. */
function packedRows(sink: SinkDef, view: ViewDef, views: readonly ViewDef[]): BucketRows {
  const windows = dayWindows(view, views);
  const position = (column: number): number => {
    const out = windows.outs[column]!;
    if (out.kind === 'stored') return windows.stored.indexOf(out.column);
    throw new WindowRefusal(
      `the key column "${view.columns[column]!.name}" changes with the clock`,
      'use a key that stays the same as time passes',
      sink.span,
    );
  };
  return { windows, key: view.key!.map(position), primaryKey: sink.primaryKey.map(position) };
}

/** One row per row of the view and day. */
function dailyRows(sink: SinkDef, view: ViewDef, views: readonly ViewDef[], domain: string): BucketRows {
  const windows = dailyWindows(view, views, { key: sink.primaryKey[0]!, prefix: `${tagOf(domain)}.` });
  return { windows, key: [0, 1], primaryKey: [0, 1] };
}

function sortKeyOf({ options, primaryKey }: SinkDef, { plan }: ViewDef): string | undefined {
  const given = givenOption(DYNAMODB.options.sortKey, options)?.value;
  const value = given ?? (primaryKey[1] === undefined ? undefined : constantColumn(plan, primaryKey[1]));
  return typeof value === 'string' ? value : undefined;
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
