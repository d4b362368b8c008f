import type { PlanColumn } from '../../plan/nodes.ts';
import type { SinkDef } from '../../plan/pipeline.ts';
import { domainLayout } from './domain-layout.ts';
import type { ItemLayout } from './layout.ts';
import type { DynamoDbSinkSettings } from './options.ts';
import { packedLayout } from './packed-layout.ts';

/** The supported values of `freshet.layout`. A new layout is one file, and one line here. */
const LAYOUTS: Readonly<Partial<Record<DynamoDbSinkSettings['layout'], typeof packedLayout>>> = {
  domain: domainLayout,
  packed: packedLayout,
};

/** Returns the layout of a sink's items. Throws SinkError for a key or a column that the layout cannot hold. */
export function itemLayout(
  def: SinkDef,
  columns: readonly PlanColumn[],
  settings: DynamoDbSinkSettings,
): ItemLayout {
  return LAYOUTS[settings.layout]!(def, columns, settings); // the binder refuses all other values
}
