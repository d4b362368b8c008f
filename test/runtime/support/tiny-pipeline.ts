import type { Pipeline, SinkDef, SourceDef, ViewDef } from '../../../src/plan/pipeline.ts';
import type { SqlType } from '../../../src/values/types.ts';
import { BIGINT, TIMESTAMP } from '../../../src/values/types.ts';

const span = { file: 'tiny.sql', start: 0, end: 0 };

function source(name: string): SourceDef {
  const column = (column_name: string, type: SqlType) => ({ name: column_name, type, notNull: true, span });
  return {
    kind: 'source',
    name,
    columns: [column('viewer', BIGINT), column('amount', BIGINT), column('at', TIMESTAMP)],
    primaryKey: [],
    appendOnly: true,
    onConflict: 'overwrite',
    options: new Map(),
    format: 'plain',
    encode: 'json',
    encodeOptions: new Map(),
    span,
  };
}

function view(name: string, columns: readonly string[]): ViewDef {
  return {
    kind: 'materialized view',
    name,
    columns: columns.map((column) => ({ name: column, type: BIGINT, nullable: false })),
    plan: { kind: 'values', columns: [], rows: [] },
    key: [0],
    keys: [],
    emitOnWindowClose: false,
    span,
  };
}

function sink(name: string, from: string, connector = 'memory'): SinkDef {
  return { kind: 'sink', name, from, connector, options: new Map(), primaryKey: [0], span };
}

/**
 * `totals` holds the number of events and the sum of amounts per viewer, over both sources.
 * `recent` holds the number of events of the last ten seconds per viewer, for viewers that have any.
 */
export const TINY_PIPELINE: Pipeline = {
  name: 'tiny',
  sources: [source('plays'), source('likes')],
  logicalViews: [],
  views: [view('totals', ['viewer', 'events', 'amount']), view('recent', ['viewer', 'events'])],
  sinks: [sink('totals_sink', 'totals'), sink('recent_sink', 'recent')],
  files: new Map(),
};

/** {@link TINY_PIPELINE} with a commit sink for each view beside the keyed sinks. */
export const TINY_PIPELINE_WITH_LAKES: Pipeline = {
  ...TINY_PIPELINE,
  sinks: [
    ...TINY_PIPELINE.sinks,
    sink('totals_lake', 'totals', 'lake'),
    sink('recent_lake', 'recent', 'lake'),
  ],
};
