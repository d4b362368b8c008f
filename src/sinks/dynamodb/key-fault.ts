import type { KeyFault, SinkInput } from '../../connectors/declaration.ts';
import { givenOption } from '../../connectors/settings.ts';
import type { Options } from '../../plan/pipeline.ts';
import { typeName } from '../../values/types.ts';
import { keyTypeOf } from './key-type.ts';
import { DYNAMODB } from './options.ts';

/**
 * Returns why DynamoDB items cannot have the key that consists of the columns at positions `key` and the constant sort
 * key of `options`; undefined if they can.
 */
export function keyFault(
  { columns, label }: SinkInput,
  key: readonly number[],
  options: Options,
): KeyFault | undefined {
  if (key.length < 1 || key.length > 2) {
    const [first, second] = key.map((i) => columns[i]!.name);
    return {
      code: '42830',
      message: `a DynamoDB key has one or two columns, not ${key.length}`,
      hint: `name the partition key and at most one sort key: primary_key = '${first ?? 'id'},${second ?? 'sk'}'`,
    };
  }
  for (const i of key) {
    const { name, type } = columns[i]!;
    if (keyTypeOf(type) !== undefined) continue;
    return {
      code: '42830',
      message: `key column "${name}" is ${typeName(type)}; DynamoDB keys are numbers, text or bytes`,
      hint: `cast it in the view: ${name}::VARCHAR`,
    };
  }
  const layout = givenOption(DYNAMODB.options.layout, options)?.value.toLowerCase();
  const hasDay = key.some((i) => columns[i]!.type.kind === 'date');
  if (layout === 'daily' && hasDay) return dayFault({ columns, label }, key, options);
  const isChosen = layout === 'wide' || layout === 'metric' || layout === 'daily';
  return sortKeyFault({ columns, label }, key, { options, isChosen });
}

/**
 * Checks a key with a day in layout `daily`. (A view without one is kept as a view of day buckets, if it can be.) The
 * sort key of an item is an attribute of its own, and not the column that holds the day.
 */
function dayFault(input: SinkInput, key: readonly number[], options: Options): KeyFault | undefined {
  const option = givenOption(DYNAMODB.options.layout, options);
  const name = (i: number): string => input.columns[i]!.name;
  const isDay = (i: number): boolean => input.columns[i]!.type.kind === 'date';
  const [partition, day] = key;
  if (day !== undefined && isDay(day) && !isDay(partition!)) return nameFault(input, options, option);
  const viewer = key.find((i) => !isDay(i));
  return {
    code: '42830',
    message: "layout 'daily' has an item for each partition key and day, in this order",
    hint:
      `write primary_key = '${viewer === undefined ? '<partition key>' : name(viewer)},${name(key.find(isDay)!)}'; ` +
      "or use freshet.layout = 'domain'",
    option,
  };
}

/** `isChosen`: the layout chooses the sort keys of items, and `freshet.sort_key` only names the domain. */
function sortKeyFault(
  { columns, label }: SinkInput,
  key: readonly number[],
  { options, isChosen }: { readonly options: Options; readonly isChosen: boolean },
): KeyFault | undefined {
  const sortKey = givenOption(DYNAMODB.options.sortKey, options);
  const sortKeyName = givenOption(DYNAMODB.options.sortKeyName, options);
  if (sortKey === undefined && isChosen) {
    return key.length === 2 ? undefined : nameFault({ columns, label }, options, undefined);
  }
  if (sortKey === undefined) {
    return (
      sortKeyName && {
        code: '22023',
        message: 'freshet.sort_key_name needs freshet.sort_key',
        hint: "add freshet.sort_key, such as 'profile#totals'",
        option: sortKeyName,
      }
    );
  }
  if (key.length === 2) {
    return {
      code: '42830',
      message: `freshet.sort_key and the key column "${columns[key[1]!]!.name}" both set the sort key`,
      hint: 'name one column in primary_key, or remove freshet.sort_key',
      option: sortKey,
    };
  }
  return nameFault({ columns, label }, options, sortKey);
}

/** Refuses a column that has the name of the sort key, which comes from elsewhere. `option`: what the message is about. */
function nameFault(
  { columns, label }: SinkInput,
  options: Options,
  option: KeyFault['option'],
): KeyFault | undefined {
  const { name, default: usual } = DYNAMODB.options.sortKeyName;
  const attribute = givenOption(DYNAMODB.options.sortKeyName, options)?.value ?? usual;
  if (!columns.some((column) => column.name === attribute)) return undefined;
  return {
    code: '42830',
    message: `the sort key is named "${attribute}", like a column of ${label}`,
    hint: `add the column to primary_key instead of freshet.sort_key, or set ${name} to another name`,
    option,
  };
}
