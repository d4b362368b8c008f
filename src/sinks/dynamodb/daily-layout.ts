import { DOMAINS_ATTRIBUTE, LEAVING_ATTRIBUTE, domainVersion } from '../../dynamodb/bookkeeping.ts';
import { DAILY_PREFIX } from '../../dynamodb/item-keys.ts';
import { givenOption } from '../../connectors/settings.ts';
import type { SinkDef } from '../../plan/pipeline.ts';
import { formatDate } from '../../values/datetime.ts';
import { SinkError } from '../sink.ts';
import { tagOf } from './domain-key.ts';
import { decodeKey } from './key-decoder.ts';
import { KeyEncoder } from './key-encoder.ts';
import { keyFault } from './key-fault.ts';
import { ItemError } from './item-error.ts';
import type { LayoutFactory, Row } from './layout.ts';
import { DYNAMODB, type DynamoDbSinkSettings } from './options.ts';
import { sharedItemLayout } from './shared-item.ts';
import { refuseUnversioned } from './unversioned.ts';

const DAY_S = 86_400;

/** Layout `daily`: an item per viewer and day, in which each domain has its own attributes, and which expires. */
export const dailyLayout: LayoutFactory = (def, view, settings) => {
  const { columns } = view;
  const fault = keyFault({ label: `"${def.from}"`, columns }, def.primaryKey, def.options);
  if (fault !== undefined) throw new SinkError(def.name, fault.message, { hint: fault.hint });
  refuseUnversioned(def, settings);
  checkExpiry(def, settings);
  const tag = tagOf(def, settings.sortKey ?? def.buckets?.sortKey);
  const { expireAfter_days } = settings;
  const sortKeyName = sortKeyNameOf(def, settings);
  const [partition, day] = def.primaryKey as [number, number];
  const dayName = columns[day]!.name;
  const viewer = new KeyEncoder({ columns, primaryKey: [partition], sortKey: undefined, sortKeyName });
  const sortPrefix = `,${JSON.stringify(sortKeyName)}:{"S":"${DAILY_PREFIX}`;
  return sharedItemLayout(
    def,
    {
      tag,
      columns,
      keyAttributes: [...viewer.attributes, { name: sortKeyName, type: 'S' }],
      encodeKey: (row, i) => {
        const column = row[day]!;
        if (column.nulls[i] === 1) throw new ItemError('null_key', `key "${dayName}" is NULL`);
        return `${viewer.encode(row, i)}${sortPrefix}${formatDate(column.v[i] as number)}"}`;
      },
      expiresAt_s: (row: Row, i) => ((row[day]!.v[i] as number) + 1 + expireAfter_days) * DAY_S,
      own: {
        filter: 'begins_with(#k1, :daily) AND (contains(#d, :tag) OR contains(#l, :tag))',
        names: { '#d': DOMAINS_ATTRIBUTE, '#l': LEAVING_ATTRIBUTE },
        values: { ':daily': { S: DAILY_PREFIX }, ':tag': { S: tag } },
        version: domainVersion(tag),
        rowOf: (item) => {
          const sort = item[sortKeyName];
          if (sort === undefined || !('S' in sort)) return undefined;
          const date = { S: sort.S.slice(DAILY_PREFIX.length) };
          return decodeKey({ ...item, [dayName]: date }, [columns[partition]!, columns[day]!]);
        },
        areShared: true,
      },
    },
    settings,
  );
};

/** Throws SinkError if days expire that the windows of the view, in the place of which they stand, still add up. */
function checkExpiry({ name, buckets, options }: SinkDef, { expireAfter_days }: DynamoDbSinkSettings): void {
  if (buckets === undefined) return;
  // Buckets are kept for a day longer than the windows reach.
  const reach = buckets.windows.days - 1;
  if (expireAfter_days >= reach) return;
  const { name: option } = DYNAMODB.options.expireAfter_days;
  throw new SinkError(
    name,
    `days expire after ${expireAfter_days} days, and "${buckets.of}" adds up the last ${reach}`,
    {
      hint: `set ${option} to ${reach} or more`,
      option: options.has(option) ? [option] : [DYNAMODB.options.layout.name],
    },
  );
}

/** Returns the name of the sort key. A view of day buckets stands in for one that may have a column with that name. */
function sortKeyNameOf({ buckets, options }: SinkDef, settings: DynamoDbSinkSettings): string {
  if (buckets === undefined || buckets.primaryKey.length < 2) return settings.sortKeyName;
  const written = givenOption(DYNAMODB.options.primaryKey, options)!.value;
  return written.split(',')[1]!.trim();
}
