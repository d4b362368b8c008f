import { constantColumn } from '../plan/constant-column.ts';
import type { Options, Pipeline, SinkDef, SourceDef, ViewDef } from '../plan/pipeline.ts';

/** The upsert topics that stand in the place of views. */
export interface ViewTopics {
  /** The WITH options of a Kafka source, except its topic. */
  readonly connection: Options;
  readonly format: Exclude<SourceDef['format'], 'plain'>;
  /** The options of ENCODE JSON, which say who writes. */
  readonly encodeOptions: Options;
  readonly keyEncode: SourceDef['keyEncode'];
  /** Returns the topic with the changes of the view that a sink reads. */
  topicOf(sink: string): string;
}

/**
 * Returns a pipeline that has the given sinks and computes nothing: the view that a sink reads shows a table, which the
 * changes in a topic fill. The table has the columns and types of the view, and the sink's key as its primary key. It
 * has the sink's name, and a view that of the one it stands for; two sinks of one view get a view each.
 */
export function behindTopics(pipeline: Pipeline, sinks: readonly SinkDef[], topics: ViewTopics): Pipeline {
  const taken = new Set<string>();
  const parts = sinks.map((sink) => {
    const view = pipeline.views.find(({ name }) => name === sink.from)!;
    const name = freeName(view.name, `${view.name}__${sink.name}`, taken);
    return { sink: { ...sink, from: name }, view: { ...view, name } };
  });
  const tables = parts.map(({ sink, view }) =>
    tableOf(sink, view, { ...topics, name: freeName(sink.name, `${sink.name}__topic`, taken) }),
  );
  return {
    ...pipeline,
    sources: tables,
    logicalViews: [],
    views: parts.map(({ sink, view }, i) => viewOf(sink, view, tables[i]!)),
    sinks: parts.map(({ sink }) => sink),
  };
}

function freeName(wanted: string, otherwise: string, taken: Set<string>): string {
  const name = taken.has(wanted) ? otherwise : wanted;
  taken.add(name);
  return name;
}

function tableOf(
  { name: sink, primaryKey, span }: SinkDef,
  { columns }: ViewDef,
  topics: ViewTopics & { readonly name: string },
): SourceDef {
  const { connection, encodeOptions, format, keyEncode, name } = topics;
  return {
    kind: 'table',
    name,
    columns: columns.map((column, i) => ({
      name: column.name,
      type: column.type,
      notNull: primaryKey.includes(i),
      span,
    })),
    primaryKey,
    appendOnly: false,
    onConflict: 'overwrite',
    connector: 'kafka',
    options: new Map([...connection, ['topic', { value: topics.topicOf(sink), span, keySpan: span }]]),
    format,
    encode: 'json',
    encodeOptions,
    keyEncode,
    span,
  };
}

function viewOf({ primaryKey }: SinkDef, view: ViewDef, table: SourceDef): ViewDef {
  const { columns, name, span } = view;
  const constants = columns.flatMap((_, i) => {
    const value = constantColumn(view.plan, i);
    return value === undefined ? [] : [[i, value] as const];
  });
  const plan = { kind: 'scan', relation: { kind: 'table', name: table.name }, columns, span } as const;
  return {
    kind: 'materialized view',
    name,
    columns,
    plan,
    key: primaryKey,
    keys: [primaryKey],
    emitOnWindowClose: false,
    constants: new Map(constants),
    span,
  };
}
