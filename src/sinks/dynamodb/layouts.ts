import type { SinkDef } from '../../plan/pipeline.ts';
import { dailyLayout } from './daily-layout.ts';
import { domainLayout } from './domain-layout.ts';
import type { ItemLayout, LayoutFactory, LayoutView } from './layout.ts';
import { metricLayout } from './metric-layout.ts';
import type { DynamoDbSinkSettings } from './options.ts';
import { packedLayout } from './packed-layout.ts';
import { wideLayout } from './wide-layout.ts';

/** The values of `freshet.layout`. A new layout is one file, and one line here. */
const LAYOUTS: Readonly<Record<DynamoDbSinkSettings['layout'], LayoutFactory>> = {
  domain: domainLayout,
  wide: wideLayout,
  metric: metricLayout,
  daily: dailyLayout,
  packed: packedLayout,
};

/** Returns the layout of a sink's items. Throws SinkError for a key or a column that the layout cannot hold. */
export function itemLayout(def: SinkDef, view: LayoutView, settings: DynamoDbSinkSettings): ItemLayout {
  return LAYOUTS[settings.layout](def, view, settings);
}
