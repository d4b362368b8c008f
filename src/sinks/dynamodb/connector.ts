import { givenOption } from '../../connectors/settings.ts';
import type { SinkConnector } from '../connector.ts';
import type { KeyAttribute } from '../../dynamodb/wire.ts';
import { itemLayout } from './layouts.ts';
import { itemFormatter } from './item-formatter.ts';
import { keyFault } from './key-fault.ts';
import { DYNAMODB, readSinkOptions } from './options.ts';
import { sharedTableProblems } from './shared-table.ts';
import { tableTarget } from './target.ts';

export const DYNAMODB_SINK: SinkConnector = {
  spec: DYNAMODB,
  target: tableTarget,
  keyFault,
  constantKey(options) {
    const sortKey = givenOption(DYNAMODB.options.sortKey, options);
    return sortKey === undefined ? [] : [sortKey.value];
  },
  keySpace(options) {
    const layout = givenOption(DYNAMODB.options.layout, options)?.value.toLowerCase();
    return layout === 'wide' || layout === 'metric' || layout === 'daily' ? layout : undefined;
  },
  checkTogether: sharedTableProblems,
  check(def, view) {
    return keyText(itemLayout(def, view, readSinkOptions(def.name, def.options)).keyAttributes);
  },
  async factory(context) {
    const { DynamoDbSinkFactory } = await import('./factory.ts');
    return new DynamoDbSinkFactory(context);
  },
  itemFormatter,
};

function keyText(attributes: readonly KeyAttribute[]): string {
  return attributes.map(({ name, type }) => `${name} ${type}`).join(', ');
}
