import type { PlanColumn } from '../../plan/nodes.ts';
import type { SinkDef } from '../../plan/pipeline.ts';
import { domainLayout } from './domain-layout.ts';
import type { ItemLayout } from './layout.ts';
import type { DynamoDbSinkSettings } from './options.ts';

/** The values of `freshet.layout` that work. A new layout is a file and a line here. */
const LAYOUTS: Readonly<Partial<Record<DynamoDbSinkSettings['layout'], typeof domainLayout>>> = {
  domain: domainLayout,
};

/** Returns the layout of a sink's items. Throws SinkError for a key or a column that the layout cannot have. */
export function itemLayout(
  def: SinkDef,
  columns: readonly PlanColumn[],
  settings: DynamoDbSinkSettings,
): ItemLayout {
  return LAYOUTS[settings.layout]!(def, columns, settings); // the binder refuses the layouts that are to come
}
