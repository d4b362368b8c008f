import { viewOnlyAppends } from '../plan/append-only.ts';
import { constantColumn } from '../plan/constant-column.ts';
import type { Pipeline, SinkDef } from '../plan/pipeline.ts';
import type { SinkView } from './connector.ts';

/** Returns what a sink knows of its view; undefined if the pipeline has no such view. */
export function sinkView(def: SinkDef, pipeline: Pick<Pipeline, 'sources' | 'views'>): SinkView | undefined {
  const view = pipeline.views.find(({ name }) => name === def.from);
  if (view === undefined) return undefined;
  return {
    columns: view.columns,
    onlyAppends: viewOnlyAppends(def.from, pipeline),
    constantOf: (column) => view.constants?.get(column) ?? constantColumn(view.plan, column),
  };
}
