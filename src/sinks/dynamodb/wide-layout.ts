import { SinkError } from '../sink.ts';
import { LEAVING_ATTRIBUTE, DOMAINS_ATTRIBUTE, domainVersion } from '../../dynamodb/bookkeeping.ts';
import { WIDE_SORT_KEY } from '../../dynamodb/item-keys.ts';
import { domainOf } from './domain-key.ts';
import { decodeKey } from './key-decoder.ts';
import { KeyEncoder } from './key-encoder.ts';
import { keyFault } from './key-fault.ts';
import type { LayoutFactory } from './layout.ts';
import { refuseUnversioned } from './unversioned.ts';
import { sharedItemLayout } from './shared-item.ts';

/** Layout `wide`: an item per viewer, in which each domain has its own attributes. */
export const wideLayout: LayoutFactory = (def, view, settings) => {
  const { columns } = view;
  const fault = keyFault({ label: `"${def.from}"`, columns }, def.primaryKey, def.options);
  if (fault !== undefined) throw new SinkError(def.name, fault.message, { hint: fault.hint });
  refuseUnversioned(def, settings);
  const { tag, partition, sortKeyName } = domainOf(def, view, settings);
  const key = new KeyEncoder({ columns, primaryKey: [partition], sortKey: WIDE_SORT_KEY, sortKeyName });
  const [, ...constants] = def.primaryKey.map((c) => view.constantOf(c)!);
  return sharedItemLayout(
    def,
    {
      tag,
      columns,
      keyAttributes: key.attributes,
      encodeKey: (row, i) => key.encode(row, i),
      own: {
        filter: '#k1 = :latest AND (contains(#d, :tag) OR contains(#l, :tag))',
        names: { '#d': DOMAINS_ATTRIBUTE, '#l': LEAVING_ATTRIBUTE },
        values: { ':latest': { S: WIDE_SORT_KEY }, ':tag': { S: tag } },
        version: domainVersion(tag),
        rowOf: (item) => {
          const viewer = decodeKey(item, [columns[partition]!]);
          return viewer && [...viewer, ...constants];
        },
        areShared: true,
      },
    },
    settings,
  );
};
