import { BOOKKEEPING, SINK_ATTRIBUTE, VERSION_ATTRIBUTE } from '../../dynamodb/bookkeeping.ts';
import { METRIC_PREFIX, VALUE_ATTRIBUTE } from '../../dynamodb/item-keys.ts';
import type { AttributeMap, KeyAttribute } from '../../dynamodb/wire.ts';
import type { SinkDef } from '../../plan/pipeline.ts';
import { SinkError } from '../sink.ts';
import { domainOf } from './domain-key.ts';
import { attributesOf, checkSize, encodeAttribute, type Attribute } from './item-attributes.ts';
import { decodeKey } from './key-decoder.ts';
import { KeyEncoder, MAX_SORT_KEY_BYTES } from './key-encoder.ts';
import { keyFault } from './key-fault.ts';
import type { LayoutFactory } from './layout.ts';
import { DYNAMODB } from './options.ts';
import { stampText } from './stamp-text.ts';
import { refuseUnversioned } from './unversioned.ts';

/**
 * Layout `metric`: an item per viewer and column of the view. A row is one write per metric, and only those that
 * changed are written. NULL is a value: an item without one would look like a metric that is not known yet.
 */
export const metricLayout: LayoutFactory = (def, view, settings) => {
  const { columns } = view;
  const fault = keyFault({ label: `"${def.from}"`, columns }, def.primaryKey, def.options);
  if (fault !== undefined) throw new SinkError(def.name, fault.message, { hint: fault.hint });
  refuseUnversioned(def, settings);
  const { tag, partition, sortKeyName } = domainOf(def, view, settings);
  const metrics = attributesOf(columns, def.primaryKey);
  const viewer = new KeyEncoder({ columns, primaryKey: [partition], sortKey: undefined, sortKeyName });
  const keyAttributes: readonly KeyAttribute[] = [...viewer.attributes, { name: sortKeyName, type: 'S' }];
  checkNames(def, metrics, keyAttributes);
  const sortKeys = metrics.map(
    ({ name }) => `,${JSON.stringify(sortKeyName)}:{"S":${JSON.stringify(METRIC_PREFIX + name)}}`,
  );
  const owner = `,${JSON.stringify(SINK_ATTRIBUTE)}:{"S":${JSON.stringify(tag)}}`;
  const [, ...constants] = def.primaryKey.map((c) => view.constantOf(c)!);
  const known = new Set(metrics.map(({ name }) => METRIC_PREFIX + name));
  return {
    keyAttributes,
    sentBy: 'batch',
    parts: metrics.map(({ column }) => column),
    own: {
      filter: 'begins_with(#k1, :metric) AND #s = :tag AND attribute_exists(#v)',
      names: { '#s': SINK_ATTRIBUTE },
      values: { ':metric': { S: METRIC_PREFIX }, ':tag': { S: tag } },
      version: VERSION_ATTRIBUTE,
      rowOf: (item) => {
        const row = decodeKey(item, [columns[partition]!]);
        return row && [...row, ...constants];
      },
      isObsolete: (item) => !known.has(textOf(item, sortKeyName)),
      areShared: false,
    },
    encodeKey: (row, i) => viewer.encode(row, i),
    encodePut: (key, part, row, i, stamp) => {
      const metric = metrics[part]!;
      const value = `,"${VALUE_ATTRIBUTE}":${encodeAttribute(metric, row[metric.column]!, i)}`;
      const bookkeeping = settings.bookkeeping ? stampText(stamp) + owner : '';
      const item = key + sortKeys[part]! + value + bookkeeping;
      checkSize(item);
      return `{"PutRequest":{"Item":{${item}}}}`;
    },
    encodeEnd: (key, part) => `{"DeleteRequest":{"Key":{${key}${sortKeys[part]!}}}}`,
    itemsOf: (key, row, i) =>
      metrics.map((metric, part) => {
        const value = encodeAttribute(metric, row[metric.column]!, i);
        return `${key}${sortKeys[part]!},"${VALUE_ATTRIBUTE}":${value}`;
      }),
  };
};

function textOf(item: AttributeMap, name: string): string {
  const value = item[name];
  return value !== undefined && 'S' in value ? value.S : '';
}

/** Throws SinkError if the view has no metric, or a name is taken or too long. */
function checkNames(def: SinkDef, metrics: readonly Attribute[], key: readonly KeyAttribute[]): void {
  const option = [DYNAMODB.options.layout.name];
  if (metrics.length === 0) {
    throw new SinkError(def.name, `"${def.from}" has no metric: all its columns belong to the key`, {
      hint: 'add a column, or use another layout',
      option,
    });
  }
  const taken = key.find(({ name }) => name === VALUE_ATTRIBUTE || BOOKKEEPING.includes(name));
  if (taken !== undefined) {
    throw new SinkError(def.name, `the key "${taken.name}" has the name of an attribute of each metric`, {
      hint: `rename the column in the view, or set ${DYNAMODB.options.sortKeyName.name} to another name`,
      option: [DYNAMODB.options.sortKeyName.name, DYNAMODB.options.primaryKey.name],
    });
  }
  const long = metrics.find(({ name }) => Buffer.byteLength(METRIC_PREFIX + name) > MAX_SORT_KEY_BYTES);
  if (long === undefined) return;
  const shown = `${long.name.slice(0, 40)}...`;
  throw new SinkError(def.name, `the name of column "${shown}" is too long for a sort key`, {
    hint: `DynamoDB allows ${MAX_SORT_KEY_BYTES} bytes with "${METRIC_PREFIX}" before the name`,
    option,
  });
}
